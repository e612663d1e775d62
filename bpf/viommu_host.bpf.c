// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF side of the host mode: an IOMMU driver without tracepoints of ours.
 *
 * Programs are attached to functions of the kernel's AMD driver, those that the
 * running kernel has: user space looks for them and says which program goes
 * where. Nothing depends on what a function returns, and only on arguments that
 * it has under its own name: compilers leave out what no caller uses.
 *
 * Commands are the domain's or the device's that they name. A COMPLETION_WAIT
 * names none: it is theirs for whom the same thread queued commands before it.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "viommu_host.h"
#include "viommu_hw.h"
#include "viommu_kernel.h"

char LICENSE[] SEC("license") = "GPL";

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
};

struct iommu_dev_data {
	struct list_head list;
	__u16 devid;
};

/* The other half of what viommu_kernel.h has */
struct protection_domain___host {
	struct list_head dev_list;
	__u16 id;
};

struct amd_iommu___host {
	void *mmio_base;
	void *evt_buf;
};

#pragma clang attribute pop

/*
 * Commands between two waits of a thread whose latency is measured each. Where all
 * pages of a domain are flushed, Linux 6.1 to 6.12 do so in 64 steps, with a command
 * for the IOMMU and one for each device with a TLB.
 */
#define PENDING_MAX 256

struct pending {
	__u64 ns;
	__u32 owner;
	__u16 opcode;
	__u16 iommu;
};

/* A thread that queues commands, and then waits for them */
struct waiter {
	__u64 seq;
	__u64 start_ns;
	__u32 iommu;
	__u32 owner;
	__u32 nr;
	__u32 open;
	bool inside;
	bool timed_out;
	struct pending pending[PENDING_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct vh_iommu);
} iommus SEC(".maps");

/* User space may set another size of these two */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct vh_owner_key);
	__type(value, struct vh_owner);
} owners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct vh_latency_key);
	__type(value, struct vtr_latency);
} latencies SEC(".maps");

/* Some device of each domain, by the domain's ID */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u32);
} devices SEC(".maps");

/* By segment and device, 16 bits each */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct vh_faults);
} faults SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct vh_task);
} tasks SEC(".maps");

/* Threads that have not queued for long are forgotten when there is no room */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, __u64);
	__type(value, struct waiter);
} waiters SEC(".maps");

/* For events only; user space sets the size */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

/* For zeroing: too large for a stack */
const volatile struct vh_iommu no_iommu;
const volatile struct vh_owner no_owner;
const volatile struct vh_faults no_faults;
const volatile __u64 no_waiter[sizeof(struct waiter) / sizeof(__u64)];
const volatile __u64 no_latency[sizeof(struct vtr_latency) / sizeof(__u64)];

/* Send each event, and do not just count */
const volatile bool send_events;

/* Set once all are attached, so that all counters begin at the same time */
bool counting;

__u64 lost[VH_NR_LOST];

/* Events for which there was no room */
__u64 events_lost;

static __always_inline void *value_of(void *map, const void *key, const void *zero)
{
	void *value = bpf_map_lookup_elem(map, key);

	if (value)
		return value;
	bpf_map_update_elem(map, key, zero, BPF_NOEXIST);
	value = bpf_map_lookup_elem(map, key);
	if (!value)
		__sync_fetch_and_add(&lost[VH_NO_ROOM], 1);
	return value;
}

/* Idle threads all have the ID 0, and stay on their CPU */
static __always_inline __u64 thread(void)
{
	__u64 id = bpf_get_current_pid_tgid();

	return (__u32)id ? id : 1ull << 63 | bpf_get_smp_processor_id();
}

static __always_inline void send(enum vtr_event_id id, __u32 iommu, __u64 arg0, __u64 arg1,
				 __u64 arg2)
{
	struct vtr_event *event;

	if (!send_events)
		return;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&events_lost, 1);
		return;
	}
	event->ns = bpf_ktime_get_ns();
	event->arg[0] = arg0;
	event->arg[1] = arg1;
	event->arg[2] = arg2;
	event->arg[3] = 0;
	event->iommu = iommu;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->guest_id = 0;
	event->id = id;
	event->lost = events_lost;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

/*
 * Commands
 */

