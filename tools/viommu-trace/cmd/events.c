// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-trace events: what the driver does, as it does it.
 */
#include <argp.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "event/select.h"
#include "lib/hw/event_table.h"
#include "lib/sys/wait.h"
#include "lib/text/numbers.h"
#include "lib/text/output.h"
#include "live/event_source.h"
#include "show/event_print.h"
#include "show/slow.h"

#define SLOW_NS 1000000ull

/**
 * struct events - The command while it runs
 * @select: whom to show
 * @filter: what to show
 * @count:  how many events to show, 0 for any number
 * @buffer: size of the buffer in the kernel, in MiB
 * @slow_ns: only commands that took longer; 0 for events
 * @list:   only list the events
 * @shown:  events shown
 */
struct events {
	struct select select;
	struct event_filter filter;
	uint64_t count;
	unsigned int buffer;
	uint64_t slow_ns;
	bool list;
	uint64_t shown;
};

enum { OPT_BUFFER = 256, OPT_LIST, OPT_SLOW };

static const struct argp_option options[] = {
	{"count", 'n', "N", 0, "End after N events", 1},
	{"buffer", OPT_BUFFER, "MIB", 0,
	 "Room in the kernel for events that are not shown yet: a power of two (8)", 1},
	{"slow", OPT_SLOW, "SPAN", OPTION_ARG_OPTIONAL,
	 "Instead, commands that took longer than SPAN (1ms) until they were known to be done", 1},
	{"list", OPT_LIST, NULL, 0, "List the events there are", 1},
	{},
};

static const char doc[] = "Show the events of the AMD vIOMMU driver as they happen.\v"
			  "Each line has the time, the process in whose context it happened, the "
			  "IOMMU, the guest ID, the VM and the event. Events that were lost are "
			  "counted and told.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct events *e = state->input;
	const char *unknown;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &e->select;
		state->child_inputs[1] = &e->filter;
		return 0;
	case 'n':
		e->count = integer_parse(state, arg, "count", 1, 1ul << 50);
		return 0;
	case OPT_BUFFER:
		e->buffer = buffer_parse(state, arg);
		return 0;
	case OPT_LIST:
		e->list = true;
		return 0;
	case OPT_SLOW:
		e->slow_ns = arg ? span_parse(state, arg, "--slow") : SLOW_NS;
		return 0;
	case ARGP_KEY_END:
		if (e->slow_ns && e->filter.nr)
			argp_error(state,
				   "--slow shows commands, and no events: do without --event");
		unknown = event_filter_unknown(&e->filter, event_types, VTR_NR_EVENTS);
		if (unknown)
			argp_error(state, "no event is called \"%s\": see --list", unknown);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool enough(const struct events *e)
{
	return e->count && e->shown == e->count;
}

static void on_event(void *context, const struct vtr_event *event, const struct vm *vm)
{
	struct events *e = context;

	if (enough(e))
		return;
	event_print(event, &event_types[event->id], vm, e->select.json);
	e->shown++;
}

static void on_lost(void *context, uint64_t lost)
{
	struct events *e = context;

	if (!enough(e))
		event_print_lost(lost, e->select.json);
}

/* Some of them may have been before the last event that is shown */
static void on_missed(void *context, uint64_t missed)
{
	const struct events *e = context;

	event_print_lost(missed, e->select.json);
}

static void on_begin(void *context)
{
	const struct events *e = context;

	event_print_begin(e->select.json, NULL);
}

static bool on_tick(void *context)
{
	return output_flush() && !enough(context);
}

static enum exit_code follow(struct events *e)
{
	const struct event_source_options options = {&e->select, &e->filter, e->buffer};
	const struct event_sink sink = {
		.context = e,
		.event = on_event,
		.whose = true,
		.lost = on_lost,
		.missed = on_missed,
		.unseen = on_missed,
		.begin = on_begin,
		.tick = on_tick,
	};
	struct event_source *source;
	enum wait_result why;
	enum exit_code code;

	code = event_source_open(&source, &options);
	if (code)
		return code;
	code = event_source_follow(source, &sink, &why);
	event_print_end(e->shown, event_source_lost(source), false, e->select.json);
	event_source_tell_lost(source);
	event_source_close(source);
	return code;
}

static enum exit_code follow_slow(const struct events *e)
{
	const struct slow_options options = {&e->select, e->slow_ns, e->count, e->buffer};

	return slow_follow(&options);
}

enum exit_code cmd_events(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&select_argp, 0, NULL, 0},
		{&event_filter_argp, 0, NULL, 0},
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = doc,
		.children = children,
	};
	struct events e = {.buffer = EVENT_BUFFER_MIB};
	enum exit_code code;

	select_init(&e.select);
	argp_parse(&argp, argc, argv, 0, NULL, &e);
	if (e.list) {
		for (int i = 0; i < VTR_NR_EVENTS; i++)
			puts(event_types[i].name);
		return EXIT_OK;
	}
	code = trace_ready();
	if (code)
		return code;
	if (e.slow_ns && !trace_has_driver("--slow"))
		return EXIT_KERNEL;
	wait_init();
	return e.slow_ns ? follow_slow(&e) : follow(&e);
}
