// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers of a guest: its VF control entry, which is the host's, and its VF
 * page, which the guest shares with the hardware.
 */

#define pr_fmt(fmt)	"AMD-Vi: " fmt

#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>

#include "viommu_internal.h"

/* VF control 00h, 08h: what to store */
#define MAP_VALID		BIT_ULL(0)
#define MAP_HOST_ID		GENMASK_ULL(29, 14)
#define MAP_GUEST_ID		GENMASK_ULL(61, 46)
#define MAP_STROBE		BIT_ULL(63)

/*
 * How long the hardware may need to finish what it does, in us. That can be a guest's
 * command to a device that does not answer: the IOMMU gives up after 100 ms, see
 * iommu_init_flags(). A stop that times out costs memory, and no guest may have it so.
 */
#define STOP_POLL_US		1
#define STOP_TIMEOUT_US		250000

const struct amd_viommu_table_type amd_viommu_devid_type = {
	.name		= "devid",
	.ipa		= 0x1000000000ULL,
	.size		= SZ_1M,
	.entry_size	= 16,
	.vfctrl		= AMD_VIOMMU_VFCTRL_DEVID_MAP,
};

const struct amd_viommu_table_type amd_viommu_domid_type = {
	.name		= "domid",
	.ipa		= 0x2000000000ULL,
	.size		= SZ_512K,
	.entry_size	= 8,
	.vfctrl		= AMD_VIOMMU_VFCTRL_DOMID_MAP,
};

const struct amd_viommu_queue_regs amd_viommu_queue_regs[] = {
	[AMD_VIOMMU_CMD] = {
		.name	= "cmd",
		.vfctrl	= AMD_VIOMMU_VFCTRL_CMD,
		.base	= GENMASK_ULL(51, 12),
		.head	= AMD_VIOMMU_VF_CMD_HEAD,
		.tail	= AMD_VIOMMU_VF_CMD_TAIL,
		.run	= AMD_VIOMMU_VF_STATUS_CMD_RUN,
	},
	[AMD_VIOMMU_EVT] = {
		.name	= "evt",
		.vfctrl	= AMD_VIOMMU_VFCTRL_EVT,
		.base	= GENMASK_ULL(51, 12),
		.head	= AMD_VIOMMU_VF_EVT_HEAD,
		.tail	= AMD_VIOMMU_VF_EVT_TAIL,
		.run	= AMD_VIOMMU_VF_STATUS_EVT_RUN,
		.overflow = AMD_VIOMMU_VF_STATUS_EVT_OVERFLOW,
	},
	[AMD_VIOMMU_PPR] = {
		.name	= "ppr",
		.vfctrl	= AMD_VIOMMU_VFCTRL_PPR,
		.base	= GENMASK_ULL(55, 16),
		.head	= AMD_VIOMMU_VF_PPR_HEAD,
		.tail	= AMD_VIOMMU_VF_PPR_TAIL,
		.run	= AMD_VIOMMU_VF_STATUS_PPR_RUN,
		.overflow = AMD_VIOMMU_VF_STATUS_PPR_OVERFLOW,
	},
};

/**
 * amd_viommu_vfctrl() - VF control entry of a guest
 * @hw:       hardware of the IOMMU
 * @guest_id: the guest
 *
 * Return: where it is mapped.
 */
u8 __iomem *amd_viommu_vfctrl(struct amd_viommu_hw *hw, u16 guest_id)
{
	return hw->vfctrl.base + guest_id * AMD_VIOMMU_VFCTRL_ENTRY_SIZE;
}

/**
 * amd_viommu_vf() - VF page of a guest
 * @aviommu: its vIOMMU
 *
 * Return: where it is mapped.
 */
u8 __iomem *amd_viommu_vf(struct amd_iommu_viommu *aviommu)
{
	return aviommu->iommu->viommu_hw->vf.base +
	       aviommu->guest_id * AMD_VIOMMU_VF_PAGE_SIZE;
}

/**
 * amd_viommu_vf_clear() - Clear what a guest finds on its VF page
 * @aviommu: vIOMMU whose queues are disabled
 *
 * What is left there would be seen by the next guest with that ID.
 */
void amd_viommu_vf_clear(struct amd_iommu_viommu *aviommu)
{
	static const u16 pointers[] = {
		AMD_VIOMMU_VF_CMD_TAIL, AMD_VIOMMU_VF_CMD_HEAD,
		AMD_VIOMMU_VF_EVT_TAIL, AMD_VIOMMU_VF_EVT_HEAD,
		AMD_VIOMMU_VF_PPR_TAIL, AMD_VIOMMU_VF_PPR_HEAD,
		AMD_VIOMMU_VF_PPR_B_TAIL, AMD_VIOMMU_VF_PPR_B_HEAD,
		AMD_VIOMMU_VF_EVT_B_TAIL, AMD_VIOMMU_VF_EVT_B_HEAD,
	};
	u8 __iomem *vf = amd_viommu_vf(aviommu);

	for (int i = 0; i < ARRAY_SIZE(pointers); i++)
		writel(0, vf + pointers[i]);
	writel(AMD_VIOMMU_VF_STATUS_W1C, vf + AMD_VIOMMU_VF_STATUS);
}

