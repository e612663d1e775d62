// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-play - a VMM that does what a script says.
 */
#include "play.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE 2

static void print_steps(FILE *out, const struct step *step)
{
	for (; step->name; step++)
		fprintf(out, "  %s %s\n", step->name, step->args);
}

static void help(FILE *out)
{
	fputs("Usage: viommu-play [-k] [-name guest=NAME] [SCRIPT]\n"
	      "       viommu-play -f SCRIPT [FILE…]\n"
	      "Be one virtual machine that does what SCRIPT (standard input) says, a step a line,\n"
	      "and tell of each step how it went. It ends with the script.\n\n"
	      "  -k, --keep-going  go on after a step that went wrong\n"
	      "  -f, --faults      try each step of SCRIPT with each allocation of the kernel's failing,\n"
	      "                    one at a time; what fails must leave each FILE (a pattern) as it was\n"
	      "  -name guest=NAME  name of the machine, for those who look at the command line\n"
	      "  -h, --help        this text\n\n"
	      "\"!\" before a step: it must fail; \"!EBUSY\": for this reason. # starts a comment.\n"
	      "Steps; numbers are as in C, and what the guest calls an address is a GPA:\n",
	      out);
	print_steps(out, object_steps);
	print_steps(out, memory_steps);
	print_steps(out, dirty_steps);
	print_steps(out, dma_steps);
	print_steps(out, queue_steps);
	print_steps(out, kvm_steps);
	print_steps(out, irq_steps);
	print_steps(out, hold_steps);
	fputs("\nExit status: 0 all as expected, 1 not, 2 a step made no sense.\n", out);
}

/**
 * play_file() - Do what a script says
 * @keep_going: also after a step that went wrong
 *
 * Return: the exit status.
 */
int play_file(struct play *play, FILE *script, bool keep_going)
{
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	int status = 0;

	while ((!status || keep_going) && getline(&line, &size, script) > 0) {
		int ret = play_line(play, line, ++number);

		if (ret == PLAY_USAGE)
			status = EXIT_USAGE;
		else if (ret && !status)
			status = 1;
	}
	free(line);
	return status;
}

static FILE *open_script(int argc, char **argv)
{
	FILE *script;

	if (optind == argc || !strcmp(argv[optind], "-"))
		return stdin;
	script = fopen(argv[optind], "re");
	if (!script)
		fprintf(stderr, "viommu-play: %s: %s\n", argv[optind], strerror(errno));
	return script;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"keep-going", no_argument, NULL, 'k'},
		{"faults", no_argument, NULL, 'f'},
		{"name", required_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'h'},
		{},
	};
	struct play play = {};
	bool keep_going = false, faults = false;
	FILE *script;
	int c;

	while ((c = getopt_long_only(argc, argv, "kfh", options, NULL)) != -1) {
		switch (c) {
		case 'k':
			keep_going = true;
			break;
		case 'f':
			faults = true;
			break;
		case 'n':
			/* Nothing to do: it is on the command line */
			break;
		case 'h':
			help(stdout);
			return 0;
		default:
			fputs("viommu-play: see --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (faults && optind == argc) {
		fputs("viommu-play: -f needs a SCRIPT that it can read again; see --help\n",
		      stderr);
		return EXIT_USAGE;
	}
	if (faults)
		return play_with_faults(argv[optind], argv + optind + 1,
					(size_t)(argc - optind - 1));
	script = open_script(argc, argv);
	if (!script)
		return EXIT_USAGE;
	play.iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (play.iommufd < 0) {
		fprintf(stderr,
			"viommu-play: /dev/iommu: %s; run as root on a kernel with iommufd\n",
			strerror(errno));
		return 1;
	}
	return play_file(&play, script, keep_going);
}
