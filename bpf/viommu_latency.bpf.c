// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF side of `viommu-trace latency`: histograms, nothing is sent per command; and
 * of `viommu-trace events --slow`: only those that took long are.
 *
 * The driver measures, and tells of each command that is done: viommu-top reads
 * the same latencies.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "viommu_hw.h"
#include "viommu_kernel.h"
#include "viommu_list.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Two 64-bit words of four 32-bit ones */
#define Q0(words) ((words)[0] | (__u64)(words)[1] << 32)
#define Q1(words) ((words)[2] | (__u64)(words)[3] << 32)

/**
 * struct process - In whose context a command was queued
 * @seq:  sequence number of the command
 * @pid:  process
 * @pad:  0
 * @comm: name of the process
 */
struct process {
	__u64 seq;
	__s32 pid;
	__u32 pad;
	char comm[16];
};

/* By IOMMU, then by the lowest bits of the sequence number; user space sets the size */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VTR_PENDING);
	__type(key, __u32);
	__type(value, struct process);
} processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VTR_MAX_LATENCIES);
	__type(key, struct vtr_latency_key);
	__type(value, struct vtr_locked_latency);
} latencies SEC(".maps");

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
const volatile __u64 no_latency[sizeof(struct vtr_locked_latency) / sizeof(__u64)];
const volatile struct vtr_linear no_linear;

/* Commands whose latency is missing */
__u64 lost;

/* CLOCK_MONOTONIC: commands queued before this are none of ours; 0 for all are not */
__u64 since_ns;

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

	if (!since_ns || ret)
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

static __always_inline void *value_of(void *map, const struct vtr_latency_key *key,
				      const void *zero)
{
	void *value = bpf_map_lookup_elem(map, key);

	if (value)
		return value;
	bpf_map_update_elem(map, key, zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, key);
}

static __always_inline void count_latency(const struct vtr_latency_key *key, __u64 seq,
					  const struct iommu_cmd *cmd, __u64 now, __u64 ns)
{
	struct vtr_locked_latency *locked = value_of(&latencies, key, (const void *)&no_latency);
	struct vtr_exemplar this = {.seq = seq, .cmd = {Q0(cmd->data), Q1(cmd->data)}, .ns = now};
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

static __always_inline void count_linear(const struct vtr_latency_key *key, __u64 ns)
{
	struct vtr_linear *linear = value_of(&linears, key, (const void *)&no_linear);
	__u32 bucket = vtr_linear_bucket(ns, linear_ns);

	if (linear && bucket < VTR_LINEAR_BUCKETS)
		__sync_fetch_and_add(&linear->bucket[bucket], 1);
}

static __always_inline struct process *process_of(__u32 iommu, __u64 seq)
{
	__u32 index = iommu * VTR_PENDING + seq % VTR_PENDING;

	return bpf_map_lookup_elem(&processes, &index);
}

static __always_inline void send(const struct vtr_latency_key *key, __u64 seq,
				 const struct iommu_cmd *cmd, __u64 now, __u64 ns)
{
	struct process *process = process_of(key->iommu, seq);
	struct vtr_event *event = bpf_ringbuf_reserve(&slow, sizeof(*event), 0);

	if (!event) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	event->ns = now;
	event->arg[0] = seq;
	event->arg[1] = Q0(cmd->data);
	event->arg[2] = Q1(cmd->data);
	event->arg[3] = ns;
	event->iommu = key->iommu;
	event->pid = 0;
	event->guest_id = key->guest_id;
	event->id = VTR_NR_EVENTS;
	event->lost = key->life;
	__builtin_memset(event->comm, 0, sizeof(event->comm));
	/* The command may be older than we are */
	if (process && process->seq == seq) {
		event->pid = process->pid;
		__builtin_memcpy(event->comm, process->comm, sizeof(event->comm));
	}
	/* The reader looks now and then, and waits for nobody */
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

SEC("tp_btf/viommu_cmd_latency")
int BPF_PROG(on_latency, const struct amd_iommu *iommu, __u16 guest_id, __u64 seq,
	     const struct iommu_cmd *cmd, __u64 now, __u64 ns)
{
	struct vtr_latency_key key = {
		.iommu = iommu->index,
		.guest_id = guest_id,
		.opcode = cmd->data[1] >> (VHW_CODE_SHIFT - 32),
		.life = life_of(iommu->index, guest_id),
	};

	if (!since_ns || now - ns < since_ns)
		return 0;
	if (slow_ns) {
		if (ns > slow_ns)
			send(&key, seq, cmd, now, ns);
		return 0;
	}
	count_latency(&key, seq, cmd, now, ns);
	if (linear_ns)
		count_linear(&key, ns);
	return 0;
}

/* With slow_ns only: the command is done in another context */
SEC("tp_btf/viommu_cmd_submit")
int BPF_PROG(on_submit, const struct amd_iommu *iommu, __u16 guest_id, __u64 seq)
{
	struct process *process = process_of(iommu->index, seq);

	if (!process)
		return 0;
	process->seq = seq;
	process->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(process->comm, sizeof(process->comm));
	return 0;
}

/* Completion waits of each IOMMU that timed out: what was before them counts later, or never */
SEC("iter/amd_iommu")
int list_timeouts(struct bpf_iter__amd_iommu *ctx)
{
	struct amd_iommu *iommu = ctx->iommu;
	__u64 timeouts = 0;

	if (!iommu)
		return 0;
	if (iommu->viommu_timing)
		timeouts = iommu->viommu_timing->timeouts;
	bpf_seq_write(ctx->meta->seq, &timeouts, sizeof(timeouts));
	return 0;
}
