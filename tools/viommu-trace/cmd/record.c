// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-trace record: events to a file.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/sys/wait.h"
#include "lib/text/message.h"
#include "lib/text/numbers.h"
#include "live/event_source.h"
#include "live/recorder.h"

#define MIB (1ull << 20)

/**
 * struct command - The command line
 * @record:       what to record
 * @file:         where to
 * @fail_on_loss: exit accordingly
 * @fd:           the file, once it is open; -1 before
 */
struct command {
	struct record_options record;
	const char *file;
	bool fail_on_loss;
	int fd;
};

enum { OPT_BUFFER = 256, OPT_MAX_SIZE, OPT_FAIL_ON_LOSS, OPT_AT };

static const struct argp_option options[] = {
	{"output", 'o', "FILE", 0, "Write to FILE (" TRACE_FILE "), \"-\" for standard output", 1},
	{"count", 'n', "N", 0, "End after N events", 1},
	{"max-size", OPT_MAX_SIZE, "MIB", 0, "End before the file is larger", 1},
	{"buffer", OPT_BUFFER, "MIB", 0,
	 "Room in the kernel for events that are not written yet: a power of two (8)", 1},
	{"at", OPT_AT, "/SPAN", 0,
	 "Begin when the time of day is the next multiple of SPAN, as /10s: on many hosts at once",
	 1},
	{"fail-on-loss", OPT_FAIL_ON_LOSS, NULL, 0, "Exit with 6 if events were lost", 20},
	{},
};

static const char doc[] =
	"Record the events of the AMD vIOMMU driver to a file, which viommu-trace report shows.\v"
	"Ends when interrupted. A file that is there already is renamed to FILE.old. If recording "
	"comes to a sudden end the file is readable up to a second before that.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct command *c = state->input;
	const char *unknown;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &c->record.select;
		state->child_inputs[1] = &c->record.select;
		state->child_inputs[2] = &c->record.filter;
		return 0;
	case 'o':
		c->file = arg;
		return 0;
	case 'n':
		c->record.count = integer_parse(state, arg, "count", 1, 1ul << 50);
		return 0;
	case OPT_MAX_SIZE:
		c->record.max_bytes = MIB * number_parse(state, arg, "size", 0.01, 1e9);
		return 0;
	case OPT_BUFFER:
		c->record.buffer = buffer_parse(state, arg);
		return 0;
	case OPT_AT:
		if (*arg != '/')
			argp_error(state, "at must be a slash and a time span, as /10s, not \"%s\"",
				   arg);
		c->record.at_ns = span_parse(state, arg + 1, "at");
		return 0;
	case OPT_FAIL_ON_LOSS:
		c->fail_on_loss = true;
		return 0;
	case ARGP_KEY_END:
		unknown = event_filter_unknown(&c->record.filter, event_types, VTR_NR_EVENTS);
		if (unknown)
			argp_error(state,
				   "no event is called \"%s\": see viommu-trace events --list",
				   unknown);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool is_stdout(const struct command *c)
{
	return !strcmp(c->file, "-");
}

/* Who records twice does not want to lose the first one */
static bool keep_old(const char *name)
{
	struct stat st;
	char *old;
	int error;

	if (stat(name, &st) || !S_ISREG(st.st_mode) || !st.st_size)
		return true;
	if (asprintf(&old, "%s.old", name) < 0)
		return false;
	error = rename(name, old);
	if (error)
		msg("cannot rename %s to %s: %s", name, old, strerror(errno));
	free(old);
	return !error;
}

static int open_file(const char *name)
{
	int fd;

	if (!keep_old(name))
		return -1;
	/* It tells of VMs, and their processes: for its owner only */
	/* A pipe without a reader is waited for */
	wait_end_at_once(true);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	wait_end_at_once(false);
	if (fd < 0)
		msg("cannot write %s: %s", name, strerror(errno));
	return fd;
}

static int open_output(void *context)
{
	struct command *c = context;

	c->fd = is_stdout(c) ? STDOUT_FILENO : open_file(c->file);
	return c->fd;
}

/* Before anything is done to a file that is there */
static bool is_terminal(const struct command *c)
{
	bool terminal;
	int fd;

	if (is_stdout(c))
		return isatty(STDOUT_FILENO);
	fd = open(c->file, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	terminal = fd >= 0 && isatty(fd);
	if (fd >= 0)
		close(fd);
	return terminal;
}

static void say_begin(void)
{
	msg("recording, until interrupted");
}

static void say_begin_bounded(void)
{
	msg("recording");
}

static void say_end(const struct command *c, const char *name, const struct trace_end *end)
{
	char size[32] = "";
	struct stat st;

	if (!fstat(c->fd, &st) && S_ISREG(st.st_mode))
		snprintf(size, sizeof(size), ", %" PRIu64 " bytes", (uint64_t)st.st_size);
	msg("%" PRIu64 " events in %s%s", end->events, name, size);
	if (!strcmp(end->why, "size"))
		msg("that is all that --max-size allows");
	tell_lost(end->lost - end->missed - end->unseen, end->missed, end->unseen,
		  c->record.buffer);
	if (!end->lost)
		msg("complete: none was lost");
}

static enum exit_code run(struct command *c)
{
	const char *name = is_stdout(c) ? "standard output" : c->file;
	bool bounded = c->record.count || c->record.select.duration_ns;
	struct trace_end end;
	enum exit_code code;

	if (is_terminal(c)) {
		msg("refusing to write to a terminal: use --output FILE, or a pipe");
		return EXIT_FAIL;
	}
	c->record.begin = bounded ? say_begin_bounded : say_begin;
	code = record_to(open_output, c, name, &c->record, &end);
	if (!code)
		say_end(c, name, &end);
	if (c->fd > STDOUT_FILENO && close(c->fd) && !code) {
		msg("cannot write %s: %s", name, strerror(errno));
		code = EXIT_FAIL;
	}
	return !code && end.lost && c->fail_on_loss ? EXIT_LOST : code;
}

enum exit_code cmd_record(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&select_vms_argp, 0, NULL, 0},
		{&select_live_argp, 0, NULL, 0},
		{&event_filter_argp, 0, NULL, 0},
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = doc,
		.children = children,
	};
	struct command c = {.file = TRACE_FILE, .fd = -1};
	enum exit_code code;

	record_init(&c.record);
	argp_parse(&argp, argc, argv, 0, NULL, &c);
	code = trace_ready();
	if (code)
		return code;
	wait_init();
	return run(&c);
}
