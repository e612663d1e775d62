// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF side of viommu-top: counts and latencies, nothing is sent per event.
 *
 * What the kernel counts per vIOMMU comes from the kernel, by the iterator.
 * Added here are totals over all IOMMUs, and latency histograms. Counters only
 * grow; user space subtracts what it saw last.
 *
 * Totals are per CPU. Histograms per vIOMMU are not: every entry follows a
 * round trip to one IOMMU under that IOMMU's lock, so the memory saved on a
 * large host is worth more than an uncontended cache line.
 *
 * They are attached in the order of this file: the end of things comes before
 * their beginning, so that whatever is seen to begin is also seen to end.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "viommu_hw.h"
#include "viommu_kernel.h"
#include "viommu_latency.bpf.h"
#include "viommu_top.h"

char LICENSE[] SEC("license") = "GPL";

#define WRITE_ONCE(what, value) (*(volatile typeof(what) *)&(what) = (value))

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vt_totals);
} totals SEC(".maps");

/*
 * Guest ID to what happened to its present user last. Like the latencies, it has
 * its memory from the start: there is none to be had for many at a time with
 * interrupts off.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct vt_key);
	__type(value, struct vt_recent);
} recent SEC(".maps");

/* Guest ID to its present user. User space may set another size. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct vt_key);
	__type(value, struct vt_slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct vt_flight_key);
	__type(value, struct vt_flight);
} flights SEC(".maps");

/* Sequence number of the first COMPLETION_WAIT seen per IOMMU; user space sets the size */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} first_seq SEC(".maps");

/* For zeroing, and what a vIOMMU without a slot shows. Too large for a stack. */
const volatile struct vt_slot no_slot;
const volatile struct vt_recent nothing_recent;
static __u64 births;

/* Set once all are attached, so that all counters begin at the same time */
bool counting;

/* Events of vIOMMUs for which there was no room in recent */
__u64 happened_lost;

/* Some vIOMMU found no room, so a missing slot may mean lost latencies */
static bool full;

/* Atomic although per CPU: an interrupt may come between load and store */
static __always_inline void count(enum vt_counter which)
{
	__u32 zero = 0;
	struct vt_totals *t = bpf_map_lookup_elem(&totals, &zero);

	if (t && counting)
		__sync_fetch_and_add(&t->count[which], 1);
}

static __always_inline void count_result(enum vt_counter good, enum vt_counter bad, int ret)
{
	count(ret ? bad : good);
}

static __always_inline struct vt_slot *find_slot(const struct amd_iommu *iommu, __u16 guest_id)
{
	struct vt_key key = {.iommu = iommu->index, .guest_id = guest_id};

	return guest_id ? bpf_map_lookup_elem(&slots, &key) : NULL;
}

/* Whatever the last user of a guest ID left */
static void forget(const struct vt_key *key)
{
	struct vtr_latency_key latency = {.iommu = key->iommu, .guest_id = key->guest_id};

	bpf_map_delete_elem(&recent, key);
	for (int opcode = 0; opcode < VTR_OPCODES; opcode++) {
		latency.opcode = opcode;
		bpf_map_delete_elem(&latencies, &latency);
	}
}

/* A guest ID has a new user */
static struct vt_slot *new_slot(const struct amd_iommu *iommu, __u16 guest_id, __u64 serial)
{
	struct vt_key key = {.iommu = iommu->index, .guest_id = guest_id};
	struct vt_slot *slot;

	if (bpf_map_update_elem(&slots, &key, (const void *)&no_slot, BPF_ANY)) {
		full = true;
		count(VT_NO_ROOM);
		return NULL;
	}
	slot = bpf_map_lookup_elem(&slots, &key);
	if (!slot)
		return NULL;
	slot->serial = serial;
	slot->birth = __sync_fetch_and_add(&births, 1) + 1;
	return slot;
}

/*
 * Life of guest IDs and vIOMMUs
 */

SEC("tp_btf/viommu_guest_id_free")
int BPF_PROG(on_guest_id_free, const struct amd_iommu *iommu, __u16 guest_id)
{
	struct vt_key key = {.iommu = iommu->index, .guest_id = guest_id};

	count(VT_GUEST_ID_FREE);
	bpf_map_delete_elem(&slots, &key);
	forget(&key);
	return 0;
}

SEC("tp_btf/viommu_destroy")
int BPF_PROG(on_destroy, const struct amd_iommu_viommu *viommu)
{
	count(VT_DESTROY);
	return 0;
}

