// SPDX-License-Identifier: GPL-2.0-only
/*
 * Perfetto's own format.
 */
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "lib/hw/names.h"
#include "lib/sys/array.h"
#include "show/event_print.h"
#include "show/layout.h"
#include "show/perfetto.h"
#include "show/perfetto.pb-c.h"

/* Of Perfetto: clocks, and that nothing of before is referred to */
#define REALTIME 1
#define MONOTONIC 3
#define BOOTTIME 6
#define STATE_CLEARED 1
#define UNIT_COUNT 2
/* In one file with other recorders' packets it must be another than theirs */
#define SEQUENCE 0x76494f4d
#define PACKET_TAG 0x0a
#define ARGS_MAX 16
/* Rates are of so long */
#define BIN_NS 100000000ull
#define BINS_PER_SEC 10

/**
 * struct perfetto - A file that is being written
 * @out:       where to
 * @buf:       room for a packet
 * @room:      its size
 * @seed:      tells the tracks of this recording from all others
 * @last:      time of the last event
 * @layout:    where it shows what
 * @processes: of those that were described
 * @threads:   likewise
 * @ended:     flows that the next completion ends
 * @nr_ended:  how many
 * @ended_room: how many fit
 * @begun:     there was a packet
 */
struct perfetto {
	FILE *out;
	uint8_t *buf;
	size_t room;
	uint64_t seed;
	uint64_t last;
	struct layout layout;
	size_t processes;
	size_t threads;
	uint64_t *ended;
	size_t nr_ended;
	size_t ended_room;
	bool begun;
};

/* As of splitmix64: different for different numbers, and like nothing else */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

static uint64_t process_uuid(const struct perfetto *p, int pid)
{
	return mix(p->seed ^ (uint64_t)pid << 32);
}

static uint64_t thread_uuid(const struct perfetto *p, int tid)
{
	return mix(p->seed ^ (uint64_t)tid);
}

static uint64_t flow_of(const struct perfetto *p, uint32_t iommu, uint64_t seq)
{
	return mix(p->seed ^ mix((uint64_t)iommu << 56 ^ seq));
}

/*
 * Packets
 */

static bool write_packet(struct perfetto *p, Perfetto__TracePacket *packet)
{
	uint8_t header[11] = {PACKET_TAG}, *at = header + 1;
	size_t size, left;

	packet->has_trusted_packet_sequence_id = true;
	packet->trusted_packet_sequence_id = SEQUENCE;
	packet->has_sequence_flags = !p->begun;
	packet->sequence_flags = STATE_CLEARED;
	p->begun = true;
	size = perfetto__trace_packet__get_packed_size(packet);
	if (!array_reserve(&p->buf, size, &p->room, 1))
		return false;
	perfetto__trace_packet__pack(packet, p->buf);
	for (left = size; left >= 0x80; left >>= 7)
		*at++ = left | 0x80;
	*at++ = left;
	fwrite(header, 1, at - header, p->out);
	fwrite(p->buf, 1, size, p->out);
	return true;
}

static bool write_event(struct perfetto *p, uint64_t ns, Perfetto__TrackEvent *event)
{
	Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;

	packet.has_timestamp = packet.has_timestamp_clock_id = true;
	packet.timestamp = ns;
	packet.timestamp_clock_id = MONOTONIC;
	packet.track_event = event;
	return write_packet(p, &packet);
}

static bool write_clocks(struct perfetto *p, uint64_t ns, int64_t real_ns, const int64_t *boot_ns)
{
	Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;
	Perfetto__ClockSnapshot snapshot = PERFETTO__CLOCK_SNAPSHOT__INIT;
	Perfetto__Clock clock[3] = {PERFETTO__CLOCK__INIT, PERFETTO__CLOCK__INIT,
				    PERFETTO__CLOCK__INIT};
	Perfetto__Clock *clocks[] = {&clock[0], &clock[1], &clock[2]};

	clock[0].clock_id = MONOTONIC;
	clock[0].timestamp = ns;
	clock[1].clock_id = REALTIME;
	clock[1].timestamp = ns + real_ns;
	clock[2].clock_id = BOOTTIME;
	clock[2].timestamp = ns + (boot_ns ? *boot_ns : 0);
	for (size_t i = 0; i < 3; i++)
		clock[i].has_clock_id = clock[i].has_timestamp = true;
	snapshot.n_clocks = boot_ns ? 3 : 2;
	snapshot.clocks = clocks;
	packet.clock_snapshot = &snapshot;
	return write_packet(p, &packet);
}

