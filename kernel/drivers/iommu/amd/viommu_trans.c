// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation DTE: how the hardware reaches a guest's buffers.
 *
 * Command buffer, event log, PPR log and the stores of COMPLETION_WAIT are
 * guest physical addresses. The hardware translates them through the DTE of
 * the translation device ID in the guest's VF control entry: the parent's
 * table, tagged with the parent's domain ID, so that a flush of the parent
 * covers it.
 */

#include <linux/io-64-nonatomic-lo-hi.h>

#include <kunit/static_stub.h>

#include "amd_iommu.h"
#include "viommu.h"

#include <trace/events/amd_viommu.h>

/* VF control 10h */
#define MISC_TRANS_DEVID	GENMASK_ULL(31, 16)

static void write_misc(struct amd_iommu_viommu *aviommu)
{
	u8 __iomem *reg = amd_viommu_vfctrl(aviommu->iommu->viommu_hw,
					    aviommu->guest_id) +
			  AMD_VIOMMU_VFCTRL_MISC;

	writeq(FIELD_PREP(MISC_TRANS_DEVID, aviommu->trans_devid), reg);
	/* Nothing of before is in flight once a read returns */
	readq(reg);
}

/**
 * amd_viommu_trans_restore() - Tell the hardware again after it lost power
 * @aviommu: vIOMMU with a translation device ID
 */
void amd_viommu_trans_restore(struct amd_iommu_viommu *aviommu)
{
	write_misc(aviommu);
}

static void set_dte(struct amd_iommu_viommu *aviommu,
		    struct iommu_dev_data *trans,
		    struct pt_iommu_amdv1_hw_info *pt_info)
{
	struct protection_domain *parent = aviommu->parent;
	struct dev_table_entry new = { .data = { DTE_FLAG_V } };

	amd_iommu_set_dte_v1(trans, parent, parent->id, pt_info, &new);
	amd_iommu_update_own_dte(aviommu->iommu, trans, &new);
}

static void clear_dte(struct amd_iommu_viommu *aviommu,
		      struct iommu_dev_data *trans)
{
	/* As init_device_table_dma() leaves it: valid, translating nothing */
	struct dev_table_entry new = { .data = { DTE_FLAG_V | DTE_FLAG_TV } };

	amd_iommu_update_own_dte(aviommu->iommu, trans, &new);
	xa_erase(&aviommu->iommu->viommu_hw->buffers, trans->devid);
	trace_viommu_trans_dte_clear(aviommu, trans->devid);
}

/**
 * amd_viommu_trans_set() - Let the hardware use a translation device ID
 * @aviommu:     vIOMMU; the ID that it has, if any, is in use until the new
 *               one is, and not any more after
 * @trans_devid: ID that nothing else uses
 *
 * Return: 0 or -ENOMEM.
 */
int amd_viommu_trans_set(struct amd_iommu_viommu *aviommu, u16 trans_devid)
{
	struct protection_domain *parent = aviommu->parent;
	struct iommu_dev_data *old = aviommu->trans, *trans;
	struct pt_iommu_amdv1_hw_info pt_info;
	unsigned long flags;
	int ret;

	KUNIT_STATIC_STUB_REDIRECT(amd_viommu_trans_set, aviommu, trans_devid);

	trans = kzalloc_obj(*trans, GFP_KERNEL_ACCOUNT);
	if (!trans)
		return -ENOMEM;
	spin_lock_init(&trans->dte_lock);
	trans->devid = trans_devid;

	ret = xa_err(xa_store(&aviommu->iommu->viommu_hw->buffers, trans_devid,
			      aviommu, GFP_KERNEL_ACCOUNT));
	if (ret) {
		kfree(trans);
		return ret;
	}

	/*
	 * The lock keeps the top of the table where it is, until the hardware
	 * uses the DTE that follows it from here on.
	 */
	spin_lock_irqsave(&parent->lock, flags);
	pt_iommu_amdv1_hw_info(&parent->amdv1, &pt_info);
	set_dte(aviommu, trans, &pt_info);
	aviommu->trans = trans;
	aviommu->trans_devid = trans_devid;
	write_misc(aviommu);
	spin_unlock_irqrestore(&parent->lock, flags);
	trace_viommu_trans_dte_set(aviommu, trans_devid, parent->id);

	if (old) {
		clear_dte(aviommu, old);
		kfree(old);
	}
	return 0;
}

/**
 * amd_viommu_trans_stop() - Let the hardware use no translation device ID
 * @aviommu: vIOMMU none of whose queues is enabled
 */
void amd_viommu_trans_stop(struct amd_iommu_viommu *aviommu)
{
	KUNIT_STATIC_STUB_REDIRECT(amd_viommu_trans_stop, aviommu);

	aviommu->trans_devid = 0;
	write_misc(aviommu);
}

/**
 * amd_viommu_trans_clear() - Clear the DTE that amd_viommu_trans_set() wrote
 * @aviommu: vIOMMU after amd_viommu_trans_stop()
 */
void amd_viommu_trans_clear(struct amd_iommu_viommu *aviommu)
{
	struct iommu_dev_data *trans = aviommu->trans;
	unsigned long flags;

	KUNIT_STATIC_STUB_REDIRECT(amd_viommu_trans_clear, aviommu);

	spin_lock_irqsave(&aviommu->parent->lock, flags);
	aviommu->trans = NULL;
	spin_unlock_irqrestore(&aviommu->parent->lock, flags);
	clear_dte(aviommu, trans);
	kfree(trans);
}

/**
 * amd_viommu_trans_change_top() - Follow a parent's table that has grown
 * @parent:    parent domain, locked
 * @top_paddr: new top of its table
 * @top_level: level of that
 */
void amd_viommu_trans_change_top(struct protection_domain *parent,
				 phys_addr_t top_paddr, unsigned int top_level)
{
	struct pt_iommu_amdv1_hw_info pt_info = {
		.host_pt_root = top_paddr,
		.mode = top_level + 1,
	};
	struct amd_iommu_viommu *aviommu;

	lockdep_assert_held(&parent->lock);
	list_for_each_entry(aviommu, &parent->viommu_list, pdom_list)
		if (aviommu->trans)
			set_dte(aviommu, aviommu->trans, &pt_info);
}

/**
 * amd_viommu_trans_set_dirty_tracking() - Follow a parent's dirty tracking
 * @parent: parent domain, locked, with its new dirty_tracking
 *
 * What the hardware writes to a guest's buffers is dirty, too. The caller
 * flushes the parent's translations.
 *
 * Return: whether anything translates through the parent's table.
 */
bool amd_viommu_trans_set_dirty_tracking(struct protection_domain *parent)
{
	struct pt_iommu_amdv1_hw_info pt_info;
	struct amd_iommu_viommu *aviommu;
	bool any = false;

	lockdep_assert_held(&parent->lock);
	pt_iommu_amdv1_hw_info(&parent->amdv1, &pt_info);
	list_for_each_entry(aviommu, &parent->viommu_list, pdom_list) {
		if (!aviommu->trans)
			continue;
		set_dte(aviommu, aviommu->trans, &pt_info);
		any = true;
	}
	return any;
}
