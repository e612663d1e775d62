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

/* One flush follows another of the same domain */
static struct amd_iommu_viommu *viommu_cmd_flush_guest(struct amd_viommu_hw *hw,
						       u16 dom_id)
{
	if (!hw->flush_guest || hw->flush_domain != dom_id) {
		hw->flush_guest = xa_load(&hw->domains, dom_id);
		hw->flush_domain = dom_id;
	}
	return hw->flush_guest;
}

static __always_inline struct amd_iommu_viommu *
viommu_cmd_guest(struct amd_viommu_hw *hw, const struct iommu_cmd *cmd)
{
	struct amd_iommu_viommu *aviommu;
	struct amd_iommu_vdevice *vdev;
	u16 dom_id = cmd->data[1];
	u16 guest_id;

	switch (viommu_cmd_opcode(cmd)) {
	case CMD_COMPL_WAIT:
		aviommu = hw->wait_guest;
		hw->wait_guest = NULL;
		hw->waited_guest = aviommu;
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

/* Returns the vIOMMU that the command is for, or NULL */
static __always_inline struct amd_iommu_viommu *
viommu_cmd_account_guest(struct amd_viommu_hw *hw, const struct iommu_cmd *cmd)
{
	struct amd_iommu_viommu *aviommu = viommu_cmd_guest(hw, cmd);

	if (!aviommu)
		return NULL;
	atomic64_inc(&aviommu->stats.cmds);
	if (viommu_cmd_opcode(cmd) != CMD_COMPL_WAIT)
		hw->wait_guest = aviommu;
	return aviommu;
}

/* Not inlined: nobody traces as a rule */
static noinline void viommu_cmd_trace_submit(struct amd_iommu *iommu,
					     struct amd_iommu_viommu *aviommu,
					     struct iommu_cmd *cmd)
{
	trace_viommu_cmd_submit(iommu, aviommu ? aviommu->guest_id : 0,
				iommu->cmd_seq, cmd);
}

/**
 * amd_viommu_cmd_account() - Account for a command that is about to be queued
 * @iommu: IOMMU that has its sequence number
 * @cmd:   the command
 *
 * The part of amd_viommu_cmd_submit() that costs something.
 */
void amd_viommu_cmd_account(struct amd_iommu *iommu, struct iommu_cmd *cmd)
{
	struct amd_viommu_hw *hw = iommu->viommu_hw;
	struct amd_iommu_viommu *aviommu = NULL;

	lockdep_assert_held(&iommu->lock);
	if (hw && !xa_empty(&hw->guests))
		aviommu = viommu_cmd_account_guest(hw, cmd);
	amd_viommu_latency_start(iommu, cmd, aviommu);
	if (trace_viommu_cmd_submit_enabled())
		viommu_cmd_trace_submit(iommu, aviommu, cmd);
}

/**
 * amd_viommu_cmd_account_wait() - Account for a COMPLETION_WAIT
 * @iommu: IOMMU with a COMPLETION_WAIT as its last command
 * @wait:  filled for amd_viommu_cmd_account_end()
 *
 * The part of amd_viommu_cmd_wait() that costs something.
 */
void amd_viommu_cmd_account_wait(struct amd_iommu *iommu,
				 struct amd_viommu_wait *wait)
{
	struct amd_viommu_hw *hw = iommu->viommu_hw;

	lockdep_assert_held(&iommu->lock);
	wait->seq = iommu->cmd_seq;
	if (!hw || xa_empty(&hw->guests) || !hw->waited_guest)
		return;
	wait->guest_id = hw->waited_guest->guest_id;
	wait->serial = hw->waited_guest->serial;
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

static noinline void viommu_cmd_trace_complete(struct amd_iommu *iommu,
					       const struct amd_viommu_wait *wait,
					       int ret)
{
	trace_viommu_cmd_complete(iommu, wait->guest_id, wait->seq, ret);
}

/**
 * amd_viommu_cmd_account_end() - Account for the end of a COMPLETION_WAIT
 * @iommu: IOMMU it was queued on
 * @wait:  as filled by amd_viommu_cmd_account_wait(), or zero
 * @ret:   0, or -EIO after a time-out
 *
 * The part of amd_viommu_cmd_complete() that costs something.
 */
void amd_viommu_cmd_account_end(struct amd_iommu *iommu,
				const struct amd_viommu_wait *wait, int ret)
{
	/* It was queued before anybody wanted to know */
	if (!wait->seq)
		return;
	if (trace_viommu_cmd_complete_enabled())
		viommu_cmd_trace_complete(iommu, wait, ret);
	if (likely(!ret))
		amd_viommu_latency_end(iommu, wait->seq);
	else
		viommu_cmd_count_timeout(iommu, wait);
}

/**
 * amd_viommu_device_cut_off() - Tell that a device is cut off
 * @iommu: IOMMU that it is behind
 * @dev:   device, which did not answer an INVALIDATE_IOTLB_PAGES
 *
 * Does not sleep.
 */
void amd_viommu_device_cut_off(struct amd_iommu *iommu, struct device *dev)
{
	struct iommu_dev_data *dev_data = dev_iommu_priv_get(dev);
	struct amd_iommu_vdevice *vdev = NULL;
	u16 guest_id = 0;
	pid_t tgid = 0;

	scoped_guard(raw_spinlock_irqsave, &iommu->lock) {
		if (iommu->viommu_hw)
			vdev = xa_load(&iommu->viommu_hw->devices, dev_data->devid);
		if (vdev) {
			guest_id = vdev->viommu->guest_id;
			tgid = vdev->viommu->owner.tgid;
		}
		trace_viommu_device_cut_off(iommu, guest_id, dev_data->devid);
	}
	if (guest_id)
		dev_err(dev, "AMD-Vi: vIOMMU: guest %u (process %d): the device does not answer invalidations of its TLB, and is cut off until it is probed anew\n",
			guest_id, tgid);
	else
		dev_err(dev, "AMD-Vi: the device does not answer invalidations of its TLB, and is cut off until it is probed anew\n");
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
	/* It is not known whether the command clears that, too */
	if (!ret)
		amd_viommu_vf_clear(aviommu);
	trace_viommu_reset(aviommu, ret);
	return ret;
}
