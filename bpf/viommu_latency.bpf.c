// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF side of `viommu-trace latency`: histograms, nothing is sent per command.
 *
 * The hardware says that a COMPLETION_WAIT is done, and with it everything that
 * was queued before it. A command's latency is the time from queueing it until
 * the driver has seen the first of those that end after it.
 *
 * Sequence numbers of an IOMMU have no gaps, and submit holds its lock.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "viommu_kernel.h"
#include "viommu_list.bpf.h"
#include "viommu_trace.h"

char LICENSE[] SEC("license") = "GPL";

#define MAX_IOMMUS 64
/* Commands of an IOMMU that may be under way; its command buffer holds 512 */
#define PENDING 1024

struct pending {
	__u64 seq;
	__u64 ns;
	__u16 guest_id;
	__u16 opcode;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_IOMMUS *PENDING);
	__type(key, __u32);
	__type(value, struct pending);
} pending SEC(".maps");

/* The last command of each IOMMU that is done, 0 before the first is queued */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_IOMMUS);
	__type(key, __u32);
	__type(value, __u64);
} done SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct vtr_latency_key);
	__type(value, struct vtr_latency);
} latencies SEC(".maps");

/* For zeroing: too large for a stack */
const volatile struct vtr_latency no_latency;

/* Commands whose latency is missing */
__u64 lost;

/* Completion waits that timed out: what was before them counts later, or never */
__u64 timeouts;

bool tracing;

static __always_inline struct pending *slot_of(__u32 iommu, __u64 seq)
{
	__u32 index = iommu * PENDING + seq % PENDING;

	return iommu < MAX_IOMMUS ? bpf_map_lookup_elem(&pending, &index) : NULL;
}

static __always_inline struct vtr_latency *latency_of(const struct vtr_latency_key *key)
{
	struct vtr_latency *latency = bpf_map_lookup_elem(&latencies, key);

	if (latency)
		return latency;
	bpf_map_update_elem(&latencies, key, (const void *)&no_latency, BPF_NOEXIST);
	return bpf_map_lookup_elem(&latencies, key);
}

static __always_inline void raise_max(__u64 *max, __u64 value)
{
	__u64 old = *max;

	for (int i = 0; i < 8 && value > old; i++) {
		__u64 seen = __sync_val_compare_and_swap(max, old, value);

		if (seen == old)
			return;
		old = seen;
	}
}

static __always_inline void add(const struct vtr_latency_key *key, __u64 ns)
{
	struct vtr_latency *latency = latency_of(key);
	__u32 bucket = viommu_hist_bucket(ns);

	if (!latency) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	/* The verifier does not know the range of the bucket */
	if (bucket < VIOMMU_HIST_BUCKETS)
		__sync_fetch_and_add(&latency->hist.bucket[bucket], 1);
	__sync_fetch_and_add(&latency->total_ns, ns);
	raise_max(&latency->max_ns, ns);
}

struct range {
	__u64 first;
	__u64 now;
	__u32 iommu;
};

static long end_one(__u64 i, void *ctx)
{
	struct range *range = ctx;
	struct pending *p = slot_of(range->iommu, range->first + i);
	struct vtr_latency_key key = {.iommu = range->iommu};

	if (!p || p->seq != range->first + i) {
		__sync_fetch_and_add(&lost, 1);
		return 0;
	}
	key.guest_id = p->guest_id;
	key.opcode = p->opcode;
	add(&key, range->now > p->ns ? range->now - p->ns : 0);
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
	if (nr > PENDING) {
		__sync_fetch_and_add(&lost, nr - PENDING);
		range.first += nr - PENDING;
		nr = PENDING;
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
	p->opcode = cmd->data[1] >> VIOMMU_CMD_OPCODE_SHIFT;
	p->ns = bpf_ktime_get_ns();
	/* Those before it are none of ours */
	if (!*last)
		*last = seq - 1;
	return 0;
}
