// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-trace export: a recorded file for viewers of traces.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "event/pairs.h"
#include "file/replay.h"
#include "lib/sys/newfile.h"
#include "lib/text/message.h"
#include "show/chrome.h"

/**
 * struct conversion - The command while it runs
 * @select: of whom
 * @filter: which events
 * @file:   to read
 * @output: to write
 * @replay: reads it
 * @pairs:  commands under way
 * @chrome: what is written
 * @failed: something is missing, for want of memory
 */
struct conversion {
	struct select select;
	struct event_filter filter;
	const char *file;
	const char *output;
	struct replay replay;
	struct pairs pairs;
	struct chrome *chrome;
	bool failed;
};

static const struct argp_option options[] = {
	{"output", 'o', "FILE", 0, "Write to FILE, \"-\" for standard output, as without it", 1},
	{},
};

static const char doc[] =
	"Convert what viommu-trace record wrote to FILE (" TRACE_FILE
	") to the JSON that Perfetto (ui.perfetto.dev) and chrome://tracing show.\v"
	"VMs are processes. The host's commands are slices, from when the driver queued them until "
	"they were known to be done; everything else is an instant.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct conversion *x = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &x->select;
		state->child_inputs[1] = &x->filter;
		return 0;
	case 'o':
		x->output = arg;
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

static void command_done(void *context, const struct pairs_command *command, uint64_t ns)
{
	const struct vtr_event *submit = &command->submit;
	struct conversion *x = context;
	const struct vm *vm =
		vms_find_life(&x->replay.vms, submit->iommu, submit->guest_id, command->life);

	if (!event_filter_wants(&x->filter, event_types[submit->id].name) ||
	    !selected(&x->select, submit->iommu, submit->guest_id, vm))
		return;
	x->failed |= !chrome_command(x->chrome, submit, ns, vm);
}

/* Only commands need those of all; commands are in pairs */
static void add_event(void *context, const struct trace_item *item, const struct vm *vm)
{
	const struct vtr_event *event = &item->event;
	struct conversion *x = context;

	x->failed |= !pairs_event(&x->pairs, event, vm ? vm->life : 0);
	if (event->id == VTR_cmd_submit || (event->id == VTR_cmd_complete && !event->arg[1]) ||
	    !event_filter_wants(&x->filter, item->event_type->name) ||
	    !selected(&x->select, event->iommu, event->guest_id, vm))
		return;
	x->failed |= !chrome_instant(x->chrome, event, item->event_type, vm);
}

static void add_lost(void *context, uint64_t lost)
{
	struct conversion *x = context;

	pairs_lost(&x->pairs);
	x->failed |= !chrome_lost(x->chrome, lost);
}

static enum exit_code convert(struct conversion *x, FILE *out)
{
	const struct select everybody = {.iommu = -1};
	const struct event_filter everything = {};
	const struct replay_sink sink = {.context = x, .event = add_event, .lost = add_lost};
	enum exit_code code;

	x->chrome = chrome_begin(out);
	if (!x->chrome) {
		msg("out of memory");
		return EXIT_FAIL;
	}
	x->pairs.done = command_done;
	x->pairs.context = x;
	code = replay_all(&x->replay, &everybody, &everything, &sink);
	x->failed |= !chrome_end(x->chrome, replay_meta(&x->replay),
				 x->replay.truncated || x->replay.lost);
	if (x->failed) {
		msg("out of memory: this is not all");
		return EXIT_FAIL;
	}
	if (x->pairs.missing)
		msg("%llu commands are left out: it is not known when they were done",
		    (unsigned long long)x->pairs.missing);
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

	if (!piped && is_input(x)) {
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
	code = convert(x, out);
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
	if (!code)
		replay_tell(&x->replay);
	return code;
}

enum exit_code cmd_export(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&select_vms_argp, 0, NULL, 0},
		{&event_filter_argp, 0, NULL, 0},
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[FILE]",
		.doc = doc,
		.children = children,
	};
	struct conversion x = {.file = TRACE_FILE, .output = "-"};
	enum exit_code code = EXIT_FAIL;

	select_init(&x.select);
	argp_parse(&argp, argc, argv, 0, NULL, &x);
	if (replay_open(&x.replay, x.file))
		code = convert_file(&x);
	chrome_free(x.chrome);
	pairs_free(&x.pairs);
	replay_close(&x.replay);
	return code;
}
