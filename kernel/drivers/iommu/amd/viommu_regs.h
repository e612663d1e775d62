/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AMD hardware-accelerated vIOMMU: the registers.
 */

#ifndef AMD_IOMMU_VIOMMU_REGS_H
#define AMD_IOMMU_VIOMMU_REGS_H

#include <linux/bits.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include "amd_iommu_types.h"

/* Guest IDs have 16 bits. 0 means none, bit 15 marks secure vIOMMUs. */
#define AMD_VIOMMU_GUEST_ID_MIN		1
#define AMD_VIOMMU_GUEST_ID_MAX		0x7ffe
/* No guest gets this one: the driver fills default pages there */
#define AMD_VIOMMU_GUEST_ID_OWN		0x7fff
#define AMD_VIOMMU_NR_GUEST_IDS		SZ_64K

/* Vendor-specific capability of the IOMMU function */
#define AMD_VIOMMU_CAP_VF_BAR_LO	0x08
#define   VF_BAR_LO_ADDR		GENMASK(31, 28)
#define AMD_VIOMMU_CAP_VF_BAR_HI	0x0c
#define AMD_VIOMMU_CAP_VFCTRL_BAR_LO	0x10
#define   VFCTRL_BAR_LO_ADDR		GENMASK(31, 22)
#define AMD_VIOMMU_CAP_VFCTRL_BAR_HI	0x14
#define   AMD_VIOMMU_BAR_ENABLE		BIT(0)

/* VF region: one 4 KiB page per guest; VF control region: 64 bytes each */
#define AMD_VIOMMU_VF_PAGE_SIZE		SZ_4K
#define AMD_VIOMMU_VF_SIZE	\
	((resource_size_t)AMD_VIOMMU_NR_GUEST_IDS * AMD_VIOMMU_VF_PAGE_SIZE)
#define AMD_VIOMMU_VFCTRL_ENTRY_SIZE	SZ_64
#define AMD_VIOMMU_VFCTRL_SIZE	\
	((resource_size_t)AMD_VIOMMU_NR_GUEST_IDS * AMD_VIOMMU_VFCTRL_ENTRY_SIZE)

/* VF control entry of a guest */
#define AMD_VIOMMU_VFCTRL_DEVID_MAP	0x00
#define AMD_VIOMMU_VFCTRL_DOMID_MAP	0x08
#define AMD_VIOMMU_VFCTRL_MISC		0x10
#define   AMD_VIOMMU_MISC_TRANS_DEVID	GENMASK_ULL(31, 16)
#define AMD_VIOMMU_VFCTRL_EVTB_BASE	0x18
#define AMD_VIOMMU_VFCTRL_CMD		0x20
#define AMD_VIOMMU_VFCTRL_EVT		0x28
#define AMD_VIOMMU_VFCTRL_PPR		0x30
#define AMD_VIOMMU_VFCTRL_PPRB_BASE	0x38

#define   AMD_VIOMMU_QUEUE_ENABLE	BIT_ULL(8)
/* PPREn, in that of the PPR log */
#define   AMD_VIOMMU_QUEUE_PPR_ENABLE	BIT_ULL(10)

/* VF page of a guest */
#define AMD_VIOMMU_VF_CMD_HEAD		0x00
#define AMD_VIOMMU_VF_CMD_TAIL		0x08
#define AMD_VIOMMU_VF_EVT_HEAD		0x10
#define AMD_VIOMMU_VF_EVT_TAIL		0x18
#define AMD_VIOMMU_VF_STATUS		0x20
#define   AMD_VIOMMU_VF_STATUS_EVT_OVERFLOW	BIT(0)
#define   AMD_VIOMMU_VF_STATUS_EVT_INT		BIT(1)
#define   AMD_VIOMMU_VF_STATUS_COMWAIT_INT	BIT(2)
#define   AMD_VIOMMU_VF_STATUS_EVT_RUN		BIT(3)
#define   AMD_VIOMMU_VF_STATUS_CMD_RUN		BIT(4)
#define   AMD_VIOMMU_VF_STATUS_PPR_OVERFLOW	BIT(5)
#define   AMD_VIOMMU_VF_STATUS_PPR_INT		BIT(6)
#define   AMD_VIOMMU_VF_STATUS_PPR_RUN		BIT(7)
#define   AMD_VIOMMU_VF_STATUS_W1C	\
	(AMD_VIOMMU_VF_STATUS_EVT_OVERFLOW | AMD_VIOMMU_VF_STATUS_EVT_INT | \
	 AMD_VIOMMU_VF_STATUS_COMWAIT_INT | AMD_VIOMMU_VF_STATUS_PPR_OVERFLOW | \
	 AMD_VIOMMU_VF_STATUS_PPR_INT)
