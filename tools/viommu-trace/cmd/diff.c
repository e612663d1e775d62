// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-trace diff: whether events, driver and hardware say the same.
 */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "diff/drift.h"
#include "diff/drift_print.h"
#include "diff/hardware.h"
#include "file/replay.h"
#include "lib/sys/debugfs.h"
#include "lib/sys/file.h"
#include "lib/text/message.h"

/**
 * struct command - The command line, and what comes of it
 * @select:       for how long, how to print
 * @filter:       events that it takes
 * @buffer:       room in the kernel, in MiB
 * @once:         do without events
 * @file:         of events that were recorded; NULL for those to come
 * @fail_on_loss: exit accordingly
 * @recorded:     events that were looked for
 * @truncated:    the end of @file is missing
 * @drift:        what is compared
 */
struct command {
	struct select select;
	struct event_filter filter;
	unsigned int buffer;
	bool once;
	const char *file;
	bool fail_on_loss;
	bool recorded[VTR_NR_EVENTS];
	bool truncated;
	struct drift drift;
};

enum { OPT_BUFFER = 256, OPT_FAIL_ON_LOSS };

static const struct argp_option options[] = {
	{"once", '1', NULL, 0, "Compare now, without events: the driver with the hardware", 1},
	{"replay", 'r', "FILE", 0,
	 "Compare now with what viommu-trace record wrote until now, in this boot", 1},
	{"buffer", OPT_BUFFER, "MIB", 0, "Room in the kernel for events: a power of two (8)", 1},
	{"fail-on-loss", OPT_FAIL_ON_LOSS, NULL, 0, "Exit with 6 if events were lost", 20},
	{},
};

static const char doc[] =
	"Find drift: rebuild what exists from events, and compare it with what the driver says "
	"(iterators) and with what the hardware holds (debugfs, which takes root).\v"
	"Follows events until interrupted, or for --duration; then compares, and prints a line for "
	"each difference that lasts, and how many objects were compared. Exits with 1 if there is "
	"a difference.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct command *c = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &c->select;
		state->child_inputs[1] = &c->select;
		return 0;
	case '1':
		c->once = true;
		return 0;
	case 'r':
		c->file = arg;
		return 0;
	case OPT_BUFFER:
		c->buffer = buffer_parse(state, arg);
		return 0;
	case OPT_FAIL_ON_LOSS:
		c->fail_on_loss = true;
		return 0;
	case ARGP_KEY_END:
		if (c->once + !!c->file + !!c->select.duration_ns > 1)
			argp_error(state, "--once, --replay or --duration: one of them");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/*
 * Events from a file
 */

static bool same_boot(const struct trace_meta *meta)
{
	char id[sizeof(meta->boot_id)];

	file_read_line(id, sizeof(id), "/proc/sys/kernel/random/boot_id");
	return !strcmp(id, meta->boot_id);
}

static void read_item(struct command *c, const struct trace_item *item)
{
	struct drift *drift = &c->drift;

	if (item->type == TRACE_VIOMMU) {
		vms_set(&drift->vms, item->viommu.iommu, item->viommu.guest_id, item->viommu.pid,
			item->viommu.name);
		if (item->viommu.existing)
			rebuild_viommu(&drift->rebuild, &item->viommu);
	} else if (item->type == TRACE_VDEVICE) {
		rebuild_vdevice(&drift->rebuild, &item->vdevice);
	} else if (item->type == TRACE_EVENT) {
		rebuild_event(&drift->rebuild, &item->event);
	} else if (item->type == TRACE_LOST) {
		drift->rebuild.lost += item->lost;
	}
}

static enum exit_code read_items(struct command *c, struct replay *replay)
{
	const struct trace_meta *meta = replay_meta(replay);
	struct trace_item item;

	if (!same_boot(meta)) {
		msg("%s was recorded in another boot: nothing of that exists any more",
		    replay->name);
		return EXIT_FAIL;
	}
	for (int id = 0; id < VTR_NR_EVENTS; id++)
		c->recorded[id] = trace_meta_recorded(meta, id);
	c->drift.traced = true;
	c->drift.recorded = c->recorded;
	c->drift.filtered = meta->filtered;
	while (trace_read_next(replay->reader, &item) < TRACE_WHOLE)
		read_item(c, &item);
	c->truncated = item.type != TRACE_WHOLE;
	if (c->truncated)
		msg("%s: its end is missing", replay->name);
	if (item.type != TRACE_DAMAGED)
		return EXIT_OK;
	msg("%s %s", replay->name, trace_read_error(replay->reader));
	return EXIT_FAIL;
}