SEC("tp_btf/viommu_guest_id_alloc")
int BPF_PROG(on_guest_id_alloc, const struct amd_iommu *iommu, __u16 guest_id, int ret)
{
	struct vt_key key = {.iommu = iommu->index, .guest_id = guest_id};

	count_result(VT_GUEST_ID_ALLOC, VT_GUEST_ID_ALLOC_ERROR, ret);
	if (ret)
		return 0;
	/* A command that timed out may have left something since */
	forget(&key);
	new_slot(iommu, guest_id, 0);
	return 0;
}

SEC("tp_btf/viommu_init")
int BPF_PROG(on_init, const struct amd_iommu_viommu *viommu, int ret)
{
	struct vt_slot *slot;

	count_result(VT_INIT, VT_INIT_ERROR, ret);
	if (ret)
		return 0;

	/* No slot: its guest ID was allocated before we attached */
	slot = find_slot(viommu->iommu, viommu->guest_id);
	if (slot)
		slot->serial = viommu->serial;
	else
		new_slot(viommu->iommu, viommu->guest_id, viommu->serial);
	return 0;
}

SEC("tp_btf/viommu_vf_page_free")
int BPF_PROG(on_vf_page_free, const struct amd_iommu_viommu *viommu, __u64 offset)
{
	count(VT_VF_PAGE_FREE);
	return 0;
}

SEC("tp_btf/viommu_vf_page_alloc")
int BPF_PROG(on_vf_page_alloc, const struct amd_iommu_viommu *viommu, __u64 offset, int ret)
{
	count_result(VT_VF_PAGE_ALLOC, VT_VF_PAGE_ALLOC_ERROR, ret);
	return 0;
}

SEC("tp_btf/viommu_reset")
int BPF_PROG(on_reset, const struct amd_iommu_viommu *viommu, int ret)
{
	count_result(VT_RESET, VT_RESET_ERROR, ret);
	return 0;
}

SEC("tp_btf/viommu_ipa_unmap")
int BPF_PROG(on_ipa_unmap, const struct amd_iommu *iommu, __u16 guest_id)
{
	count(VT_IPA_UNMAP);
	return 0;
}

SEC("tp_btf/viommu_ipa_map")
int BPF_PROG(on_ipa_map, const struct amd_iommu *iommu, __u16 guest_id, __u64 ipa, __u64 size,
	     int ret)
{
	count_result(VT_IPA_MAP, VT_IPA_MAP_ERROR, ret);
	return 0;
}

/*
 * Host event log
 */

SEC("tp_btf/viommu_event_record")
int BPF_PROG(on_event_record, const struct amd_iommu *iommu, __u16 guest_id)
{
	count(VT_EVENT);
	return 0;
}

SEC("tp_btf/viommu_event_log_overflow")
int BPF_PROG(on_event_log_overflow, const struct amd_iommu *iommu)
{
	count(VT_EVENT_LOG_OVERFLOW);
	return 0;
}

SEC("tp_btf/viommu_event_log_restart")
int BPF_PROG(on_event_log_restart, const struct amd_iommu *iommu)
{
	count(VT_EVENT_LOG_RESTART);
	return 0;
}

/*
 * Host commands
 */

/* Not lost but before our time: whatever was under way when we attached */
static __always_inline bool is_early(const struct vt_flight_key *key)
{
	__u32 index = key->iommu;
	__u64 *first = bpf_map_lookup_elem(&first_seq, &index);

	return first && (!*first || key->seq < *first);
}

static __always_inline void count_unmatched(const struct amd_iommu *iommu, __u16 guest_id)
{
	struct vt_slot *slot = find_slot(iommu, guest_id);

	count(VT_UNMATCHED);
	if (slot)
		__sync_fetch_and_add(&slot->lost, 1);
}

static __always_inline void add_latency(struct hist *latency, __u32 bucket)
{
	/* The verifier does not know the range of the bucket */
	if (bucket < VIOMMU_HIST_BUCKETS)
		__sync_fetch_and_add(&latency->bucket[bucket], 1);
}

static __always_inline __u32 latency_bucket(__u64 start_ns)
{
	__s64 ns = bpf_ktime_get_ns() - start_ns;

	if (ns < 0) {
		count(VT_NEGATIVE);
		ns = 0;
	}
	return viommu_hist_bucket(ns);
}

