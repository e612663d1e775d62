// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-trace fly: a flight recorder.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cmd/cmd.h"
#include "fly/control.h"
#include "fly/fly.h"
#include "fly/status.h"
#include "lib/sys/wait.h"
#include "lib/text/jsonget.h"
#include "lib/text/jsonline.h"
#include "lib/text/message.h"
#include "lib/text/numbers.h"
#include "live/event_source.h"

#define MIB (1ull << 20)

/* enum what - What to do */
enum what { RECORD, STATUS, TRIGGER };

/**
 * struct command - The command line
 * @fly:  how to record
 * @what: what to do
 * @text: with TRIGGER, why
 */
struct command {
	struct fly_options fly;
	enum what what;
	const char *text;
};

enum {
	OPT_BEFORE = 256,
	OPT_AFTER,
	OPT_KEEP,
	OPT_MAX_PAST,
	OPT_MAX_SIZE,
	OPT_TRIGGER,
	OPT_P99,
	OPT_FAULTS,
	OPT_EVERY,
	OPT_BUNDLE,
	OPT_BUFFER,
};

static const struct argp_option options[] = {
	{"directory", 'D', "DIR", 0, "Where files go (/var/lib/viommu-trace)", 1},
	{"json", 'j', NULL, 0, "With status and trigger: answer as JSON", 1},
	{"before", OPT_BEFORE, "SPAN", 0, "What a file has of what was before its trigger (30s)",
	 2},
	{"after", OPT_AFTER, "SPAN", 0, "And of what came behind it (2s)", 2},
	{"keep", OPT_KEEP, "SPAN", 0,
	 "Keep the past in files of DIR/past for so long, as 24h, and not in memory", 2},
	{"max-past", OPT_MAX_PAST, "MIB", 0, "Keep no more of the past than that (64)", 2},
	{"max-size", OPT_MAX_SIZE, "MIB", 0,
	 "Delete the oldest files of triggers when all are larger (1024)", 2},
	{"trigger", OPT_TRIGGER, "LIST", 0,
	 "What to write a file for, with commas: wait-timeout, p99, queue-stuck, log-overflow, "
	 "fault-storm, signal, command; or all, as without it",
	 3},
	{"p99", OPT_P99, "SPAN", 0,
	 "Limit of p99: more than one in a hundred commands took longer (1ms)", 3},
	{"faults", OPT_FAULTS, "N", 0,
	 "Limit of fault-storm: so many records within a second name one VM (100)", 3},
	{"every", OPT_EVERY, "SPAN", 0,
	 "One file for each kind of trigger so often, not more (60s)", 3},
	{"bundle", OPT_BUNDLE, NULL, 0, "Have viommu-trace bundle make an archive with each file",
	 3},
	{"buffer", OPT_BUFFER, "MIB", 0,
	 "Room in the kernel for events that are not read yet: a power of two (8)", 4},
	{},
};

static const char doc[] =
	"Keep the last events of the AMD vIOMMU driver, and write them to a file when something "
	"happens.\v"
	"The file has what was before the trigger, the trigger, and a little of what came behind "
	"it; viommu-trace report shows it. Ends when interrupted. \"status\" tells what the recorder "
	"of DIR has done so far; \"trigger\" has it write a file, and prints its name; SIGUSR1 has it "
	"write one, too.";

