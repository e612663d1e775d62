// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events from a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file/bundle_open.h"
#include "file/replay.h"
#include "lib/sys/clock.h"
#include "lib/text/message.h"

static int input = -1;
/* Of a bundle, in which the file is */
static struct archive *bundle;

static struct trace_reader *start(char *error, size_t len)
{
	if (!bundle_is_archive(input))
		return trace_read_start(trace_read_fd, &input, error, len);
	bundle = bundle_open_trace(input, error, len);
	return bundle ? trace_read_start(bundle_read_trace, bundle, error, len) : NULL;
}

bool replay_open(struct replay *replay, const char *file)
{
	char error[160];
	bool piped = !strcmp(file, "-");

	memset(replay, 0, sizeof(*replay));
	replay->name = piped ? "standard input" : file;
	input = piped ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	if (input < 0) {
		msg("cannot read %s: %s%s", file, strerror(errno),
		    errno == ENOENT ? " (viommu-trace record writes one)" : "");
		return false;
	}
	replay->reader = start(error, sizeof(error));
	if (!replay->reader) {
		msg("%s %s", replay->name, error);
		return false;
	}
	clock_set_real(replay_meta(replay)->real_ns);
	return true;
}

const struct trace_meta *replay_meta(const struct replay *replay)
{
	return trace_read_meta(replay->reader);
}

/* What comes with a guest ID is known when the vIOMMU is made */
static void tell_serial(struct vms *vms, const struct vtr_event *event)
{
	const struct vm *vm = vms_find(vms, event->iommu, event->guest_id);
	struct vm who;

	if (!vm || vm->serial)
		return;
	who = *vm;
	who.serial = event->arg[0];
	vms_put(vms, &who);
}

static void deliver_event(struct replay *replay, const struct trace_item *item,
			  const struct select *select, const struct event_filter *filter,
			  const struct replay_sink *sink)
{
	const struct vtr_event *event = &item->event;
	const struct vm *vm;

	if (event->id == VTR_init && !event->arg[1])
		tell_serial(&replay->vms, event);
	vm = vms_find(&replay->vms, event->iommu, event->guest_id);
	replay->events++;
	if (event_filter_wants(filter, item->event_type->name) &&
	    selected(select, event->iommu, event->guest_id, vm))
		sink->event(sink->context, item, vm);
	if (event->id == VTR_guest_id_free)
		vms_end(&replay->vms, event->iommu, event->guest_id);
}

static void deliver_vm(struct replay *replay, const struct trace_viommu *viommu,
		       const struct replay_sink *sink)
{
	struct vm who = {
		.iommu = viommu->iommu,
		.guest_id = viommu->guest_id,
		.serial = viommu->serial,
		.pid = viommu->pid,
	};

	snprintf(who.name, sizeof(who.name), "%s", viommu->name);
	vms_put(&replay->vms, &who);
	if (sink->vm)
		sink->vm(sink->context, viommu);
}

static void deliver_lost(struct replay *replay, uint64_t lost, const struct replay_sink *sink)
{
	replay->lost += lost;
	if (sink->lost)
		sink->lost(sink->context, lost);
}

enum exit_code replay_all(struct replay *replay, const struct select *select,
			  const struct event_filter *filter, const struct replay_sink *sink)
{
	struct trace_item item;

	for (;;) {
		switch (trace_read_next(replay->reader, &item)) {
		case TRACE_EVENT:
			deliver_event(replay, &item, select, filter, sink);
			break;
		case TRACE_VIOMMU:
			deliver_vm(replay, &item.viommu, sink);
			break;
		case TRACE_VDEVICE:
			break;
		case TRACE_CLOCK:
			clock_set_real(item.real_ns);
			if (sink->clock)
				sink->clock(sink->context, item.real_ns);
			break;
		case TRACE_TRIGGER:
			if (sink->trigger)
				sink->trigger(sink->context, &item.trigger);
			break;
		case TRACE_LOST:
			deliver_lost(replay, item.lost, sink);
			replay->unseen += item.unseen ? item.lost : 0;
			break;
		case TRACE_WHOLE:
			replay->unseen += item.end.unseen;
			return EXIT_OK;
		case TRACE_TRUNCATED:
			replay->truncated = true;
			return EXIT_OK;
		case TRACE_DAMAGED:
			replay->truncated = true;
			msg("%s %s", replay->name, trace_read_error(replay->reader));
			return EXIT_FAIL;
		}
	}
}

void replay_tell(const struct replay *replay)
{
	if (replay->truncated)
		msg("%s: its end is missing; %" PRIu64 " events are before that", replay->name,
		    replay->events);
	if (replay->lost)
		msg("%s: %" PRIu64 " events were lost while it was recorded", replay->name,
		    replay->lost);
	if (replay->unseen)
		msg("%s: %" PRIu64 " of these are commands that were queued while their CPU went "
		    "offline: the kernel traces nothing there",
		    replay->name, replay->unseen);
	if (!replay->truncated && !replay->lost)
		msg("%s is complete: %" PRIu64 " events", replay->name, replay->events);
}

void replay_close(struct replay *replay)
{
	trace_read_free(replay->reader);
	vms_free(&replay->vms);
	bundle_close_trace(bundle);
	bundle = NULL;
	if (input > STDIN_FILENO)
		close(input);
	input = -1;
}