static __always_inline __u32 owner_of(const struct waiter *waiter, __u32 opcode,
				      const __u32 word[4])
{
	switch (opcode) {
	case VHW_INVALIDATE_IOMMU_PAGES:
		return word[1] & 0xffff;
	case VHW_INVALIDATE_DEVTAB_ENTRY:
	case VHW_INVALIDATE_IOTLB_PAGES:
	case VHW_INVALIDATE_INTERRUPT_TABLE:
	case VHW_COMPLETE_PPR_REQUEST:
		return VH_DEVICE | (word[0] & 0xffff);
	default:
		return waiter->owner;
	}
}

static __always_inline void add_pending(struct waiter *waiter, __u32 index, __u32 opcode, __u64 now)
{
	__u32 nr = waiter->nr;

	if (nr >= PENDING_MAX) {
		__sync_fetch_and_add(&lost[VH_TOO_MANY], 1);
		return;
	}
	waiter->pending[nr].ns = now;
	waiter->pending[nr].owner = waiter->owner;
	waiter->pending[nr].opcode = opcode;
	waiter->pending[nr].iommu = index;
	waiter->open++;
	waiter->nr = nr + 1;
}

static __always_inline void count_task(bool is_wait)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct vh_task *task = bpf_map_lookup_elem(&tasks, &tgid);
	struct vh_task new = {};

	if (!task) {
		bpf_get_current_comm(new.comm, sizeof(new.comm));
		bpf_map_update_elem(&tasks, &tgid, &new, BPF_NOEXIST);
		task = bpf_map_lookup_elem(&tasks, &tgid);
	}
	if (!task)
		return;
	__sync_fetch_and_add(&task->cmds, 1);
	if (is_wait)
		__sync_fetch_and_add(&task->waits, 1);
}

static __always_inline void count_owner(__u32 segment, __u32 index, __u32 which, __u32 opcode)
{
	struct vh_owner_key key = {.iommu = index, .owner = which};
	struct vh_owner *owner = value_of(&owners, &key, (const void *)&no_owner);

	if (!owner)
		return;
	owner->segment = segment;
	__sync_fetch_and_add(&owner->cmds[opcode % VTR_OPCODES], 1);
}

/* The IOMMU's lock is held */
static __always_inline int on_command(__u32 index, __u32 segment, const __u32 word[4])
{
	__u32 opcode = word[1] >> (VHW_CODE_SHIFT - 32);
	__u64 id = thread(), now = bpf_ktime_get_ns();
	struct vh_iommu *total;
	struct waiter *waiter;

	if (!counting)
		return 0;
	total = value_of(&iommus, &index, (const void *)&no_iommu);
	waiter = value_of(&waiters, &id, (const void *)&no_waiter);
	if (!total || !waiter)
		return 0;
	total->seq++;
	__sync_fetch_and_add(&total->cmds[opcode % VTR_OPCODES], 1);
	waiter->owner = owner_of(waiter, opcode, word);
	add_pending(waiter, index, opcode, now);
	if (opcode == VHW_COMPLETION_WAIT) {
		waiter->seq = total->seq;
		waiter->iommu = index;
		waiter->start_ns = now;
	}
	count_owner(segment, index, waiter->owner, opcode);
	count_task(opcode == VHW_COMPLETION_WAIT);
	send(VTR_cmd_submit, index, total->seq, word[0] | (__u64)word[1] << 32,
	     word[2] | (__u64)word[3] << 32);
	return 0;
}

/* Here a load reads what takes a helper each there */
SEC("fentry")
int BPF_PROG(command_fentry, const struct amd_iommu *iommu, const struct iommu_cmd *cmd)
{
	const __u32 word[4] = {cmd->data[0], cmd->data[1], cmd->data[2], cmd->data[3]};

	return on_command(iommu->index, iommu->pci_seg->id, word);
}

SEC("kprobe")
int BPF_KPROBE(command_kprobe, const struct amd_iommu *iommu, const struct iommu_cmd *cmd)
{
	__u32 word[4] = {};

	bpf_probe_read_kernel(word, sizeof(word), cmd);
	return on_command(BPF_CORE_READ(iommu, index), BPF_CORE_READ(iommu, pci_seg, id), word);
}

