// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-trace report: what a recorded file has.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "event/pairs.h"
#include "file/replay.h"
#include "lib/text/message.h"
#include "lib/text/output.h"
#include "show/event_counts.h"
#include "show/event_print.h"
#include "show/latency_table.h"

/**
 * enum report_what - What to show
 * @REPORT_EVENTS:  each event
 * @REPORT_LATENCY: how long commands took
 * @REPORT_SUMMARY: how often each event happened
 */
enum report_what {
	REPORT_EVENTS,
	REPORT_LATENCY,
	REPORT_SUMMARY,
};

/**
 * struct report - The command while it runs
 * @select:       of whom
 * @filter:       which events
 * @what:         to show
 * @fail_on_loss: exit accordingly
 * @file:         to read
 * @replay:       reads it
 * @shown:        events shown
 * @pairs:        commands under way
 * @table:        latencies of those that are done
 * @counts:       events by name
 * @no_memory:    something is missing, for want of it
 */
struct report {
	struct select select;
	struct event_filter filter;
	enum report_what what;
	bool fail_on_loss;
	const char *file;
	struct replay replay;
	uint64_t shown;
	struct pairs pairs;
	struct latency_table table;
	struct event_counts counts;
	bool no_memory;
};

enum { OPT_LATENCY = 256, OPT_SUMMARY, OPT_FAIL_ON_LOSS };

static const struct argp_option options[] = {
	{"latency", OPT_LATENCY, NULL, 0, "How long commands took, as viommu-trace latency", 1},
	{"summary", OPT_SUMMARY, NULL, 0, "How often each event happened to each VM", 1},
	{"fail-on-loss", OPT_FAIL_ON_LOSS, NULL, 0,
	 "Exit with 6 if events were lost or the end is missing", 20},
	{},
};

static const char doc[] =
	"Show what viommu-trace record wrote to FILE (" TRACE_FILE
	"), as viommu-trace events would have.\v"
	"\"-\" is standard input. Of a file that was cut off all whole blocks are "
	"shown, and that its end is missing is told.";

static void set_what(struct report *r, struct argp_state *state, enum report_what what)
{
	if (r->what && r->what != what)
		argp_error(state, "--latency or --summary, not both");
	r->what = what;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct report *r = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &r->select;
		state->child_inputs[1] = &r->select;
		state->child_inputs[2] = &r->filter;
		state->child_inputs[3] = &r->table.view;
		return 0;
	case OPT_LATENCY:
		set_what(r, state, REPORT_LATENCY);
		return 0;
	case OPT_SUMMARY:
		set_what(r, state, REPORT_SUMMARY);
		return 0;
	case OPT_FAIL_ON_LOSS:
		r->fail_on_loss = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "one file at a time: what is \"%s\"?", arg);
		r->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (r->what != REPORT_LATENCY &&
		    (r->table.view.bars || r->table.view.linear_ns || r->table.view.exemplars))
			argp_error(state, "there are histograms and exemplars with --latency only");
		if (r->what == REPORT_LATENCY && r->filter.nr)
			argp_error(state, "--latency is about commands: do without --event");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/*
 * Events
 */

static void show_event(void *context, const struct trace_item *item, const struct vm *vm)
{
	struct report *r = context;

	event_print(&item->event, item->event_type, vm, r->select.json);
	r->shown++;
}

static void show_lost(void *context, uint64_t lost)
{
	struct report *r = context;

	event_print_lost(lost, r->select.json);
}

static void show_trigger(void *context, const struct trace_trigger *trigger)
{
	struct report *r = context;

	event_print_trigger(trigger, r->select.json);
}

static enum exit_code report_events(struct report *r)
{
	const struct replay_sink sink = {
		.context = r,
		.event = show_event,
		.lost = show_lost,
		.trigger = show_trigger,
	};
	enum exit_code code;

	event_print_begin(r->select.json, replay_meta(&r->replay));
	code = replay_all(&r->replay, &r->select, &r->filter, &sink);
	event_print_end(r->shown, r->replay.lost, r->replay.truncated, r->select.json);
	return code;
}

/*
 * Latencies
 */

static void command_done(void *context, const struct pairs_command *command, uint64_t ns)
{
	const struct vtr_event *submit = &command->submit;
	struct report *r = context;
	const struct vtr_latency_key key = {
		.iommu = submit->iommu,
		.guest_id = submit->guest_id,
		.opcode = submit->arg[1] >> VHW_CODE_SHIFT,
		.life = command->life,
	};
	const struct vtr_exemplar this = {
		.seq = submit->arg[0],
		.cmd = {submit->arg[1], submit->arg[2]},
		.ns = submit->ns + ns,
	};

	if (!latency_table_add(&r->table, &key, ns, &this))
		r->no_memory = true;
}

