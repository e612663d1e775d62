// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of Perfetto's format: from what viommu-trace export writes, slices, flows
 * and counters are rebuilt as a viewer does, and compared with what was recorded.
 */
#include <libgen.h>
#include <stdlib.h>
#include <unistd.h>

#include "file/write.h"
#include "show/perfetto.pb-c.h"
#include "tap.h"

/* Prime */
#define COMMANDS 307
#define START 5000000000ull
#define REAL 1700000000000000000ll
#define STEP_NS 700000
/* Each fifth is a COMPLETION_WAIT that ends those before it */
#define BATCH 5
#define TRIGGER_NS (START + 77 * STEP_NS + 1)

/* struct command - What is recorded */
struct command {
	uint64_t begin;
	uint64_t end;
	uint16_t guest_id;
};

static struct command commands[COMMANDS + 1];

/*
 * The recording
 */

static struct vtr_event event_of(enum vtr_event_id id, uint64_t ns, uint16_t guest_id, uint64_t seq,
				 uint64_t arg)
{
	return (struct vtr_event){
		.id = id,
		.ns = ns,
		.guest_id = guest_id,
		.iommu = 1,
		.pid = guest_id ? 100 + guest_id : 7,
		.comm = "vmm",
		.arg = {seq, arg},
	};
}

static void write_guests(struct trace_writer *w)
{
	for (uint16_t id = 1; id <= 2; id++) {
		struct trace_viommu viommu = {
			.iommu = 1,
			.guest_id = id,
			.pid = 100 + id,
			.existing = true,
			.serial = id,
			.comm = "vmm",
		};

		snprintf(viommu.name, sizeof(viommu.name), "vm-%u", id);
		trace_write_viommu(w, &viommu);
	}
}

/* The waits of two batches end in one after the other: slices overlap */
static void write_commands(struct trace_writer *w)
{
	const struct trace_trigger trigger = {TRIGGER_NS, 1, 2, "p99", "slow"};
	struct vtr_event event;
	uint64_t ns = START;

	for (uint64_t seq = 1; seq <= COMMANDS; seq++, ns += STEP_NS) {
		bool wait = seq % BATCH == 0 || seq == COMMANDS;
		struct command *command = &commands[seq];

		*command = (struct command){.begin = ns, .guest_id = seq / BATCH % 3};
		event = event_of(VTR_cmd_submit, ns, command->guest_id, seq,
				 wait ? 1ull << 60 : 3ull << 60);
		trace_write_event(w, &event);
		if (seq == 78)
			trace_write_trigger(w, &trigger);
		/* Those of the batch before this end in the middle of this one */
		if (seq % BATCH == 2 && seq > BATCH) {
			event = event_of(VTR_cmd_complete, ns + 1000, 0, seq / BATCH * BATCH, 0);
			trace_write_event(w, &event);
			for (uint64_t i = 1; i <= seq / BATCH * BATCH; i++)
				if (!commands[i].end)
					commands[i].end = ns + 1000;
		}
	}
	event = event_of(VTR_cmd_complete, ns, 0, COMMANDS, 0);
	trace_write_event(w, &event);
	for (uint64_t i = 1; i <= COMMANDS; i++)
		if (!commands[i].end)
			commands[i].end = ns;
	trace_write_clock(w, REAL + 3000000000);
}

static bool record(const char *path)
{
	struct trace_end end = {.ns = START, .why = "count"};
	bool wanted[VTR_NR_EVENTS];
	FILE *file = fopen(path, "w");
	struct trace_meta meta;
	struct trace_writer *w;
	bool good;

	memset(wanted, true, sizeof(wanted));
	trace_meta_now(&meta, wanted);
	meta.start_ns = START;
	meta.real_ns = REAL;
	meta.boot_ns = 42;
	w = trace_write_start(fileno(file), &meta);
	write_guests(w);
	write_commands(w);
	good = trace_write_end(w, &end);
	trace_write_free(w);
	trace_meta_free(&meta);
	return !fclose(file) && good;
}

/* As a user does it */
static uint8_t *export(const char *self, const char *path, size_t *size)
{
	char command[4096], *copy = strdup(self);
	uint8_t *data = malloc(1 << 22);
	FILE *out;

	snprintf(command, sizeof(command),
		 "%s/../../../../bin/viommu-trace export --perfetto %s 2>/dev/null", dirname(copy),
		 path);
	free(copy);
	out = popen(command, "r");
	*size = fread(data, 1, 1 << 22, out);
	ok(!pclose(out) && *size, "it is exported");
	return data;
}

/*
 * What a viewer makes of it
 */

/* struct slice - Of a track */
struct slice {
	uint64_t track;
	uint64_t begin;
	uint64_t end;
	uint64_t flow;
	const char *name;
	bool open;
};

