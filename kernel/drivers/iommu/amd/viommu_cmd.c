// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host commands and the guests they are for.
 *
 * Every command the host queues has a 64-bit sequence number, unique on its
 * IOMMU. Which guest it is for follows from the command itself: RESET_VMMIO
 * carries a guest ID, INVALIDATE_IOMMU_PAGES a domain ID, the invalidations of
 * DTEs and of devices' own TLBs a device ID. A COMPLETION_WAIT counts for the
 * guest of the last such command before it, since that is what the waiter waits
 * for.
 */

#include <linux/timekeeping.h>

#include "amd_iommu.h"
#include "viommu.h"

#include <trace/events/amd_viommu.h>

static u8 cmd_opcode(const struct iommu_cmd *cmd)
{
	return cmd->data[1] >> 28;
}

static struct amd_iommu_viommu *cmd_viommu(struct amd_viommu_hw *hw,
					   const struct iommu_cmd *cmd)
{
	struct amd_iommu_vdevice *vdev;
	u16 dom_id = cmd->data[1];
	u16 guest_id;

	switch (cmd_opcode(cmd)) {
	case CMD_COMPL_WAIT:
		guest_id = hw->wait_guest;
		hw->wait_guest = 0;
		return guest_id ? xa_load(&hw->guests, guest_id) : NULL;
	case CMD_INV_IOMMU_PAGES:
		return xa_load(&hw->domains, dom_id);
	case CMD_RESET_VMMIO:
		guest_id = FIELD_GET(CMD_RESET_VMMIO_GUEST_ID, cmd->data[0]);
		return xa_load(&hw->guests, guest_id);
	case CMD_INV_DEV_ENTRY:
	case CMD_INV_IOTLB_PAGES:
		vdev = xa_load(&hw->devices, (u16)cmd->data[0]);
		return vdev ? vdev->viommu : NULL;
	default:
		return NULL;
	}
}

/**
 * amd_viommu_cmd_submit() - Account for a command that is about to be queued
 * @iommu: IOMMU whose command buffer has a free slot for it
 * @cmd:   the command
 * @wait:  with a COMPLETION_WAIT, filled for amd_viommu_cmd_complete()
 *
 * Called under &amd_iommu.lock ahead of the doorbell: nothing can fail any
 * more, and the hardware cannot have completed it yet.
 */
void amd_viommu_cmd_submit(struct amd_iommu *iommu, struct iommu_cmd *cmd,
			   struct amd_viommu_wait *wait)
{
	struct amd_viommu_hw *hw = iommu->viommu_hw;
	struct amd_iommu_viommu *aviommu = hw ? cmd_viommu(hw, cmd) : NULL;
	u16 guest_id = aviommu ? aviommu->guest_id : 0;

	lockdep_assert_held(&iommu->lock);
	iommu->cmd_seq++;

	if (aviommu) {
		atomic64_inc(&aviommu->stats.cmds);
		if (!wait)
			hw->wait_guest = guest_id;
	}
	if (wait) {
		wait->seq = iommu->cmd_seq;
		wait->guest_id = guest_id;
		wait->serial = aviommu ? aviommu->serial : 0;
		wait->start_ns = aviommu ? ktime_get_ns() : 0;
	}
	trace_viommu_cmd_submit(iommu, guest_id, iommu->cmd_seq, cmd);
}

static void count_wait(struct amd_iommu *iommu,
		       const struct amd_viommu_wait *wait, int ret)
{
	u64 ns = ktime_get_ns() - wait->start_ns;
	struct amd_iommu_viommu *aviommu;
	unsigned long flags;

	/* The lock keeps the vIOMMU, see struct amd_viommu_hw */
	raw_spin_lock_irqsave(&iommu->lock, flags);
	aviommu = xa_load(&iommu->viommu_hw->guests, wait->guest_id);
	if (aviommu && aviommu->serial == wait->serial) {
		atomic64_inc(&aviommu->stats.waits);
		atomic64_add(ns, &aviommu->stats.wait_ns_total);
		if (ret)
			atomic64_inc(&aviommu->stats.wait_errors);
	}
	raw_spin_unlock_irqrestore(&iommu->lock, flags);
}

/**
 * amd_viommu_cmd_complete() - Account for the end of a COMPLETION_WAIT
 * @iommu: IOMMU it was queued on
 * @wait:  as filled by amd_viommu_cmd_submit()
 * @ret:   0, or -EIO after a time-out
 *
 * Every command of @iommu with a smaller sequence number is complete, too.
 * Called without &amd_iommu.lock, but perhaps under a domain's lock.
 */
void amd_viommu_cmd_complete(struct amd_iommu *iommu,
			     const struct amd_viommu_wait *wait, int ret)
{
	trace_viommu_cmd_complete(iommu, wait->guest_id, wait->seq, ret);
	if (wait->guest_id)
		count_wait(iommu, wait, ret);
}

