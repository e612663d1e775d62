/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of a collector, for the files that it is made of.
 */
#ifndef TOP_SAMPLE_COLLECTOR_H
#define TOP_SAMPLE_COLLECTOR_H

#include <bpf/libbpf.h>

#include "sample/collect.h"
#include "sample/collect_host.h"
#include "viommu_top.skel.h"

/**
 * struct collector - The BPF programs while they run
 * @skel:       as generated
 * @stats_fd:   keeps the kernel measuring the time of BPF programs, or -1
 * @nr_cpus:    possible CPUs
 * @per_cpu:    a copy of the totals of each
 * @meter:      what the IOMMUs count since the tool is there
 * @host:       instead of all that, on a kernel without our driver
 */
struct collector {
	struct viommu_top_bpf *skel;
	int stats_fd;
	int nr_cpus;
	struct vt_totals *per_cpu;
	struct traffic_meter meter;
	struct host_collector *host;
};

/**
 * collect_parts() - Devices and domains of all vIOMMUs, and what this costs
 * @c:    as started
 * @snap: result; its vIOMMUs are there already
 * @prev: an earlier snapshot, or NULL
 *
 * Return: false on failure; the reason is on stderr then.
 */
bool collect_parts(struct collector *c, struct snapshot *snap, const struct snapshot *prev);

/** collect_own_cost() - What the tool itself takes; true */
bool collect_own_cost(struct snapshot *snap);

#endif /* TOP_SAMPLE_COLLECTOR_H */