static void pair_event(void *context, const struct trace_item *item, const struct vm *vm)
{
	struct report *r = context;

	if (!pairs_event(&r->pairs, &item->event, vm ? vm->life : 0))
		r->no_memory = true;
}

static void pair_lost(void *context, uint64_t lost __attribute__((unused)))
{
	struct report *r = context;

	pairs_lost(&r->pairs);
}

static struct latency_missing latency_missing(const struct report *r)
{
	return (struct latency_missing){
		.commands = r->pairs.missing,
		.events = r->replay.lost,
		.timeouts = r->pairs.timeouts,
		.truncated = r->replay.truncated,
	};
}

/* Events of all are needed, since any completion ends what was queued before */
static enum exit_code report_latency(struct report *r)
{
	const struct trace_meta *meta = replay_meta(&r->replay);
	const struct select everybody = {.iommu = -1};
	const struct replay_sink sink = {
		.context = r,
		.event = pair_event,
		.lost = pair_lost,
	};
	struct latency_missing missing;
	enum exit_code code;

	if (!trace_meta_recorded(meta, VTR_cmd_submit) ||
	    !trace_meta_recorded(meta, VTR_cmd_complete)) {
		msg("%s has no latencies: commands were not recorded", r->replay.name);
		return EXIT_FAIL;
	}
	if (meta->filtered)
		msg("only some VMs were recorded: a command counts until the first completion of one of these");
	r->pairs.done = command_done;
	r->pairs.context = r;
	code = replay_all(&r->replay, &everybody, &r->filter, &sink);
	latency_table_print(&r->table, &r->select, &r->replay.vms);
	missing = latency_missing(r);
	if (r->select.json)
		latency_print_simple("interval", &missing);
	latency_tell_missing(&missing);
	return code;
}

/*
 * Summary
 */

static void count_event(void *context, const struct trace_item *item, const struct vm *vm)
{
	struct report *r = context;
	size_t order = item->event_type - replay_meta(&r->replay)->type;

	if (!event_counts_add(&r->counts, &item->event, item->event_type->name, order, vm))
		r->no_memory = true;
	r->shown++;
}

static enum exit_code report_summary(struct report *r)
{
	const struct replay_sink sink = {.context = r, .event = count_event};
	enum exit_code code;

	code = replay_all(&r->replay, &r->select, &r->filter, &sink);
	event_counts_print(&r->counts, r->select.json);
	event_print_end(r->shown, r->replay.lost, r->replay.truncated, r->select.json);
	return code;
}

static enum exit_code report(struct report *r)
{
	static enum exit_code (*const reports[])(struct report * r) = {
		[REPORT_EVENTS] = report_events,
		[REPORT_LATENCY] = report_latency,
		[REPORT_SUMMARY] = report_summary,
	};
	const struct trace_meta *meta = replay_meta(&r->replay);
	const char *unknown = event_filter_unknown(&r->filter, meta->type, meta->nr_types);
	enum exit_code code;

	if (unknown) {
		msg("no event of %s is called \"%s\": see --summary", r->replay.name, unknown);
		return EXIT_USAGE;
	}
	code = reports[r->what](r);
	if (!output_flush())
		return output_end(EXIT_OK);
	if (r->no_memory) {
		msg("out of memory: this is not all");
		return EXIT_FAIL;
	}
	if (code)
		return code;
	replay_tell(&r->replay);
	return r->fail_on_loss && (r->replay.lost || r->replay.truncated) ? EXIT_LOST : EXIT_OK;
}

enum exit_code cmd_report(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&select_vms_argp, 0, NULL, 0},
		{&select_json_argp, 0, NULL, 0},
		{&event_filter_argp, 0, NULL, 0},
		{&latency_view_argp, 0, NULL, 0},
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[FILE]",
		.doc = doc,
		.children = children,
	};
	struct report r = {.file = TRACE_FILE};
	enum exit_code code = EXIT_FAIL;

	select_init(&r.select);
	argp_parse(&argp, argc, argv, 0, NULL, &r);
	r.table.json = r.select.json;
	if (replay_open(&r.replay, r.file))
		code = report(&r);
	pairs_free(&r.pairs);
	latency_table_free(&r.table);
	event_counts_free(&r.counts);
	replay_close(&r.replay);
	return code;
}
