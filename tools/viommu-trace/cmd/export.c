// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-trace export: events for viewers of traces.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "event/pairs.h"
#include "file/replay.h"
#include "lib/sys/clock.h"
#include "lib/sys/newfile.h"
#include "lib/sys/wait.h"
#include "lib/text/message.h"
#include "live/event_source.h"
#include "show/chrome.h"
#include "show/perfetto.h"

/* What is less may be how long it took to ask two clocks */
#define CLOCK_STEP_NS 1000000

/**
 * struct conversion - The command while it runs
 * @select: of whom
 * @filter: which events
 * @file:   to read
 * @output: to write
 * @replay: reads it
 * @source: instead of it
 * @vms:    of either
 * @real_ns: with @live, CLOCK_REALTIME less CLOCK_MONOTONIC
 * @pairs:  commands under way
 * @native: in Perfetto's own format, not as JSON
 * @live:   of the running kernel, not of a file
 * @buffer: with @live, room in the kernel in MiB
 * @chrome: what is written, as JSON
 * @perfetto: or as packets
 * @failed: something is missing, for want of memory
 * @lost:   so were events
 */
struct conversion {
	struct select select;
	struct event_filter filter;
	const char *file;
	const char *output;
	struct replay replay;
	struct event_source *source;
	const struct vms *vms;
	int64_t real_ns;
	struct pairs pairs;
	bool native;
	bool live;
	unsigned int buffer;
	struct chrome *chrome;
	struct perfetto *perfetto;
	bool failed;
	bool lost;
};

enum { OPT_PERFETTO = 256, OPT_LIVE, OPT_BUFFER };

static const struct argp_option options[] = {
	{"output", 'o', "FILE", 0, "Write to FILE, \"-\" for standard output, as without it", 1},
	{"perfetto", OPT_PERFETTO, NULL, 0,
	 "In Perfetto's own format, with flows, counters and clocks, not as JSON", 1},
	{"live", OPT_LIVE, NULL, 0, "What happens now, until interrupted, and no file", 1},
	{"buffer", OPT_BUFFER, "MIB", 0,
	 "With --live, room in the kernel for events that are not read yet: a power of two (8)", 1},
	{},
};

static const char doc[] =
	"Convert what viommu-trace record wrote to FILE (" TRACE_FILE
	") to the JSON that Perfetto (ui.perfetto.dev) and chrome://tracing show, or to Perfetto's "
	"own format.\v"
	"VMs are processes. The host's commands are slices, from when the driver queued them until "
	"they were known to be done; everything else is an instant. "
	"With --perfetto, flows lead from submissions through slices to completions, and counters "
	"say how many commands are under way, and how many there are a second.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct conversion *x = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &x->select;
		state->child_inputs[1] = &x->filter;
		state->child_inputs[2] = &x->select;
		return 0;
	case 'o':
		x->output = arg;
		return 0;
	case OPT_PERFETTO:
		x->native = true;
		return 0;
	case OPT_LIVE:
		x->live = true;
		return 0;
	case OPT_BUFFER:
		x->buffer = buffer_parse(state, arg);
		return 0;
	case ARGP_KEY_END:
		if (!x->live && (x->select.duration_ns || x->select.verbose))
			argp_error(state, "--duration and --verbose are for --live");
		if (x->live && state->arg_num)
			argp_error(state, "--live reads no file");
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "one file at a time: what is \"%s\"?", arg);
		x->file = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/*
 * What there is, wherever it comes from
 */

static bool is_wanted(const struct conversion *x, const char *name, const struct vtr_event *event,
		      const struct vm *vm)
{
	return event_filter_wants(&x->filter, name) &&
	       selected(&x->select, event->iommu, event->guest_id, vm);
}

static void command_done(void *context, const struct pairs_command *command, uint64_t ns)
{
	const struct vtr_event *submit = &command->submit;
	struct conversion *x = context;
	const struct vm *vm = vms_find_life(x->vms, submit->iommu, submit->guest_id, command->life);

	if (!is_wanted(x, event_types[submit->id].name, submit, vm))
		return;
	if (x->native)
		x->failed |= !perfetto_command(x->perfetto, submit, ns, vm);
	else
		x->failed |= !chrome_command(x->chrome, submit, ns, vm);
}