/* struct step - An event that a flow goes through */
struct step {
	uint64_t flow;
	uint64_t ns;
	uint64_t seq;
	bool ends;
};

static struct slice slices[2 * COMMANDS];
static struct step steps[4 * COMMANDS];
static size_t nr_slices, nr_steps;
static unsigned int wrong_nesting, triggers;
static const Perfetto__TrackDescriptor *tracks[64];
static size_t nr_tracks;
static uint64_t rate_sum, fills, wrong_fills;
static int64_t fill_max;

static const Perfetto__TrackDescriptor *track_of(uint64_t uuid)
{
	for (size_t i = 0; i < nr_tracks; i++)
		if (tracks[i]->uuid == uuid)
			return tracks[i];
	return NULL;
}

static uint64_t annotation(const Perfetto__TrackEvent *event, const char *name)
{
	for (size_t i = 0; i < event->n_debug_annotations; i++)
		if (!strcmp(event->debug_annotations[i]->name, name))
			return event->debug_annotations[i]->uint_value;
	return 0;
}

static void add_slice(const Perfetto__TracePacket *packet)
{
	const Perfetto__TrackEvent *event = packet->track_event;

	slices[nr_slices++] = (struct slice){
		.track = event->track_uuid,
		.begin = packet->timestamp,
		.flow = event->n_flow_ids == 1 ? event->flow_ids[0] : 0,
		.name = event->name,
		.open = true,
	};
}

/* The last one that is open ends */
static void end_slice(const Perfetto__TracePacket *packet)
{
	for (size_t i = nr_slices; i--;) {
		if (!slices[i].open || slices[i].track != packet->track_event->track_uuid)
			continue;
		slices[i].open = false;
		slices[i].end = packet->timestamp;
		return;
	}
	wrong_nesting++;
}

static void add_steps(const Perfetto__TracePacket *packet)
{
	const Perfetto__TrackEvent *event = packet->track_event;

	for (size_t i = 0; i < event->n_flow_ids; i++)
		steps[nr_steps++] = (struct step){event->flow_ids[i], packet->timestamp,
						  annotation(event, "seq"), false};
	for (size_t i = 0; i < event->n_terminating_flow_ids; i++)
		steps[nr_steps++] = (struct step){event->terminating_flow_ids[i], packet->timestamp,
						  annotation(event, "seq"), true};
}

static int64_t under_way(uint64_t ns)
{
	int64_t nr = 0;

	for (int i = 1; i <= COMMANDS; i++)
		nr += commands[i].begin <= ns && commands[i].end > ns;
	return nr;
}

static void count(const Perfetto__TracePacket *packet)
{
	const Perfetto__TrackEvent *event = packet->track_event;
	const Perfetto__TrackDescriptor *track = track_of(event->track_uuid);

	if (!strcmp(track->name, "ivhd1 commands a second")) {
		rate_sum += event->counter_value / 10;
		return;
	}
	fills++;
	wrong_fills += event->counter_value != under_way(packet->timestamp);
	if (event->counter_value > fill_max)
		fill_max = event->counter_value;
}

static void view(const Perfetto__TracePacket *packet)
{
	const Perfetto__TrackEvent *event = packet->track_event;

	switch (event->type) {
	case PERFETTO__EVENT_TYPE__TYPE_SLICE_BEGIN:
		add_slice(packet);
		break;
	case PERFETTO__EVENT_TYPE__TYPE_SLICE_END:
		end_slice(packet);
		break;
	case PERFETTO__EVENT_TYPE__TYPE_INSTANT:
		add_steps(packet);
		triggers += !strcmp(event->name, "trigger p99") && packet->timestamp == TRIGGER_NS;
		break;
	case PERFETTO__EVENT_TYPE__TYPE_COUNTER:
		count(packet);
		break;
	default:
		break;
	}
}

/* By time, and else as they come */

static int by_time(const void *a, const void *b)
{
	const Perfetto__TracePacket *one = *(Perfetto__TracePacket *const *)a;
	const Perfetto__TracePacket *other = *(Perfetto__TracePacket *const *)b;

	if (one->timestamp != other->timestamp)
		return one->timestamp < other->timestamp ? -1 : 1;
	/* sequence_flags is not used by then: it has the order */
	return one->sequence_flags < other->sequence_flags ? -1 : 1;
}

static void view_all(Perfetto__Trace *trace)
{
	for (size_t i = 0; i < trace->n_packet; i++)
		trace->packet[i]->sequence_flags = i;
	qsort(trace->packet, trace->n_packet, sizeof(*trace->packet), by_time);
	for (size_t i = 0; i < trace->n_packet; i++)
		if (trace->packet[i]->track_descriptor)
			tracks[nr_tracks++] = trace->packet[i]->track_descriptor;
	for (size_t i = 0; i < trace->n_packet; i++)
		if (trace->packet[i]->track_event)
			view(trace->packet[i]);
}