#define AMD_VIOMMU_VF_PPR_HEAD		0x30
#define AMD_VIOMMU_VF_PPR_TAIL		0x38
#define AMD_VIOMMU_VF_PPR_B_HEAD	0x50
#define AMD_VIOMMU_VF_PPR_B_TAIL	0x58
#define AMD_VIOMMU_VF_EVT_B_HEAD	0x70
#define AMD_VIOMMU_VF_EVT_B_TAIL	0x78
#define   AMD_VIOMMU_VF_POINTER		GENMASK(18, 4)

/* Every ID table has an entry for every 16-bit ID */
#define AMD_VIOMMU_TABLE_ENTRIES	SZ_64K
#define AMD_VIOMMU_TABLE_PAGE_SIZE	SZ_4K

/* RESET_VMMIO command */
#define CMD_RESET_VMMIO_GUEST_ID	GENMASK(15, 0)
#define CMD_RESET_VMMIO_ALL		BIT(28)
#define CMD_RESET_VMMIO_VCMD		BIT(31)

/* IPA: guest MMIO backing and dirty status, mapped for all guests at boot */
#define AMD_VIOMMU_IPA_BOOT_BASE	0
#define AMD_VIOMMU_IPA_BOOT_CHUNK	SZ_2M
#define AMD_VIOMMU_IPA_BOOT_CHUNKS	4

struct amd_viommu_hw;

/**
 * struct amd_viommu_table_type - One of the two kinds of ID tables
 * @name:       for debugfs
 * @ipa:        where the table of guest 0 would be in the private address space
 * @size:       size in bytes: guest N's is at @ipa + N * @size
 * @entry_size: size of an entry in bytes
 * @vfctrl:     register of the VF control entry that stores an entry
 */
struct amd_viommu_table_type {
	const char *name;
	u64 ipa;
	size_t size;
	size_t entry_size;
	u8 vfctrl;
};

/**
 * struct amd_viommu_queue_regs - Where the registers of a queue are
 * @name:     for messages and debugfs
 * @base:     bits of its VF control register that hold the address's upper ones
 * @run:      bit of the status register
 * @overflow: likewise, or 0
 * @head:     offset in the VF page
 * @tail:     likewise
 * @vfctrl:   offset in the VF control entry
 */
struct amd_viommu_queue_regs {
	const char *name;
	u64 base;
	u32 run;
	u32 overflow;
	u8 head;
	u8 tail;
	u8 vfctrl;
};

extern const struct amd_viommu_table_type amd_viommu_devid_type;
extern const struct amd_viommu_table_type amd_viommu_domid_type;
extern const struct amd_viommu_queue_regs amd_viommu_queue_regs[AMD_VIOMMU_NR_QUEUES];

static inline unsigned int
amd_viommu_page_entries(const struct amd_viommu_table_type *type)
{
	return AMD_VIOMMU_TABLE_PAGE_SIZE / type->entry_size;
}

u8 __iomem *amd_viommu_vfctrl(struct amd_viommu_hw *hw, u16 guest_id);
u8 __iomem *amd_viommu_vf(struct amd_iommu_viommu *aviommu);
void amd_viommu_vf_clear(struct amd_iommu_viommu *aviommu);
u64 amd_viommu_table_ipa(const struct amd_viommu_table_type *type, u16 guest_id,
			 unsigned int page_nr);
void amd_viommu_table_store(struct amd_viommu_hw *hw,
			    const struct amd_viommu_table_type *type,
			    u16 guest_id, unsigned int first, unsigned int nr,
			    u16 host_id);
void amd_viommu_trans_devid_write(struct amd_iommu_viommu *aviommu);
void amd_viommu_queue_write(struct amd_iommu_viommu *aviommu,
			    enum amd_viommu_queue_type type, u64 reg);
bool amd_viommu_queue_is_running(struct amd_iommu_viommu *aviommu,
				 enum amd_viommu_queue_type type);
int amd_viommu_queue_disable(struct amd_iommu_viommu *aviommu,
			     enum amd_viommu_queue_type type);

#endif /* AMD_IOMMU_VIOMMU_REGS_H */