/*
 * Tracks
 */

static bool describe(struct perfetto *p, Perfetto__TrackDescriptor *track, uint64_t uuid,
		     char *name)
{
	Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;

	track->has_uuid = true;
	track->uuid = uuid;
	track->name = name;
	packet.track_descriptor = track;
	return write_packet(p, &packet);
}

/* One of a PID is the same to viewers as other recorders' of that PID */
static bool describe_process(struct perfetto *p, struct layout_process *from)
{
	Perfetto__TrackDescriptor track = PERFETTO__TRACK_DESCRIPTOR__INIT;
	Perfetto__Process process = PERFETTO__PROCESS__INIT;

	if (from->vm_pid) {
		process.has_pid = true;
		process.pid = from->vm_pid;
		process.process_name = from->name;
		track.process = &process;
	}
	return describe(p, &track, process_uuid(p, from->pid), from->name);
}

static bool describe_thread(struct perfetto *p, const struct layout_thread *thread)
{
	Perfetto__TrackDescriptor track = PERFETTO__TRACK_DESCRIPTOR__INIT;
	Perfetto__Counter counter = PERFETTO__COUNTER__INIT;
	char name[64];

	if (thread->lane == LAYOUT_RATE || thread->lane == LAYOUT_FILL) {
		counter.has_unit = true;
		counter.unit = UNIT_COUNT;
		track.counter = &counter;
	}
	track.has_parent_uuid = true;
	track.parent_uuid = process_uuid(p, thread->pid);
	layout_thread_name(name, sizeof(name), thread);
	return describe(p, &track, thread_uuid(p, thread->tid), name);
}

/* What is new is described before it is used */
static bool describe_new(struct perfetto *p)
{
	bool good = true;

	while (good && p->processes < p->layout.processes)
		good = describe_process(p, &p->layout.process[p->processes++]);
	while (good && p->threads < p->layout.threads)
		good = describe_thread(p, &p->layout.thread[p->threads++]);
	return good;
}

static struct layout_thread *line_of(struct perfetto *p, const struct vtr_event *event,
				     const struct vm *vm, unsigned int lane)
{
	int pid = layout_process(&p->layout, event, vm);
	struct layout_thread *thread =
		pid ? layout_thread(&p->layout, pid, event->iommu, lane) : NULL;

	return thread && describe_new(p) ? thread : NULL;
}

/*
 * Events
 */

static void annotate(Perfetto__Annotation *annotation, const char *key, struct json_object *value)
{
	perfetto__annotation__init(annotation);
	annotation->name = (char *)key;
	if (!json_object_is_type(value, json_type_int)) {
		annotation->string_value = (char *)json_object_get_string(value);
		return;
	}
	if (json_object_get_int64(value) < 0) {
		annotation->has_int_value = true;
		annotation->int_value = json_object_get_int64(value);
		return;
	}
	annotation->has_uint_value = true;
	annotation->uint_value = json_object_get_uint64(value);
}

static bool write_args(struct perfetto *p, uint64_t ns, Perfetto__TrackEvent *event,
		       struct json_object *args)
{
	Perfetto__Annotation annotation[ARGS_MAX], *annotations[ARGS_MAX];
	size_t nr = 0;
	bool good;

	json_object_object_foreach(args, key, value)
	{
		if (nr == ARGS_MAX)
			break;
		annotate(&annotation[nr], key, value);
		annotations[nr] = &annotation[nr];
		nr++;
	}
	event->n_debug_annotations = nr;
	event->debug_annotations = annotations;
	good = write_event(p, ns, event);
	json_object_put(args);
	return good;
}