static enum exit_code read_file(struct command *c)
{
	struct replay replay;
	enum exit_code code;

	if (!replay_open(&replay, c->file))
		return EXIT_FAIL;
	code = read_items(c, &replay);
	replay_close(&replay);
	return code;
}

/*
 * All together
 */

static void say_begin(void)
{
	msg("following events, until interrupted");
}

static struct command *running;

static void on_begin(void)
{
	drift_print_begin(running->select.json);
	if (!running->select.duration_ns && !running->select.json)
		say_begin();
}

static size_t guests_unbased(const struct rebuild *rebuild)
{
	size_t nr = 0;

	for (size_t i = 0; i < rebuild->nr; i++)
		nr += !rebuild->guest[i].based;
	return nr;
}

/* Says what is missing; returns whether nothing is */
static bool tell_missing(const struct command *c)
{
	const struct drift *drift = &c->drift;
	size_t unbased = guests_unbased(&drift->rebuild);
	bool complete = true;

	if (drift->unreadable) {
		msg("what the hardware holds is not compared: " DEBUGFS_DIR ": %s",
		    drift->unreadable);
		complete = false;
	}
	if (drift->rebuild.lost) {
		msg("%" PRIu64 " events were lost: cannot tell whether the trace differs, so it "
		    "is not compared%s",
		    drift->rebuild.lost, c->file ? "" : "; raise --buffer");
		complete = false;
	}
	if (drift->filtered)
		msg("%s has some VMs only: others are compared without a trace", c->file);
	else if (unbased && !drift->unreadable)
		msg("%zu guests were there before the trace: their domains and private addresses "
		    "are compared without it",
		    unbased);
	if (drift->rebuild.failed || drift->result.failed) {
		msg("out of memory");
		complete = false;
	}
	return complete && !drift->filtered && !unbased && !c->truncated;
}

static enum exit_code compare(struct command *c)
{
	struct drift *drift = &c->drift;
	bool complete;

	if (!drift_compare(drift))
		return EXIT_FAIL;
	drift_end(drift);
	complete = tell_missing(c);
	drift_print(drift, complete, c->select.json);
	if (c->once && drift->unreadable)
		return EXIT_PERM;
	if (drift->result.nr || drift->rebuild.failed || drift->result.failed)
		return EXIT_FAIL;
	return c->fail_on_loss && (drift->rebuild.lost || c->truncated) ? EXIT_LOST : EXIT_OK;
}

static enum exit_code run(struct command *c)
{
	const struct event_source_options wanted = {&c->select, &c->filter, c->buffer};
	enum exit_code code = EXIT_OK;

	if (c->file)
		code = read_file(c);
	if (!code)
		code = event_source_open(&c->drift.source, &wanted);
	if (!code && !c->file && !c->once)
		code = drift_follow(&c->drift, c->select.duration_ns, on_begin);
	else if (!code)
		drift_print_begin(c->select.json);
	if (!code)
		code = compare(c);
	event_source_close(c->drift.source);
	return code;
}

#define PATTERN(event) "viommu_" #event,

enum exit_code cmd_diff(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&select_json_argp, 0, NULL, 0},
		{&select_live_argp, 0, NULL, 0},
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = doc,
		.children = children,
	};
	static const char *const patterns[] = {REBUILD_EVENTS(PATTERN)};
	static struct command c = {.buffer = EVENT_BUFFER_MIB, .drift = {.dir = DEBUGFS_DIR}};
	enum exit_code code;

	_Static_assert(sizeof(patterns) <= sizeof(c.filter.pattern), "room for patterns");
	running = &c;
	select_init(&c.select);
	memcpy(c.filter.pattern, patterns, sizeof(patterns));
	c.filter.nr = sizeof(patterns) / sizeof(*patterns);
	argp_parse(&argp, argc, argv, 0, NULL, &c);
	/* No event has this name: where none are followed, none need programs */
	if (c.once || c.file) {
		c.filter.pattern[0] = "";
		c.filter.nr = 1;
	}
	code = trace_ready();
	if (code)
		return code;
	if (!trace_has_driver("diff"))
		return EXIT_KERNEL;
	wait_init();
	code = run(&c);
	drift_free(&c.drift);
	return code;
}
