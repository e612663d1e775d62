// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON of the trace event format, which Perfetto and Chrome show.
 *
 * A VM is a process there; the threads of each are made up: one for events, and
 * as many for commands as it takes so that on each of them slices lie beside or
 * within one another, which is all that viewers can show.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hw/names.h"
#include "lib/sys/array.h"
#include "lib/text/jsonline.h"
#include "show/chrome.h"
#include "show/event_print.h"

/* These are numbers, too: those of VMs may be reused, and 0 means idle to viewers */
#define FIRST_PID 1

/**
 * struct process - A VM, or the host
 * @pid:   what it is in the file
 * @vm_pid: process of the VM, 0 for the host's and nobody's
 * @name:  shown
 */
struct process {
	int pid;
	int vm_pid;
	char name[VMNAME_MAX + 32];
};

/**
 * struct thread - A line of a process
 * @pid:   of the process
 * @iommu: what it is about
 * @lane:  0 for events, else commands
 * @tid:   what it is in the file
 * @end:   ends of the slices that are open, each within the one before
 * @depth: how many
 * @room:  how many fit
 */
struct thread {
	int pid;
	uint32_t iommu;
	unsigned int lane;
	int tid;
	uint64_t *end;
	size_t depth;
	size_t room;
};

/**
 * struct slice - A command
 * @submit: what it is, and when it was queued
 * @ns:     time until it was done
 * @pid:    of the process
 */
struct slice {
	struct vtr_event submit;
	uint64_t ns;
	int pid;
};

/**
 * struct chrome - A file that is being written
 * @out:        where to
 * @any:        there is an event already
 * @last:       time of the last one
 * @process:    each
 * @processes:  how many
 * @process_room: how many fit
 * @thread:     each
 * @threads:    how many
 * @thread_room: how many fit
 * @slice:      each command, to be written at the end
 * @slices:     how many
 * @room:       how many fit
 */
struct chrome {
	FILE *out;
	bool any;
	uint64_t last;
	struct process *process;
	size_t processes;
	size_t process_room;
	struct thread *thread;
	size_t threads;
	size_t thread_room;
	struct slice *slice;
	size_t slices;
	size_t room;
};

struct chrome *chrome_begin(FILE *out)
{
	struct chrome *chrome = calloc(1, sizeof(*chrome));

	if (!chrome)
		return NULL;
	chrome->out = out;
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", out);
	return chrome;
}

static void write_object(struct chrome *chrome, struct json_object *object)
{
	const int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

	if (chrome->any)
		fputs(",\n", chrome->out);
	chrome->any = true;
	fputs(json_object_to_json_string_ext(object, flags), chrome->out);
	json_object_put(object);
}

static void add_int(struct json_object *object, const char *key, int value)
{
	json_object_object_add(object, key, json_object_new_int(value));
}

/* In microseconds, to the nanosecond, which no double holds for long */
static void add_us(struct json_object *object, const char *key, uint64_t ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 ".%03u", ns / 1000, (unsigned int)(ns % 1000));
	json_object_object_add(object, key, json_object_new_double_s(ns / 1e3, text));
}

/*
 * Who
 */