static void fill(struct conversion *x, const struct vtr_event *event)
{
	if (event->id == VTR_cmd_submit || event->id == VTR_cmd_complete)
		x->failed |= !perfetto_fill(x->perfetto, event->iommu, event->ns,
					    pairs_under_way(&x->pairs, event->iommu));
}

/* Only commands need those of all; as JSON, commands are in pairs */
static void convert_event(struct conversion *x, const struct vtr_event *event,
			  const struct event_type *type, const struct vm *vm)
{
	bool paired =
		event->id == VTR_cmd_submit || (event->id == VTR_cmd_complete && !event->arg[1]);
	bool wanted = is_wanted(x, type->name, event, vm);

	x->failed |= !pairs_event(&x->pairs, event, vm ? vm->life : 0);
	if (x->native) {
		if (wanted)
			x->failed |= !perfetto_event(x->perfetto, event, type, vm);
		fill(x, event);
	} else if (wanted && !paired) {
		x->failed |= !chrome_instant(x->chrome, event, type, vm);
	}
}

static void add_event(void *context, const struct trace_item *item, const struct vm *vm)
{
	convert_event(context, &item->event, item->event_type, vm);
}

static void add_lost(void *context, uint64_t lost)
{
	struct conversion *x = context;

	x->lost = true;
	pairs_lost(&x->pairs);
	x->failed |= x->native ? !perfetto_lost(x->perfetto, lost) : !chrome_lost(x->chrome, lost);
}

static void add_trigger(void *context, const struct trace_trigger *trigger)
{
	struct conversion *x = context;

	if (x->native)
		x->failed |= !perfetto_trigger(x->perfetto, trigger);
}

static void add_clock(void *context, int64_t real_ns)
{
	struct conversion *x = context;

	if (x->native)
		x->failed |= !perfetto_clock(x->perfetto, real_ns);
}

static enum exit_code begin(struct conversion *x, FILE *out, const struct trace_meta *meta)
{
	if (x->native)
		x->perfetto = perfetto_begin(out, meta);
	else
		x->chrome = chrome_begin(out);
	x->pairs.done = command_done;
	x->pairs.context = x;
	if (x->perfetto || x->chrome)
		return EXIT_OK;
	msg("out of memory");
	return EXIT_FAIL;
}

static enum exit_code end(struct conversion *x, const struct trace_meta *meta, bool incomplete)
{
	x->failed |=
		x->native ? !perfetto_end(x->perfetto) : !chrome_end(x->chrome, meta, incomplete);
	if (x->failed) {
		msg("out of memory: this is not all");
		return EXIT_FAIL;
	}
	if (x->pairs.missing)
		msg("%llu commands are left out: it is not known when they were done",
		    (unsigned long long)x->pairs.missing);
	return EXIT_OK;
}

/*
 * From a file
 */

static enum exit_code convert(struct conversion *x, FILE *out)
{
	const struct select everybody = {.iommu = -1};
	const struct event_filter everything = {};
	const struct replay_sink sink = {
		.context = x,
		.event = add_event,
		.lost = add_lost,
		.trigger = add_trigger,
		.clock = add_clock,
	};
	const struct trace_meta *meta = replay_meta(&x->replay);
	enum exit_code code = begin(x, out, meta), ended;

	if (code)
		return code;
	x->vms = &x->replay.vms;
	code = replay_all(&x->replay, &everybody, &everything, &sink);
	ended = end(x, meta, x->replay.truncated || x->replay.lost);
	return ended ? ended : code;
}

/*
 * Of the running kernel
 */

static void on_event(void *context, const struct vtr_event *event, const struct vm *vm)
{
	convert_event(context, event, &event_types[event->id], vm);
}

static void on_begin(void *context __attribute__((unused)))
{
	msg("recording, until interrupted");
}

/* Set, or ahead after a sleep; NTP moves it by less between two looks */
static bool on_tick(void *context)
{
	struct conversion *x = context;
	int64_t real_ns = clock_real_offset();

	if (llabs(real_ns - x->real_ns) >= CLOCK_STEP_NS) {
		add_clock(x, real_ns);
		x->real_ns = real_ns;
	}
	return !x->failed;
}

