// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of one AMD vIOMMU, behind IOMMU_VIOMMU_ALLOC and IOMMU_DESTROY.
 */

#include <linux/iommufd.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "viommu.h"

#include <trace/events/amd_viommu.h>

/* Guards @amd_viommus and which vIOMMU a domain's commands count for */
DEFINE_MUTEX(amd_viommu_lock);

/* Every live vIOMMU of every IOMMU by serial: what the iterator walks */
DEFINE_XARRAY(amd_viommus);

static u64 last_serial;

static void set_owner(struct amd_viommu_owner *owner)
{
	owner->tgid = task_tgid_nr(current);
	get_task_comm(owner->comm, current->group_leader);
	owner->created_ns = ktime_get_ns();
}

static int vf_page_alloc(struct amd_iommu_viommu *aviommu)
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

static void vf_page_free(struct amd_iommu_viommu *aviommu)
{
	trace_viommu_vf_page_free(aviommu, aviommu->vf_mmap_offset);
	iommufd_viommu_destroy_mmap(&aviommu->core, aviommu->vf_mmap_offset);
}

/* Make the vIOMMU visible: to stage-2 flushes of its parent, to iterators */
static int publish(struct amd_iommu_viommu *aviommu)
{
	struct protection_domain *parent = aviommu->parent;
	unsigned long flags;
	int ret;

	guard(mutex)(&amd_viommu_lock);

	aviommu->serial = last_serial + 1;
	ret = xa_insert(&amd_viommus, aviommu->serial, aviommu, GFP_KERNEL);
	if (ret)
		return ret;

	ret = amd_viommu_domain_link(aviommu);
	if (ret) {
		xa_erase(&amd_viommus, aviommu->serial);
		return ret;
	}
	last_serial = aviommu->serial;

	spin_lock_irqsave(&parent->lock, flags);
	list_add(&aviommu->pdom_list, &parent->viommu_list);
	spin_unlock_irqrestore(&parent->lock, flags);
	return 0;
}

static void unpublish(struct amd_iommu_viommu *aviommu)
{
	struct protection_domain *parent = aviommu->parent;
	unsigned long flags;

	guard(mutex)(&amd_viommu_lock);

	spin_lock_irqsave(&parent->lock, flags);
	list_del(&aviommu->pdom_list);
	spin_unlock_irqrestore(&parent->lock, flags);

	amd_viommu_domain_unlink(aviommu);
	xa_erase(&amd_viommus, aviommu->serial);
}

static int create(struct amd_iommu_viommu *aviommu,
		  const struct iommu_user_data *user_data)
{
	struct iommu_viommu_amd data = {};
	int ret;

	if (!user_data)
		return -EINVAL;
	ret = iommu_copy_struct_from_user(&data, user_data,
					  IOMMU_VIOMMU_TYPE_AMD,
					  out_vfmmio_mmap_offset);
	if (ret)
		return ret;

	ret = amd_viommu_guest_id_alloc(aviommu);
	if (ret)
		return ret;

	/* What the last guest with this ID left must be gone first */
	ret = amd_viommu_reset_vmmio(aviommu);
	if (ret)
		goto free_guest_id;

	ret = vf_page_alloc(aviommu);
	if (ret)
		goto free_guest_id;

	data.out_vfmmio_mmap_offset = aviommu->vf_mmap_offset;
	ret = iommu_copy_struct_to_user(user_data, &data,
					IOMMU_VIOMMU_TYPE_AMD,
					out_vfmmio_mmap_offset);
	if (ret)
		goto free_vf_page;

	ret = publish(aviommu);
	if (ret)
		goto free_vf_page;
	return 0;

free_vf_page:
	vf_page_free(aviommu);
free_guest_id:
	amd_viommu_guest_id_free(aviommu);
	return ret;
}

/**
 * amd_viommu_create() - Set up a vIOMMU in hardware and make it visible
 * @aviommu:   new object; &amd_iommu_viommu.iommu and .parent are set
 * @user_data: struct iommu_viommu_amd of the caller
 *
 * Return: 0; -EINVAL without usable @user_data; -ENOSPC when the IOMMU has no
 * guest ID left; -EIO when the IOMMU does not answer; -EFAULT; -ENOMEM. On
 * failure nothing is left behind.
 */
int amd_viommu_create(struct amd_iommu_viommu *aviommu,
		      const struct iommu_user_data *user_data)
{
	int ret;

	set_owner(&aviommu->owner);
	ret = create(aviommu, user_data);
	trace_viommu_init(aviommu, ret);
	return ret;
}

/**
 * amd_viommu_destroy() - The reverse of amd_viommu_create()
 * @aviommu: vIOMMU that nobody maps or uses any more
 */
void amd_viommu_destroy(struct amd_iommu_viommu *aviommu)
{
	trace_viommu_destroy(aviommu);
	unpublish(aviommu);
	vf_page_free(aviommu);
	amd_viommu_guest_id_free(aviommu);
}