static __always_inline void record_latency(const struct amd_iommu *iommu, __u16 guest_id,
					   __u64 birth, __u32 bucket)
{
	struct vt_slot *slot = find_slot(iommu, guest_id);
	__u32 zero = 0;
	struct vt_totals *t = bpf_map_lookup_elem(&totals, &zero);

	if (t)
		add_latency(&t->latency, bucket);
	if (slot && slot->birth == birth)
		add_latency(&slot->latency, bucket);
	if (!slot && guest_id && full)
		count(VT_UNTRACKED);
}

SEC("tp_btf/viommu_cmd_complete")
int BPF_PROG(on_cmd_complete, const struct amd_iommu *iommu, __u16 guest_id, __u64 seq, int ret)
{
	struct vt_flight_key key = {.iommu = iommu->index, .seq = seq};
	struct vt_flight *flight = bpf_map_lookup_elem(&flights, &key);
	__u64 birth;
	__u32 bucket;

	count(VT_WAIT);
	if (ret)
		count(VT_WAIT_ERROR);
	if (!flight) {
		if (!is_early(&key))
			count_unmatched(iommu, guest_id);
		return 0;
	}

	birth = flight->birth;
	bucket = latency_bucket(flight->start_ns);
	bpf_map_delete_elem(&flights, &key);
	record_latency(iommu, guest_id, birth, bucket);
	return 0;
}

static __always_inline void note_first(__u32 index, __u64 seq)
{
	__u64 *first = bpf_map_lookup_elem(&first_seq, &index);

	/* No race: the IOMMU's lock is held */
	if (first && !*first)
		*first = seq;
}

SEC("tp_btf/viommu_cmd_submit")
int BPF_PROG(on_cmd_submit, const struct amd_iommu *iommu, __u16 guest_id, __u64 seq,
	     const struct iommu_cmd *cmd)
{
	struct vt_flight_key key = {.iommu = iommu->index, .seq = seq};
	struct vt_flight flight = {};
	struct vt_slot *slot;

	count(VT_CMD);
	if (cmd->data[1] >> (VHW_CODE_SHIFT - 32) != VHW_COMPLETION_WAIT)
		return 0;

	note_first(key.iommu, seq);
	slot = find_slot(iommu, guest_id);
	flight.birth = slot ? slot->birth : 0;
	flight.start_ns = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&flights, &key, &flight, BPF_NOEXIST))
		count(VT_FLIGHT_FULL);
	return 0;
}

/*
 * What happened last to each vIOMMU
 */

static __always_inline struct vt_recent *recent_of(const struct vt_key *key)
{
	struct vt_recent *r = bpf_map_lookup_elem(&recent, key);

	if (r)
		return r;
	bpf_map_update_elem(&recent, key, (const void *)&nothing_recent, BPF_NOEXIST);
	return bpf_map_lookup_elem(&recent, key);
}

static __always_inline int emit(enum vtr_event_id id, const struct amd_iommu *iommu, __u16 guest_id,
				__u64 arg0, __u64 arg1, __u64 arg2, __u64 arg3)
{
	struct vt_key key = {.iommu = iommu->index, .guest_id = guest_id};
	struct vt_recent *r = guest_id ? recent_of(&key) : NULL;
	struct vtr_event *event;
	__u64 nr;

	if (!r) {
		if (guest_id)
			__sync_fetch_and_add(&happened_lost, 1);
		return 0;
	}
	nr = __sync_fetch_and_add(&r->nr, 1);
	event = &r->event[nr % VT_RECENT];
	/* Not whole until it has its number: a reader may look at any time */
	WRITE_ONCE(r->whole[nr % VT_RECENT], 0);
	event->ns = bpf_ktime_get_ns();
	event->arg[0] = arg0;
	event->arg[1] = arg1;
	event->arg[2] = arg2;
	event->arg[3] = arg3;
	event->iommu = iommu->index;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->guest_id = guest_id;
	event->id = id;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	WRITE_ONCE(r->whole[nr % VT_RECENT], nr + 1);
	return 0;
}

/* What a guest ID's last user left is dropped when it has a new one */
static __always_inline __u32 life_of(__u32 iommu, __u16 guest_id)
{
	return 0;
}

static __always_inline void ended(__u32 iommu, const struct pending *p, __u64 now, __u64 ns)
{
	struct vtr_latency_key key = key_of(iommu, p);

	count_latency(&key, p, now, ns);
}

#include "viommu_events.bpf.h"

/*
 * What exists
 */