/*
 * Waits
 */

SEC("kprobe")
int BPF_KPROBE(wait_begin)
{
	__u64 id = thread();
	struct waiter *waiter = value_of(&waiters, &id, (const void *)&no_waiter);

	if (!waiter || !counting)
		return 0;
	waiter->seq = 0;
	waiter->start_ns = bpf_ktime_get_ns();
	waiter->timed_out = false;
	waiter->inside = true;
	return 0;
}

/* Kprobes may take no lock: the longest is kept by trying again */
static __always_inline void keep_longest(__u64 *longest, __u64 ns)
{
	__u64 old = *longest;

	for (int i = 0; i < 8 && ns > old; i++) {
		__u64 seen = __sync_val_compare_and_swap(longest, old, ns);

		if (seen == old)
			return;
		old = seen;
	}
}

static __always_inline void count_latency(const struct pending *p, __u32 iommu, __u64 now)
{
	struct vh_latency_key key = {.iommu = iommu, .owner = p->owner, .opcode = p->opcode};
	struct vtr_latency *latency = value_of(&latencies, &key, (const void *)&no_latency);
	__u64 ns = now > p->ns ? now - p->ns : 0;
	__u32 bucket = viommu_hist_bucket(ns);

	/* The verifier does not know the range of the bucket */
	if (!latency || bucket >= VIOMMU_HIST_BUCKETS)
		return;
	__sync_fetch_and_add(&latency->hist.bucket[bucket], 1);
	__sync_fetch_and_add(&latency->total_ns, ns);
	keep_longest(&latency->max_ns, ns);
}

struct ending {
	struct waiter *waiter;
	__u64 now;
	__u32 iommu;
	__u32 ended;
};

/* The first that is not done */
static long find_one(__u64 i, void *context)
{
	struct ending *ending = context;

	if (i >= PENDING_MAX || !ending->waiter->pending[i].ns)
		return 0;
	ending->iommu = ending->waiter->pending[i].iommu;
	return 1;
}

static long end_one(__u64 i, void *context)
{
	struct ending *ending = context;
	struct pending *p;

	if (i >= PENDING_MAX)
		return 1;
	p = &ending->waiter->pending[i];
	if (!p->ns || p->iommu != ending->iommu)
		return 0;
	if (!ending->waiter->timed_out)
		count_latency(p, ending->iommu, ending->now);
	p->ns = 0;
	ending->ended++;
	return 0;
}

static __always_inline void add_wait(struct hist *latency, __u32 bucket)
{
	if (bucket < VIOMMU_HIST_BUCKETS)
		__sync_fetch_and_add(&latency->bucket[bucket], 1);
}

static __always_inline void count_wait(const struct waiter *waiter, __u32 iommu, __u64 ns,
				       __u32 bucket)
{
	struct vh_owner_key key = {.iommu = iommu, .owner = waiter->owner};
	struct vh_iommu *total = bpf_map_lookup_elem(&iommus, &key.iommu);
	struct vh_owner *owner = bpf_map_lookup_elem(&owners, &key);

	if (total) {
		__sync_fetch_and_add(&total->waits, 1);
		__sync_fetch_and_add(&total->wait_errors, waiter->timed_out);
		__sync_fetch_and_add(&total->wait_ns_total, ns);
		keep_longest(&total->wait_ns_max, ns);
		add_wait(&total->latency, bucket);
	}
	if (owner) {
		__sync_fetch_and_add(&owner->waits, 1);
		__sync_fetch_and_add(&owner->wait_errors, waiter->timed_out);
		__sync_fetch_and_add(&owner->wait_ns_total, ns);
		add_wait(&owner->latency, bucket);
	}
}

/*
 * A thread may have commands on several IOMMUs, and waits for one after the other. It
 * queues no COMPLETION_WAIT where another one has queued one behind its commands already,
 * and waits for that: then it is for the IOMMU of its oldest command. Without any command
 * there is nothing to wait for.
 */