static struct json_object *args_of(const struct vtr_event *event, const struct event_type *type)
{
	struct json_object *args = json_object_new_object();

	event_add_args(args, event, type);
	json_object_object_add(args, "guest_id", json_object_new_int(event->guest_id));
	json_object_object_add(args, "process", json_object_new_int(event->pid));
	return args;
}

static Perfetto__TrackEvent new_event(const struct perfetto *p, const struct layout_thread *thread,
				      Perfetto__EventType type, const char *name, char **category)
{
	Perfetto__TrackEvent event = PERFETTO__TRACK_EVENT__INIT;

	event.has_type = event.has_track_uuid = true;
	event.type = type;
	event.track_uuid = thread_uuid(p, thread->tid);
	event.name = (char *)name;
	event.categories = category;
	event.n_categories = category ? 1 : 0;
	return event;
}

static bool write_count(struct perfetto *p, const struct layout_thread *thread, uint64_t ns,
			uint64_t value)
{
	Perfetto__TrackEvent event =
		new_event(p, thread, PERFETTO__EVENT_TYPE__TYPE_COUNTER, NULL, NULL);

	event.has_counter_value = true;
	event.counter_value = value;
	return write_event(p, ns, &event);
}

/* From its beginning on it was that */
static bool end_bin(struct perfetto *p, struct layout_thread *thread)
{
	bool good = write_count(p, thread, thread->since, thread->value * BINS_PER_SEC);

	thread->since += BIN_NS;
	thread->value = 0;
	return good;
}

static bool count_rate(struct perfetto *p, const struct vtr_event *event, const struct vm *vm)
{
	struct layout_thread *thread = line_of(p, event, vm, LAYOUT_RATE);
	bool good = thread;

	if (good && !thread->since)
		thread->since = event->ns - event->ns % BIN_NS;
	if (good && event->ns >= thread->since + BIN_NS)
		good = end_bin(p, thread);
	/* Then there was nothing for a while */
	if (good && event->ns >= thread->since + BIN_NS) {
		good = end_bin(p, thread);
		thread->since = event->ns - event->ns % BIN_NS;
	}
	if (good)
		thread->value++;
	return good;
}

bool perfetto_event(struct perfetto *p, const struct vtr_event *event,
		    const struct event_type *type, const struct vm *vm)
{
	struct layout_thread *thread = line_of(p, event, vm, 0);
	char *category = "event";
	Perfetto__TrackEvent instant;
	uint64_t flow;
	bool good;

	if (!thread)
		return false;
	p->last = event->ns;
	instant = new_event(p, thread, PERFETTO__EVENT_TYPE__TYPE_INSTANT, type->name, &category);
	if (event->id == VTR_cmd_submit) {
		flow = flow_of(p, event->iommu, event->arg[0]);
		instant.n_flow_ids = 1;
		instant.flow_ids = &flow;
	} else if (event->id == VTR_cmd_complete) {
		instant.n_terminating_flow_ids = p->nr_ended;
		instant.terminating_flow_ids = p->ended;
	}
	good = write_args(p, event->ns, &instant, args_of(event, type));
	if (event->id == VTR_cmd_complete)
		p->nr_ended = 0;
	if (event->id == VTR_cmd_submit)
		good = count_rate(p, event, vm) && good;
	return good;
}

bool perfetto_command(struct perfetto *p, const struct vtr_event *submit, uint64_t ns,
		      const struct vm *vm)
{
	uint64_t *flow = array_add(&p->ended, &p->nr_ended, &p->ended_room, sizeof(*flow));

	if (flow)
		*flow = flow_of(p, submit->iommu, submit->arg[0]);
	return layout_command(&p->layout, submit, ns, vm) && flow;
}

bool perfetto_fill(struct perfetto *p, uint32_t iommu, uint64_t ns, uint64_t commands)
{
	const struct vtr_event host = {.iommu = iommu};
	struct layout_thread *thread = line_of(p, &host, NULL, LAYOUT_FILL);

	return thread && write_count(p, thread, ns, commands);
}