static __always_inline void fill_queue(struct vt_queue *q, const struct amd_viommu_queue *queue)
{
	q->entries = queue->entries;
	q->overflows = queue->nr_overflow;
	q->stucks = queue->nr_stuck;
	q->size = queue->size;
	q->head = queue->head;
	q->tail = queue->tail;
	q->flags = (queue->reg & VHW_QUEUE_ENABLE ? VT_QUEUE_ENABLED : 0) |
		   (queue->running ? VT_QUEUE_RUNNING : 0) |
		   (queue->overflow ? VT_QUEUE_OVERFLOW : 0) | (queue->stuck ? VT_QUEUE_STUCK : 0);
}

static __always_inline void fill_record(struct vt_record *r, const struct amd_iommu_viommu *viommu)
{
	r->serial = viommu->serial;
	r->created_ns = viommu->owner.created_ns;
	r->cmds = viommu->stats.cmds.counter;
	r->waits = viommu->stats.waits.counter;
	r->wait_errors = viommu->stats.wait_errors.counter;
	r->wait_ns_total = viommu->stats.wait_ns_total.counter;
	r->events = viommu->stats.events.counter;
	r->iommu = viommu->iommu->index;
	r->tgid = viommu->owner.tgid;
	r->guest_id = viommu->guest_id;
	r->domain_id = viommu->parent->id;
	r->segment = viommu->iommu->pci_seg->id;
	r->devid = viommu->iommu->devid;
	if (bpf_core_field_exists(viommu->trans_devid)) {
		r->trans_devid = viommu->trans_devid;
		r->known = VT_KNOWS_TRANS;
	}
#pragma unroll
	for (int i = 0; i < (int)sizeof(r->comm); i++)
		r->comm[i] = viommu->owner.comm[i];
	/* A driver without queues is fine, too */
	if (!bpf_core_field_exists(viommu->queues))
		return;
	fill_queue(&r->queue[VT_QUEUE_CMD], &viommu->queues[VT_QUEUE_CMD]);
	fill_queue(&r->queue[VT_QUEUE_EVT], &viommu->queues[VT_QUEUE_EVT]);
	fill_queue(&r->queue[VT_QUEUE_PPR], &viommu->queues[VT_QUEUE_PPR]);
}

SEC("iter/amd_viommu")
int list_viommus(struct bpf_iter__amd_viommu *ctx)
{
	struct amd_iommu_viommu *viommu = ctx->viommu;
	struct seq_file *seq = ctx->meta->seq;
	struct vt_record record = {};
	struct vt_slot *slot;

	if (!viommu)
		return 0;

	/* It holds its guest ID while we look: a new slot cannot be left behind */
	slot = find_slot(viommu->iommu, viommu->guest_id);
	if (!slot)
		slot = new_slot(viommu->iommu, viommu->guest_id, viommu->serial);

	fill_record(&record, viommu);
	if (bpf_core_field_exists(ctx->table_bytes)) {
		record.table_bytes = ctx->table_bytes;
		record.trans_free = ctx->trans_free;
		record.known |= VT_KNOWS_TABLES | VT_KNOWS_FREE;
	}
	bpf_seq_write(seq, &record, sizeof(record));
	if (slot)
		bpf_seq_write(seq, slot, sizeof(*slot));
	else
		bpf_seq_write(seq, (const void *)&no_slot, sizeof(no_slot));
	return 0;
}

SEC("iter/amd_vdevice")
int list_vdevices(struct bpf_iter__amd_vdevice *ctx)
{
	struct amd_iommu_vdevice *vdev = ctx->vdevice;
	struct vt_vdevice record = {};

	if (!vdev)
		return 0;
	record.viommu = vdev->viommu->serial;
	record.serial = vdev->serial;
	record.events = vdev->events.counter;
	record.segment = vdev->viommu->iommu->pci_seg->id;
	record.hdev_id = vdev->hdev_id;
	record.gdev_id = vdev->gdev_id;
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

SEC("iter/amd_viommu_domain")
int list_domains(struct bpf_iter__amd_viommu_domain *ctx)
{
	struct amd_viommu_domain *domain = ctx->domain;
	struct vt_domain record = {};

	if (!domain)
		return 0;
	record.viommu = domain->viommu->serial;
	record.users = domain->users;
	record.gdom_id = domain->gdom_id;
	record.hdom_id = domain->hdom_id;
	record.mapped = domain->mapped;
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}
