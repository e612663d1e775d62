// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which vIOMMUs and vDevices exist, and how to find them.
 *
 * Iterators, and others that may sleep, find them by serial under the lock of
 * the list. Commands and event log records carry guest IDs, host domain IDs and
 * host device IDs, by which they are found under the locks that
 * amd_viommu_sync() takes.
 */

#include "viommu_internal.h"

#include <trace/events/amd_viommu.h>

/* Guards both lists, and which vIOMMU a domain's commands count for */
static DEFINE_MUTEX(list_lock);

/* Every live vIOMMU and vDevice of every IOMMU by serial */
static DEFINE_XARRAY(viommus);
static DEFINE_XARRAY(vdevices);

static u64 last_viommu_serial;
static u64 last_vdevice_serial;

/**
 * amd_viommu_list_lock() - Keep every vIOMMU and vDevice that is listed
 */
void amd_viommu_list_lock(void)
{
	mutex_lock(&list_lock);
}

/**
 * amd_viommu_list_unlock() - Undo amd_viommu_list_lock()
 */
void amd_viommu_list_unlock(void)
{
	mutex_unlock(&list_lock);
}

/**
 * amd_viommu_find() - Find a vIOMMU that is listed
 * @serial: its serial
 *
 * Called under amd_viommu_list_lock(), or without it if the result is only
 * compared.
 *
 * Return: the vIOMMU, or NULL.
 */
struct amd_iommu_viommu *amd_viommu_find(u64 serial)
{
	return xa_load(&viommus, serial);
}

/**
 * amd_viommu_find_after() - Find the next vIOMMU in order of creation
 * @serial: of the one before, 0 for the first; gets that of the one found
 *
 * Called under amd_viommu_list_lock().
 *
 * Return: the vIOMMU, or NULL with @serial unchanged.
 */
struct amd_iommu_viommu *amd_viommu_find_after(unsigned long *serial)
{
	lockdep_assert_held(&list_lock);
	return xa_find_after(&viommus, serial, ULONG_MAX, XA_PRESENT);
}

/**
 * amd_viommu_vdevice_find_after() - Find the next vDevice in order of creation
 * @serial: of the one before, 0 for the first; gets that of the one found
 *
 * Called under amd_viommu_list_lock().
 *
 * Return: the vDevice, or NULL with @serial unchanged.
 */
struct amd_iommu_vdevice *amd_viommu_vdevice_find_after(unsigned long *serial)
{
	lockdep_assert_held(&list_lock);
	return xa_find_after(&vdevices, serial, ULONG_MAX, XA_PRESENT);
}

static void viommu_list_sync_events(struct amd_viommu_hw *hw)
{
	spin_lock(&hw->event_lock);
	spin_unlock(&hw->event_lock);
}

/**
 * amd_viommu_sync() - Wait for users of what was just removed
 * @iommu: IOMMU of the entry
 *
 * Entries of &amd_viommu_hw.guests, .domains, .devices and .buffers are only
 * used under &amd_iommu.lock or &amd_viommu_hw.event_lock. No user of a removed
 * entry is left once both locks have been taken after the removal.
 */
void amd_viommu_sync(struct amd_iommu *iommu)
{
	struct amd_viommu_hw *hw = iommu->viommu_hw;
	struct amd_iommu_viommu *waiting;

	scoped_guard(raw_spinlock_irqsave, &iommu->lock) {
		/* What viommu_cmd.c remembers of them */
		hw->flush_guest = NULL;
		hw->waited_guest = NULL;
		waiting = hw->wait_guest;
		if (waiting && xa_load(&hw->guests, waiting->guest_id) != waiting)
			hw->wait_guest = NULL;
	}
	viommu_list_sync_events(hw);
}

/*
 * By host domain ID
 */

/*
 * One vIOMMU per IOMMU and parent domain gets the commands for it: a flush of
 * the shared stage-2 table is one command, however many vIOMMUs it serves.
 */
static int viommu_list_link_parent(struct amd_iommu_viommu *aviommu)
{
	struct xarray *domains = &aviommu->iommu->viommu_hw->domains;
	int ret;

	ret = xa_insert(domains, aviommu->parent->id, aviommu, GFP_KERNEL);
	return ret == -EBUSY ? 0 : ret;
}

