// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of guests: which host device is which device of which guest.
 *
 * The hardware is told twice, for both directions: the DeviceID table of the
 * guest (gDevID to hDevID) for the guest's commands, and GuestID and GDeviceID
 * in the device's DTE (hDevID to gDevID) for events and page requests.
 */

#include <linux/iommufd.h>
#include <linux/pci.h>
#include <linux/timekeeping.h>

#include "amd_iommu.h"
#include "viommu.h"

#include <trace/events/amd_viommu.h>

/* Every vDevice of every IOMMU by serial, under amd_viommu_lock */
DEFINE_XARRAY(amd_viommu_vdevices);

static u64 last_serial;

static struct amd_iommu_vdevice *to_vdevice(struct iommufd_vdevice *core)
{
	return container_of(core, struct amd_iommu_vdevice, core);
}

/* Events of the device count for the guest; iterators see it */
static int publish(struct amd_iommu_vdevice *vdev)
{
	struct amd_iommu_viommu *aviommu = vdev->viommu;
	int ret;

	guard(mutex)(&amd_viommu_lock);

	vdev->serial = last_serial + 1;
	ret = xa_insert(&amd_viommu_vdevices, vdev->serial, vdev,
			GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret;
	ret = xa_insert(&aviommu->vdevices, vdev->hdev_id, vdev,
			GFP_KERNEL_ACCOUNT);
	if (ret)
		goto erase;
	ret = xa_insert(&aviommu->iommu->viommu_hw->devices, vdev->hdev_id,
			vdev, GFP_KERNEL_ACCOUNT);
	if (ret)
		goto erase_own;
	last_serial = vdev->serial;
	return 0;

erase_own:
	xa_erase(&aviommu->vdevices, vdev->hdev_id);
erase:
	xa_erase(&amd_viommu_vdevices, vdev->serial);
	return ret;
}

static void unpublish(struct amd_iommu_vdevice *vdev)
{
	struct amd_iommu_viommu *aviommu = vdev->viommu;

	guard(mutex)(&amd_viommu_lock);

	xa_erase(&aviommu->iommu->viommu_hw->devices, vdev->hdev_id);
	xa_erase(&aviommu->vdevices, vdev->hdev_id);
	xa_erase(&amd_viommu_vdevices, vdev->serial);
	amd_viommu_quiesce(aviommu->iommu);
}

static void vdevice_destroy(struct iommufd_vdevice *core)
{
	struct amd_iommu_vdevice *vdev = to_vdevice(core);

	trace_viommu_vdevice_destroy(vdev);
	unpublish(vdev);
	amd_iommu_set_vimu(vdev->dev, 0);
	amd_viommu_devid_map_clear(vdev->viommu, vdev->gdev_id);
}

static int init(struct amd_iommu_vdevice *vdev)
{
	struct amd_iommu_viommu *aviommu = vdev->viommu;
	int ret;

	/* Forward first: what the device makes known must be answerable */
	ret = amd_viommu_devid_map_set(aviommu, vdev->gdev_id, vdev->hdev_id);
	if (ret)
		return ret;

	amd_iommu_set_vimu(vdev->dev, DTE_FLAG_VIMU_EN |
			   FIELD_PREP(DTE_GDEVICE_ID, vdev->gdev_id) |
			   FIELD_PREP(DTE_GUEST_ID, aviommu->guest_id));

	ret = publish(vdev);
	if (ret) {
		amd_iommu_set_vimu(vdev->dev, 0);
		amd_viommu_devid_map_clear(aviommu, vdev->gdev_id);
	}
	return ret;
}

/**
 * amd_viommu_vdevice_init() - Make a host device the device of a guest
 * @core: new object; its virtual ID is the guest's device ID
 *
 * Behind IOMMU_VDEVICE_ALLOC. The core sees to it that the device is on the
 * vIOMMU's IOMMU, that it has no other vDevice and that no other vDevice of
 * the guest has the ID. What is set up here is undone when the vDevice is
 * destroyed, and that is before the device can go away.
 *
 * Return: 0; -EINVAL for an ID of more than 16 bits or a device that is not
 * PCI; -ENOMEM. On failure nothing is left behind.
 */
int amd_viommu_vdevice_init(struct iommufd_vdevice *core)
{
	struct amd_iommu_vdevice *vdev = to_vdevice(core);
	int ret;

	vdev->dev = iommufd_vdevice_to_device(core);
	vdev->viommu = container_of(core->viommu, struct amd_iommu_viommu, core);
	vdev->created_ns = ktime_get_ns();
	if (core->virt_id > U16_MAX || !dev_is_pci(vdev->dev))
		return -EINVAL;
	vdev->gdev_id = core->virt_id;
	vdev->hdev_id = pci_dev_id(to_pci_dev(vdev->dev));

	ret = init(vdev);
	trace_viommu_vdevice_init(vdev, ret);
	if (!ret)
		core->destroy = vdevice_destroy;
	return ret;
}
