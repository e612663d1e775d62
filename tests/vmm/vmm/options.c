// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command line of viommu-vmm, of the parent and of each VM's process.
 */
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <linux/iommufd.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *argp_program_version = "viommu-vmm (AMD vIOMMU tests)";

enum {
	OPT_VMS = 0x100,
	OPT_VIOMMUS,
	OPT_HOLD,
	OPT_CHURN,
	OPT_RATE,
	OPT_OPS,
	OPT_TYPE,
	OPT_NO_MMAP,
	OPT_JSON,
	OPT_NAMES,
	OPT_DEVICES,
	OPT_VM,
	OPT_NAME,
	OPT_DEVICE,
	OPT_REPORT,
	OPT_INDEX,
};

static const struct argp_option arguments[] = {
	{"vms", OPT_VMS, "N", 0, "run N VMs, a process and a device each (default 1)", 0},
	{"viommus", OPT_VIOMMUS, "M", 0, "give each VM M vIOMMUs (default 1)", 0},
	{"hold", OPT_HOLD, "SEC", 0,
	 "keep them for SEC seconds, then tear down (default: until SIGINT or SIGTERM)", 0},
	{"churn", OPT_CHURN, "COUNT", 0,
	 "instead make and destroy COUNT vIOMMUs in each VM, one after the other, "
	 "and exit; 0 = until SIGINT or SIGTERM",
	 0},
	{"rate", OPT_RATE, "R", 0,
	 "each VM does R operations a second: maps and unmaps a page of guest "
	 "memory, and touches its VF pages",
	 0},
	{"ops", OPT_OPS, "COUNT", 0, "each VM stops after COUNT operations", 0},
	{"type", OPT_TYPE, "T", 0, "ask for vIOMMUs of type T (default 3, AMD)", 0},
	{"no-mmap", OPT_NO_MMAP, NULL, 0, "leave the VF pages alone", 0},
	{"json", OPT_JSON, NULL, 0, "report as JSON, an object a line", 0},
	{"names", OPT_NAMES, "PREFIX", 0, "name the VMs PREFIX-1, PREFIX-2 … (default web)", 0},
	{"devices", OPT_DEVICES, "LIST", 0,
	 "use these devices (vfio0,vfio1 …) instead of any free ones", 0},
	/* What the parent gives to the process of a VM */
	{"vm", OPT_VM, NULL, OPTION_HIDDEN, NULL, 0},
	{"name", OPT_NAME, "guest=NAME", OPTION_HIDDEN, NULL, 0},
	{"device", OPT_DEVICE, "NAME", OPTION_HIDDEN, NULL, 0},
	{"report-fd", OPT_REPORT, "FD", OPTION_HIDDEN, NULL, 0},
	{"index", OPT_INDEX, "I", OPTION_HIDDEN, NULL, 0},
	{0},
};

static long integer(struct argp_state *state, const char *what, const char *arg, long min, long max)
{
	char *end;
	long val;

	errno = 0;
	val = strtol(arg, &end, 0);
	if (errno || *end || end == arg || val < min || val > max)
		argp_error(state, "%s: '%s' is no number from %ld to %ld", what, arg, min, max);
	return val;
}

static double real(struct argp_state *state, const char *what, const char *arg)
{
	char *end;
	double val = strtod(arg, &end);

	if (*end || end == arg || !isfinite(val) || val < 0 || val > 1e6)
		argp_error(state, "%s: '%s' is no number from 0 to 1000000", what, arg);
	return val;
}

static const char *name(struct argp_state *state, const char *arg)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (!strncmp(arg, "guest=", 6))
		arg += 6;
	if (!*arg || arg[strspn(arg, allowed)] || strlen(arg) > 64)
		argp_error(state, "'%s' is no VM name: letters, digits, '.', '_', '-'", arg);
	return arg;
}

static error_t parse_vm(int key, char *arg, struct argp_state *state, struct options *opt)
{
	switch (key) {
	case OPT_VM:
		opt->vm = true;
		return 0;
	case OPT_NAME:
		opt->name = name(state, arg);
		return 0;
	case OPT_DEVICE:
		opt->device = arg;
		return 0;
	case OPT_REPORT:
		opt->report = integer(state, "report-fd", arg, 3, 65535);
		return 0;
	case OPT_INDEX:
		opt->index = integer(state, "index", arg, 0, 65535);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	switch (key) {
	case OPT_VMS:
		opt->vms = integer(state, "--vms", arg, 1, 256);
		return 0;
	case OPT_VIOMMUS:
		opt->viommus = integer(state, "--viommus", arg, 1, 32767);
		return 0;
	case OPT_HOLD:
		opt->hold = real(state, "--hold", arg);
		return 0;
	case OPT_CHURN:
		opt->churn = integer(state, "--churn", arg, 0, 100000000);
		return 0;
	case OPT_RATE:
		opt->rate = real(state, "--rate", arg);
		opt->work = opt->rate > 0;
		return 0;
	case OPT_OPS:
		opt->ops = integer(state, "--ops", arg, 0, 100000000);
		return 0;
	case OPT_TYPE:
		opt->type = integer(state, "--type", arg, 0, 65535);
		return 0;
	case OPT_NO_MMAP:
		opt->map = false;
		return 0;
	case OPT_JSON:
		opt->json = true;
		return 0;
	case OPT_NAMES:
		opt->names = name(state, arg);
		return 0;
	case OPT_DEVICES:
		opt->devices = arg;
		return 0;
	default:
		return parse_vm(key, arg, state, opt);
	}
}

static const struct argp argp = {
	.options = arguments,
	.parser = parse,
	.doc = "Plays guests with AMD hardware vIOMMUs: every VM is a process of its "
	       "own that assigns a vfio device through iommufd, makes vIOMMUs for it "
	       "and uses their register pages."
	       "\vExit status: 0 when every VM did all it was told, 1 when one failed, "
	       "2 for a wrong command line.",
};

/**
 * options_parse() - Read the command line; exits with 2 when it is wrong
 * @opt: gets the result
 */
void options_parse(struct options *opt, int argc, char **argv)
{
	*opt = (struct options){
		.vms = 1,
		.viommus = 1,
		.hold = -1,
		.churn = -1,
		.ops = -1,
		.type = IOMMU_VIOMMU_TYPE_AMD,
		.map = true,
		.names = "web",
		.report = -1,
	};
	argp_err_exit_status = 2;
	/* -name guest=web-1, with a single dash, is how QEMU shows a VM's name */
	argp_parse(&argp, argc, argv, ARGP_LONG_ONLY, NULL, opt);
	if (opt->ops >= 0)
		opt->work = opt->ops > 0;
}
