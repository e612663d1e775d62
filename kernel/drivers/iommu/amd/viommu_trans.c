// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation DTE: how the hardware reaches a guest's buffers.
 *
 * Command buffer, event log, PPR log and the stores of COMPLETION_WAIT are
 * guest physical addresses. The hardware translates them through the DTE of
 * the translation device ID in the guest's VF control entry: the parent's
 * table, tagged with the parent's domain ID, so that a flush of the parent
 * covers it.
 *
 * A device that is plugged in later can need the requester ID that a guest
 * has; the guest moves to another one before the device gets to use its DTE. If
 * there is no other one, the guest's queues end: a device's requester ID never
 * leads to a guest's memory.
 */

#define pr_fmt(fmt)	"AMD-Vi: " fmt

#include <linux/pci.h>

#include <kunit/static_stub.h>

#include "viommu_internal.h"

#include <trace/events/amd_viommu.h>

/*
 * The DTE
 */

static void viommu_trans_write_dte(struct amd_iommu_viommu *aviommu,
				   struct iommu_dev_data *trans,
				   struct pt_iommu_amdv1_hw_info *pt_info)
{
	struct protection_domain *parent = aviommu->parent;
	struct dev_table_entry new = { .data = { DTE_FLAG_V } };

	amd_iommu_set_dte_v1(trans, parent, parent->id, pt_info, &new);
	amd_iommu_update_own_dte(aviommu->iommu, trans, &new);
}

static void viommu_trans_clear_dte(struct amd_iommu_viommu *aviommu,
				   struct iommu_dev_data *trans)
{
	/* As init_device_table_dma() leaves it: valid, translating nothing */
	struct dev_table_entry new = { .data = { DTE_FLAG_V | DTE_FLAG_TV } };

	amd_iommu_update_own_dte(aviommu->iommu, trans, &new);
	xa_erase(&aviommu->iommu->viommu_hw->buffers, trans->devid);
	trace_viommu_trans_dte_clear(aviommu, trans->devid);
}

/*
 * Let the hardware use a translation device ID. It uses the vIOMMU's previous one,
 * if any, until it uses the new one. Returns 0 or -ENOMEM.
 */
static int viommu_trans_set(struct amd_iommu_viommu *aviommu, u16 trans_devid)
{
	struct protection_domain *parent = aviommu->parent;
	struct iommu_dev_data *old = aviommu->trans, *trans;
	struct pt_iommu_amdv1_hw_info pt_info;
	unsigned long flags;
	int ret;

	KUNIT_STATIC_STUB_REDIRECT(viommu_trans_set, aviommu, trans_devid);

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
	viommu_trans_write_dte(aviommu, trans, &pt_info);
	aviommu->trans = trans;
	aviommu->trans_devid = trans_devid;
	amd_viommu_trans_devid_write(aviommu);
	spin_unlock_irqrestore(&parent->lock, flags);
	trace_viommu_trans_dte_set(aviommu, trans_devid, parent->id);

	if (old) {
		viommu_trans_clear_dte(aviommu, old);
		kfree(old);
	}
	return 0;
}

/* Let the hardware use none */
static void viommu_trans_stop(struct amd_iommu_viommu *aviommu)
{
	KUNIT_STATIC_STUB_REDIRECT(viommu_trans_stop, aviommu);

	aviommu->trans_devid = 0;
	amd_viommu_trans_devid_write(aviommu);
}

/* Clear the DTE that viommu_trans_set() wrote, after viommu_trans_stop() */
static void viommu_trans_clear(struct amd_iommu_viommu *aviommu)
{
	struct iommu_dev_data *trans = aviommu->trans;
	unsigned long flags;

	KUNIT_STATIC_STUB_REDIRECT(viommu_trans_clear, aviommu);

	spin_lock_irqsave(&aviommu->parent->lock, flags);
	aviommu->trans = NULL;
	spin_unlock_irqrestore(&aviommu->parent->lock, flags);
	viommu_trans_clear_dte(aviommu, trans);
	kfree(trans);
}

/*
 * A vIOMMU's ID
 */

/**
 * amd_viommu_trans_init() - Let the hardware reach a guest's buffers
 * @aviommu: vIOMMU with its IOMMU and parent; gets a translation device ID
 *
 * The ID's DTE and the guest's VF control entry are set up, in this order.
 *
 * Return: 0; -EDQUOT when the user of @aviommu has its share; -ENOSPC when no ID
 * of the segment is left; -ENOMEM.
 */
int amd_viommu_trans_init(struct amd_iommu_viommu *aviommu)
{
	u16 trans_devid = 0;
	int ret;

	guard(mutex)(&amd_viommu_trans_lock);

	ret = amd_viommu_quota_charge(aviommu, AMD_VIOMMU_TRANS_DEVIDS);
	if (ret)
		return ret;

	ret = amd_viommu_trans_devid_alloc(aviommu, &trans_devid);
	trace_viommu_trans_devid_alloc(aviommu, trans_devid, ret);
	if (ret)
		goto uncharge;

	ret = viommu_trans_set(aviommu, trans_devid);
	if (ret)
		goto free;
	return 0;

free:
	trace_viommu_trans_devid_free(aviommu, trans_devid);
	amd_viommu_trans_devid_free(aviommu->iommu->pci_seg, trans_devid);
uncharge:
	amd_viommu_quota_uncharge(aviommu, AMD_VIOMMU_TRANS_DEVIDS);
	return ret;
}

