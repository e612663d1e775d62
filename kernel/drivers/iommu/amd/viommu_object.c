// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of one AMD vIOMMU, behind IOMMU_VIOMMU_ALLOC and IOMMU_DESTROY.
 */

#include <linux/cred.h>
#include <linux/iommufd.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "viommu_internal.h"

#include <trace/events/amd_viommu.h>

static void viommu_object_set_owner(struct amd_viommu_owner *owner)
{
	owner->uid = current_uid();
	owner->tgid = task_tgid_nr(current);
	get_task_comm(owner->comm, current->group_leader);
	owner->created_ns = ktime_get_ns();
}

static int viommu_object_alloc_vf_page(struct amd_iommu_viommu *aviommu)
{
	struct amd_viommu_region *vf = &aviommu->iommu->viommu_hw->vf;
	phys_addr_t page = vf->phys +
		(phys_addr_t)aviommu->guest_id * AMD_VIOMMU_VF_PAGE_SIZE;
	int ret;

	ret = iommufd_viommu_alloc_mmap(&aviommu->core, page,
					AMD_VIOMMU_VF_PAGE_SIZE,
					&aviommu->vf_mmap_offset);
	trace_viommu_vf_page_alloc(aviommu, aviommu->vf_mmap_offset, ret);
	return ret;
}

static void viommu_object_free_vf_page(struct amd_iommu_viommu *aviommu)
{
	trace_viommu_vf_page_free(aviommu, aviommu->vf_mmap_offset);
	iommufd_viommu_destroy_mmap(&aviommu->core, aviommu->vf_mmap_offset);
}

/*
 * From here on flushes of the parent reach the IOMMU, though perhaps no device
 * is attached, and a new top of its table reaches the vIOMMU.
 */
static int viommu_object_join_parent(struct amd_iommu_viommu *aviommu)
{
	struct protection_domain *parent = aviommu->parent;
	unsigned long flags;
	int ret;

	ret = amd_iommu_attach_own_domain(aviommu->iommu, parent);
	if (ret)
		return ret;

	spin_lock_irqsave(&parent->lock, flags);
	list_add(&aviommu->pdom_list, &parent->viommu_list);
	spin_unlock_irqrestore(&parent->lock, flags);
	return 0;
}

static void viommu_object_leave_parent(struct amd_iommu_viommu *aviommu)
{
	struct protection_domain *parent = aviommu->parent;
	unsigned long flags;

	spin_lock_irqsave(&parent->lock, flags);
	list_del(&aviommu->pdom_list);
	spin_unlock_irqrestore(&parent->lock, flags);

	/* Later flushes may not reach the IOMMU any more */
	amd_iommu_flush_tlb_domid(aviommu->iommu, parent->id);
	amd_iommu_detach_own_domain(aviommu->iommu, parent);
}

/* The hardware's part, in the order that it requires */
static int viommu_object_setup(struct amd_iommu_viommu *aviommu)
{
	int ret;

	/* Clear the state of the last guest with this ID first */
	ret = amd_viommu_reset_vmmio(aviommu);
	if (ret)
		return ret;

	ret = viommu_object_join_parent(aviommu);
	if (ret)
		return ret;

	ret = amd_viommu_trans_init(aviommu);
	if (ret)
		goto leave;

	ret = amd_viommu_tables_init(aviommu);
	if (ret)
		goto uninit_trans;
	return 0;

uninit_trans:
	amd_viommu_trans_stop(aviommu);
	amd_viommu_trans_uninit(aviommu);
leave:
	viommu_object_leave_parent(aviommu);
	return ret;
}

/* After this the hardware uses no memory of the guest */
static void viommu_object_stop(struct amd_iommu_viommu *aviommu)
{
	amd_viommu_trans_stop(aviommu);
	/* The wait itself reports a time-out; go on freeing */
	amd_viommu_reset_vmmio(aviommu);
}

static void viommu_object_release(struct amd_iommu_viommu *aviommu)
{
	amd_viommu_trans_uninit(aviommu);
	amd_viommu_tables_uninit(aviommu);
	viommu_object_leave_parent(aviommu);
}

