// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF side of `viommu-trace latency`: histograms, nothing is sent per command; and
 * of `viommu-trace events --slow`: only those that took long are.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "viommu_kernel.h"
#include "viommu_latency.bpf.h"
#include "viommu_list.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* With linear_ns only; user space sets the size */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct vtr_latency_key);
	__type(value, struct vtr_linear);
} linears SEC(".maps");

/* With slow_ns only, likewise */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} slow SEC(".maps");

/* Width of a bucket of the linear histograms, 0 for none */
const volatile __u64 linear_ns;

/* Send the commands that took longer, each, and count none; 0 for none */
const volatile __u64 slow_ns;

/* For zeroing: too large for a stack */
const volatile struct vtr_linear no_linear;

static __always_inline void count_linear(const struct vtr_latency_key *key, __u64 ns)
{
	struct vtr_linear *linear = value_of(&linears, key, (const void *)&no_linear);
	__u32 bucket = vtr_linear_bucket(ns, linear_ns);

	if (linear && bucket < VTR_LINEAR_BUCKETS)
		__sync_fetch_and_add(&linear->bucket[bucket], 1);
}

static __always_inline void send(__u32 iommu, const struct pending *p, __u64 now, __u64 ns)
{
	struct vtr_event *event = bpf_ringbuf_reserve(&slow, sizeof(*event), 0);

	if (!event) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	event->ns = now;
	event->arg[0] = p->seq;
	event->arg[1] = p->cmd[0];
	event->arg[2] = p->cmd[1];
	event->arg[3] = ns;
	event->iommu = iommu;
	event->pid = p->pid;
	event->guest_id = p->guest_id;
	event->id = VTR_NR_EVENTS;
	event->lost = lost;
	__builtin_memcpy(event->comm, p->comm, sizeof(event->comm));
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void ended(__u32 iommu, const struct pending *p, __u64 now, __u64 ns)
{
	struct vtr_latency_key key = key_of(iommu, p);

	if (slow_ns) {
		if (ns > slow_ns)
			send(iommu, p, now, ns);
		return;
	}
	count_latency(&key, p, now, ns);
	if (linear_ns)
		count_linear(&key, ns);
}
