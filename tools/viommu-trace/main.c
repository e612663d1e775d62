// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-trace - what the AMD vIOMMU driver does, event by event
 */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "message.h"
#include "require.h"
#include "text.h"
#include "trace.h"

static const struct command {
	const char *name;
	const char *help;
	enum exit_code (*run)(int argc, char **argv);
} commands[] = {
	{"check", "what it takes, and whether this machine has it", cmd_check},
	{"events", "events as they happen", cmd_events},
	{"explain", "the bits of a command, an event log record or a DTE", cmd_explain},
	{"latency", "how long commands take, by VM and type", cmd_latency},
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
	      "Exit status: 0 ok, 1 failure, 2 usage, 3 the kernel lacks something or no IOMMU\n"
	      "has its vIOMMU enabled, 4 a capability is missing, 5 the kernel refused the BPF\n"
	      "programs.\n",
	      out);
}

enum exit_code trace_ready(void)
{
	static struct requirements reqs;
	const struct requirement *missing;

	require_probe(&reqs);
	missing = require_first_missing(&reqs);
	if (!missing)
		return EXIT_OK;
	msg("%s %s", missing->what, missing->detail);
	return missing->code;
}

enum exit_code cmd_check(int argc, char **argv)
{
	static const struct argp argp = {
		.doc = "Tell what viommu-trace needs, whether it is there, and what to do if not.",
	};
	static struct requirements reqs;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	require_probe(&reqs);
	return require_print(&reqs);
}

static int run(const struct command *command, int argc, char **argv)
{
	char name[64];

	/* What messages about wrong usage begin with */
	snprintf(name, sizeof(name), "viommu-trace %s", command->name);
	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	text_init(true);
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
