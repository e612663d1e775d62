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

#include "viommu_internal.h"

#include <trace/events/amd_viommu.h>

static u8 viommu_cmd_opcode(const struct iommu_cmd *cmd)
{
	return cmd->data[1] >> 28;
}

/* One flush follows another of the same domain, and most are of no guest's */
static struct amd_iommu_viommu *viommu_cmd_flush_guest(struct amd_viommu_hw *hw,
						       u16 dom_id)
{
	if (xa_empty(&hw->guests))
		return NULL;
	if (!hw->flush_guest || hw->flush_domain != dom_id) {
		hw->flush_guest = xa_load(&hw->domains, dom_id);
		hw->flush_domain = dom_id;
	}
	return hw->flush_guest;
}

static struct amd_iommu_viommu *viommu_cmd_guest(struct amd_viommu_hw *hw,
						 const struct iommu_cmd *cmd)
{
	struct amd_iommu_viommu *aviommu;
	struct amd_iommu_vdevice *vdev;
	u16 dom_id = cmd->data[1];
	u16 guest_id;

	switch (viommu_cmd_opcode(cmd)) {
	case CMD_COMPL_WAIT:
		aviommu = hw->wait_guest;
		hw->wait_guest = NULL;
		return aviommu;
	case CMD_INV_IOMMU_PAGES:
		return viommu_cmd_flush_guest(hw, dom_id);
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
	struct amd_iommu_viommu *aviommu = hw ? viommu_cmd_guest(hw, cmd) :
						NULL;
	u16 guest_id = aviommu ? aviommu->guest_id : 0;

	lockdep_assert_held(&iommu->lock);
	iommu->cmd_seq++;

	if (aviommu) {
		atomic64_inc(&aviommu->stats.cmds);
		if (!wait)
			hw->wait_guest = aviommu;
	}
	if (wait) {
		wait->seq = iommu->cmd_seq;
		wait->guest_id = guest_id;
		wait->serial = aviommu ? aviommu->serial : 0;
	}
	amd_viommu_latency_start(iommu, cmd, aviommu);
	trace_viommu_cmd_submit(iommu, guest_id, iommu->cmd_seq, cmd);
}

static void viommu_cmd_count_timeout(struct amd_iommu *iommu,
				     const struct amd_viommu_wait *wait)
{
	struct amd_iommu_viommu *aviommu;

	amd_viommu_latency_timeout(iommu);
	if (!wait->guest_id)
		return;
	/* The lock keeps the vIOMMU, see struct amd_viommu_hw */
	guard(raw_spinlock_irqsave)(&iommu->lock);
	aviommu = xa_load(&iommu->viommu_hw->guests, wait->guest_id);
	if (aviommu && aviommu->serial == wait->serial)
		atomic64_inc(&aviommu->stats.wait_errors);
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
	if (likely(!ret))
		amd_viommu_latency_end(iommu, wait->seq);
	else
		viommu_cmd_count_timeout(iommu, wait);
}

/**
 * amd_viommu_reset_vmmio() - Reset a guest's VF and VF control registers
 * @aviommu: vIOMMU with a guest ID
 *
 * Issued before anything of a vIOMMU is programmed, and again when the vIOMMU
 * is destroyed. The ID tables are memory and stay as they are.
 *
 * While the vIOMMU is off, as after a resume that failed, there is nothing to
 * reset, and the command is an illegal one, which stops the command buffer of
 * the host.
 *
 * Return: 0, or -EIO when the IOMMU does not answer.
 */
int amd_viommu_reset_vmmio(struct amd_iommu_viommu *aviommu)
{
	struct iommu_cmd cmd = {};
	int ret;

	if (aviommu->iommu->viommu_state != AMD_VIOMMU_ENABLED)
		return 0;

	cmd.data[0] = FIELD_PREP(CMD_RESET_VMMIO_GUEST_ID, aviommu->guest_id) |
		      CMD_RESET_VMMIO_ALL | CMD_RESET_VMMIO_VCMD;
	cmd.data[1] = CMD_RESET_VMMIO << 28;

	ret = amd_iommu_queue_command_wait(aviommu->iommu, &cmd);
	trace_viommu_reset(aviommu, ret);
	return ret;
}