static error_t parse_word(struct command *c, const char *arg, struct argp_state *state)
{
	if (!state->arg_num && !strcmp(arg, "status"))
		c->what = STATUS;
	else if (!state->arg_num && !strcmp(arg, "trigger"))
		c->what = TRIGGER;
	else if (state->arg_num == 1 && c->what == TRIGGER)
		c->text = arg;
	else
		argp_error(state, "what is \"%s\"?", arg);
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct command *c = state->input;
	struct fly_options *fly = &c->fly;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &fly->select;
		return 0;
	case 'D':
		fly->directory = arg;
		return 0;
	case 'j':
		fly->select.json = true;
		return 0;
	case OPT_BEFORE:
		fly->before_ns = span_parse(state, arg, "before");
		return 0;
	case OPT_AFTER:
		fly->after_ns = span_parse(state, arg, "after");
		return 0;
	case OPT_KEEP:
		fly->keep_ns = span_parse(state, arg, "keep");
		return 0;
	case OPT_MAX_PAST:
		fly->past_bytes = MIB * number_parse(state, arg, "max-past", 0.01, 1e9);
		return 0;
	case OPT_MAX_SIZE:
		fly->max_bytes = MIB * number_parse(state, arg, "max-size", 0.01, 1e9);
		return 0;
	case OPT_TRIGGER:
		if (!triggers_parse(fly->on, arg))
			argp_error(state, "no such triggers: \"%s\"", arg);
		return 0;
	case OPT_P99:
		fly->p99_ns = span_parse(state, arg, "p99");
		return 0;
	case OPT_FAULTS:
		fly->faults = integer_parse(state, arg, "faults", 1, 1ul << 31);
		return 0;
	case OPT_EVERY:
		fly->every_ns = span_parse(state, arg, "every");
		return 0;
	case OPT_BUNDLE:
		fly->bundle = true;
		return 0;
	case OPT_BUFFER:
		fly->buffer = buffer_parse(state, arg);
		return 0;
	case ARGP_KEY_ARG:
		return parse_word(c, arg, state);
	case ARGP_KEY_END:
		if (fly->select.json && c->what == RECORD)
			argp_error(state, "--json is for status and trigger");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/*
 * Asking another one
 */

static struct json_object *request(const struct command *c)
{
	int directory = open(c->fly.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct json_object *answer = NULL;
	char line[CONTROL_LINE];

	if (c->what == STATUS)
		snprintf(line, sizeof(line), "status");
	else
		snprintf(line, sizeof(line) - 1, "trigger %s", c->text);
	/* Of its first line only */
	line[strcspn(line, "\n")] = '\0';
	if (directory >= 0)
		answer = control_request(directory, line);
	if (!answer && errno == ECONNREFUSED)
		msg("no flight recorder has %s", c->fly.directory);
	else if (!answer && errno == EPROTO)
		msg("the flight recorder of %s has ended", c->fly.directory);
	else if (!answer)
		msg("cannot ask in %s: %s", c->fly.directory, strerror(errno));
	if (directory >= 0)
		close(directory);
	return answer;
}

static void show(const struct command *c, struct json_object *answer)
{
	if (c->fly.select.json)
		json_print_line(json_object_get(answer));
	else if (json_has(answer, "error"))
		msg("%s", json_get_string(answer, "error"));
	else if (c->what == STATUS)
		fly_status_print(answer);
	else
		printf("%s/%s\n", c->fly.directory, json_get_string(answer, "file"));
}

static enum exit_code ask(const struct command *c)
{
	struct json_object *answer = request(c);
	bool good = answer && !json_has(answer, "error");

	if (answer)
		show(c, answer);
	json_object_put(answer);
	return good ? EXIT_OK : EXIT_FAIL;
}

/*
 * Recording
 */

static volatile sig_atomic_t signalled;

static void on_signal(int sig __attribute__((unused)))
{
	signalled = 1;
}

static enum exit_code record(struct command *c)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	enum exit_code code;

	/* Whatever becomes of it: it is no reason to end */
	sigaction(SIGUSR1, &action, NULL);
	code = trace_ready();
	if (code)
		return code;
	wait_init();
	c->fly.signalled = &signalled;
	return fly_run(&c->fly);
}

enum exit_code cmd_fly(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&select_live_argp, 0, NULL, 0},
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[status | trigger [TEXT]]",
		.doc = doc,
		.children = children,
	};
	struct command c = {.text = ""};

	fly_init(&c.fly);
	argp_parse(&argp, argc, argv, 0, NULL, &c);
	return c.what == RECORD ? record(&c) : ask(&c);
}