bool perfetto_lost(struct perfetto *p, uint64_t lost)
{
	static const struct vtr_event host;
	struct layout_thread *thread = line_of(p, &host, NULL, 0);
	struct json_object *args = json_object_new_object();
	char *category = "lost";
	Perfetto__TrackEvent instant;

	if (!thread) {
		json_object_put(args);
		return false;
	}
	json_object_object_add(args, "events", json_object_new_uint64(lost));
	instant =
		new_event(p, thread, PERFETTO__EVENT_TYPE__TYPE_INSTANT, "events lost", &category);
	return write_args(p, p->last, &instant, args);
}

bool perfetto_trigger(struct perfetto *p, const struct trace_trigger *trigger)
{
	const struct vtr_event host = {.iommu = trigger->iommu};
	struct layout_thread *thread = line_of(p, &host, NULL, 0);
	struct json_object *args = json_object_new_object();
	char *category = "trigger", name[48];
	Perfetto__TrackEvent instant;

	if (!thread) {
		json_object_put(args);
		return false;
	}
	snprintf(name, sizeof(name), "trigger %s", trigger->kind);
	json_object_object_add(args, "text", json_object_new_string(trigger->text));
	json_object_object_add(args, "guest_id", json_object_new_int(trigger->guest_id));
	instant = new_event(p, thread, PERFETTO__EVENT_TYPE__TYPE_INSTANT, name, &category);
	return write_args(p, trigger->ns, &instant, args);
}

bool perfetto_clock(struct perfetto *p, int64_t real_ns)
{
	return write_clocks(p, p->last, real_ns, NULL);
}

static bool write_slice(struct perfetto *p, const struct layout_slice *slice)
{
	const struct vtr_event *submit = &slice->submit;
	const struct layout_thread *thread = layout_lane(&p->layout, slice);
	uint64_t flow = flow_of(p, submit->iommu, submit->arg[0]);
	char *category = "command";
	Perfetto__TrackEvent begin, end;

	if (!thread || !describe_new(p))
		return false;
	begin = new_event(p, thread, PERFETTO__EVENT_TYPE__TYPE_SLICE_BEGIN,
			  command_name(submit->arg[1] >> VHW_CODE_SHIFT), &category);
	begin.n_flow_ids = 1;
	begin.flow_ids = &flow;
	end = new_event(p, thread, PERFETTO__EVENT_TYPE__TYPE_SLICE_END, NULL, NULL);
	return write_args(p, submit->ns, &begin, args_of(submit, &event_types[VTR_cmd_submit])) &&
	       write_event(p, submit->ns + slice->ns, &end);
}

bool perfetto_end(struct perfetto *p)
{
	bool good = true;

	layout_sort(&p->layout);
	for (size_t i = 0; good && i < p->layout.slices; i++)
		good = write_slice(p, &p->layout.slice[i]);
	for (size_t i = 0; good && i < p->layout.threads; i++) {
		struct layout_thread *thread = &p->layout.thread[i];

		if (thread->lane == LAYOUT_RATE)
			good = end_bin(p, thread) && write_count(p, thread, thread->since, 0);
	}
	return good;
}

/* As of FNV-1a */
static uint64_t seed_of(const struct trace_meta *meta)
{
	uint64_t seed = 0xcbf29ce484222325ull;

	for (const char *at = meta->boot_id; *at; at++)
		seed = (seed ^ (unsigned char)*at) * 0x100000001b3ull;
	return mix(seed ^ meta->start_ns);
}

struct perfetto *perfetto_begin(FILE *out, const struct trace_meta *meta)
{
	struct perfetto *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->out = out;
	p->seed = seed_of(meta);
	p->last = meta->start_ns;
	if (write_clocks(p, meta->start_ns, meta->real_ns, &meta->boot_ns))
		return p;
	perfetto_free(p);
	return NULL;
}

void perfetto_free(struct perfetto *p)
{
	if (!p)
		return;
	layout_free(&p->layout);
	free(p->ended);
	free(p->buf);
	free(p);
}