SEC("kretprobe")
int BPF_KPROBE(wait_end)
{
	__u64 id = thread(), now = bpf_ktime_get_ns(), ns;
	struct waiter *waiter = bpf_map_lookup_elem(&waiters, &id);
	struct ending ending = {.waiter = waiter, .now = now};

	if (!waiter || !waiter->inside)
		return 0;
	if (waiter->seq)
		ending.iommu = waiter->iommu;
	else
		bpf_loop(waiter->nr, find_one, &ending, 0);
	bpf_loop(waiter->nr, end_one, &ending, 0);
	if (ending.ended) {
		ns = now > waiter->start_ns ? now - waiter->start_ns : 0;
		count_wait(waiter, ending.iommu, ns, viommu_hist_bucket(ns));
	}
	if (waiter->seq)
		send(VTR_cmd_complete, ending.iommu, waiter->seq, waiter->timed_out ? (__u64)-5 : 0,
		     0);
	waiter->open -= ending.ended;
	waiter->inside = false;
	/* Kept for the next time: to make one anew takes longer than all else */
	if (!waiter->open) {
		waiter->nr = 0;
		waiter->owner = 0;
	}
	return 0;
}

static __always_inline bool begins(const char *text, const char *with)
{
	__u64 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), text);
	return word == *(const __u64 *)with;
}

/*
 * What the kernel says when a wait took too long is the one sign of it: callers
 * do not look at what the function returns, and so it may return nothing.
 * "AMD-Vi: Completion-Wait …", "AMD-Vi: IOMMU 0000:00:00.2: Completion-Wait …",
 * "AMD-Vi: Command buffer timeout"
 */
SEC("tp_btf/console")
int BPF_PROG(timed_out, const char *text)
{
	static const char completion[] __attribute__((aligned(8))) = "Completi";
	static const char command[] __attribute__((aligned(8))) = "Command ";
	static const char driver[] __attribute__((aligned(8))) = "AMD-Vi: ";
	__u64 id = thread();
	struct waiter *waiter;

	if (!begins(text, driver) || (!begins(text + 8, completion) &&
				      !begins(text + 28, completion) && !begins(text + 8, command)))
		return 0;
	waiter = bpf_map_lookup_elem(&waiters, &id);
	if (waiter && waiter->inside)
		waiter->timed_out = true;
	return 0;
}

/*
 * Which domain is which device's
 */

static __always_inline int on_flush(const void *pointer)
{
	const struct protection_domain___host *domain = pointer;
	const struct list_head *first = BPF_CORE_READ(domain, dev_list.next);
	const struct iommu_dev_data *data;
	__u32 id = BPF_CORE_READ(domain, id), devid, *known;

	if (first == (const void *)domain + bpf_core_field_offset(domain->dev_list))
		return 0;
	data = (const void *)first - bpf_core_field_offset(struct iommu_dev_data, list);
	devid = BPF_CORE_READ(data, devid);
	/* Each flush comes here, and what is known need not be written */
	known = bpf_map_lookup_elem(&devices, &id);
	if (known && *known == devid)
		return 0;
	bpf_map_update_elem(&devices, &id, &devid, BPF_ANY);
	return 0;
}

SEC("fentry")
int BPF_PROG(flush_fentry, const void *domain)
{
	return on_flush(domain);
}

SEC("kprobe")
int BPF_KPROBE(flush_kprobe, const void *domain)
{
	return on_flush(domain);
}

/*
 * Event log
 */

static __always_inline void count_fault(__u32 segment, __u64 record)
{
	__u32 key = segment << 16 | (record & 0xffff);
	struct vh_faults *f = value_of(&faults, &key, (const void *)&no_faults);

	if (f)
		__sync_fetch_and_add(&f->events[record >> 60], 1);
}

/* Registers of the event log; reading them has no effect */
#define REG_EVENT_BASE 0x10
#define REG_EVENT_HEAD 0x2010
#define REG_EVENT_TAIL 0x2018
#define RECORD_SIZE 16
#define OFFSET_MASK 0x7fff0

/* More than can have come while the driver was looking */
#define GAP_MAX (64 * RECORD_SIZE)

struct polling {
	struct vh_iommu *total;
	const void *log;
	__u32 index;
	__u32 segment;
	__u32 from;
	__u32 mask;
};