static enum exit_code follow(struct conversion *x, FILE *out, const struct trace_meta *meta)
{
	const struct event_sink sink = {
		.context = x,
		.event = on_event,
		.whose = true,
		.lost = add_lost,
		.missed = add_lost,
		.unseen = add_lost,
		.begin = on_begin,
		.tick = on_tick,
	};
	enum exit_code code = begin(x, out, meta), ended;
	enum wait_result why;

	if (code)
		return code;
	x->real_ns = meta->real_ns;
	x->vms = event_source_vms(x->source);
	code = event_source_follow(x->source, &sink, &why);
	ended = end(x, meta, x->lost);
	event_source_tell_lost(x->source);
	return ended ? ended : code;
}

/* Commands need those of all, and what ends them: the rest is left out here */
static enum exit_code convert_live(struct conversion *x, FILE *out)
{
	static const struct event_filter everything;
	struct select everybody = {
		.iommu = -1, .duration_ns = x->select.duration_ns, .verbose = x->select.verbose};
	const struct event_source_options wanted = {&everybody, &everything, x->buffer};
	enum exit_code code = event_source_open(&x->source, &wanted);
	struct trace_meta meta;

	if (code)
		return code;
	if (trace_meta_now(&meta, event_source_wanted(x->source))) {
		code = follow(x, out, &meta);
		trace_meta_free(&meta);
	} else {
		msg("out of memory");
		code = EXIT_FAIL;
	}
	event_source_close(x->source);
	return code;
}

/* Writing must not destroy what is to be read */
static bool is_input(const struct conversion *x)
{
	struct stat in, out;

	return !stat(x->file, &in) && !stat(x->output, &out) && in.st_dev == out.st_dev &&
	       in.st_ino == out.st_ino;
}

/* The descriptor is the file's, and stays open */
static FILE *new_stream(const struct newfile *file)
{
	int fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "w");

	if (!stream && fd >= 0)
		close(fd);
	return stream;
}

static enum exit_code convert_file(struct conversion *x)
{
	bool piped = !strcmp(x->output, "-");
	struct newfile file = {.fd = -1};
	FILE *out = stdout;
	enum exit_code code;
	bool written;

	if (x->native && piped && isatty(STDOUT_FILENO)) {
		msg("refusing to write to a terminal: use --output FILE, or a pipe");
		return EXIT_FAIL;
	}
	if (!piped && !x->live && is_input(x)) {
		msg("%s is the file to read", x->output);
		return EXIT_FAIL;
	}
	/* It tells what the recording tells: for its owner only */
	if (!piped) {
		out = newfile_open(&file, x->output, 0600) ? new_stream(&file) : NULL;
		if (!out) {
			msg("cannot write %s: %s", x->output, strerror(errno));
			newfile_drop(&file);
			return EXIT_FAIL;
		}
	}
	code = x->live ? convert_live(x, out) : convert(x, out);
	written = !ferror(out) && !fflush(out);
	if (!piped)
		written = !fclose(out) && written;
	/* What is damaged is shown as far as it goes; what is not written is not there */
	if (!piped && written && !x->failed)
		written = newfile_keep(&file);
	else
		newfile_drop(&file);
	if (!written) {
		msg("cannot write %s: %s", piped ? "standard output" : x->output, strerror(errno));
		return EXIT_FAIL;
	}
	if (!code && !x->live)
		replay_tell(&x->replay);
	return code;
}

static enum exit_code prepare_live(void)
{
	enum exit_code code = trace_ready();

	if (!code)
		wait_init();
	return code;
}

enum exit_code cmd_export(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&select_vms_argp, 0, NULL, 0},
		{&event_filter_argp, 0, NULL, 0},
		{&select_live_argp, 0, NULL, 0},
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[FILE]",
		.doc = doc,
		.children = children,
	};
	struct conversion x = {.file = TRACE_FILE, .output = "-", .buffer = EVENT_BUFFER_MIB};
	enum exit_code code;

	select_init(&x.select);
	argp_parse(&argp, argc, argv, 0, NULL, &x);
	if (x.live)
		code = prepare_live();
	else
		code = replay_open(&x.replay, x.file) ? EXIT_OK : EXIT_FAIL;
	if (!code)
		code = convert_file(&x);
	chrome_free(x.chrome);
	perfetto_free(x.perfetto);
	pairs_free(&x.pairs);
	replay_close(&x.replay);
	return code;
}
