/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU: the function of the south bridge that the IOAPIC is behind
 *
 * The IVRS says with which requester ID the IOAPIC interrupts. On AMD's
 * machines that is 00:14.0, the SMBus controller, and operating systems look
 * there: some for that number, others for a south bridge's function at the
 * number given. Q35 has nothing there. There is no bus behind this one, and it
 * has no registers: its ID is none that a driver claims.
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_device.h"
#include "amd_iommu.h"

#define TYPE_AMD_IOMMU_SMBUS    "amd-iommu-smbus"
#define SMBUS_DEVICE_ID         0x11eb

void amdvi_place_smbus(PCIBus *bus)
{
    int devfn = PCI_DEVFN(PCI_SLOT(AMDVI_IOAPIC_SB_DEVID),
                          PCI_FUNC(AMDVI_IOAPIC_SB_DEVID));

    /* Who puts another device there wants that */
    if (!bus->devices[devfn]) {
        pci_create_simple(bus, devfn, TYPE_AMD_IOMMU_SMBUS);
    }
}

static void amdvi_smbus_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    k->vendor_id = PCI_VENDOR_ID_QEMU;
    k->device_id = SMBUS_DEVICE_ID;
    k->class_id = PCI_CLASS_SERIAL_SMBUS;
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
    dc->desc = "SMBus controller that the IOAPIC of an AMD machine is behind";
    dc->user_creatable = false;
    dc->hotpluggable = false;
}

static const TypeInfo amdvi_smbus = {
    .name = TYPE_AMD_IOMMU_SMBUS,
    .parent = TYPE_PCI_DEVICE,
    .class_init = amdvi_smbus_class_init,
    .interfaces = (const InterfaceInfo[]) {
        { INTERFACE_CONVENTIONAL_PCI_DEVICE },
        { },
    },
};

static void amdvi_smbus_register(void)
{
    type_register_static(&amdvi_smbus);
}

type_init(amdvi_smbus_register);
