/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Latencies of the host's commands, each, and histograms of them by whose they
 * are and their type.
 *
 * The hardware says that a COMPLETION_WAIT is done, and with it everything that
 * was queued before it. A command's latency is the time from queueing it until
 * the driver has seen the first of those that end after it.
 *
 * Sequence numbers of an IOMMU have no gaps, and submit holds its lock.
 *
 * Who includes this says behind it what becomes of a command that is done:
 *
 *	static void ended(__u32 iommu, const struct pending *p, __u64 now, __u64 ns);
 *
 * and which user of a guest ID this is, 0 if that does not matter:
 *
 *	static __u32 life_of(__u32 iommu, __u16 guest_id);
 */
#ifndef VIOMMU_LATENCY_BPF_H
#define VIOMMU_LATENCY_BPF_H

#include "viommu_hw.h"
#include "viommu_trace.h"

struct pending {
	__u64 seq;
	__u64 ns;
	__u64 cmd[2];
	__s32 pid;
	__u32 life;
	__u16 guest_id;
	char comm[16];
};

/* These have as many for each IOMMU that there is: user space sets their sizes */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VTR_PENDING);
	__type(key, __u32);
	__type(value, struct pending);
} pending SEC(".maps");

/* The last command of each IOMMU that is done, 0 before the first is queued */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} done SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VTR_MAX_LATENCIES);
	__type(key, struct vtr_latency_key);
	__type(value, struct vtr_locked_latency);
} latencies SEC(".maps");

/* For zeroing: too large for a stack */
const volatile __u64 no_latency[sizeof(struct vtr_locked_latency) / sizeof(__u64)];

/* Keep in whose context a command was queued, too */
const volatile bool with_process;

/* Commands whose latency is missing */
__u64 lost;

/* Completion waits that timed out: what was before them counts later, or never */
__u64 timeouts;

bool tracing;

static __always_inline struct pending *slot_of(__u32 iommu, __u64 seq)
{
	__u32 index = iommu * VTR_PENDING + seq % VTR_PENDING;

	return bpf_map_lookup_elem(&pending, &index);
}

static __always_inline void *value_of(void *map, const struct vtr_latency_key *key,
				      const void *zero)
{
	void *value = bpf_map_lookup_elem(map, key);

	if (value)
		return value;
	bpf_map_update_elem(map, key, zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, key);
}

static __always_inline struct vtr_latency_key key_of(__u32 iommu, const struct pending *p)
{
	return (struct vtr_latency_key){
		.iommu = iommu,
		.guest_id = p->guest_id,
		.opcode = p->cmd[0] >> VHW_CODE_SHIFT,
		.life = p->life,
	};
}

static __always_inline void count_latency(const struct vtr_latency_key *key,
					  const struct pending *p, __u64 now, __u64 ns)
{
	struct vtr_locked_latency *locked = value_of(&latencies, key, (const void *)&no_latency);
	struct vtr_exemplar this = {.seq = p->seq, .cmd = {p->cmd[0], p->cmd[1]}, .ns = now};
	__u32 bucket = viommu_hist_bucket(ns);

	/* The verifier does not know the range of the bucket */
	if (!locked || bucket >= VIOMMU_HIST_BUCKETS) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	bpf_spin_lock(&locked->lock);
	locked->latency.hist.bucket[bucket]++;
	locked->latency.total_ns += ns;
	if (ns >= locked->latency.max_ns) {
		locked->latency.max_ns = ns;
		locked->latency.slowest = this;
	}
	bpf_spin_unlock(&locked->lock);
}

static __always_inline void ended(__u32 iommu, const struct pending *p, __u64 now, __u64 ns);
static __always_inline __u32 life_of(__u32 iommu, __u16 guest_id);

struct range {
	__u64 first;
	__u64 now;
	__u32 iommu;
};

static long end_one(__u64 i, void *ctx)
{
	struct range *range = ctx;
	struct pending *p = slot_of(range->iommu, range->first + i);

	if (!p || p->seq != range->first + i) {
		__sync_fetch_and_add(&lost, 1);
		return 0;
	}
	ended(range->iommu, p, range->now, range->now > p->ns ? range->now - p->ns : 0);
	return 0;
}

/* Everything up to @seq is done: what of it nobody has counted, or 0 */
static __always_inline __u64 claim(__u64 *last, __u64 seq, __u64 *first)
{
	__u64 old = *last;

	for (int i = 0; i < 8 && old && old < seq; i++) {
		__u64 seen = __sync_val_compare_and_swap(last, old, seq);

		if (seen == old) {
			*first = old + 1;
			return seq - old;
		}
		old = seen;
	}
	return 0;
}

SEC("tp_btf/viommu_cmd_complete")
int BPF_PROG(on_complete, const struct amd_iommu *iommu, __u16 guest_id, __u64 seq, int ret)
{
	struct range range = {.iommu = iommu->index};
	__u64 *last = bpf_map_lookup_elem(&done, &range.iommu);
	__u64 nr;

	if (!tracing || !last)
		return 0;
	if (ret) {
		__sync_fetch_and_add(&timeouts, 1);
		return 0;
	}
	range.now = bpf_ktime_get_ns();
	nr = claim(last, seq, &range.first);
	if (nr > VTR_PENDING) {
		__sync_fetch_and_add(&lost, nr - VTR_PENDING);
		range.first += nr - VTR_PENDING;
		nr = VTR_PENDING;
	}
	if (nr)
		bpf_loop(nr, end_one, &range, 0);
	return 0;
}

SEC("tp_btf/viommu_cmd_submit")
int BPF_PROG(on_submit, const struct amd_iommu *iommu, __u16 guest_id, __u64 seq,
	     const struct iommu_cmd *cmd)
{
	__u32 index = iommu->index;
	__u64 *last = bpf_map_lookup_elem(&done, &index);
	struct pending *p = slot_of(index, seq);

	if (!tracing)
		return 0;
	if (!last || !p) {
		__sync_fetch_and_add(&lost, 1);
		return 0;
	}
	p->seq = seq;
	p->guest_id = guest_id;
	p->life = life_of(index, guest_id);
	p->cmd[0] = cmd->data[0] | (__u64)cmd->data[1] << 32;
	p->cmd[1] = cmd->data[2] | (__u64)cmd->data[3] << 32;
	if (with_process) {
		p->pid = bpf_get_current_pid_tgid() >> 32;
		bpf_get_current_comm(p->comm, sizeof(p->comm));
	}
	p->ns = bpf_ktime_get_ns();
	/* Those before it are none of ours */
	if (!*last)
		*last = seq - 1;
	return 0;
}

#endif /* VIOMMU_LATENCY_BPF_H */