static void name_process(struct process *process, const struct vtr_event *event,
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

/* 0 without memory */
static int process_of(struct chrome *chrome, const struct vtr_event *event, const struct vm *vm)
{
	struct process this = {}, *more;

	name_process(&this, event, vm);
	for (size_t i = 0; i < chrome->processes; i++)
		if (chrome->process[i].vm_pid == this.vm_pid &&
		    !strcmp(chrome->process[i].name, this.name))
			return chrome->process[i].pid;
	more = array_add(&chrome->process, &chrome->processes, &chrome->process_room,
			 sizeof(*more));
	if (!more)
		return 0;
	this.pid = FIRST_PID + chrome->processes - 1;
	*more = this;
	return this.pid;
}

/* NULL without memory */
static struct thread *thread_of(struct chrome *chrome, int pid, uint32_t iommu, unsigned int lane)
{
	struct thread *more;

	for (size_t i = 0; i < chrome->threads; i++)
		if (chrome->thread[i].pid == pid && chrome->thread[i].iommu == iommu &&
		    chrome->thread[i].lane == lane)
			return &chrome->thread[i];
	more = array_add(&chrome->thread, &chrome->threads, &chrome->thread_room, sizeof(*more));
	if (!more)
		return NULL;
	*more = (struct thread){
		.pid = pid,
		.iommu = iommu,
		.lane = lane,
		.tid = chrome->threads,
	};
	return more;
}

static struct json_object *new_event(const char *name, const char *ph, int pid, int tid)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "name", name);
	json_add_string(object, "ph", ph);
	add_int(object, "pid", pid);
	add_int(object, "tid", tid);
	return object;
}

/*
 * What
 */

static struct json_object *args_of(const struct vtr_event *event, const struct event_type *type)
{
	struct json_object *args = json_object_new_object();

	event_add_args(args, event, type);
	add_int(args, "guest_id", event->guest_id);
	add_int(args, "process", event->pid);
	return args;
}

/* How far a line is drawn: through the events, the process, or all */
static const char *scope(const struct vtr_event *event)
{
	switch (event->id) {
	case VTR_queue_stuck:
	case VTR_queue_overflow:
		return "p";
	case VTR_event_log_overflow:
		return "g";
	default:
		return "t";
	}
}

bool chrome_instant(struct chrome *chrome, const struct vtr_event *event,
		    const struct event_type *type, const struct vm *vm)
{
	int pid = process_of(chrome, event, vm);
	struct thread *thread = pid ? thread_of(chrome, pid, event->iommu, 0) : NULL;
	struct json_object *object;

	if (!thread)
		return false;
	object = new_event(type->name, "i", pid, thread->tid);
	add_us(object, "ts", event->ns);
	json_add_string(object, "s", scope(event));
	json_add_string(object, "cat", "event");
	json_object_object_add(object, "args", args_of(event, type));
	write_object(chrome, object);
	chrome->last = event->ns;
	return true;
}

bool chrome_lost(struct chrome *chrome, uint64_t lost)
{
	static const struct vtr_event host;
	int pid = process_of(chrome, &host, NULL);
	struct thread *thread = pid ? thread_of(chrome, pid, 0, 0) : NULL;
	struct json_object *object, *args;

	if (!thread)
		return false;
	object = new_event("events lost", "i", pid, thread->tid);
	args = json_object_new_object();

	add_us(object, "ts", chrome->last);
	json_add_string(object, "s", "g");
	json_add_string(object, "cat", "lost");
	json_add_u64(args, "events", lost);
	json_object_object_add(object, "args", args);
	write_object(chrome, object);
	return true;
}

bool chrome_command(struct chrome *chrome, const struct vtr_event *submit, uint64_t ns,
		    const struct vm *vm)
{
	int pid = process_of(chrome, submit, vm);
	struct slice *new;

	if (!pid)
		return false;
	new = array_add(&chrome->slice, &chrome->slices, &chrome->room, sizeof(*new));
	if (!new)
		return false;
	*new = (struct slice){*submit, ns, pid};
	chrome->last = submit->ns + ns;
	return true;
}

/*
 * Slices
 */

/* By time; of those that begin together, the one that has the others within it */
static int by_time(const void *x, const void *y)
{
	const struct slice *a = x, *b = y;

	if (a->submit.ns != b->submit.ns)
		return a->submit.ns < b->submit.ns ? -1 : 1;
	return (a->ns < b->ns) - (a->ns > b->ns);
}

static bool push(struct thread *thread, uint64_t end)
{
	uint64_t *new = array_add(&thread->end, &thread->depth, &thread->room, sizeof(*new));

	if (!new)
		return false;
	*new = end;
	return true;
}