static int viommu_object_copy_in(const struct iommu_user_data *user_data,
				 struct iommu_viommu_amd *data)
{
	if (!user_data)
		return -EINVAL;
	return iommu_copy_struct_from_user(data, user_data,
					   IOMMU_VIOMMU_TYPE_AMD,
					   out_vfmmio_mmap_offset);
}

static int viommu_object_copy_out(struct amd_iommu_viommu *aviommu,
				  const struct iommu_user_data *user_data,
				  struct iommu_viommu_amd *data)
{
	data->out_vfmmio_mmap_offset = aviommu->vf_mmap_offset;
	return iommu_copy_struct_to_user(user_data, data,
					 IOMMU_VIOMMU_TYPE_AMD,
					 out_vfmmio_mmap_offset);
}

static int viommu_object_create(struct amd_iommu_viommu *aviommu,
				const struct iommu_user_data *user_data)
{
	struct iommu_viommu_amd data = {};
	int ret;

	ret = viommu_object_copy_in(user_data, &data);
	if (ret)
		return ret;

	ret = amd_viommu_latency_alloc(aviommu);
	if (ret)
		return ret;

	ret = amd_viommu_guest_id_alloc(aviommu);
	if (ret)
		goto free_latency;

	ret = viommu_object_setup(aviommu);
	if (ret)
		goto free_guest_id;

	ret = viommu_object_alloc_vf_page(aviommu);
	if (ret)
		goto stop;

	ret = viommu_object_copy_out(aviommu, user_data, &data);
	if (ret)
		goto free_vf_page;

	ret = amd_viommu_list_add(aviommu);
	if (ret)
		goto free_vf_page;
	amd_viommu_debugfs_add(aviommu);
	return 0;

free_vf_page:
	viommu_object_free_vf_page(aviommu);
stop:
	viommu_object_stop(aviommu);
	viommu_object_release(aviommu);
free_guest_id:
	amd_viommu_guest_id_free(aviommu);
free_latency:
	amd_viommu_latency_free(aviommu);
	return ret;
}

/**
 * amd_viommu_create() - Set up a vIOMMU in hardware and make it visible
 * @aviommu:   new object; &amd_iommu_viommu.iommu and .parent are set
 * @user_data: struct iommu_viommu_amd of the caller
 *
 * Return: 0; -EINVAL without usable @user_data; -ENOSPC when the IOMMU has no
 * guest ID left or its PCI segment no translation device ID; -EDQUOT when the
 * caller's user has its share of the latter; -EIO when the
 * IOMMU does not answer; -EFAULT; -ENOMEM. On failure nothing is left behind.
 */
int amd_viommu_create(struct amd_iommu_viommu *aviommu,
		      const struct iommu_user_data *user_data)
{
	int ret;

	viommu_object_set_owner(&aviommu->owner);
	mutex_init(&aviommu->gdom_lock);
	mutex_init(&aviommu->queue_lock);
	mutex_init(&aviommu->vdevices_lock);
	xa_init(&aviommu->vdevices);
	ratelimit_state_init(&aviommu->log_rs, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	/* The records are counted and traced anyway */
	ratelimit_set_flags(&aviommu->log_rs, RATELIMIT_MSG_ON_RELEASE);
	ret = viommu_object_create(aviommu, user_data);
	aviommu->stats.create_ns = ktime_get_ns() - aviommu->owner.created_ns;
	trace_viommu_init(aviommu, ret);
	return ret;
}

/**
 * amd_viommu_destroy() - The reverse of amd_viommu_create()
 * @aviommu: vIOMMU that nobody maps or uses any more: no VMA of its VF page,
 *           no vDevice, no nested domain
 */
void amd_viommu_destroy(struct amd_iommu_viommu *aviommu)
{
	trace_viommu_destroy(aviommu);
	/* Waits for readers, who may want the lock that amd_viommu_list_del() takes */
	amd_viommu_debugfs_remove(aviommu);
	amd_viommu_list_del(aviommu);
	amd_viommu_irqs_destroy(aviommu);
	viommu_object_stop(aviommu);
	viommu_object_free_vf_page(aviommu);
	viommu_object_release(aviommu);
	amd_viommu_guest_id_free(aviommu);
	amd_viommu_latency_free(aviommu);
}
