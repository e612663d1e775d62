// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests' invalidations that the VMM forwards: IOMMU_HWPT_INVALIDATE.
 *
 * The VMM traps the commands of a guest whose command buffer the hardware does
 * not serve, and forwards those that invalidate what the hardware caches. This
 * file checks them against a list of what is permitted, replaces the guest's IDs
 * by the host's, and returns when they are complete.
 */

#include <linux/bitfield.h>
#include <linux/iommufd.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/sched/signal.h>

#include <kunit/static_stub.h>

#include "viommu_internal.h"

#include <trace/events/amd_viommu.h>

#define CMD_OPCODE		GENMASK_ULL(63, 60)

/* DeviceID of commands that name a device, DomainID of those with a domain */
#define CMD_DEVICE_ID		GENMASK_ULL(15, 0)
#define CMD_DOMAIN_ID		GENMASK_ULL(47, 32)
/* INVALIDATE_IOMMU_PAGES */
#define CMD_PAGES_PASID		GENMASK_ULL(19, 0)
/* INVALIDATE_IOTLB_PAGES */
#define CMD_IOTLB_PASID_15_8	GENMASK_ULL(23, 16)
#define CMD_IOTLB_MAX_PEND	GENMASK_ULL(31, 24)
#define CMD_IOTLB_QUEUE_ID	GENMASK_ULL(47, 32)
#define CMD_IOTLB_PASID_7_0	GENMASK_ULL(55, 48)
#define CMD_IOTLB_PASID_19_16	GENMASK_ULL(59, 56)
#define CMD_IOTLB_PASID		(CMD_IOTLB_PASID_19_16 | CMD_IOTLB_PASID_15_8 | \
				 CMD_IOTLB_PASID_7_0)
/* Both, in the second word */
#define CMD_INV_ADDRESS		GENMASK_ULL(63, 12)
/* COMPLETION_WAIT: what it would store, and where; only the flush is asked for */
#define CMD_WAIT_FLUSH		BIT_ULL(2)
#define CMD_WAIT_ADDRESS	GENMASK_ULL(51, 3)

/**
 * struct viommu_inv_cmd - One command of a guest
 * @word: as the guest wrote it
 */
struct viommu_inv_cmd {
	u64 word[2];
};

/* Bits that may be set, by opcode; without those of the opcode: not permitted */
static const struct viommu_inv_cmd permitted[] = {
	[CMD_COMPL_WAIT] = { {
		CMD_OPCODE | CMD_WAIT_ADDRESS | CMD_WAIT_FLUSH, U64_MAX,
	} },
	[CMD_INV_DEV_ENTRY] = { {
		CMD_OPCODE | CMD_DEVICE_ID, 0,
	} },
	[CMD_INV_IOMMU_PAGES] = { {
		CMD_OPCODE | CMD_DOMAIN_ID | CMD_PAGES_PASID,
		CMD_INV_ADDRESS | CMD_INV_IOMMU_PAGES_SIZE_MASK |
		CMD_INV_IOMMU_PAGES_PDE_MASK | CMD_INV_IOMMU_PAGES_GN_MASK,
	} },
	[CMD_INV_IOTLB_PAGES] = { {
		CMD_OPCODE | CMD_DEVICE_ID | CMD_IOTLB_PASID |
		CMD_IOTLB_MAX_PEND | CMD_IOTLB_QUEUE_ID,
		CMD_INV_ADDRESS | CMD_INV_IOMMU_PAGES_SIZE_MASK |
		CMD_INV_IOMMU_PAGES_GN_MASK,
	} },
	[CMD_INV_ALL] = { {
		CMD_OPCODE, 0,
	} },
};

static u8 viommu_inv_opcode(const struct viommu_inv_cmd *cmd)
{
	return FIELD_GET(CMD_OPCODE, cmd->word[0]);
}

/* A PASID has a meaning with GN only */
static bool viommu_inv_has_stray_pasid(const struct viommu_inv_cmd *cmd)
{
	if (cmd->word[1] & CMD_INV_IOMMU_PAGES_GN_MASK)
		return false;
	switch (viommu_inv_opcode(cmd)) {
	case CMD_INV_IOMMU_PAGES:
		return cmd->word[0] & CMD_PAGES_PASID;
	case CMD_INV_IOTLB_PAGES:
		return cmd->word[0] & CMD_IOTLB_PASID;
	default:
		return false;
	}
}

static int viommu_inv_check(const struct viommu_inv_cmd *cmd)
{
	u8 opcode = viommu_inv_opcode(cmd);

	if (opcode >= ARRAY_SIZE(permitted) || !permitted[opcode].word[0])
		return -EOPNOTSUPP;
	for (int i = 0; i < ARRAY_SIZE(cmd->word); i++)
		if (cmd->word[i] & ~permitted[opcode].word[i])
			return -EINVAL;
	return viommu_inv_has_stray_pasid(cmd) ? -EINVAL : 0;
}