static const char *process_name(uint64_t uuid)
{
	const Perfetto__TrackDescriptor *track = track_of(uuid);
	const Perfetto__TrackDescriptor *parent = track ? track_of(track->parent_uuid) : NULL;

	return parent ? parent->name : "";
}

static const struct slice *slice_of(uint64_t flow)
{
	for (size_t i = 0; i < nr_slices; i++)
		if (slices[i].flow == flow)
			return &slices[i];
	return NULL;
}

static const struct step *step_of(uint64_t flow, bool ends)
{
	for (size_t i = 0; i < nr_steps; i++)
		if (steps[i].flow == flow && steps[i].ends == ends)
			return &steps[i];
	return NULL;
}

/* From its submission through its slice to its completion */
static bool flows(uint64_t seq)
{
	static const char *const names[] = {"host", "vm-1", "vm-2"};
	const struct command *command = &commands[seq];
	bool wait = seq % BATCH == 0 || seq == COMMANDS;

	for (size_t i = 0; i < nr_steps; i++) {
		const struct slice *slice = slice_of(steps[i].flow);
		const struct step *end = step_of(steps[i].flow, true);

		if (steps[i].ends || steps[i].seq != seq || !slice || !end)
			continue;
		return steps[i].ns == command->begin && slice->begin == command->begin &&
		       slice->end == command->end && end->ns == command->end &&
		       !strcmp(slice->name, wait ? "COMPLETION_WAIT" : "INVALIDATE_IOMMU_PAGES") &&
		       !strcmp(process_name(slice->track), names[command->guest_id]);
	}
	return false;
}

static uint64_t clock_at(const Perfetto__ClockSnapshot *snapshot, uint32_t id)
{
	for (size_t i = 0; snapshot && i < snapshot->n_clocks; i++)
		if (snapshot->clocks[i]->clock_id == id)
			return snapshot->clocks[i]->timestamp;
	return 0;
}

static void check_clocks(const Perfetto__Trace *trace)
{
	const Perfetto__ClockSnapshot *first = trace->packet[0]->clock_snapshot, *second = NULL;
	unsigned int others = 0;

	for (size_t i = 0; i < trace->n_packet; i++) {
		const Perfetto__TracePacket *packet = trace->packet[i];

		if (i && packet->clock_snapshot)
			second = packet->clock_snapshot;
		others += packet->track_event && packet->timestamp_clock_id != 3;
	}
	is_number(clock_at(first, 3), START, "the first packet says what time it is");
	is_number(clock_at(first, 1), START + REAL, "by the clock on the wall");
	is_number(clock_at(first, 6), START + 42, "and since the machine booted");
	is_number(clock_at(second, 1) - clock_at(second, 3), REAL + 3000000000,
		  "so does one where the clock was set");
	is_number(others, 0, "all times are of CLOCK_MONOTONIC");
}

static void check_processes(void)
{
	unsigned int processes = 0;

	for (size_t i = 0; i < nr_tracks; i++)
		if (tracks[i]->process)
			processes +=
				tracks[i]->process->pid == 101 || tracks[i]->process->pid == 102;
	is_number(processes, 2, "VMs are processes");
}

int main(int argc, char **argv)
{
	char path[] = "/tmp/viommu-perfetto-XXXXXX";
	Perfetto__Trace *trace, *twice;
	unsigned int good = 0;
	uint8_t *data;
	size_t size;

	(void)argc;
	close(mkstemp(path));
	ok(record(path), "something is recorded");
	data = export(argv[0], path, &size);
	unlink(path);
	trace = perfetto__trace__unpack(NULL, size, data);
	if (!ok(trace && trace->n_packet, "it is a trace"))
		return tap_end();
	check_clocks(trace);
	view_all(trace);
	is_number(nr_slices, COMMANDS, "each command is a slice");
	is_number(wrong_nesting, 0, "slices lie beside or within one another");
	for (uint64_t seq = 1; seq <= COMMANDS; seq++)
		good += flows(seq);
	is_number(good, COMMANDS, "a flow goes from each submission through its slice to its end");
	check_processes();
	is_number(triggers, 1, "the trigger is there, when it was");
	is_number(rate_sum, COMMANDS, "rates are of all commands");
	ok(fills > COMMANDS && fill_max >= BATCH, "it is known how many are under way");
	is_number(wrong_fills, 0, "always");
	/* Two files behind each other are one */
	data = realloc(data, 2 * size);
	memcpy(data + size, data, size);
	twice = perfetto__trace__unpack(NULL, 2 * size, data);
	ok(twice && twice->n_packet == 2 * trace->n_packet, "it can be part of another one");
	perfetto__trace__free_unpacked(twice, NULL);
	perfetto__trace__free_unpacked(trace, NULL);
	free(data);
	return tap_end();
}
