// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF side of viommu-top: counts of what is rare, and what happened last. Nothing
 * is sent per event, and nothing is attached to where commands are queued.
 *
 * What the kernel counts, latencies among it, comes from the kernel, by iterators.
 * Counters only grow; user space subtracts what it saw last.
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
#include "viommu_top.h"

char LICENSE[] SEC("license") = "GPL";

#define WRITE_ONCE(what, value) (*(volatile typeof(what) *)&(what) = (value))

/* By index of the IOMMU; user space makes it as large as there are indices */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vt_totals);
} totals SEC(".maps");

/*
 * Guest ID to what happened to its present user last. An entry is made when its
 * vIOMMU is created, or listed: there is memory to be had then, and none for many
 * at a time with interrupts off.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, VT_MAX_RECENT);
	__type(key, struct vt_key);
	__type(value, struct vt_recent);
} recent SEC(".maps");

/* Guest ID to what was listed of its user last */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, VT_MAX_RECENT);
	__type(key, struct vt_key);
	__type(value, struct vt_listed);
} listed SEC(".maps");

/* One record each, too large for a stack; iterators may run beside each other */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vt_scratch);
} scratch SEC(".maps");

/* For zeroing: too large for a stack */
const volatile struct vt_recent nothing_recent;
const volatile struct hist no_hist;

/* Keep what happened */
const volatile bool keep_recent;

/* List latencies of all, not only of those that had some since they were listed last */
bool list_all;

/* List latencies by type of command of what this process created; 0 for everybody's */
__s32 commands_of;

/* Set once all are attached, so that all counters begin at the same time */
bool counting;

/* Events of vIOMMUs for which there was no room in recent */
__u64 happened_lost;

/* Atomic although per CPU: an interrupt may come between load and store */
static __always_inline void count(const struct amd_iommu *iommu, enum vt_counter which)
{
	__u32 index = iommu->index;
	struct vt_totals *t = bpf_map_lookup_elem(&totals, &index);

	if (t && counting)
		__sync_fetch_and_add(&t->count[which], 1);
}

static __always_inline void count_result(const struct amd_iommu *iommu, enum vt_counter good,
					 enum vt_counter bad, int ret)
{
	count(iommu, ret ? bad : good);
}

/*
 * Life of guest IDs and vIOMMUs
 */

SEC("tp_btf/viommu_guest_id_free")
int BPF_PROG(on_guest_id_free, const struct amd_iommu *iommu, __u16 guest_id)
{
	struct vt_key key = {.iommu = iommu->index, .guest_id = guest_id};

	count(iommu, VT_GUEST_ID_FREE);
	bpf_map_delete_elem(&recent, &key);
	bpf_map_delete_elem(&listed, &key);
	return 0;
}

SEC("tp_btf/viommu_destroy")
int BPF_PROG(on_destroy, const struct amd_iommu_viommu *viommu)
{
	count(viommu->iommu, VT_DESTROY);
	return 0;
}

SEC("tp_btf/viommu_guest_id_alloc")
int BPF_PROG(on_guest_id_alloc, const struct amd_iommu *iommu, __u16 guest_id, int ret)
{
	struct vt_key key = {.iommu = iommu->index, .guest_id = guest_id};

	count_result(iommu, VT_GUEST_ID_ALLOC, VT_GUEST_ID_ALLOC_ERROR, ret);
	/* A command that timed out may have left something since */
	if (!ret)
		bpf_map_delete_elem(&recent, &key);
	return 0;
}

SEC("tp_btf/viommu_vf_page_free")
int BPF_PROG(on_vf_page_free, const struct amd_iommu_viommu *viommu, __u64 offset)
{
	count(viommu->iommu, VT_VF_PAGE_FREE);
	return 0;
}

SEC("tp_btf/viommu_vf_page_alloc")
int BPF_PROG(on_vf_page_alloc, const struct amd_iommu_viommu *viommu, __u64 offset, int ret)
{
	count_result(viommu->iommu, VT_VF_PAGE_ALLOC, VT_VF_PAGE_ALLOC_ERROR, ret);
	return 0;
}

SEC("tp_btf/viommu_ipa_unmap")
int BPF_PROG(on_ipa_unmap, const struct amd_iommu *iommu, __u16 guest_id)
{
	count(iommu, VT_IPA_UNMAP);
	return 0;
}