/**
 * amd_viommu_quiesce() - Wait for users of what was just removed
 * @iommu: IOMMU of the entry
 *
 * Entries of &amd_viommu_hw.guests and .domains are only used under
 * &amd_iommu.lock. Who gets that lock after the removal knows that no user
 * of the removed entry is left.
 */
void amd_viommu_quiesce(struct amd_iommu *iommu)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&iommu->lock, flags);
	raw_spin_unlock_irqrestore(&iommu->lock, flags);
}

/**
 * amd_viommu_domain_link() - Let commands for the parent domain count
 * @aviommu: vIOMMU with its parent set
 *
 * One vIOMMU per IOMMU and parent domain gets them all: a flush of the shared
 * stage-2 table is one command, however many vIOMMUs of the VM it serves.
 * Called under amd_viommu_lock.
 *
 * Return: 0 or -ENOMEM.
 */
int amd_viommu_domain_link(struct amd_iommu_viommu *aviommu)
{
	struct xarray *domains = &aviommu->iommu->viommu_hw->domains;
	int ret;

	lockdep_assert_held(&amd_viommu_lock);
	ret = xa_insert(domains, aviommu->parent->id, aviommu, GFP_KERNEL);
	return ret == -EBUSY ? 0 : ret;
}

/* Another vIOMMU of the same VM on the same IOMMU, if there is one */
static struct amd_iommu_viommu *find_sibling(struct amd_iommu_viommu *aviommu)
{
	struct protection_domain *parent = aviommu->parent;
	struct amd_iommu_viommu *sibling, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&parent->lock, flags);
	list_for_each_entry(sibling, &parent->viommu_list, pdom_list) {
		/* One that is being made or destroyed is no use */
		if (sibling->iommu == aviommu->iommu &&
		    xa_load(&amd_viommus, sibling->serial) == sibling) {
			found = sibling;
			break;
		}
	}
	spin_unlock_irqrestore(&parent->lock, flags);
	return found;
}

/**
 * amd_viommu_domain_unlink() - Undo amd_viommu_domain_link()
 * @aviommu: vIOMMU that has left @amd_viommus
 *
 * Commands for the parent go to another vIOMMU of the VM, if one is left.
 * Called under amd_viommu_lock.
 */
void amd_viommu_domain_unlink(struct amd_iommu_viommu *aviommu)
{
	struct xarray *domains = &aviommu->iommu->viommu_hw->domains;
	struct amd_iommu_viommu *sibling;
	u16 dom_id = aviommu->parent->id;

	lockdep_assert_held(&amd_viommu_lock);
	if (xa_load(domains, dom_id) != aviommu)
		return;

	sibling = find_sibling(aviommu);
	if (sibling)
		xa_store(domains, dom_id, sibling, GFP_KERNEL);
	else
		xa_erase(domains, dom_id);
	amd_viommu_quiesce(aviommu->iommu);
}

/**
 * amd_viommu_hdom_link() - Let commands for a nested domain's ID count
 * @aviommu: vIOMMU of the nested domain
 * @hdom_id: host domain ID that stands for the guest's
 *
 * Return: 0 or -ENOMEM.
 */
int amd_viommu_hdom_link(struct amd_iommu_viommu *aviommu, u16 hdom_id)
{
	return xa_insert(&aviommu->iommu->viommu_hw->domains, hdom_id, aviommu,
			 GFP_KERNEL_ACCOUNT);
}

/**
 * amd_viommu_hdom_unlink() - Undo amd_viommu_hdom_link()
 * @aviommu: vIOMMU of the nested domain
 * @hdom_id: host domain ID that is about to be freed
 */
void amd_viommu_hdom_unlink(struct amd_iommu_viommu *aviommu, u16 hdom_id)
{
	xa_erase(&aviommu->iommu->viommu_hw->domains, hdom_id);
	amd_viommu_quiesce(aviommu->iommu);
}

/**
 * amd_viommu_reset_vmmio() - Reset a guest's VF and VF control registers
 * @aviommu: vIOMMU with a guest ID
 *
 * RESET_VMMIO, as issued before anything of a vIOMMU is programmed and again
 * when it is destroyed.
 * The ID tables are memory and stay as they are.
 *
 * Return: 0, or -EIO when the IOMMU does not answer.
 */
int amd_viommu_reset_vmmio(struct amd_iommu_viommu *aviommu)
{
	struct iommu_cmd cmd = {};
	int ret;

	cmd.data[0] = FIELD_PREP(CMD_RESET_VMMIO_GUEST_ID, aviommu->guest_id) |
		      CMD_RESET_VMMIO_ALL | CMD_RESET_VMMIO_VCMD;
	cmd.data[1] = CMD_RESET_VMMIO << 28;

	ret = amd_iommu_queue_command_wait(aviommu->iommu, &cmd);
	trace_viommu_reset(aviommu, ret);
	return ret;
}
