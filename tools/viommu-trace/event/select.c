// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options that the commands have in common.
 */
#include <fnmatch.h>
#include <string.h>

#include "event/select.h"
#include "lib/text/numbers.h"

#define NSEC_PER_SEC 1e9
#define DURATION_MAX 1e7
#define IOMMU_MAX 1023
#define GUEST_ID_MAX 0xffff

enum { OPT_GID = 300, OPT_IOMMU };

static const struct argp_option options[] = {
	{NULL, 0, NULL, 0, "Selection:", 10},
	{"guest", 'g', "PATTERN", 0, "Only VMs whose name matches, as the shell does", 10},
	{"pid", 'p', "PID", 0, "Only VMs of this process", 10},
	{"gid", OPT_GID, "ID", 0, "Only this guest ID", 10},
	{"iommu", OPT_IOMMU, "N", 0, "Only ivhdN", 10},
	{},
};

static const struct argp_option json_options[] = {
	{NULL, 0, NULL, 0, "Other:", 20},
	{"json", 'j', NULL, 0, "One JSON object a line", 20},
	{},
};

static const struct argp_option live_options[] = {
	{NULL, 0, NULL, 0, "Other:", 20},
	{"duration", 'd', "SECONDS", 0, "End after that, not when interrupted", 20},
	{"verbose", 'v', NULL, 0, "Show what libbpf has to say", 20},
	{},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct select *select = state->input;

	switch (key) {
	case 'g':
		select->guest = arg;
		return 0;
	case 'p':
		select->pid = integer_parse(state, arg, "PID", 1, 1 << 22);
		return 0;
	case OPT_GID:
		select->guest_id = integer_parse(state, arg, "guest ID", 1, GUEST_ID_MAX);
		return 0;
	case OPT_IOMMU:
		if (!strncmp(arg, "ivhd", 4))
			arg += 4;
		select->iommu = integer_parse(state, arg, "IOMMU", 0, IOMMU_MAX);
		return 0;
	case 'd':
		select->duration_ns =
			NSEC_PER_SEC * number_parse(state, arg, "duration", 0.01, DURATION_MAX);
		return 0;
	case 'j':
		select->json = true;
		return 0;
	case 'v':
		select->verbose = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "what is \"%s\"? There are only options", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp select_vms_argp = {.options = options, .parser = parse};
const struct argp select_json_argp = {.options = json_options, .parser = parse};
const struct argp select_live_argp = {.options = live_options, .parser = parse};

static error_t pass(int key, char *arg __attribute__((unused)), struct argp_state *state)
{
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	for (int i = 0; i < 3; i++)
		state->child_inputs[i] = state->input;
	return 0;
}

static const struct argp_child all[] = {
	{&select_vms_argp, 0, NULL, 0},
	{&select_json_argp, 0, NULL, 0},
	{&select_live_argp, 0, NULL, 0},
	{},
};

const struct argp select_argp = {.parser = pass, .children = all};

void select_init(struct select *select)
{
	*select = (struct select){.iommu = -1};
}

bool select_filters(const struct select *select)
{
	return select->guest || select->pid || select->guest_id || select->iommu >= 0;
}

bool selected(const struct select *select, uint32_t iommu, uint16_t guest_id, const struct vm *vm)
{
	if (select->iommu >= 0 && iommu != (uint32_t)select->iommu)
		return false;
	if (select->guest_id && guest_id != select->guest_id)
		return false;
	if (select->pid && (!vm || vm->pid != select->pid))
		return false;
	return !select->guest || (vm && !fnmatch(select->guest, vm->name, 0));
}