SEC("tp_btf/viommu_ipa_map")
int BPF_PROG(on_ipa_map, const struct amd_iommu *iommu, __u16 guest_id, __u64 ipa, __u64 size,
	     int ret)
{
	count_result(iommu, VT_IPA_MAP, VT_IPA_MAP_ERROR, ret);
	return 0;
}

/*
 * Host event log
 */

SEC("tp_btf/viommu_event_log_overflow")
int BPF_PROG(on_event_log_overflow, const struct amd_iommu *iommu)
{
	count(iommu, VT_EVENT_LOG_OVERFLOW);
	return 0;
}

SEC("tp_btf/viommu_event_log_restart")
int BPF_PROG(on_event_log_restart, const struct amd_iommu *iommu)
{
	count(iommu, VT_EVENT_LOG_RESTART);
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

/* Of programs that are here for both */
static __always_inline void count_event(const struct amd_iommu *iommu, enum vtr_event_id id,
					__u64 arg0, __u64 arg1)
{
	if (id == VTR_init)
		count_result(iommu, VT_INIT, VT_INIT_ERROR, arg1);
	else if (id == VTR_reset)
		count_result(iommu, VT_RESET, VT_RESET_ERROR, arg0);
	else if (id == VTR_event_record)
		count(iommu, VT_EVENT);
}

static __always_inline int emit(enum vtr_event_id id, const struct amd_iommu *iommu, __u16 guest_id,
				__u64 arg0, __u64 arg1, __u64 arg2, __u64 arg3)
{
	struct vt_key key = {.iommu = iommu->index, .guest_id = guest_id};
	struct vt_recent *r;
	struct vtr_event *event;
	__u64 nr;

	count_event(iommu, id, arg0, arg1);
	if (!keep_recent || !guest_id)
		return 0;
	r = recent_of(&key);
	if (!r) {
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
	r->wait_errors = viommu->stats.wait_errors.counter;
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
	if (bpf_core_field_exists(viommu->stats.takebacks)) {
		r->forwarded = viommu->stats.forwarded.counter;
		r->delivered = viommu->stats.delivered.counter;
		r->takebacks = viommu->stats.takebacks.counter;
		r->known |= VT_KNOWS_TRAPPED;
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

static __always_inline void fill_quota(struct vt_record *r, const struct bpf_iter__amd_viommu *ctx,
				       const struct amd_iommu_viommu *viommu)
{
	const struct amd_viommu_quota *quota;

	if (!bpf_core_field_exists(ctx->quota))
		return;
	quota = ctx->quota;
	if (!quota)
		return;
	r->uid = viommu->owner.uid.val;
	r->quota.trans_devids = quota->used[0];
	r->quota.trans_devids_max = quota->share[0];
	r->quota.domain_ids = quota->used[1];
	r->quota.domain_ids_max = quota->share[1];
	r->quota.all_domain_ids = quota->total[1];
	r->quota.host_domain_ids = quota->host_domain_ids;
	r->known |= VT_KNOWS_QUOTA;
}

static __always_inline struct vt_scratch *get_scratch(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

/* What had no wait since it was listed last is not listed again */
static __always_inline bool has_news(const struct vt_key *key, __u64 serial, __u64 waits)
{
	struct vt_listed now = {.serial = serial, .waits = waits};
	struct vt_listed *before = bpf_map_lookup_elem(&listed, key);

	if (before && before->serial == serial) {
		if (before->waits == waits)
			return list_all;
		before->waits = waits;
		return true;
	}
	if (keep_recent)
		recent_of(key);
	bpf_map_update_elem(&listed, key, &now, BPF_ANY);
	return waits;
}

SEC("iter/amd_viommu")
int list_viommus(struct bpf_iter__amd_viommu *ctx)
{
	struct amd_iommu_viommu *viommu = ctx->viommu;
	struct seq_file *seq = ctx->meta->seq;
	struct amd_viommu_latency *waits;
	struct vt_scratch *s = get_scratch();
	struct vt_record record = {};
	struct vt_key key;

	if (!viommu || !s)
		return 0;

	key = (struct vt_key){.iommu = viommu->iommu->index, .guest_id = viommu->guest_id};
	fill_record(&record, viommu);
	if (bpf_core_field_exists(ctx->table_bytes)) {
		record.table_bytes = ctx->table_bytes;
		record.trans_free = ctx->trans_free;
		record.known |= VT_KNOWS_TABLES | VT_KNOWS_FREE;
	}
	fill_quota(&record, ctx, viommu);
	/* The first of them has completion waits */
	waits = viommu->latency;
	if (waits && waits->opcode == VHW_COMPLETION_WAIT) {
		/* In this order: a wait that is counted meanwhile is in the next list, too */
		record.wait_ns_total = waits->total_ns;
		record.waits = waits->count;
	}
	if (has_news(&key, record.serial, record.waits))
		record.known |= VT_LATENCY_FOLLOWS;
	bpf_seq_write(seq, &record, sizeof(record));
	if (!(record.known & VT_LATENCY_FOLLOWS))
		return 0;
	bpf_core_read(&s->hist, sizeof(s->hist), &waits->bucket);
	bpf_seq_write(seq, &s->hist, sizeof(s->hist));
	return 0;
}

/* Latencies by type of command, of those types that there were */
SEC("iter/amd_viommu")
int list_commands(struct bpf_iter__amd_viommu *ctx)
{
	struct amd_iommu_viommu *viommu = ctx->viommu;
	struct vt_scratch *s = get_scratch();

	if (!viommu || !s || (commands_of && viommu->owner.tgid != commands_of))
		return 0;
	for (int i = 0; i < VIOMMU_LATENCY_ROWS; i++) {
		struct amd_viommu_latency *latency =
			(void *)viommu->latency + i * bpf_core_type_size(struct amd_viommu_latency);
		struct vt_command *command = &s->command;

		if (!BPF_CORE_READ(latency, count))
			continue;
		command->viommu = viommu->serial;
		command->opcode = BPF_CORE_READ(latency, opcode);
		command->latency.total_ns = BPF_CORE_READ(latency, total_ns);
		command->latency.max_ns = BPF_CORE_READ(latency, max_ns);
		command->latency.slowest.seq = BPF_CORE_READ(latency, slowest_seq);
		command->latency.slowest.ns = BPF_CORE_READ(latency, slowest_ns);
		bpf_core_read(command->latency.slowest.cmd, sizeof(command->latency.slowest.cmd),
			      &latency->slowest_cmd);
		bpf_core_read(&command->latency.hist, sizeof(command->latency.hist),
			      &latency->bucket);
		bpf_seq_write(ctx->meta->seq, command, sizeof(*command));
	}
	return 0;
}

/* How many commands of each type are done */
static __always_inline void fill_types(struct vt_iommu *to, struct amd_viommu_timing *timing)
{
	for (int i = 0; i < VTR_OPCODES; i++) {
		struct amd_viommu_latency *latency =
			(void *)&timing->latency +
			i * bpf_core_type_size(struct amd_viommu_latency);

		to->done[i] = BPF_CORE_READ(latency, count);
	}
}

SEC("iter/amd_iommu")
int list_iommus(struct bpf_iter__amd_iommu *ctx)
{
	struct amd_iommu *iommu = ctx->iommu;
	struct vt_scratch *s = get_scratch();
	struct amd_viommu_latency *waits;
	struct amd_viommu_timing *timing;

	if (!iommu || !s)
		return 0;
	s->iommu.index = iommu->index;
	s->iommu.timed = 0;
	s->iommu.cmds = iommu->cmd_seq;
	s->iommu.waits = 0;
	s->iommu.wait_errors = 0;
	bpf_probe_read_kernel(&s->iommu.latency, sizeof(s->iommu.latency), (const void *)&no_hist);
	timing = iommu->viommu_timing;
	if (timing) {
		s->iommu.timed = 1;
		fill_types(&s->iommu, timing);
		waits = &timing->latency[VHW_COMPLETION_WAIT];
		s->iommu.wait_errors = timing->timeouts;
		s->iommu.waits = waits->count;
		bpf_core_read(&s->iommu.latency, sizeof(s->iommu.latency), &waits->bucket);
	}
	bpf_seq_write(ctx->meta->seq, &s->iommu, sizeof(s->iommu));
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
