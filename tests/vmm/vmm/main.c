// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-vmm: a small VMM that plays guests with AMD hardware vIOMMUs.
 */
#include "options.h"
#include "parent.h"
#include "workload.h"

int main(int argc, char **argv)
{
	struct options opt;

	options_parse(&opt, argc, argv);
	return opt.vm ? workload_run(&opt) : parent_run(&opt, argc, argv);
}
