// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-trace bundle: an archive for a support case.
 */
#include <argp.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bundle/bundle.h"
#include "cmd/cmd.h"
#include "lib/sys/wait.h"
#include "lib/text/jsonline.h"
#include "lib/text/message.h"
#include "lib/text/numbers.h"

#define NSEC_PER_SEC 1000000000ull
#define DURATION_DEFAULT 5
#define DURATION_MAX 3600

/**
 * struct command - The command line
 * @file:      where to, NULL for a name of its own
 * @duration:  how long to trace, in seconds
 * @names:     leave out names
 * @addresses: leave out addresses
 */
struct command {
	const char *file;
	double duration;
	bool names;
	bool addresses;
};

enum { OPT_REDACT = 256, OPT_NO_REDACT };

static const struct argp_option options[] = {
	{"output", 'o', "FILE", 0,
	 "Write to FILE (viommu-bundle-HOST-DATE.tar.zst), \"-\" for standard output; with gzip if "
	 "it ends in .gz",
	 1},
	{"duration", 'd', "SECONDS", 0, "Trace for so long (5)", 1},
	{"redact", OPT_REDACT, "WHAT", 0,
	 "Leave out names (of VMs), addresses or, if nothing is said, both: with a comma", 1},
	{"no-redact", OPT_NO_REDACT, NULL, 0, "Leave out nothing", 1},
	{},
};

static const char doc[] =
	"Put what helps to find a fault into one archive: versions, the kernel's command line and "
	"configuration, its IOMMUs, their VMs and what the hardware holds of them, a trace and "
	"latencies of a few seconds, what the kernel logged.\v"
	"Names of VMs and addresses have pseudonyms in it, the same ones within one archive, and "
	"parameters of the kernel that are not known to be harmless have no values. What "
	"this user may not see is not in it, and manifest.json says so; with root there is most. "
	"If interrupted, it finishes with what is there.";

static void parse_redact(struct command *c, struct argp_state *state, char *arg)
{
	char *word, *rest;

	c->names = c->addresses = false;
	for (word = strtok_r(arg, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		if (!strcmp(word, "names"))
			c->names = true;
		else if (!strcmp(word, "addresses"))
			c->addresses = true;
		else
			argp_error(state, "redact: \"%s\" is neither names nor addresses", word);
	}
	if (!c->names && !c->addresses)
		argp_error(state, "redact: names, addresses or both");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct command *c = state->input;

	switch (key) {
	case 'o':
		c->file = arg;
		return 0;
	case 'd':
		c->duration = number_parse(state, arg, "duration", 0.01, DURATION_MAX);
		return 0;
	case OPT_REDACT:
		parse_redact(c, state, arg);
		return 0;
	case OPT_NO_REDACT:
		c->names = c->addresses = false;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "what is \"%s\"? There are only options", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Directory in the archive, and its name unless somebody has a better one */
static void make_name(char *buf, size_t len)
{
	struct utsname name;
	time_t now = time(NULL);
	struct tm tm;
	char date[32];

	uname(&name);
	for (char *at = name.nodename; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("-_.", *at))
			*at = '_';
	localtime_r(&now, &tm);
	strftime(date, sizeof(date), "%Y%m%d-%H%M%S", &tm);
	snprintf(buf, len, "viommu-bundle-%s-%s", name.nodename, date);
}

static void say(struct json_object *list, const char *fmt, unsigned long long nr)
{
	char text[160];

	if (!nr)
		return;
	snprintf(text, sizeof(text), fmt, nr);
	json_object_array_add(list, json_object_new_string(text));
}

/* How often something was left out, and what may still be there */
static void describe_redactions(struct json_object *about, const struct redact *redact)
{
	const struct redact_counts *counts = redact->counts;
	struct json_object *how_often = json_object_new_object(), *not = json_object_new_array();

	json_add_u64(how_often, "names", counts->names);
	json_add_u64(how_often, "addresses", counts->addresses);
	json_add_u64(how_often, "parameters", counts->parameters);
	json_add_u64(how_often, "lines", counts->unknown);
	json_object_object_add(about, "redactions", how_often);
	say(not, "%llu names are words of other meanings, and replaced where names stand only",
	    counts->mistakable);
	say(not, "%llu lines of debugfs have an unknown format: their beginnings are there only",
	    counts->unknown);
	json_object_object_add(about, "not_redacted", not );
}

static struct json_object *describe(const struct bundle *bundle)
{
	struct json_object *about = json_object_new_object(), *redacted = json_object_new_array();
	size_t whole, others;
	time_t now = time(NULL);
	struct tm tm;
	char date[32];

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_add_string(about, "type", "viommu-bundle");
	json_add_u64(about, "version", 1);
	json_add_string(about, "tool", "viommu-trace " VERSION);
	json_add_string(about, "created", date);
	json_add_u64(about, "trace_duration_ns", bundle->duration_ns);
	if (bundle->redact.names)
		json_object_array_add(redacted, json_object_new_string("names"));
	if (bundle->redact.addresses)
		json_object_array_add(redacted, json_object_new_string("addresses"));
	json_object_object_add(about, "redacted", redacted);
	describe_redactions(about, &bundle->redact);
	json_object_object_add(about, "interrupted", json_object_new_boolean(bundle->interrupted));
	bundle_archive_counts(bundle->archive, &whole, &others);
	json_object_object_add(about, "complete",
			       json_object_new_boolean(!others && !bundle->interrupted));
	return about;
}

static void collect(struct bundle *bundle)
{
	bundle_names(bundle);
	bundle_traces(bundle);
	msg("collecting");
	bundle_guests(bundle);
	bundle_machine(bundle);
	bundle_log(bundle);
}

static enum exit_code run(struct bundle *bundle, const char *file)
{
	size_t whole, others, bytes;

	collect(bundle);
	bundle_archive_counts(bundle->archive, &whole, &others);
	if (!bundle_archive_close(bundle->archive, describe(bundle), &bytes))
		return EXIT_FAIL;
	msg("%s: %zu bytes, %zu files%s", file, bytes, whole, others ? "" : ", nothing is missing");
	if (others)
		msg("%zu are missing, or not whole: manifest.json says which and why", others);
	if (!bundle->redact.names || !bundle->redact.addresses)
		msg("it has %s: think of who gets it", bundle->redact.names ? "addresses"
						       : bundle->redact.addresses
							       ? "names of VMs"
							       : "names of VMs and addresses");
	return EXIT_OK;
}

enum exit_code cmd_bundle(int argc, char **argv)
{
	static const struct argp argp = {.options = options, .parser = parse, .doc = doc};
	struct command c = {.duration = DURATION_DEFAULT, .names = true, .addresses = true};
	struct bundle bundle = {};
	char top[128], name[160];
	enum exit_code code;

	argp_parse(&argp, argc, argv, 0, NULL, &c);
	make_name(top, sizeof(top));
	snprintf(name, sizeof(name), "%s.tar.zst", top);
	if (!redact_init(&bundle.redact, c.names, c.addresses)) {
		msg("there is nothing random here");
		return EXIT_FAIL;
	}
	bundle.duration_ns = c.duration * NSEC_PER_SEC;
	bundle.archive = bundle_archive_open(c.file ? c.file : name, top);
	if (!bundle.archive)
		return EXIT_FAIL;
	wait_init();
	code = run(&bundle, c.file ? c.file : name);
	redact_free(&bundle.redact);
	return code;
}