static long read_one(__u64 i, void *context)
{
	struct polling *p = context;
	__u64 word[2] = {};

	bpf_probe_read_kernel(word, sizeof(word), p->log + ((p->from + i * RECORD_SIZE) & p->mask));
	if (!word[0]) {
		__sync_fetch_and_add(&lost[VH_WIPED], 1);
		return 0;
	}
	count_fault(p->segment, word[0]);
	send(VTR_event_record, p->index, word[0], word[1], 0);
	return 0;
}

/*
 * Where to read from: the last place that was seen, if the log goes on there. It
 * does not where it was begun anew.
 */
static __always_inline __u32 not_seen(const struct polling *p, __u32 head, __u32 tail)
{
	__u32 seen = p->total->event_seen;

	if (!p->total->event_known)
		return head;
	if (((seen - head) & p->mask) <= ((tail - head) & p->mask))
		return seen;
	return ((head - seen) & p->mask) <= GAP_MAX ? seen : head;
}

/*
 * The driver is about to read records, or has done so. Several of its functions lead
 * here, as compilers leave some out: what was seen is not counted again. Records that
 * came while it read others may be wiped out by now: they are counted, and whose they
 * were is not known.
 */
static __always_inline int on_poll(const struct amd_iommu *iommu)
{
	const struct amd_iommu___host *host = (const void *)iommu;
	const void *mmio = BPF_CORE_READ(host, mmio_base);
	struct polling p = {.index = BPF_CORE_READ(iommu, index)};
	__u32 head = 0, tail = 0, nr;
	__u64 base = 0;

	p.total = value_of(&iommus, &p.index, (const void *)&no_iommu);
	if (!counting || !p.total)
		return 0;
	bpf_probe_read_kernel(&base, sizeof(base), mmio + REG_EVENT_BASE);
	bpf_probe_read_kernel(&head, sizeof(head), mmio + REG_EVENT_HEAD);
	bpf_probe_read_kernel(&tail, sizeof(tail), mmio + REG_EVENT_TAIL);
	p.log = BPF_CORE_READ(host, evt_buf);
	p.segment = BPF_CORE_READ(iommu, pci_seg, id);
	p.mask = (RECORD_SIZE << (base >> 56 & 0xf)) - 1;
	head &= OFFSET_MASK;
	tail &= OFFSET_MASK;
	p.from = not_seen(&p, head, tail);
	nr = ((tail - p.from) & p.mask) / RECORD_SIZE;
	__sync_fetch_and_add(&p.total->events, nr);
	bpf_loop(nr, read_one, &p, 0);
	p.total->event_seen = tail;
	p.total->event_known = 1;
	return 0;
}

SEC("fentry")
int BPF_PROG(poll_fentry, const struct amd_iommu *iommu)
{
	return on_poll(iommu);
}

SEC("kprobe")
int BPF_KPROBE(poll_kprobe, const struct amd_iommu *iommu)
{
	return on_poll(iommu);
}

/* Threads of the interrupt, of which a kernel may have one for each log */
SEC("fentry")
int BPF_PROG(thread_fentry, int irq, const struct amd_iommu *iommu)
{
	return on_poll(iommu);
}

SEC("kprobe")
int BPF_KPROBE(thread_kprobe, int irq, const struct amd_iommu *iommu)
{
	return on_poll(iommu);
}

SEC("fexit")
int BPF_PROG(thread_fexit, int irq, const struct amd_iommu *iommu)
{
	return on_poll(iommu);
}

SEC("fentry")
int BPF_PROG(events_thread_fentry, int irq, const struct amd_iommu *iommu)
{
	return on_poll(iommu);
}

SEC("kprobe")
int BPF_KPROBE(events_thread_kprobe, int irq, const struct amd_iommu *iommu)
{
	return on_poll(iommu);
}

SEC("fexit")
int BPF_PROG(events_thread_fexit, int irq, const struct amd_iommu *iommu)
{
	return on_poll(iommu);
}

SEC("kprobe")
int BPF_KPROBE(restart, const struct amd_iommu *iommu)
{
	__u32 index = BPF_CORE_READ(iommu, index);
	struct vh_iommu *total;

	if (!counting)
		return 0;
	total = value_of(&iommus, &index, (const void *)&no_iommu);
	if (total)
		__sync_fetch_and_add(&total->overflows, 1);
	send(VTR_event_log_overflow, index, 0, 0, 0);
	return 0;
}
