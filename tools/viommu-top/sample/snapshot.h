/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots: everything there is to know at one time.
 */
#ifndef TOP_SAMPLE_SNAPSHOT_H
#define TOP_SAMPLE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/sys/vmid.h"
#include "lib/sys/vmname.h"
#include "lib/text/hist.h"
#include "sample/host.h"
#include "sample/latency.h"
#include "sample/parts.h"
#include "sample/traffic.h"
#include "viommu_top.h"

/**
 * struct viommu - One vIOMMU at the time of a snapshot
 * @rec:     what the kernel knows
 * @latency: of its completion waits, since it was created; NULL without any
 * @listed:  @latency came with @rec, else it is that of the snapshot before
 * @name:    of its VM
 * @id:      likewise, for those who manage it
 * @lost:    latencies missing from @latency; recordings of earlier versions
 * @pinned:  memory of the VM that devices can reach; only without our driver
 */
struct viommu {
	struct vt_record rec;
	struct latency *latency;
	bool listed;
	struct vmid id;
	char name[VMNAME_MAX];
	uint64_t lost;
	uint64_t pinned;
};

/**
 * struct snapshot - Everything there is to know at one time
 * @mono_ns:    when, CLOCK_MONOTONIC
 * @real_ns:    when, CLOCK_REALTIME
 * @viommu:     all vIOMMUs by serial
 * @nr:         how many
 * @room:       how many fit
 * @traffic:    what each IOMMU counts; recordings of earlier versions have none
 * @count:      totals of all by &enum vt_counter
 * @latency:    of all completion waits
 * @missed:     runs of our programs that the kernel had to skip
 * @latencies_lost: latencies that are missing: without our driver, and in
 *              recordings of earlier versions
 * @bpf_ns:     time spent in our programs, with --bpf-cost
 * @parts:      what the vIOMMUs are made of
 * @host:       what there is only without our driver
 */
struct snapshot {
	uint64_t mono_ns;
	uint64_t real_ns;
	struct viommu *viommu;
	size_t nr;
	size_t room;
	struct traffic_list traffic;
	uint64_t count[VT_NR_COUNTERS];
	struct hist latency;
	uint64_t missed;
	uint64_t latencies_lost;
	uint64_t bpf_ns;
	struct parts parts;
	struct host_view host;
};

/**
 * snapshot_find() - Find a vIOMMU
 * @snap:   where; NULL is fine
 * @serial: which
 *
 * Return: NULL if it is not in there.
 */
const struct viommu *snapshot_find(const struct snapshot *snap, uint64_t serial);

/**
 * snapshot_find_near() - Find a vIOMMU, and quickly one behind the last that was found
 * @snap:   where; NULL is fine
 * @serial: which
 * @near:   0 at first; gets where to look next
 *
 * Return: NULL if it is not in there.
 */
const struct viommu *snapshot_find_near(const struct snapshot *snap, uint64_t serial, size_t *near);

/**
 * snapshot_lost() - How much is missing from what was counted
 * @snap: cumulative since start
 */
uint64_t snapshot_lost(const struct snapshot *snap);

/**
 * snapshot_complete() - Whether nothing is missing
 * @snap: cumulative since start
 */
bool snapshot_complete(const struct snapshot *snap);

/**
 * snapshot_sum() - Have totals that are those of all IOMMUs
 * @snap: has what each IOMMU counts
 */
void snapshot_sum(struct snapshot *snap);

/**
 * snapshot_empty() - Forget the vIOMMUs of a snapshot, but keep the memory
 * @snap: has none afterwards
 */
void snapshot_empty(struct snapshot *snap);

/**
 * snapshot_free() - Release the memory of a snapshot
 * @snap: is empty afterwards
 */
void snapshot_free(struct snapshot *snap);

#endif /* TOP_SAMPLE_SNAPSHOT_H */
