/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options that the commands have in common: whom to look at, and for how long.
 */
#ifndef TRACE_EVENT_SELECT_H
#define TRACE_EVENT_SELECT_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "event/vms.h"

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

/* To be children of a command's argp; the input of each is struct select */

/** select_vms_argp - Whom to look at */
extern const struct argp select_vms_argp;

/** select_json_argp - As JSON */
extern const struct argp select_json_argp;

/** select_live_argp - For how long to trace, and with how many words */
extern const struct argp select_live_argp;

/** select_argp - All of these */
extern const struct argp select_argp;

/** select_init() - Everything, until interrupted */
void select_init(struct select *select);

/** select_filters() - Whether it leaves out any VM */
bool select_filters(const struct select *select);

/**
 * selected() - Whether something is wanted
 * @vm: whose it is, NULL for nobody's that is known
 */
bool selected(const struct select *select, uint32_t iommu, uint16_t guest_id, const struct vm *vm);

#endif /* TRACE_EVENT_SELECT_H */
