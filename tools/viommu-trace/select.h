/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options that the commands have in common: whom to look at, and for how long.
 */
#ifndef SELECT_H
#define SELECT_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "vms.h"

/**
 * struct select - What is wanted
 * @guest:       VMs whose name matches this pattern, NULL for all
 * @pid:         VMs of this process, 0 for all
 * @guest_id:    this guest ID, 0 for all
 * @iommu:       this IOMMU, -1 for all
 * @duration_ns: for how long, 0 until interrupted
 * @json:        JSON instead of text
 * @verbose:     show what libbpf says
 */
struct select {
	const char *guest;
	int pid;
	unsigned int guest_id;
	int iommu;
	uint64_t duration_ns;
	bool json;
	bool verbose;
};

/** select_argp - To be a child of a command's argp; its input is struct select */
extern const struct argp select_argp;

/** select_init() - Everything, until interrupted */
void select_init(struct select *select);

/**
 * selected() - Whether something is wanted
 * @vm: whose it is, NULL for nobody's that is known
 */
bool selected(const struct select *select, uint32_t iommu, uint16_t guest_id, const struct vm *vm);

#endif /* SELECT_H */
