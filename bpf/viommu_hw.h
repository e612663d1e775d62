/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bits of the hardware, for BPF programs and tools alike.
 */
#ifndef VIOMMU_HW_H
#define VIOMMU_HW_H

/* Opcode of a command and code of an event log record: [63:60] of quadword 0 */
#define VHW_CODE_SHIFT 60
#define VHW_CODES 16

/** enum vhw_command - Opcodes of commands */
enum vhw_command {
	VHW_COMPLETION_WAIT = 0x1,
	VHW_INVALIDATE_DEVTAB_ENTRY = 0x2,
	VHW_INVALIDATE_IOMMU_PAGES = 0x3,
	VHW_INVALIDATE_IOTLB_PAGES = 0x4,
	VHW_INVALIDATE_INTERRUPT_TABLE = 0x5,
	VHW_PREFETCH_IOMMU_PAGES = 0x6,
	VHW_COMPLETE_PPR_REQUEST = 0x7,
	VHW_INVALIDATE_IOMMU_ALL = 0x8,
	VHW_INSERT_GUEST_EVENT = 0x9,
	VHW_RESET_VMMIO = 0xa,
};

/** enum vhw_record - Codes of event log records */
enum vhw_record {
	VHW_ILLEGAL_DEV_TABLE_ENTRY = 0x1,
	VHW_IO_PAGE_FAULT = 0x2,
	VHW_DEV_TAB_HARDWARE_ERROR = 0x3,
	VHW_PAGE_TAB_HARDWARE_ERROR = 0x4,
	VHW_ILLEGAL_COMMAND_ERROR = 0x5,
	VHW_COMMAND_HARDWARE_ERROR = 0x6,
	VHW_IOTLB_INV_TIMEOUT = 0x7,
	VHW_INVALID_DEVICE_REQUEST = 0x8,
	VHW_INVALID_PPR_REQUEST = 0x9,
	VHW_EVENT_COUNTER_ZERO = 0xa,
	VHW_GUEST_EVENT_FAULT = 0xb,
	VHW_VIOMMU_HARDWARE_ERROR = 0xc,
	VHW_RMP_PAGE_FAULT = 0xd,
	VHW_RMP_HARDWARE_ERROR = 0xe,
};

/* An address of memory, of a page, and of what starts at 8 or 64 bytes */
#define VHW_ADDRESS 0x000fffffffffffffull
#define VHW_ADDRESS_PAGE 0x000ffffffffff000ull
#define VHW_ADDRESS_8 0x000ffffffffffff8ull
#define VHW_ADDRESS_64 0x000fffffffffffc0ull

/* COMPLETION_WAIT: where it stores, in quadword 0 */
#define VHW_WAIT_ADDRESS VHW_ADDRESS_8
/* Invalidations, in quadword 1: more than one page */
#define VHW_INVALIDATE_S 1ull

/* Registers of a guest's queues, in its VF control entry: command, event log, PPR log */
#define VHW_VFCTRL_QUEUE 0x20
#define VHW_NR_QUEUES 3
#define VHW_QUEUE_PPR 2
#define VHW_QUEUE_ENABLE (1ull << 8)
/* Base: that of the PPR log lies four bits further up */
#define VHW_QUEUE_BASE VHW_ADDRESS_PAGE
#define VHW_QUEUE_PPR_SHIFT 4
/* 2 to this many entries; a guest's has 256 or more */
#define VHW_QUEUE_LENGTH 0xf
#define VHW_QUEUE_ENTRY_SIZE 16

/* Device table entry, quadword 0 */
#define VHW_DTE_VALID 3ull
#define VHW_DTE_RW (3ull << 61)
#define VHW_DTE_GV (1ull << 55)
#define VHW_DTE_ROOT VHW_ADDRESS_PAGE
/* GCR3: [14:12] in quadword 0, [30:15] and [51:31] in quadword 1 */
#define VHW_DTE_GCR3_0_SHIFT 58
#define VHW_DTE_GCR3_0 (7ull << VHW_DTE_GCR3_0_SHIFT)
#define VHW_DTE_GCR3_1_SHIFT 16
#define VHW_DTE_GCR3_1 (0xffffull << VHW_DTE_GCR3_1_SHIFT)
#define VHW_DTE_GCR3_2_SHIFT 43
#define VHW_DTE_GCR3_2 (0x1fffffull << VHW_DTE_GCR3_2_SHIFT)
/* Quadword 1 */
#define VHW_DTE_DOMAIN 0xffff
/* Quadword 2 */
#define VHW_DTE_INTERRUPTS VHW_ADDRESS_64
/* Quadword 3 */
#define VHW_DTE_VIMU_EN (1ull << 15)
#define VHW_DTE_GUEST_DEVICE_SHIFT 16
#define VHW_DTE_GUEST_ID_SHIFT 32

#endif /* VIOMMU_HW_H */