/*
 * ID tables
 */

/**
 * amd_viommu_table_ipa() - Where a page of a guest's table lies
 * @type:     which table
 * @guest_id: the guest
 * @page_nr:  which 4 KiB of it
 *
 * Return: the IOMMU private address.
 */
u64 amd_viommu_table_ipa(const struct amd_viommu_table_type *type, u16 guest_id,
			 unsigned int page_nr)
{
	return type->ipa + guest_id * type->size +
	       page_nr * AMD_VIOMMU_TABLE_PAGE_SIZE;
}

/**
 * amd_viommu_table_store() - Make the hardware store entries of a table
 * @hw:       hardware of the IOMMU, enabled
 * @type:     which table
 * @guest_id: the guest; the memory of the entries is mapped
 * @first:    guest's ID of the first entry
 * @nr:       how many entries
 * @host_id:  host's ID that they all get
 *
 * The hardware has been told when this returns. What it stores is there for
 * its own use at once, and for others after a COMPLETION_WAIT.
 */
void amd_viommu_table_store(struct amd_viommu_hw *hw,
			    const struct amd_viommu_table_type *type,
			    u16 guest_id, unsigned int first, unsigned int nr,
			    u16 host_id)
{
	u8 __iomem *reg = amd_viommu_vfctrl(hw, guest_id) + type->vfctrl;
	u64 val = MAP_STROBE | MAP_VALID | FIELD_PREP(MAP_HOST_ID, host_id);

	for (unsigned int i = 0; i < nr; i++)
		writeq(val | FIELD_PREP(MAP_GUEST_ID, first + i), reg);
	/* Writes are posted, a read is not */
	readq(reg);
}

/**
 * amd_viommu_trans_devid_write() - Tell the hardware a translation device ID
 * @aviommu: vIOMMU; its &amd_iommu_viommu.trans_devid is written, 0 for none
 *
 * On return the hardware does not use the previous ID any more.
 */
void amd_viommu_trans_devid_write(struct amd_iommu_viommu *aviommu)
{
	u8 __iomem *reg = amd_viommu_vfctrl(aviommu->iommu->viommu_hw,
					    aviommu->guest_id) +
			  AMD_VIOMMU_VFCTRL_MISC;

	writeq(FIELD_PREP(AMD_VIOMMU_MISC_TRANS_DEVID, aviommu->trans_devid), reg);
	/* No access by the previous ID is in flight once a read returns */
	readq(reg);
}

/*
 * Queues
 */

/**
 * amd_viommu_queue_write() - Write a queue's VF control register
 * @aviommu: vIOMMU, its queue_lock held
 * @type:    which queue
 * @reg:     value, which &amd_viommu_queue.reg keeps
 *
 * The write has arrived on return.
 */
void amd_viommu_queue_write(struct amd_iommu_viommu *aviommu,
			    enum amd_viommu_queue_type type, u64 reg)
{
	u8 __iomem *vfctrl = amd_viommu_vfctrl(aviommu->iommu->viommu_hw,
					       aviommu->guest_id);

	WRITE_ONCE(aviommu->queues[type].reg, reg);
	writeq(reg, vfctrl + amd_viommu_queue_regs[type].vfctrl);
	/* It has arrived once a read returns */
	readq(vfctrl + amd_viommu_queue_regs[type].vfctrl);
}

/**
 * amd_viommu_queue_is_running() - Read a queue's Run bit
 * @aviommu: vIOMMU
 * @type:    which queue
 *
 * Return: whether the hardware serves the queue.
 */
bool amd_viommu_queue_is_running(struct amd_iommu_viommu *aviommu,
				 enum amd_viommu_queue_type type)
{
	return readl(amd_viommu_vf(aviommu) + AMD_VIOMMU_VF_STATUS) &
	       amd_viommu_queue_regs[type].run;
}

/**
 * amd_viommu_queue_disable() - Clear a queue's enable bit and wait
 * @aviommu: vIOMMU, its queue_lock held
 * @type:    which queue
 *
 * On return the hardware has completed what it had begun. Does not sleep: this
 * also runs before a loss of power.
 *
 * Return: 0, or -ETIMEDOUT when the queue still runs.
 */
int amd_viommu_queue_disable(struct amd_iommu_viommu *aviommu,
			     enum amd_viommu_queue_type type)
{
	u32 run = amd_viommu_queue_regs[type].run, status;
	int ret;

	amd_viommu_queue_write(aviommu, type, aviommu->queues[type].reg &
					      ~AMD_VIOMMU_QUEUE_ENABLE);
	ret = readl_poll_timeout_atomic(amd_viommu_vf(aviommu) + AMD_VIOMMU_VF_STATUS,
					status, !(status & run), STOP_POLL_US,
					STOP_TIMEOUT_US);
	if (ret)
		pr_err_ratelimited("ivhd%d: vIOMMU: %s queue of guest ID %u does not stop\n",
				   aviommu->iommu->index,
				   amd_viommu_queue_regs[type].name,
				   aviommu->guest_id);
	return ret;
}

#ifdef CONFIG_AMD_IOMMU_VIOMMU_KUNIT_TEST
#include "viommu_regs_kunit.c"
#endif
