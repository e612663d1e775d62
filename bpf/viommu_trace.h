/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What viommu-trace's BPF programs and user space share.
 */
#ifndef VIOMMU_TRACE_H
#define VIOMMU_TRACE_H

#include <linux/bpf.h>
#include <linux/types.h>

#include "viommu_hist.h"
#include "viommu_hw.h"

/* Events of the driver, in the order of its header; X(NAME) without "viommu_" */
#define VTR_EVENTS(X)           \
	X(guest_id_alloc)       \
	X(guest_id_free)        \
	X(init)                 \
	X(destroy)              \
	X(vf_page_alloc)        \
	X(vf_page_free)         \
	X(reset)                \
	X(cmd_submit)           \
	X(cmd_complete)         \
	X(event_record)         \
	X(event_log_overflow)   \
	X(event_log_restart)    \
	X(ipa_map)              \
	X(ipa_unmap)            \
	X(tables_init)          \
	X(tables_uninit)        \
	X(devid_map)            \
	X(devid_unmap)          \
	X(domid_map)            \
	X(domain_alloc)         \
	X(domid_unmap)          \
	X(domain_free)          \
	X(domain_attach)        \
	X(vdevice_init)         \
	X(vdevice_destroy)      \
	X(trans_devid_alloc)    \
	X(trans_devid_free)     \
	X(trans_dte_clear)      \
	X(trans_dte_set)        \
	X(trans_devid_relocate) \
	X(event_deliver)        \
	X(queue_init)           \
	X(control)              \
	X(queue_enable)         \
	X(queue_disable)        \
	X(queue_destroy)        \
	X(queue_overflow)       \
	X(queue_stuck)          \
	X(invalidate)           \
	X(queue_fault)          \
	X(device_cut_off)       \
	X(irq_set)              \
	X(irq)

#define VTR_ENUM(name) VTR_##name,

/** enum vtr_event_id - Events, as VTR_init for viommu_init */
enum vtr_event_id { VTR_EVENTS(VTR_ENUM) VTR_NR_EVENTS };

#define VTR_ARGS 4

/* Queues of a guest: command buffer, event log, PPR log */
#define VTR_NR_QUEUES 3

/**
 * struct vtr_event - One event
 * @ns:       when, CLOCK_MONOTONIC
 * @arg:      what else it tells, see tools/lib/hw/event_table.c
 * @iommu:    index of the IOMMU
 * @pid:      process in whose context it happened
 * @guest_id: guest ID, 0 for the host
 * @id:       of &enum vtr_event_id
 * @lost:     events lost until then, the lowest bits; of a slow command, the life of
 *            its guest ID, as in &struct vtr_latency_key
 * @comm:     name of that process
 */
struct vtr_event {
	__u64 ns;
	__u64 arg[VTR_ARGS];
	__u32 iommu;
	__s32 pid;
	__u16 guest_id;
	__u16 id;
	__u32 lost;
	char comm[16];
};

/**
 * struct vtr_viommu - A vIOMMU, as the iterator lists it
 * @serial:      order of creation, never reused
 * @created_ns:  when, CLOCK_MONOTONIC
 * @cmds:        commands of the host for it since then
 * @events:      event log records that name it, likewise
 * @control:     what the guest's control register asks
 * @queue_reg:   control register of each queue
 * @queue_size:  its size in bytes, 0 if there is none
 * @iommu:       index of its IOMMU
 * @pid:         process that created it
 * @guest_id:    guest ID
 * @domain_id:   host domain ID of its nesting parent
 * @trans_devid: requester ID of its buffers
 * @comm:        name of that process
 */
struct vtr_viommu {
	__u64 serial;
	__u64 created_ns;
	__u64 cmds;
	__u64 events;
	__u64 control;
	__u64 queue_reg[VTR_NR_QUEUES];
	__u32 queue_size[VTR_NR_QUEUES];
	__u32 iommu;
	__s32 pid;
	__u16 guest_id;
	__u16 domain_id;
	__u16 trans_devid;
	__u16 pad[3];
	char comm[16];
};

/**
 * struct vtr_vdevice - A guest's device, as the iterator lists it
 * @serial:   order of creation, never reused
 * @iommu:    index of its IOMMU
 * @guest_id: guest ID
 * @gdev_id:  the guest's device ID
 * @hdev_id:  the host's
 */
struct vtr_vdevice {
	__u64 serial;
	__u32 iommu;
	__u16 guest_id;
	__u16 gdev_id;
	__u16 hdev_id;
	__u16 pad[3];
};

/**
 * struct vtr_latency_key - Whose latencies of what
 * @iommu:    index of the IOMMU
 * @guest_id: guest ID, 0 for the host
 * @opcode:   type of command
 * @life:     which user of the guest ID, as these are used again: 0 for the one that
 *            was there when tracing began
 * @zero:     not used
 */
struct vtr_latency_key {
	__u32 iommu;
	__u16 guest_id;
	__u16 opcode;
	__u32 life;
	__u32 zero;
};

/**
 * struct vtr_owner - Who got a guest ID
 * @ns:       when, CLOCK_MONOTONIC
 * @serial:   of the vIOMMU, 0 until it is there
 * @iommu:    index of the IOMMU
 * @pid:      process that asked for it
 * @guest_id: guest ID
 * @freed:    nobody has it any more, or somebody else
 * @pad:      not used
 * @comm:     name of that process
 */
struct vtr_owner {
	__u64 ns;
	__u64 serial;
	__u32 iommu;
	__s32 pid;
	__u16 guest_id;
	__u16 freed;
	__u32 pad;
	char comm[16];
};

/* Types of commands, by opcode */
#define VTR_OPCODES VHW_CODES

/**
 * struct vtr_exemplar - One command
 * @seq: its sequence number
 * @cmd: the command itself
 * @ns:  when it was known to be done, CLOCK_MONOTONIC
 */
struct vtr_exemplar {
	__u64 seq;
	__u64 cmd[2];
	__u64 ns;
};

/**
 * struct vtr_latency - Time from queueing a command until it is known to be done
 * @hist:     histogram
 * @total_ns: sum
 * @max_ns:   the longest
 * @slowest:  whose that was
 */
struct vtr_latency {
	struct hist hist;
	__u64 total_ns;
	__u64 max_ns;
	struct vtr_exemplar slowest;
};

/**
 * struct vtr_locked_latency - The same, as BPF and user space share it
 * @latency: it
 * @lock:    keeps its parts together: read it with BPF_F_LOCK
 */
struct vtr_locked_latency {
	struct vtr_latency latency;
	struct bpf_spin_lock lock;
};

/* Rows: VMs by types of commands */
#define VTR_MAX_LATENCIES 16384

/*
 * Commands of an IOMMU whose process is known at a time. Its command buffer holds
 * 512, and the driver counts a command when another one takes its place at the
 * latest: at the most one behind that is queued already.
 */
#define VTR_PENDING 1024

#define VTR_LINEAR_BUCKETS 128

/**
 * struct vtr_linear - The same in steps of equal width
 * @bucket: how many values each counts; the last one has all that are larger, too
 */
struct vtr_linear {
	__u64 bucket[VTR_LINEAR_BUCKETS];
};

/** vtr_linear_bucket() - The bucket that counts a value */
static inline __u32 vtr_linear_bucket(__u64 ns, __u64 width)
{
	__u64 bucket = ns / width;

	return bucket < VTR_LINEAR_BUCKETS ? bucket : VTR_LINEAR_BUCKETS - 1;
}

#endif /* VIOMMU_TRACE_H */
