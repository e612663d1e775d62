/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What viommu-top's BPF programs and user space share.
 */
#ifndef VIOMMU_TOP_H
#define VIOMMU_TOP_H

#include <linux/types.h>

#include "viommu_hist.h"
#include "viommu_trace.h"

/**
 * enum vt_counter - Counters of an IOMMU, cumulative since attach
 * @VT_CMD:                  commands the driver queued, COMPLETION_WAIT included
 * @VT_WAIT:                 completion waits that ended
 * @VT_WAIT_ERROR:           of these, timed out
 * @VT_EVENT:                records of the host event logs
 * @VT_EVENT_LOG_OVERFLOW:   times a host event log was full
 * @VT_EVENT_LOG_RESTART:    times it was restarted
 * @VT_GUEST_ID_ALLOC:       guest IDs handed out
 * @VT_GUEST_ID_ALLOC_ERROR: guest IDs refused
 * @VT_GUEST_ID_FREE:        guest IDs taken back
 * @VT_INIT:                 vIOMMUs created
 * @VT_INIT_ERROR:           vIOMMUs that could not be created
 * @VT_DESTROY:              vIOMMUs destroyed
 * @VT_VF_PAGE_ALLOC:        VF pages offered to a VMM
 * @VT_VF_PAGE_ALLOC_ERROR:  VF pages refused
 * @VT_VF_PAGE_FREE:         VF pages taken back
 * @VT_RESET:                RESET_VMMIO commands that succeeded
 * @VT_RESET_ERROR:          RESET_VMMIO commands that failed
 * @VT_IPA_MAP:              mappings made in a private address space
 * @VT_IPA_MAP_ERROR:        mappings refused
 * @VT_IPA_UNMAP:            mappings removed
 * @VT_NR_COUNTERS:          how many there are
 */
enum vt_counter {
	VT_CMD,
	VT_WAIT,
	VT_WAIT_ERROR,
	VT_EVENT,
	VT_EVENT_LOG_OVERFLOW,
	VT_EVENT_LOG_RESTART,
	VT_GUEST_ID_ALLOC,
	VT_GUEST_ID_ALLOC_ERROR,
	VT_GUEST_ID_FREE,
	VT_INIT,
	VT_INIT_ERROR,
	VT_DESTROY,
	VT_VF_PAGE_ALLOC,
	VT_VF_PAGE_ALLOC_ERROR,
	VT_VF_PAGE_FREE,
	VT_RESET,
	VT_RESET_ERROR,
	VT_IPA_MAP,
	VT_IPA_MAP_ERROR,
	VT_IPA_UNMAP,
	VT_NR_COUNTERS,
};

/**
 * struct vt_totals - Counters of an IOMMU, one copy per CPU
 * @count:   by &enum vt_counter
 */
struct vt_totals {
	__u64 count[VT_NR_COUNTERS];
};

/**
 * struct vt_key - A guest ID; it is unique on its IOMMU only
 * @iommu:    index of the IOMMU
 * @guest_id: guest ID
 */
struct vt_key {
	__u32 iommu;
	__u32 guest_id;
};

/**
 * enum vt_queue_type - Queues that the hardware serves a guest
 * @VT_QUEUE_CMD:  its command buffer
 * @VT_QUEUE_EVT:  its event log
 * @VT_QUEUE_PPR:  its PPR log
 * @VT_NR_QUEUES:  how many there are
 */
enum vt_queue_type {
	VT_QUEUE_CMD,
	VT_QUEUE_EVT,
	VT_QUEUE_PPR,
	VT_NR_QUEUES,
};

/**
 * enum vt_queue_flag - State of a queue
 * @VT_QUEUE_ENABLED:  the guest enabled it
 * @VT_QUEUE_RUNNING:  the hardware serves it
 * @VT_QUEUE_OVERFLOW: records were lost since the guest looked
 * @VT_QUEUE_STUCK:    there is work, and none was done for a second or more
 */
enum vt_queue_flag {
	VT_QUEUE_ENABLED = 1,
	VT_QUEUE_RUNNING = 2,
	VT_QUEUE_OVERFLOW = 4,
	VT_QUEUE_STUCK = 8,
};

/**
 * struct vt_queue - One queue as the host sees it, which is now and then
 * @entries:   entries the hardware read or wrote, or more: the host does not
 *             see whole turns of the ring between two looks
 * @overflows: times it was found to have overflowed
 * @stucks:    times it was found to be stuck
 * @size:      in bytes, 0 if there is none
 * @head:      byte offset
 * @tail:      likewise
 * @flags:     of &enum vt_queue_flag
 */
struct vt_queue {
	__u64 entries;
	__u64 overflows;
	__u64 stucks;
	__u32 size;
	__u32 head;
	__u32 tail;
	__u32 flags;
};

/**
 * enum vt_known - What not every driver, and not every recording, tells
 * @VT_KNOWS_TRANS:     translation device IDs
 * @VT_KNOWS_TABLES:    memory behind ID tables
 * @VT_KNOWS_FREE:      translation device IDs that nobody has
 * @VT_KNOWS_HOST:      neither a vIOMMU nor what has to do with one: there is no driver
 * @VT_LATENCY_FOLLOWS:  a histogram of its completion waits follows the record
 * @VT_KNOWS_QUOTA:     what its user has of what is scarce
 * @VT_KNOWS_TRAPPED:   what the hardware did not do for the guest
 */
enum vt_known {
	VT_KNOWS_TRANS = 1,
	VT_KNOWS_TABLES = 2,
	VT_KNOWS_FREE = 4,
	VT_KNOWS_HOST = 8,
	VT_LATENCY_FOLLOWS = 16,
	VT_KNOWS_QUOTA = 32,
	VT_KNOWS_TRAPPED = 64,
};

