// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command line of viommu-top.
 */
#include <argp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/text/exitcode.h"
#include "lib/text/numbers.h"
#include "opts.h"
#include "out/sockets.h"
#include "view/columns.h"
#include "view/id.h"

#define NSEC_PER_SEC 1e9
#define INTERVAL_MIN 0.01
#define INTERVAL_MAX 86400.0
#define GUEST_ID_MAX 0xffff
/* As many as an IOMMU has guest IDs, at about 6 KiB of the kernel's memory each */

const char *argp_program_version = "viommu-top " VERSION;

static const char doc[] = "Show the virtual machines that use AMD hardware vIOMMU, live.\v"
			  "Without a terminal on standard output, --batch is the default.\n\n"
			  "Exit status: 0 ok, 1 failure, 2 usage, 3 the kernel lacks something or "
			  "no IOMMU has its vIOMMU enabled, 4 a capability is missing, 5 the "
			  "kernel refused the BPF programs, 6 data was lost (with --fail-on-loss)."
			  "\n\nSee viommu-top(1).";

enum {
	OPT_COLOR = 256,
	OPT_NO_UNICODE,
	OPT_GID,
	OPT_CHECK,
	OPT_FAIL_ON_LOSS,
	OPT_BPF_COST,
	OPT_REPLAY,
	OPT_CSV,
	OPT_OPENMETRICS,
	OPT_LISTEN,
	OPT_METRICS,
	OPT_COLUMNS,
	OPT_RESOLVE,
};

static const struct argp_option options[] = {
	{NULL, 0, NULL, 0, "Output:", 1},
	{"batch", 'b', NULL, 0, "One table per interval instead of a screen", 1},
	{"json", 'j', NULL, 0, "One JSON object per vIOMMU and interval, one a line", 1},
	{"csv", OPT_CSV, NULL, 0, "One line of CSV per vIOMMU and interval", 1},
	{"openmetrics", OPT_OPENMETRICS, "FILE", 0,
	 "Write metrics to FILE every interval, for a textfile collector", 1},
	{"listen", OPT_LISTEN, "[HOST:]PORT", 0,
	 "Serve metrics over HTTP at /metrics, for Prometheus", 1},
	{"metrics", OPT_METRICS, "LEVEL", 0,
	 "Metrics of the host, of each vm, viommu (default) or queue, for the two above", 1},
	{"once", '1', NULL, 0, "One table, or one object per vIOMMU, after one interval", 1},
	{"replay", OPT_REPLAY, "FILE", 0, "Show what --json wrote to FILE, not this machine", 1},
	{"resolve", OPT_RESOLVE, "ID", 0,
	 "Tell whose an ID is: gid:5, gdev:00:02.0, hdev:0000:00:08.0, hdom:17, trans:0x1200, or a line of the kernel's log; \"-\": lines on standard input",
	 1},
	{"expand", 'x', NULL, 0, "Show each vIOMMU of a VM, too", 1},
	{"columns", OPT_COLUMNS, "KEY,...", 0,
	 "Show these columns in this order, not those that fit; see --sort=help", 1},
	{"sort", 's', "KEY", 0,
	 "Sort by column: guest_id, vm, pid, iommu, age, cmd_rate, p50, p99, …; KEY=help lists all",
	 1},
	{"reverse", 'r', NULL, 0, "Sort the other way round", 1},
	{"color", OPT_COLOR, "WHEN", 0, "auto, always or never", 1},
	{"no-unicode", OPT_NO_UNICODE, NULL, 0, "ASCII only", 1},
	{"ascii", OPT_NO_UNICODE, NULL, OPTION_ALIAS, NULL, 1},
	{NULL, 0, NULL, 0, "Time:", 2},
	{"interval", 'i', "SEC", 0, "Time between updates, may be a fraction (default 1)", 2},
	{"count", 'n', "COUNT", 0, "End after this many updates", 2},
	{NULL, 0, NULL, 0, "Selection:", 3},
	{"pid", 'p', "PID", 0, "Only VMs of this process", 3},
	{"guest", 'g', "NAME", 0, "Only VMs of this name; *, ? and [] as in a shell", 3},
	{"gid", OPT_GID, "ID", 0, "Only vIOMMUs with this guest ID", 3},
	{"active", 'z', NULL, 0, "Leave out what was idle during the interval", 3},
	{NULL, 0, NULL, 0, "Other:", 4},
	{"check", OPT_CHECK, NULL, 0, "Tell what is needed and whether it is there", 4},
	{"fail-on-loss", OPT_FAIL_ON_LOSS, NULL, 0, "Exit with 6 if anything was lost", 4},
	{"bpf-cost", OPT_BPF_COST, NULL, 0,
	 "Measure the time spent in our BPF programs (needs CAP_SYS_ADMIN)", 4},
	{"verbose", 'v', NULL, 0, "Show messages of libbpf", 4},
	{}};

static const struct column *parse_sort(struct argp_state *state, const char *arg)
{
	const struct column *column = column_find(arg);

	if (!strcmp(arg, "help")) {
		columns_print_keys(stdout);
		exit(EXIT_OK);
	}
	if (!column)
		argp_error(state, "cannot sort by \"%s\": see --sort=help", arg);
	return column;
}

static enum metrics_level parse_level(struct argp_state *state, const char *arg)
{
	static const char *const names[] = {
		[LEVEL_HOST] = "host",
		[LEVEL_VM] = "vm",
		[LEVEL_VIOMMU] = "viommu",
		[LEVEL_QUEUE] = "queue",
	};

