/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For KUnit tests of commands: which of them the IOMMU takes. An illegal one stops
 * the command buffer, and with it every flush of every guest.
 *
 * Written from what is known of the hardware, not from the code under test.
 */

#ifndef AMD_IOMMU_CMD_KUNIT_H
#define AMD_IOMMU_CMD_KUNIT_H

#include <linux/bits.h>
#include <linux/types.h>

#include "amd_iommu_types.h"

/* Bits that may be set, by opcode; those of the opcode itself for one that exists */
static const u32 cmd_test_fields[16][4] = {
	/* COMPLETION_WAIT: store, interrupt, flush, address; data */
	[0x1] = { 0xffffffff, 0x100fffff, 0xffffffff, 0xffffffff },
	/* INVALIDATE_DEVTAB_ENTRY: DeviceID */
	[0x2] = { 0x0000ffff, 0x20000000, 0, 0 },
	/* INVALIDATE_IOMMU_PAGES: PASID; DomainID; S, PDE, GN, address */
	[0x3] = { 0x000fffff, 0x3000ffff, 0xfffff007, 0xffffffff },
	/* INVALIDATE_IOTLB_PAGES: DeviceID, PASID, MaxPend; QueueID, PASID; S, GN, address */
	[0x4] = { 0xffffffff, 0x4fffffff, 0xfffff005, 0xffffffff },
	/* INVALIDATE_INTERRUPT_TABLE: DeviceID */
	[0x5] = { 0x0000ffff, 0x50000000, 0, 0 },
	/* COMPLETE_PPR: DeviceID; PASID; GN; tag, code */
	[0x7] = { 0x0000ffff, 0x700fffff, 0x00000004, 0x0000f1ff },
	/* INVALIDATE_IOMMU_ALL */
	[0x8] = { 0, 0x80000000, 0, 0 },
	/* RESET_VMMIO: GuestID, all, vCmd; with the vIOMMU enabled */
	[0xa] = { 0x9000ffff, 0xa0000000, 0, 0 },
};

static inline bool cmd_test_is_legal(const struct iommu_cmd *cmd)
{
	const u32 *fields = cmd_test_fields[cmd->data[1] >> 28];

	for (int i = 0; i < 4; i++)
		if (cmd->data[i] & ~fields[i])
			return false;
	return true;
}

/* The PASID of an INVALIDATE_IOTLB_PAGES, whose bits are in three places */
static inline u32 cmd_test_iotlb_pasid(const struct iommu_cmd *cmd)
{
	return (cmd->data[1] >> 16 & 0xff) | (cmd->data[0] >> 16 & 0xff) << 8 |
	       (cmd->data[1] >> 24 & 0xf) << 16;
}

#endif
