/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel types that the BPF programs read, as far as they read them.
 *
 * CO-RE: the loader finds every member in the BTF of the running kernel, so
 * these need neither its layout nor its other members, and the programs build
 * without a kernel tree.
 */
#ifndef VIOMMU_KERNEL_H
#define VIOMMU_KERNEL_H

#include <linux/types.h>

#include "viommu_hist.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	__s64 counter;
} atomic64_t;

struct iommu_cmd {
	__u32 data[4];
};

struct amd_iommu_event {
	__u32 data[4];
};

struct amd_iommu_pci_seg {
	__u16 id;
};

struct amd_viommu_latency {
	__u32 opcode;
	__u64 count;
	__u64 total_ns;
	__u64 max_ns;
	__u64 slowest_ns;
	__u64 slowest_seq;
	struct iommu_cmd slowest_cmd;
	__u64 bucket[VIOMMU_HIST_BUCKETS];
};

struct amd_viommu_timing {
	__u64 timeouts;
	struct amd_viommu_latency latency[16];
};

struct amd_iommu {
	struct amd_iommu_pci_seg *pci_seg;
	int index;
	__u16 devid;
	__u64 cmd_seq;
	struct amd_viommu_timing *viommu_timing;
};

struct protection_domain {
	__u16 id;
};

typedef struct {
	__u32 val;
} kuid_t;

struct amd_viommu_owner {
	int tgid;
	kuid_t uid;
	char comm[16];
	__u64 created_ns;
};

struct amd_viommu_quota {
	__u32 used[2];
	__u32 share[2];
	__u32 total[2];
	__u32 host_domain_ids;
};

struct amd_viommu_stats {
	atomic64_t forwarded;
	atomic64_t delivered;
	atomic64_t takebacks;
	atomic64_t cmds;
	atomic64_t wait_errors;
	atomic64_t events;
};

struct amd_viommu_queue {
	__u32 size;
	__u64 reg;
	__u32 head;
	__u32 tail;
	_Bool running;
	_Bool overflow;
	_Bool stuck;
	__u64 entries;
	__u64 nr_overflow;
	__u64 nr_stuck;
};

struct amd_iommu_viommu {
	struct amd_iommu *iommu;
	struct protection_domain *parent;
	__u64 serial;
	__u16 guest_id;
	__u16 trans_devid;
	__u64 control;
	struct amd_viommu_owner owner;
	struct amd_viommu_stats stats;
	struct amd_viommu_latency *latency;
	struct amd_viommu_queue queues[3];
};

struct amd_iommu_vdevice {
	struct amd_iommu_viommu *viommu;
	__u64 serial;
	__u16 hdev_id;
	__u16 gdev_id;
	atomic64_t events;
};

struct amd_viommu_domain {
	struct amd_iommu_viommu *viommu;
	__u16 gdom_id;
	__u16 hdom_id;
	__u32 users;
	_Bool mapped;
};

struct task_struct {
	int tgid;
	char comm[16];
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__amd_viommu {
	struct bpf_iter_meta *meta;
	struct amd_iommu_viommu *viommu;
	__u64 table_bytes;
	__u64 trans_free;
	struct amd_viommu_quota *quota;
};

struct bpf_iter__amd_iommu {
	struct bpf_iter_meta *meta;
	struct amd_iommu *iommu;
};

struct bpf_iter__amd_vdevice {
	struct bpf_iter_meta *meta;
	struct amd_iommu_vdevice *vdevice;
};

struct bpf_iter__amd_viommu_domain {
	struct bpf_iter_meta *meta;
	struct amd_viommu_domain *domain;
};

#pragma clang attribute pop

/* Types of commands that can be for a guest: as many histograms as the driver has of each */
#define VIOMMU_LATENCY_ROWS 5

#endif /* VIOMMU_KERNEL_H */
