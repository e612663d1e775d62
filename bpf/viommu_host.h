/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BPF programs for kernels without our driver and user space share.
 */
#ifndef VIOMMU_HOST_H
#define VIOMMU_HOST_H

#include <linux/types.h>

#include "viommu_hist.h"
#include "viommu_trace.h"

/* Of an owner: it is a device, and no domain */
#define VH_DEVICE 0x10000u

/**
 * struct vh_iommu - One IOMMU
 * @seq:           commands queued so far
 * @cmds:          of these, by opcode
 * @waits:         completion waits that ended
 * @wait_errors:   of these, timed out
 * @wait_ns_total: time spent in them
 * @wait_ns_max:   in the longest
 * @events:        records of the event log
 * @overflows:     times the log was full
 * @event_seen:    where the log was read up to
 * @event_known:   it was read before
 * @latency:       of completion waits
 */
struct vh_iommu {
	__u64 seq;
	__u64 cmds[VTR_OPCODES];
	__u64 waits;
	__u64 wait_errors;
	__u64 wait_ns_total;
	__u64 wait_ns_max;
	__u64 events;
	__u64 overflows;
	__u32 event_seen;
	__u32 event_known;
	struct hist latency;
};

/**
 * struct vh_owner_key - What commands are for
 * @iommu: index of the IOMMU
 * @owner: domain ID, or VH_DEVICE and bus, device and function
 */
struct vh_owner_key {
	__u32 iommu;
	__u32 owner;
};

/**
 * struct vh_owner - What was queued for a domain or a device
 * @cmds:          commands, by opcode
 * @waits:         completion waits that ended, with these commands before
 * @wait_errors:   of these, timed out
 * @wait_ns_total: time spent in them
 * @segment:       PCI segment of the IOMMU
 * @pad:           0
 * @latency:       of completion waits
 */
struct vh_owner {
	__u64 cmds[VTR_OPCODES];
	__u64 waits;
	__u64 wait_errors;
	__u64 wait_ns_total;
	__u32 segment;
	__u32 pad;
	struct hist latency;
};

/**
 * struct vh_latency_key - Whose latencies of what
 * @iommu:  index of the IOMMU
 * @owner:  as in &struct vh_owner_key
 * @opcode: of the command
 */
struct vh_latency_key {
	__u32 iommu;
	__u32 owner;
	__u32 opcode;
};

/**
 * struct vh_faults - Records of event logs that name a device
 * @events: by their code
 */
struct vh_faults {
	__u64 events[16];
};

/**
 * struct vh_task - What was queued while a process ran
 * @cmds:  commands
 * @waits: of these, COMPLETION_WAITs: flushes
 * @comm:  its name
 */
struct vh_task {
	__u64 cmds;
	__u64 waits;
	char comm[16];
};

/**
 * enum vh_lost - What could not be counted
 * @VH_NO_ROOM:   times there was no room for an IOMMU, owner or device
 * @VH_TOO_MANY:  commands before one wait of which there is no latency
 * @VH_WIPED:     records of event logs whose device is not known
 * @VH_NR_LOST:   how many there are
 */
enum vh_lost {
	VH_NO_ROOM,
	VH_TOO_MANY,
	VH_WIPED,
	VH_NR_LOST,
};

#endif /* VIOMMU_HOST_H */