/* Another vIOMMU of the same VM on the same IOMMU, if there is one */
static struct amd_iommu_viommu *
viommu_list_find_sibling(struct amd_iommu_viommu *aviommu)
{
	struct protection_domain *parent = aviommu->parent;
	struct amd_iommu_viommu *sibling, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&parent->lock, flags);
	list_for_each_entry(sibling, &parent->viommu_list, pdom_list) {
		/* Skips a vIOMMU that is being made or destroyed */
		if (sibling->iommu == aviommu->iommu &&
		    xa_load(&viommus, sibling->serial) == sibling) {
			found = sibling;
			break;
		}
	}
	spin_unlock_irqrestore(&parent->lock, flags);
	return found;
}

/* Commands for the parent go to another vIOMMU of the VM, if one is left */
static void viommu_list_unlink_parent(struct amd_iommu_viommu *aviommu)
{
	struct xarray *domains = &aviommu->iommu->viommu_hw->domains;
	struct amd_iommu_viommu *sibling;
	u16 dom_id = aviommu->parent->id;

	if (xa_load(domains, dom_id) != aviommu)
		return;

	sibling = viommu_list_find_sibling(aviommu);
	if (sibling)
		xa_store(domains, dom_id, sibling, GFP_KERNEL);
	else
		xa_erase(domains, dom_id);
	amd_viommu_sync(aviommu->iommu);
}

/**
 * amd_viommu_hdom_link() - Let commands for a nested domain's ID count
 * @aviommu: vIOMMU of the nested domain
 * @gdom_id: guest domain ID
 * @hdom_id: host domain ID that stands for it
 *
 * Records that name it then name the guest's domain ID to the guest.
 *
 * Return: 0 or -ENOMEM.
 */
