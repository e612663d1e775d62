// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-trace - what the AMD vIOMMU driver does, event by event
 */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/text/message.h"
#include "lib/text/output.h"
#include "lib/text/text.h"

static const struct command {
	const char *name;
	const char *help;
	enum exit_code (*run)(int argc, char **argv);
} commands[] = {
	{"bundle", "an archive for a support case", cmd_bundle},
	{"check", "what it takes, and whether this machine has it", cmd_check},
	{"diff", "whether events, driver and hardware say the same", cmd_diff},
	{"events", "events as they happen", cmd_events},
	{"explain", "lines of the kernel's log, or the bits of what hardware has", cmd_explain},
	{"export", "a recorded file for Perfetto and chrome://tracing", cmd_export},
	{"fly", "keep the last events, and write them to a file when something happens", cmd_fly},
	{"latency", "how long commands take, by VM and type", cmd_latency},
	{"record", "record events to a file", cmd_record},
	{"report", "what a recorded file has: events, latencies, counts", cmd_report},
};

#define NR_COMMANDS (sizeof(commands) / sizeof(*commands))

static void help(FILE *out)
{
	fputs("Usage: viommu-trace COMMAND [OPTION...]\n"
	      "Trace what the AMD vIOMMU driver does for virtual machines.\n\n",
	      out);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	fputs("\nviommu-trace COMMAND --help tells more; so does viommu-trace(1).\n\n"
	      "Exit status: 0 ok, 1 failure, 2 usage, 3 the kernel lacks something or uses no AMD\n"
	      "IOMMU, 4 a capability is missing, 5 the kernel refused the BPF programs, 6 data was\n"
	      "lost (with --fail-on-loss).\n",
	      out);
}

enum exit_code cmd_check(int argc, char **argv)
{
	static const struct argp argp = {
		.doc = "Tell what viommu-trace needs, whether it is there, and what to do if not.",
	};
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	return trace_check();
}

static enum exit_code run(const struct command *command, int argc, char **argv)
{
	char name[64];

	/* What messages about wrong usage begin with */
	snprintf(name, sizeof(name), "viommu-trace %s", command->name);
	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	return command->run(argc, argv);
}

static enum exit_code run_any(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		help(stdout);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("viommu-trace " VERSION);
		return EXIT_OK;
	}
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return run(&commands[i], argc - 1, argv + 1);
	msg("there is no command \"%s\": see viommu-trace --help", argv[1]);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	text_init(true);
	return output_end(run_any(argc, argv));
}