/* The first lane where it lies beside all others, or within one; NULL without memory */
static struct thread *lane_for(struct chrome *chrome, const struct slice *slice)
{
	uint64_t begin = slice->submit.ns, end = begin + slice->ns;

	for (unsigned int lane = 1;; lane++) {
		struct thread *thread = thread_of(chrome, slice->pid, slice->submit.iommu, lane);

		if (!thread)
			return NULL;
		while (thread->depth && thread->end[thread->depth - 1] <= begin)
			thread->depth--;
		if (!thread->depth || thread->end[thread->depth - 1] >= end)
			return push(thread, end) ? thread : NULL;
	}
}

static bool write_slices(struct chrome *chrome)
{
	if (chrome->slices)
		qsort(chrome->slice, chrome->slices, sizeof(*chrome->slice), by_time);
	for (size_t i = 0; i < chrome->slices; i++) {
		const struct slice *slice = &chrome->slice[i];
		const struct thread *thread = lane_for(chrome, slice);
		struct json_object *object;

		if (!thread)
			return false;
		object = new_event(command_name(slice->submit.arg[1] >> VHW_CODE_SHIFT), "X",
				   slice->pid, thread->tid);
		add_us(object, "ts", slice->submit.ns);
		add_us(object, "dur", slice->ns);
		json_add_string(object, "cat", "command");
		json_object_object_add(object, "args",
				       args_of(&slice->submit, &event_types[VTR_cmd_submit]));
		write_object(chrome, object);
	}
	return true;
}

/*
 * Names
 */

static void write_name(struct chrome *chrome, const char *what, int pid, int tid, const char *name)
{
	struct json_object *object = new_event(what, "M", pid, tid);
	struct json_object *args = json_object_new_object();

	json_add_string(args, "name", name);
	json_object_object_add(object, "args", args);
	write_object(chrome, object);
}

static void write_names(struct chrome *chrome)
{
	char name[VMNAME_MAX + 64];

	for (size_t i = 0; i < chrome->processes; i++) {
		const struct process *process = &chrome->process[i];

		if (process->vm_pid)
			snprintf(name, sizeof(name), "%s (process %d)", process->name,
				 process->vm_pid);
		else
			snprintf(name, sizeof(name), "%s", process->name);
		write_name(chrome, "process_name", process->pid, 0, name);
	}
	for (size_t i = 0; i < chrome->threads; i++) {
		const struct thread *thread = &chrome->thread[i];

		if (!thread->lane)
			snprintf(name, sizeof(name), "ivhd%u events", thread->iommu);
		else if (thread->lane == 1)
			snprintf(name, sizeof(name), "ivhd%u commands", thread->iommu);
		else
			snprintf(name, sizeof(name), "ivhd%u commands (%u)", thread->iommu,
				 thread->lane);
		write_name(chrome, "thread_name", thread->pid, thread->tid, name);
	}
}

bool chrome_end(struct chrome *chrome, const struct trace_meta *meta, bool incomplete)
{
	struct json_object *other = json_object_new_object();
	bool done = write_slices(chrome);

	write_names(chrome);
	json_add_string(other, "kernel", meta->kernel);
	json_add_string(other, "recorded_by", meta->tool);
	json_object_object_add(other, "real_time_offset_ns", json_object_new_int64(meta->real_ns));
	json_object_object_add(other, "complete", json_object_new_boolean(done && !incomplete));
	fprintf(chrome->out, "\n],\"otherData\":%s}\n",
		json_object_to_json_string_ext(other, JSON_C_TO_STRING_PLAIN));
	json_object_put(other);
	return done;
}

void chrome_free(struct chrome *chrome)
{
	if (!chrome)
		return;
	for (size_t i = 0; i < chrome->threads; i++)
		free(chrome->thread[i].end);
	free(chrome->thread);
	free(chrome->process);
	free(chrome->slice);
	free(chrome);
}
