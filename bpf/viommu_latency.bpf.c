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

/* Guest IDs that were given out since tracing began, and the user that each has now */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VTR_MAX_LATENCIES);
	__type(key, __u32);
	__type(value, __u32);
} lives SEC(".maps");

/* Who these are; user space deletes those that it knows and nobody asks for any more */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VTR_MAX_LATENCIES);
	__type(key, __u32);
	__type(value, struct vtr_owner);
} owners SEC(".maps");

static __u32 births;

static __always_inline __u32 place_of(__u32 iommu, __u16 guest_id)
{
	return iommu << 16 | guest_id;
}

static __always_inline __u32 life_of(__u32 iommu, __u16 guest_id)
{
	__u32 place = place_of(iommu, guest_id);
	__u32 *life = guest_id ? bpf_map_lookup_elem(&lives, &place) : NULL;

	return life ? *life : 0;
}

static __always_inline struct vtr_owner *owner_of(__u32 life)
{
	return life ? bpf_map_lookup_elem(&owners, &life) : NULL;
}

/* Its commands are those of the next user from here on, not from before */
SEC("tp_btf/viommu_guest_id_alloc")
int BPF_PROG(on_guest_id, const struct amd_iommu *iommu, __u16 guest_id, int ret)
{
	struct vtr_owner owner = {.iommu = iommu->index, .guest_id = guest_id};
	struct vtr_owner *before = owner_of(life_of(owner.iommu, guest_id));
	__u32 place = place_of(owner.iommu, guest_id), life;

	if (!tracing || ret)
		return 0;
	if (before)
		before->freed = 1;
	life = __sync_fetch_and_add(&births, 1) + 1;
	owner.ns = bpf_ktime_get_ns();
	owner.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(owner.comm, sizeof(owner.comm));
	bpf_map_update_elem(&owners, &life, &owner, BPF_ANY);
	bpf_map_update_elem(&lives, &place, &life, BPF_ANY);
	return 0;
}

SEC("tp_btf/viommu_init")
int BPF_PROG(on_init, const struct amd_iommu_viommu *viommu, int ret)
{
	struct vtr_owner *owner = owner_of(life_of(viommu->iommu->index, viommu->guest_id));

	if (owner && !ret)
		owner->serial = viommu->serial;
	return 0;
}

SEC("tp_btf/viommu_guest_id_free")
int BPF_PROG(on_guest_id_free, const struct amd_iommu *iommu, __u16 guest_id)
{
	struct vtr_owner *owner = owner_of(life_of(iommu->index, guest_id));

	if (owner)
		owner->freed = 1;
	return 0;
}

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
	event->lost = p->life;
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
