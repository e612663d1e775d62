// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of one AMD vIOMMU, behind IOMMU_VIOMMU_ALLOC and IOMMU_DESTROY.
 */

#include <linux/iommufd.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "amd_iommu.h"
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

/*
 * From here on flushes of the parent reach the IOMMU, though perhaps no device
 * is attached, and a new top of its table reaches the vIOMMU.
 */
static int join_parent(struct amd_iommu_viommu *aviommu)
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

static void leave_parent(struct amd_iommu_viommu *aviommu)
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

/* Make the vIOMMU visible to commands, events and iterators */
static int publish(struct amd_iommu_viommu *aviommu)
{
	int ret;

	guard(mutex)(&amd_viommu_lock);

	aviommu->serial = last_serial + 1;
	ret = xa_insert(&amd_viommus, aviommu->serial, aviommu,
			GFP_KERNEL_ACCOUNT);
	if (ret)
		goto forget;

	ret = amd_viommu_domain_link(aviommu);
	if (ret) {
		xa_erase(&amd_viommus, aviommu->serial);
		goto forget;
	}
	last_serial = aviommu->serial;
	return 0;

forget:
	aviommu->serial = 0;
	return ret;
}

static void unpublish(struct amd_iommu_viommu *aviommu)
{
	guard(mutex)(&amd_viommu_lock);

	xa_erase(&amd_viommus, aviommu->serial);
	amd_viommu_domain_unlink(aviommu);
}

/* The hardware's part, in the order it wants */
static int setup(struct amd_iommu_viommu *aviommu)
{
	int ret;

	/* What the last guest with this ID left must be gone first */
	ret = amd_viommu_reset_vmmio(aviommu);
	if (ret)
		return ret;

	ret = join_parent(aviommu);
	if (ret)
		return ret;

	ret = amd_viommu_trans_devid_alloc(aviommu);
	if (ret)
		goto leave;

	ret = amd_viommu_tables_init(aviommu);
	if (ret)
		goto free_trans_devid;
	return 0;

free_trans_devid:
	amd_viommu_trans_devid_stop(aviommu);
	amd_viommu_trans_devid_free(aviommu);
leave:
	leave_parent(aviommu);
	return ret;
}

/* The hardware uses nothing of the guest's after this */
static void stop(struct amd_iommu_viommu *aviommu)
{
	amd_viommu_trans_devid_stop(aviommu);
	/* A time-out is reported where it is found; go on freeing */
	amd_viommu_reset_vmmio(aviommu);
}

static void release(struct amd_iommu_viommu *aviommu)
{
	amd_viommu_trans_devid_free(aviommu);
	amd_viommu_tables_uninit(aviommu);
	leave_parent(aviommu);
}

static int copy_in(const struct iommu_user_data *user_data,
		   struct iommu_viommu_amd *data)
{
	if (!user_data)
		return -EINVAL;
	return iommu_copy_struct_from_user(data, user_data,
					   IOMMU_VIOMMU_TYPE_AMD,
					   out_vfmmio_mmap_offset);
}

static int copy_out(struct amd_iommu_viommu *aviommu,
		    const struct iommu_user_data *user_data,
		    struct iommu_viommu_amd *data)
{
	data->out_vfmmio_mmap_offset = aviommu->vf_mmap_offset;
	return iommu_copy_struct_to_user(user_data, data,
					 IOMMU_VIOMMU_TYPE_AMD,
					 out_vfmmio_mmap_offset);
}

static int create(struct amd_iommu_viommu *aviommu,
		  const struct iommu_user_data *user_data)
{
	struct iommu_viommu_amd data = {};
	int ret;

	ret = copy_in(user_data, &data);
	if (ret)
		return ret;

	ret = amd_viommu_guest_id_alloc(aviommu);
	if (ret)
		return ret;

	ret = setup(aviommu);
	if (ret)
		goto free_guest_id;

	ret = vf_page_alloc(aviommu);
	if (ret)
		goto stop;

	ret = copy_out(aviommu, user_data, &data);
	if (ret)
		goto free_vf_page;

	ret = publish(aviommu);
	if (ret)
		goto free_vf_page;
	amd_viommu_debugfs_add(aviommu);
	return 0;

free_vf_page:
	vf_page_free(aviommu);
stop:
	stop(aviommu);
	release(aviommu);
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
 * guest ID left or its PCI segment no translation device ID; -EIO when the
 * IOMMU does not answer; -EFAULT; -ENOMEM. On failure nothing is left behind.
 */
int amd_viommu_create(struct amd_iommu_viommu *aviommu,
		      const struct iommu_user_data *user_data)
{
	int ret;

	set_owner(&aviommu->owner);
	mutex_init(&aviommu->gdom_lock);
	mutex_init(&aviommu->queue_lock);
	xa_init(&aviommu->vdevices);
	ret = create(aviommu, user_data);
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
	/* Waits for readers, who may want the lock that unpublish() takes */
	amd_viommu_debugfs_remove(aviommu);
	unpublish(aviommu);
	stop(aviommu);
	vf_page_free(aviommu);
	release(aviommu);
	amd_viommu_guest_id_free(aviommu);
}