/**
 * struct vt_quota - What a user has of what is scarce, as the driver counts it
 * @trans_devids:     translation device IDs that its vIOMMUs have
 * @trans_devids_max: and may have, VT_NO_LIMIT for any number
 * @domain_ids:       domain IDs that stand for its guests'
 * @domain_ids_max:   likewise
 * @all_domain_ids:   what all users have of these
 * @host_domain_ids:  and how many only the host can have
 */
struct vt_quota {
	__u32 trans_devids;
	__u32 trans_devids_max;
	__u32 domain_ids;
	__u32 domain_ids_max;
	__u32 all_domain_ids;
	__u32 host_domain_ids;
};

#define VT_NO_LIMIT 0xffffffffu

/**
 * struct vt_record - One vIOMMU as the iterator finds it; struct hist may follow
 * @serial:        order of creation, never reused
 * @created_ns:    when, CLOCK_MONOTONIC
 * @cmds:          host commands queued for it since then
 * @waits:         completion waits that are done
 * @wait_errors:   that timed out
 * @wait_ns_total: time spent in those that are done
 * @events:        host event log records that name it
 * @forwarded:     guest commands that its VMM passed to the driver
 * @delivered:     host event log records that its VMM got
 * @takebacks:     times its VMM took the command buffer from the hardware
 * @iommu:         index of its IOMMU
 * @tgid:          process that created it
 * @guest_id:      guest ID
 * @domain_id:     host domain ID of its nesting parent
 * @segment:       PCI segment of the IOMMU
 * @devid:         PCI bus, device and function of the IOMMU
 * @trans_devid:   its translation device ID, 0 if none
 * @known:         of &enum vt_known: which of these the kernel tells
 * @trans_free:    translation device IDs of the segment that nobody has
 * @table_bytes:   memory behind its ID tables
 * @uid:           user that it counts for
 * @quota:         what that one has
 * @comm:          name of the process
 * @pad:           0
 * @queue:         by &enum vt_queue_type
 */
struct vt_record {
	__u64 serial;
	__u64 created_ns;
	__u64 cmds;
	__u64 waits;
	__u64 wait_errors;
	__u64 wait_ns_total;
	__u64 events;
	__u64 forwarded;
	__u64 delivered;
	__u64 takebacks;
	__u32 iommu;
	__s32 tgid;
	__u16 guest_id;
	__u16 domain_id;
	__u16 segment;
	__u16 devid;
	__u16 trans_devid;
	__u16 known;
	__u32 trans_free;
	__u64 table_bytes;
	struct vt_quota quota;
	__u32 uid;
	char comm[16];
	__u32 pad;
	struct vt_queue queue[VT_NR_QUEUES];
};

/**
 * struct vt_vdevice - A device of a guest as the iterator finds it
 * @viommu:  serial of its vIOMMU
 * @serial:  its own
 * @events:  host event log records that name it
 * @segment: PCI segment
 * @hdev_id: the host's bus, device and function
 * @gdev_id: the guest's device ID
 * @pad:     0
 */
struct vt_vdevice {
	__u64 viommu;
	__u64 serial;
	__u64 events;
	__u16 segment;
	__u16 hdev_id;
	__u16 gdev_id;
	__u16 pad;
};

/**
 * struct vt_domain - A domain of a guest as the iterator finds it
 * @viommu:  serial of its vIOMMU
 * @users:   nested domains that have it
 * @gdom_id: the guest's domain ID
 * @hdom_id: the host's domain ID that stands for it
 * @mapped:  a device was attached to it, so the guest's table has it
 * @pad:     0
 */
struct vt_domain {
	__u64 viommu;
	__u32 users;
	__u16 gdom_id;
	__u16 hdom_id;
	__u32 mapped;
	__u32 pad;
};

/**
 * struct vt_command - Latencies of one type of command for a vIOMMU
 * @viommu:  serial of the vIOMMU
 * @opcode:  the type
 * @pad:     0
 * @latency: since the vIOMMU was created
 */
struct vt_command {
	__u64 viommu;
	__u32 opcode;
	__u32 pad;
	struct vtr_latency latency;
};

/**
 * struct vt_iommu - What an IOMMU counts itself
 * @cmds:        commands that were queued
 * @waits:       completion waits that are done
 * @wait_errors: that timed out
 * @latency:     histogram of those that are done
 * @done:        commands that are done, by opcode
 * @index:       of the IOMMU
 * @timed:       whether there is any of this but @cmds
 *
 * Commands are counted since boot, all else since the IOMMU is timed.
 */
struct vt_iommu {
	__u64 cmds;
	__u64 waits;
	__u64 wait_errors;
	struct hist latency;
	__u64 done[VTR_OPCODES];
	__u32 index;
	__u32 timed;
};

/**
 * struct vt_listed - The state in which a vIOMMU was listed last
 * @serial: its serial
 * @waits:  completion waits that were done
 */
struct vt_listed {
	__u64 serial;
	__u64 waits;
};

/** struct vt_scratch - Room for one of these */
struct vt_scratch {
	struct hist hist;
	struct vt_command command;
	struct vt_iommu iommu;
};

/* vIOMMUs of which it is kept what happened */
#define VT_MAX_RECENT 32768

/* Events that are kept per vIOMMU; a power of two */
#define VT_RECENT 16

/**
 * struct vt_recent - What happened last to a vIOMMU
 * @nr:    how much happened; the last of it is in @event[(@nr - 1) % VT_RECENT]
 * @whole: number of each, from 1 on, once it is whole; the lowest bits
 * @event: each
 */
struct vt_recent {
	__u64 nr;
	__u32 whole[VT_RECENT];
	struct vtr_event event[VT_RECENT];
};

#endif /* VIOMMU_TOP_H */