static struct iommu_cmd viommu_inv_to_host(const struct viommu_inv_cmd *cmd)
{
	return (struct iommu_cmd) { {
		lower_32_bits(cmd->word[0]), upper_32_bits(cmd->word[0]),
		lower_32_bits(cmd->word[1]), upper_32_bits(cmd->word[1]),
	} };
}

static int viommu_inv_queue(struct amd_iommu_viommu *aviommu,
			    const struct viommu_inv_cmd *cmd)
{
	struct iommu_cmd host = viommu_inv_to_host(cmd);

	return amd_iommu_queue_command(aviommu->iommu, &host);
}

static int viommu_inv_queue_pages(struct amd_iommu_viommu *aviommu,
				  struct viommu_inv_cmd cmd, u16 hdom_id)
{
	FIELD_MODIFY(CMD_DOMAIN_ID, &cmd.word[0], hdom_id);
	return viommu_inv_queue(aviommu, &cmd);
}

/* A domain ID that the guest does not use stands for its parent's, as in HW */
static int viommu_inv_do_pages(struct amd_iommu_viommu *aviommu,
			       const struct viommu_inv_cmd *cmd)
{
	struct guest_domain_mapping_info *info;

	/* The guest has the host domain ID as long as this is held */
	guard(mutex)(&aviommu->gdom_lock);

	info = xa_load(&aviommu->gdomid_array,
		       FIELD_GET(CMD_DOMAIN_ID, cmd->word[0]));
	return viommu_inv_queue_pages(aviommu, *cmd,
			   info ? info->hdom_id : aviommu->parent->id);
}

/* Everything of every domain of the guest: other guests have theirs cached, too */
static int viommu_inv_do_all(struct amd_iommu_viommu *aviommu)
{
	const struct viommu_inv_cmd cmd = { {
		FIELD_PREP(CMD_OPCODE, CMD_INV_IOMMU_PAGES),
		CMD_INV_IOMMU_ALL_PAGES_ADDRESS | CMD_INV_IOMMU_PAGES_SIZE_MASK |
		CMD_INV_IOMMU_PAGES_PDE_MASK,
	} };
	struct guest_domain_mapping_info *info;
	unsigned long gdom_id;
	int ret;

	guard(mutex)(&aviommu->gdom_lock);

	ret = viommu_inv_queue_pages(aviommu, cmd, aviommu->parent->id);
	xa_for_each(&aviommu->gdomid_array, gdom_id, info) {
		if (ret)
			break;
		/* There may be as many as domains of the host */
		if (fatal_signal_pending(current))
			return -EINTR;
		ret = viommu_inv_queue_pages(aviommu, cmd, info->hdom_id);
		cond_resched();
	}
	return ret;
}

/*
 * A device without PASIDs need not make sense of a request with one. Guests make
 * them all the same: with GIOV what such a device uses is PASID 0, and that is
 * what Linux names.
 */
static void viommu_inv_drop_pasid(struct viommu_inv_cmd *cmd)
{
	cmd->word[0] &= ~CMD_IOTLB_PASID;
	cmd->word[1] &= ~CMD_INV_IOMMU_PAGES_GN_MASK;
}

/*
 * The queue depth is the guest's view of the device. As with the host's own
 * flushes, ATS may be going off at this moment; the IOMMU then gives up waiting.
 */
static int viommu_inv_queue_iotlb(struct amd_iommu_viommu *aviommu,
				  struct viommu_inv_cmd cmd,
				  const struct iommu_dev_data *dev_data)
{
	/* A device without a TLB would not answer, and one that is cut off did not */
	if (!dev_data->ats_enabled || READ_ONCE(dev_data->cut_off))
		return 0;
	if (!dev_data->pasid_enabled)
		viommu_inv_drop_pasid(&cmd);
	FIELD_MODIFY(CMD_IOTLB_MAX_PEND, &cmd.word[0],
		     dev_data->ats_qdep & 0xff);
	FIELD_MODIFY(CMD_IOTLB_QUEUE_ID, &cmd.word[0], dev_data->devid);
	return viommu_inv_queue(aviommu, &cmd);
}

/* Under the lock of vDevices: the guest has the device as long as it is held */
static struct iommu_dev_data *
viommu_inv_device(struct amd_iommu_viommu *aviommu, u16 gdev_id)
{
	struct device *dev;

	KUNIT_STATIC_STUB_REDIRECT(viommu_inv_device, aviommu, gdev_id);

	dev = iommufd_viommu_find_dev(&aviommu->core, gdev_id);
	return dev ? dev_iommu_priv_get(dev) : NULL;
}

