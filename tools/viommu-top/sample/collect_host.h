/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The collector of a kernel without our driver.
 */
#ifndef TOP_SAMPLE_COLLECT_HOST_H
#define TOP_SAMPLE_COLLECT_HOST_H

#include "sample/collect.h"

struct host_collector;

/**
 * host_collect_start() - Load and attach the BPF programs
 * @collector: result
 * @opts:      command line, with the probes
 *
 * Return: EXIT_OK, or how to exit; the reason is on stderr then.
 */
enum exit_code host_collect_start(struct host_collector **collector, const struct options *opts);

/**
 * host_collect_snapshot() - Take a snapshot
 * @collector: as started
 * @snap:      result
 *
 * VMs are the processes that have devices by VFIO: a row for each IOMMU that
 * these are behind.
 *
 * Return: false on failure; the reason is on stderr then.
 */
bool host_collect_snapshot(struct host_collector *collector, struct snapshot *snap);

/** host_collect_stop() - Detach the BPF programs; NULL is fine */
void host_collect_stop(struct host_collector *collector);

#endif /* TOP_SAMPLE_COLLECT_HOST_H */
