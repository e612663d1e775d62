/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What viommu-trace's BPF programs and user space share.
 */
#ifndef VIOMMU_TRACE_H
#define VIOMMU_TRACE_H

#include <linux/types.h>

#include "viommu_hist.h"

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
	X(queue_stuck)

#define VTR_ENUM(name) VTR_##name,

/** enum vtr_event_id - Events, as VTR_init for viommu_init */
enum vtr_event_id { VTR_EVENTS(VTR_ENUM) VTR_NR_EVENTS };

#define VTR_ARGS 4

/**
 * struct vtr_event - One event
 * @ns:       when, CLOCK_MONOTONIC
 * @arg:      what else it tells, see tools/viommu-trace/event_table.c
 * @iommu:    index of the IOMMU
 * @pid:      process in whose context it happened
 * @guest_id: guest ID, 0 for the host
 * @id:       of &enum vtr_event_id
 * @comm:     name of that process
 */
struct vtr_event {
	__u64 ns;
	__u64 arg[VTR_ARGS];
	__u32 iommu;
	__s32 pid;
	__u16 guest_id;
	__u16 id;
	__u32 pad;
	char comm[16];
};

/**
 * struct vtr_viommu - A vIOMMU, as the iterator lists it
 * @iommu:    index of its IOMMU
 * @pid:      process that created it
 * @guest_id: guest ID
 * @comm:     name of that process
 */
struct vtr_viommu {
	__u32 iommu;
	__s32 pid;
	__u16 guest_id;
	__u16 pad[3];
	char comm[16];
};

/**
 * struct vtr_latency_key - Whose latencies of what
 * @iommu:    index of the IOMMU
 * @guest_id: guest ID, 0 for the host
 * @opcode:   type of command
 */
struct vtr_latency_key {
	__u32 iommu;
	__u16 guest_id;
	__u16 opcode;
};

/**
 * struct vtr_latency - Time from queueing a command until it is known to be done
 * @hist:     histogram
 * @total_ns: sum
 * @max_ns:   the longest
 */
struct vtr_latency {
	struct hist hist;
	__u64 total_ns;
	__u64 max_ns;
};

#endif /* VIOMMU_TRACE_H */