static int viommu_inv_do_device(struct amd_iommu_viommu *aviommu,
				const struct viommu_inv_cmd *cmd)
{
	bool iotlb = viommu_inv_opcode(cmd) == CMD_INV_IOTLB_PAGES;
	struct viommu_inv_cmd host = *cmd;
	struct iommu_dev_data *dev_data;
	u64 start_ns = ktime_get_mono_fast_ns();
	int ret;

	xa_lock(&aviommu->core.vdevs);
	dev_data = viommu_inv_device(aviommu,
				     FIELD_GET(CMD_DEVICE_ID, cmd->word[0]));
	if (!dev_data) {
		ret = -ENXIO;
	} else {
		FIELD_MODIFY(CMD_DEVICE_ID, &host.word[0], dev_data->devid);
		if (iotlb)
			ret = viommu_inv_queue_iotlb(aviommu, host, dev_data);
		else
			ret = viommu_inv_queue(aviommu, &host);
	}
	xa_unlock(&aviommu->core.vdevs);
	/* One at a time: a device that does not answer is cut off by the first */
	return iotlb && !ret ? amd_iommu_wait_iotlb(dev_data, start_ns) : ret;
}

static int viommu_inv_execute(struct amd_iommu_viommu *aviommu,
			      const struct viommu_inv_cmd *cmd)
{
	int ret = viommu_inv_check(cmd);

	if (ret)
		return ret;
	switch (viommu_inv_opcode(cmd)) {
	case CMD_INV_IOMMU_PAGES:
		return viommu_inv_do_pages(aviommu, cmd);
	case CMD_INV_ALL:
		return viommu_inv_do_all(aviommu);
	case CMD_INV_DEV_ENTRY:
	case CMD_INV_IOTLB_PAGES:
		return viommu_inv_do_device(aviommu, cmd);
	default:
		/* COMPLETION_WAIT: everything ahead of it is done when we return */
		return 0;
	}
}

static int viommu_inv_execute_user(struct amd_iommu_viommu *aviommu,
				   const struct iommu_user_data_array *array,
				   u32 index)
{
	struct iommu_viommu_amd_invalidate user;
	struct viommu_inv_cmd cmd;
	struct iommu_cmd traced;
	int ret;

	ret = iommu_copy_struct_from_user_array(&user, array,
						IOMMU_VIOMMU_INVALIDATE_DATA_AMD,
						index, cmd);
	if (ret)
		return ret;
	for (int i = 0; i < ARRAY_SIZE(cmd.word); i++)
		cmd.word[i] = le64_to_cpu(user.cmd[i]);

	ret = viommu_inv_execute(aviommu, &cmd);
	if (!ret)
		atomic64_inc(&aviommu->stats.forwarded);
	traced = viommu_inv_to_host(&cmd);
	trace_viommu_invalidate(aviommu, &traced, ret);
	return ret;
}

/**
 * amd_viommu_cache_invalidate() - Do invalidations of a guest
 * @core:  vIOMMU
 * @array: commands, struct iommu_viommu_amd_invalidate each; its number becomes
 *         that of the ones that are done
 *
 * The first command that is refused ends the call. Those queued before it are
 * complete on return, whatever the return value.
 *
 * Return: 0; -EINVAL for another type of data or a bit that must be 0;
 * -EOPNOTSUPP for an opcode that is not for here; -ENXIO for a device that the
 * guest does not have; -EIO when the IOMMU does not answer, with a number of 0
 * though commands may have been executed; -EINTR when the caller is killed.
 */
int amd_viommu_cache_invalidate(struct iommufd_viommu *core,
				struct iommu_user_data_array *array)
{
	struct amd_iommu_viommu *aviommu =
		container_of(core, struct amd_iommu_viommu, core);
	u32 nr = array->entry_num, done = 0;
	int ret = 0, wait;

	array->entry_num = 0;
	if (array->type != IOMMU_VIOMMU_INVALIDATE_DATA_AMD)
		return -EINVAL;

	/* The helper that copies an entry wants to know that there is one */
	array->entry_num = nr;
	for (; done < nr && !ret; done += !ret) {
		ret = fatal_signal_pending(current) ?
			      -EINTR :
			      viommu_inv_execute_user(aviommu, array, done);
		cond_resched();
	}
	wait = done ? amd_iommu_completion_wait(aviommu->iommu) : 0;
	array->entry_num = wait ? 0 : done;
	return ret ?: wait;
}

#ifdef CONFIG_AMD_IOMMU_VIOMMU_KUNIT_TEST
#include "viommu_invalidate_kunit.c"
#endif
