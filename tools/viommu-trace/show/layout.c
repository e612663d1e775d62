// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where viewers show what: processes, their threads, and slices on these.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys/array.h"
#include "show/layout.h"

/* These are numbers, too: those of VMs may be reused, and 0 means idle to viewers */
#define FIRST_PID 1

static void name_process(struct layout_process *process, const struct vtr_event *event,
			 const struct vm *vm)
{
	if (vm)
		snprintf(process->name, sizeof(process->name), "%s", vm->name);
	else if (event->guest_id)
		snprintf(process->name, sizeof(process->name), "guest ID %u of ivhd%u",
			 event->guest_id, event->iommu);
	else
		snprintf(process->name, sizeof(process->name), "host");
	process->vm_pid = vm ? vm->pid : 0;
}

int layout_process(struct layout *layout, const struct vtr_event *event, const struct vm *vm)
{
	struct layout_process this = {}, *more;

	name_process(&this, event, vm);
	for (size_t i = 0; i < layout->processes; i++)
		if (layout->process[i].vm_pid == this.vm_pid &&
		    !strcmp(layout->process[i].name, this.name))
			return layout->process[i].pid;
	more = array_add(&layout->process, &layout->processes, &layout->process_room,
			 sizeof(*more));
	if (!more)
		return 0;
	this.pid = FIRST_PID + layout->processes - 1;
	*more = this;
	return this.pid;
}

void layout_process_name(char *buf, size_t len, const struct layout_process *process)
{
	if (process->vm_pid)
		snprintf(buf, len, "%s (process %d)", process->name, process->vm_pid);
	else
		snprintf(buf, len, "%s", process->name);
}

struct layout_thread *layout_thread(struct layout *layout, int pid, uint32_t iommu,
				    unsigned int lane)
{
	struct layout_thread *more;

	for (size_t i = 0; i < layout->threads; i++)
		if (layout->thread[i].pid == pid && layout->thread[i].iommu == iommu &&
		    layout->thread[i].lane == lane)
			return &layout->thread[i];
	more = array_add(&layout->thread, &layout->threads, &layout->thread_room, sizeof(*more));
	if (!more)
		return NULL;
	*more = (struct layout_thread){
		.pid = pid,
		.iommu = iommu,
		.lane = lane,
		.tid = layout->threads,
	};
	return more;
}

void layout_thread_name(char *buf, size_t len, const struct layout_thread *thread)
{
	if (!thread->lane)
		snprintf(buf, len, "ivhd%u events", thread->iommu);
	else if (thread->lane == LAYOUT_RATE)
		snprintf(buf, len, "ivhd%u commands a second", thread->iommu);
	else if (thread->lane == LAYOUT_FILL)
		snprintf(buf, len, "ivhd%u commands under way", thread->iommu);
	else if (thread->lane == 1)
		snprintf(buf, len, "ivhd%u commands", thread->iommu);
	else
		snprintf(buf, len, "ivhd%u commands (%u)", thread->iommu, thread->lane);
}

bool layout_command(struct layout *layout, const struct vtr_event *submit, uint64_t ns,
		    const struct vm *vm)
{
	int pid = layout_process(layout, submit, vm);
	struct layout_slice *new;

	if (!pid)
		return false;
	new = array_add(&layout->slice, &layout->slices, &layout->slice_room, sizeof(*new));
	if (!new)
		return false;
	*new = (struct layout_slice){*submit, ns, pid};
	return true;
}

/* By time; of those that begin together, the one that has the others within it */
static int by_time(const void *x, const void *y)
{
	const struct layout_slice *a = x, *b = y;

	if (a->submit.ns != b->submit.ns)
		return a->submit.ns < b->submit.ns ? -1 : 1;
	return (a->ns < b->ns) - (a->ns > b->ns);
}

void layout_sort(struct layout *layout)
{
	if (layout->slices)
		qsort(layout->slice, layout->slices, sizeof(*layout->slice), by_time);
}

static bool push(struct layout_thread *thread, uint64_t end)
{
	uint64_t *new = array_add(&thread->end, &thread->depth, &thread->room, sizeof(*new));

	if (!new)
		return false;
	*new = end;
	return true;
}

struct layout_thread *layout_lane(struct layout *layout, const struct layout_slice *slice)
{
	uint64_t begin = slice->submit.ns, end = begin + slice->ns;

	for (unsigned int lane = 1;; lane++) {
		struct layout_thread *thread =
			layout_thread(layout, slice->pid, slice->submit.iommu, lane);

		if (!thread)
			return NULL;
		while (thread->depth && thread->end[thread->depth - 1] <= begin)
			thread->depth--;
		if (!thread->depth || thread->end[thread->depth - 1] >= end)
			return push(thread, end) ? thread : NULL;
	}
}

void layout_free(struct layout *layout)
{
	for (size_t i = 0; i < layout->threads; i++)
		free(layout->thread[i].end);
	free(layout->thread);
	free(layout->process);
	free(layout->slice);
	memset(layout, 0, sizeof(*layout));
}