int amd_viommu_hdom_link(struct amd_iommu_viommu *aviommu, u16 gdom_id,
			 u16 hdom_id)
{
	struct amd_viommu_hw *hw = aviommu->iommu->viommu_hw;
	int ret;

	ret = xa_insert(&hw->gdoms, hdom_id, xa_mk_value(gdom_id),
			GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret;
	ret = xa_insert(&hw->domains, hdom_id, aviommu, GFP_KERNEL_ACCOUNT);
	if (ret)
		xa_erase(&hw->gdoms, hdom_id);
	return ret;
}

/**
 * amd_viommu_hdom_unlink() - Undo amd_viommu_hdom_link()
 * @aviommu: vIOMMU of the nested domain
 * @hdom_id: host domain ID that is about to be freed
 */
void amd_viommu_hdom_unlink(struct amd_iommu_viommu *aviommu, u16 hdom_id)
{
	struct amd_viommu_hw *hw = aviommu->iommu->viommu_hw;

	xa_erase(&hw->domains, hdom_id);
	xa_erase(&hw->gdoms, hdom_id);
	amd_viommu_sync(aviommu->iommu);
}

/*
 * By serial
 */

/**
 * amd_viommu_list_add() - Make a vIOMMU visible to iterators and commands
 * @aviommu: vIOMMU with its parent; gets its serial
 *
 * Return: 0 or -ENOMEM.
 */
int amd_viommu_list_add(struct amd_iommu_viommu *aviommu)
{
	int ret;

	guard(amd_viommu_list)();

	aviommu->serial = last_viommu_serial + 1;
	ret = xa_insert(&viommus, aviommu->serial, aviommu, GFP_KERNEL_ACCOUNT);
	if (ret)
		goto clear_serial;

	ret = viommu_list_link_parent(aviommu);
	if (ret) {
		xa_erase(&viommus, aviommu->serial);
		goto clear_serial;
	}
	last_viommu_serial = aviommu->serial;
	return 0;

clear_serial:
	aviommu->serial = 0;
	return ret;
}

/**
 * amd_viommu_list_del() - Undo amd_viommu_list_add()
 * @aviommu: vIOMMU that keeps its guest ID
 */
void amd_viommu_list_del(struct amd_iommu_viommu *aviommu)
{
	guard(amd_viommu_list)();

	xa_erase(&viommus, aviommu->serial);
	viommu_list_unlink_parent(aviommu);
}

/* From here on the device may ask for pages while the guest's PPR log runs */
static int viommu_list_link_vdevice(struct amd_iommu_vdevice *vdev)
{
	struct amd_iommu_viommu *aviommu = vdev->viommu;
	int ret;

	guard(mutex)(&aviommu->vdevices_lock);

	ret = xa_insert(&aviommu->vdevices, vdev->hdev_id, vdev,
			GFP_KERNEL_ACCOUNT);
	if (!ret)
		amd_iommu_set_ppr_answered(vdev->dev, aviommu->ppr_runs);
	return ret;
}

static void viommu_list_unlink_vdevice(struct amd_iommu_vdevice *vdev)
{
	struct amd_iommu_viommu *aviommu = vdev->viommu;

	guard(mutex)(&aviommu->vdevices_lock);

	amd_iommu_set_ppr_answered(vdev->dev, false);
	xa_erase(&aviommu->vdevices, vdev->hdev_id);
}

/**
 * amd_viommu_list_add_vdevice() - Make a vDevice visible
 * @vdev: vDevice with its vIOMMU and IDs; gets its serial
 *
 * Events of the device count for the guest, and iterators see it.
 *
 * Return: 0; -EBUSY for a host device that is a vDevice already; -ENOMEM.
 */
int amd_viommu_list_add_vdevice(struct amd_iommu_vdevice *vdev)
{
	struct amd_iommu_viommu *aviommu = vdev->viommu;
	int ret;

	guard(amd_viommu_list)();

	vdev->serial = last_vdevice_serial + 1;
	ret = xa_insert(&vdevices, vdev->serial, vdev, GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret;
	ret = xa_insert(&aviommu->iommu->viommu_hw->devices, vdev->hdev_id,
			vdev, GFP_KERNEL_ACCOUNT);
	if (ret)
		goto erase;
	ret = viommu_list_link_vdevice(vdev);
	if (ret)
		goto erase_device;
	last_vdevice_serial = vdev->serial;
	return 0;

erase_device:
	xa_erase(&aviommu->iommu->viommu_hw->devices, vdev->hdev_id);
	amd_viommu_sync(aviommu->iommu);
erase:
	xa_erase(&vdevices, vdev->serial);
	return ret;
}

/**
 * amd_viommu_list_del_vdevice() - Undo amd_viommu_list_add_vdevice()
 * @vdev: vDevice that is about to be freed
 */
void amd_viommu_list_del_vdevice(struct amd_iommu_vdevice *vdev)
{
	struct amd_iommu_viommu *aviommu = vdev->viommu;

	guard(amd_viommu_list)();

	viommu_list_unlink_vdevice(vdev);
	xa_erase(&aviommu->iommu->viommu_hw->devices, vdev->hdev_id);
	xa_erase(&vdevices, vdev->serial);
	amd_viommu_sync(aviommu->iommu);
}

/*
 * By guest ID: it selects a guest's VF page, VF control entry and tables. It
 * is unique per IOMMU, not per system. It is the first thing a vIOMMU gets and
 * the last it gives back: hardware state is found through it.
 */

/**
 * amd_viommu_guest_id_alloc() - Give a vIOMMU the lowest free guest ID
 * @aviommu: vIOMMU with its IOMMU set; gets &amd_iommu_viommu.guest_id
 *
 * From here on host commands that carry the ID count for @aviommu.
 *
 * Return: 0, -ENOSPC when every ID is taken, or -ENOMEM.
 */
int amd_viommu_guest_id_alloc(struct amd_iommu_viommu *aviommu)
{
	struct amd_iommu *iommu = aviommu->iommu;
	struct xarray *guests = &iommu->viommu_hw->guests;
	u32 id = 0;
	int ret;

	/*
	 * Two steps, so that a command that looks its guest up never finds a
	 * vIOMMU that does not know its ID yet.
	 */
	ret = xa_alloc(guests, &id, NULL,
		       XA_LIMIT(AMD_VIOMMU_GUEST_ID_MIN, AMD_VIOMMU_GUEST_ID_MAX),
		       GFP_KERNEL);
	if (ret == -EBUSY)
		ret = -ENOSPC;
	if (!ret) {
		aviommu->guest_id = id;
		/* Fills the entry reserved above: needs no memory */
		xa_store(guests, id, aviommu, GFP_KERNEL);
	}

	trace_viommu_guest_id_alloc(iommu, aviommu->guest_id, ret);
	return ret;
}

/**
 * amd_viommu_guest_id_free() - Free a vIOMMU's guest ID
 * @aviommu: vIOMMU whose hardware state is torn down already
 *
 * On return no command refers to @aviommu any more.
 */
void amd_viommu_guest_id_free(struct amd_iommu_viommu *aviommu)
{
	struct amd_iommu *iommu = aviommu->iommu;
	u16 guest_id = aviommu->guest_id;

	/*
	 * Traced before the ID can be handed out again, or the next owner's
	 * allocation could appear ahead of this.
	 */
	trace_viommu_guest_id_free(iommu, guest_id);
	xa_erase(&iommu->viommu_hw->guests, guest_id);
	amd_viommu_sync(iommu);
	aviommu->guest_id = 0;
}