	for (int i = LEVEL_HOST; i <= LEVEL_QUEUE; i++)
		if (!strcmp(arg, names[i]))
			return i;
	argp_error(state, "--metrics must be host, vm, viommu or queue, not \"%s\"", arg);
	return LEVEL_VIOMMU;
}

static bool parse_color(struct argp_state *state, const char *arg)
{
	if (!strcmp(arg, "always"))
		return true;
	if (!strcmp(arg, "never"))
		return false;
	if (strcmp(arg, "auto"))
		argp_error(state, "--color must be auto, always or never, not \"%s\"", arg);
	return isatty(STDOUT_FILENO) && !(getenv("NO_COLOR") && *getenv("NO_COLOR"));
}

/* --batch is what all of them are, and may be said, too */
static void set_mode(struct argp_state *state, struct options *opts, enum output_mode mode)
{
	if (opts->mode != MODE_SCREEN && opts->mode != MODE_BATCH && opts->mode != mode)
		argp_error(
			state,
			"only one of --json, --csv, --openmetrics, --listen and --check at a time");
	opts->mode = mode;
}

static error_t parse_output(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 'b':
		if (opts->mode == MODE_SCREEN)
			opts->mode = MODE_BATCH;
		return 0;
	case 'j':
		set_mode(state, opts, MODE_JSON);
		return 0;
	case OPT_CSV:
		set_mode(state, opts, MODE_CSV);
		return 0;
	case OPT_COLUMNS:
		if (!columns_choose(arg))
			argp_error(state, "cannot show the columns \"%s\": see --sort=help", arg);
		return 0;
	case OPT_LISTEN:
		set_mode(state, opts, MODE_LISTEN);
		if (sockets_wrong(arg))
			argp_error(state, "--listen=%s: %s", arg, sockets_wrong(arg));
		opts->metrics = arg;
		return 0;
	case OPT_METRICS:
		opts->level = parse_level(state, arg);
		return 0;
	case OPT_OPENMETRICS:
		set_mode(state, opts, MODE_OPENMETRICS);
		opts->metrics = arg;
		return 0;
	case '1':
		opts->once = true;
		return 0;
	case 'x':
		opts->expand = true;
		return 0;
	case 's':
		opts->sort = parse_sort(state, arg);
		return 0;
	case 'r':
		opts->reverse = true;
		return 0;
	case OPT_COLOR:
		opts->color = parse_color(state, arg);
		return 0;
	case OPT_REPLAY:
		opts->replay = arg;
		return 0;
	case OPT_RESOLVE:
		opts->resolve = arg;
		return 0;
	case OPT_NO_UNICODE:
		opts->unicode = false;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_selection(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 'p':
		opts->pid = integer_parse(state, arg, "PID", 1, 1 << 22);
		return 0;
	case 'g':
		opts->guest = arg;
		return 0;
	case OPT_GID:
		opts->guest_id = integer_parse(state, arg, "guest ID", 1, GUEST_ID_MAX);
		return 0;
	case 'z':
		opts->active = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_other(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 'i':
		opts->interval_ns =
			llround(NSEC_PER_SEC *
				number_parse(state, arg, "interval", INTERVAL_MIN, INTERVAL_MAX));
		return 0;
	case 'n':
		opts->count = integer_parse(state, arg, "count", 1, 1ul << 31);
		return 0;
	case OPT_CHECK:
		set_mode(state, opts, MODE_CHECK);
		return 0;
	case OPT_FAIL_ON_LOSS:
		opts->fail_on_loss = true;
		return 0;
	case OPT_BPF_COST:
		opts->bpf_cost = true;
		return 0;
	case 'v':
		opts->verbose = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "what is \"%s\"? There are only options", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* With --json, or alone */
static void check_resolve(struct argp_state *state, struct options *opts)
{
	const char *wrong;
	struct id id;

	if (!opts->resolve)
		return;
	wrong = strcmp(opts->resolve, "-") ? resolve_parse(&id, opts->resolve) : NULL;
	if (wrong)
		argp_error(state, "--resolve=%s: %s", opts->resolve, wrong);
	if (opts->mode != MODE_SCREEN && opts->mode != MODE_BATCH && opts->mode != MODE_JSON)
		argp_error(state, "--resolve goes with --json only");
	opts->json = opts->mode == MODE_JSON;
}

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	if (key == ARGP_KEY_END)
		check_resolve(state, state->input);
	if (parse_output(key, arg, state) != ARGP_ERR_UNKNOWN)
		return 0;
	if (parse_selection(key, arg, state) != ARGP_ERR_UNKNOWN)
		return 0;
	return parse_other(key, arg, state);
}

void opts_parse(struct options *opts, int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_opt,
		.doc = doc,
	};

	*opts = (struct options){
		.mode = MODE_SCREEN,
		.sort = column_find("cmd_rate"),
		.unicode = true,
		.level = LEVEL_VIOMMU,
	};
	opts->color = parse_color(NULL, "auto");
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, opts);

	if (opts->resolve)
		opts->mode = MODE_RESOLVE;
	if (opts->mode == MODE_SCREEN && (opts->once || !isatty(STDOUT_FILENO)))
		opts->mode = MODE_BATCH;
	if (!opts->interval_ns && !opts->replay)
		opts->interval_ns = NSEC_PER_SEC;
	if (opts->once)
		opts->count = 1;
}