/**
 * amd_viommu_trans_stop() - Let the hardware reach no buffer of a guest
 * @aviommu: vIOMMU that has none of its queues enabled
 */
void amd_viommu_trans_stop(struct amd_iommu_viommu *aviommu)
{
	guard(mutex)(&amd_viommu_trans_lock);

	viommu_trans_stop(aviommu);
}

static void viommu_trans_free(struct amd_iommu_viommu *aviommu)
{
	u16 trans_devid = aviommu->trans->devid;

	viommu_trans_clear(aviommu);
	trace_viommu_trans_devid_free(aviommu, trans_devid);
	amd_viommu_trans_devid_free(aviommu->iommu->pci_seg, trans_devid);
	amd_viommu_quota_uncharge(aviommu, AMD_VIOMMU_TRANS_DEVIDS);
}

/**
 * amd_viommu_trans_uninit() - Free a vIOMMU's translation device ID
 * @aviommu: vIOMMU after amd_viommu_trans_stop()
 */
void amd_viommu_trans_uninit(struct amd_iommu_viommu *aviommu)
{
	guard(mutex)(&amd_viommu_trans_lock);

	/* A device that needed it may have evicted the vIOMMU in the meantime */
	if (aviommu->trans)
		viommu_trans_free(aviommu);
}

/*
 * Devices that come later
 */

/* The guest goes on without queues in hardware, until its VMM makes it anew */
static void viommu_trans_cut_off(struct amd_iommu_viommu *aviommu, int reason)
{
	amd_viommu_queues_cut_off(aviommu);
	viommu_trans_stop(aviommu);
	viommu_trans_free(aviommu);
	pr_warn("ivhd%d: vIOMMU: guest ID %u of %s (%d) has no queues any more: a device needs its translation device ID, and there is no other (%pe)\n",
		aviommu->iommu->index, aviommu->guest_id, aviommu->owner.comm,
		aviommu->owner.tgid, ERR_PTR(reason));
}

static void viommu_trans_relocate(struct amd_iommu_viommu *aviommu, u16 from)
{
	struct amd_iommu_pci_seg *pci_seg = aviommu->iommu->pci_seg;
	u16 to = 0;
	int ret;

	if (!aviommu->trans_devid) {
		/* A vIOMMU that is being destroyed needs none any more */
		viommu_trans_free(aviommu);
		return;
	}

	ret = amd_viommu_trans_devid_alloc(aviommu, &to);
	if (!ret) {
		ret = viommu_trans_set(aviommu, to);
		amd_viommu_trans_devid_free(pci_seg, ret ? to : from);
	}
	trace_viommu_trans_devid_relocate(aviommu, from, to, ret);
	if (ret)
		viommu_trans_cut_off(aviommu, ret);
}

static void viommu_trans_evict(struct amd_iommu_pci_seg *pci_seg, u32 devid)
{
	struct amd_iommu_viommu *aviommu;

	aviommu = amd_viommu_trans_devid_reserve(pci_seg, devid);
	if (aviommu)
		viommu_trans_relocate(aviommu, devid);
}

static int viommu_trans_evict_alias(struct pci_dev *pdev, u16 alias, void *data)
{
	viommu_trans_evict(data, alias);
	return 0;
}

/**
 * amd_viommu_trans_evict() - Take a new device's IDs away from guests' buffers
 * @iommu: IOMMU of the device
 * @dev:   device that is about to be given its DTE
 *
 * A guest whose buffers translate through one of the device's requester IDs
 * gets another translation device ID, under its running queues, or loses its
 * queues when there is none.
 */
void amd_viommu_trans_evict(struct amd_iommu *iommu, struct device *dev)
{
	struct amd_iommu_pci_seg *pci_seg = iommu->pci_seg;
	struct pci_dev *pdev;

	if (!dev_is_pci(dev))
		return;

	guard(mutex)(&amd_viommu_trans_lock);

	/* A pool that is made later finds the device on its bus */
	if (!pci_seg->trans_pool)
		return;

	pdev = to_pci_dev(dev);
	viommu_trans_evict(pci_seg, pci_dev_id(pdev));
	pci_for_each_dma_alias(pdev, viommu_trans_evict_alias, pci_seg);
	viommu_trans_evict(pci_seg, pci_seg->alias_table[pci_dev_id(pdev)]);
}

/*
 * The parent's table
 */

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
			viommu_trans_write_dte(aviommu, aviommu->trans, &pt_info);
}

/**
 * amd_viommu_trans_set_dirty_tracking() - Follow a parent's dirty tracking
 * @parent: parent domain, locked, with its new dirty_tracking
 *
 * Pages that the hardware writes to in a guest's buffers are dirty, too. The
 * caller flushes the parent's translations.
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
		viommu_trans_write_dte(aviommu, aviommu->trans, &pt_info);
		any = true;
	}
	return any;
}

#ifdef CONFIG_AMD_IOMMU_VIOMMU_KUNIT_TEST
#include "viommu_trans_kunit.c"
#endif
