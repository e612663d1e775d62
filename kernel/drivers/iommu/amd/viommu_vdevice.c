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

#include "viommu_internal.h"

#include <trace/events/amd_viommu.h>

static struct amd_iommu_vdevice *
viommu_vdevice_from_core(struct iommufd_vdevice *core)
{
	return container_of(core, struct amd_iommu_vdevice, core);
}

static void viommu_vdevice_destroy(struct iommufd_vdevice *core)
{
	struct amd_iommu_vdevice *vdev = viommu_vdevice_from_core(core);

	trace_viommu_vdevice_destroy(vdev);
	amd_viommu_list_del_vdevice(vdev);
	amd_iommu_set_vimu(vdev->dev, 0);
	amd_viommu_devid_map_clear(vdev->viommu, vdev->gdev_id);
}

static int viommu_vdevice_check_alias(struct pci_dev *pdev, u16 alias,
				      void *data)
{
	return alias == *(u16 *)data ? 0 : -EOPNOTSUPP;
}

/*
 * Requests of a device behind a conventional bridge, or with a quirk, have the
 * requester ID of another. Events and guests' commands name devices by that ID,
 * so that it must belong to one device only.
 */
static int viommu_vdevice_check_aliases(struct amd_iommu *iommu,
					struct pci_dev *pdev)
{
	u16 devid = pci_dev_id(pdev);

	if (iommu->pci_seg->alias_table[devid] != devid)
		return -EOPNOTSUPP;
	return pci_for_each_dma_alias(pdev, viommu_vdevice_check_alias, &devid);
}

static int viommu_vdevice_init(struct amd_iommu_vdevice *vdev)
{
	struct amd_iommu_viommu *aviommu = vdev->viommu;
	int ret;

	ret = viommu_vdevice_check_aliases(aviommu->iommu, to_pci_dev(vdev->dev));
	if (ret)
		return ret;

	/* Forward first: the guest must be able to answer what the device sends */
	ret = amd_viommu_devid_map_set(aviommu, vdev->gdev_id, vdev->hdev_id);
	if (ret)
		return ret;

	amd_iommu_set_vimu(vdev->dev, DTE_FLAG_VIMU_EN |
			   FIELD_PREP(DTE_GDEVICE_ID, vdev->gdev_id) |
			   FIELD_PREP(DTE_GUEST_ID, aviommu->guest_id));

	ret = amd_viommu_list_add_vdevice(vdev);
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
 * PCI; -EOPNOTSUPP for a device whose requests have the requester ID of another;
 * -ENOMEM. On failure nothing is left behind.
 */
int amd_viommu_vdevice_init(struct iommufd_vdevice *core)
{
	struct amd_iommu_vdevice *vdev = viommu_vdevice_from_core(core);
	int ret;

	vdev->dev = iommufd_vdevice_to_device(core);
	vdev->viommu =
		container_of(core->viommu, struct amd_iommu_viommu, core);
	vdev->created_ns = ktime_get_ns();
	if (core->virt_id > U16_MAX || !dev_is_pci(vdev->dev))
		return -EINVAL;
	vdev->gdev_id = core->virt_id;
	vdev->hdev_id = pci_dev_id(to_pci_dev(vdev->dev));

	ret = viommu_vdevice_init(vdev);
	trace_viommu_vdevice_init(vdev, ret);
	if (!ret)
		core->destroy = viommu_vdevice_destroy;
	return ret;
}

#ifdef CONFIG_AMD_IOMMU_VIOMMU_KUNIT_TEST
#include "viommu_vdevice_kunit.c"
#endif
