/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI device for tests of DMA: reads and writes
 *
 * Three ways to memory: through the device's address space, as all devices go;
 * with a PASID, for which QEMU has no address space; and with an address that
 * the device has had translated before.
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_pasid_index.h"
#include "hw/pci/pcie.h"
#include "system/dma.h"
#include "dma-testdev.h"

/*
 * Whether the IOMMU lets a request with @addr, translated, pass. It is asked where
 * the untranslated address @iova is its own.
 */
static bool may_access_translated(DMATestDev *d, hwaddr iova, hwaddr addr,
                                  IOMMUAccessFlags perm)
{
    AddressSpace *as = pci_device_iommu_address_space(PCI_DEVICE(d));
    MemoryRegionSection section = memory_region_find(as->root, iova, 1);
    IOMMUMemoryRegion *iommu;
    bool may = true;

    iommu = section.mr ? memory_region_get_iommu(section.mr) : NULL;
    if (iommu &&
        memory_region_iommu_num_indexes(iommu) >= PCI_PASID_INDEXES) {
        may = memory_region_get_iommu_class_nocheck(iommu)->translate(
                  iommu, addr, perm, PCI_PASID_INDEX_TRANSLATED).perm & perm;
    }
    memory_region_unref(section.mr);
    return may;
}

/* One access with what has become of its address; returns its length, or 0 */
static hwaddr access_translated(DMATestDev *d, const IOMMUTLBEntry *entry,
                                hwaddr addr, void *buf, hwaddr len,
                                bool is_write)
{
    const MemTxAttrs attrs = {
        .requester_id = pci_requester_id(PCI_DEVICE(d)),
    };
    hwaddr offset = addr & entry->addr_mask;

    /* "- 1": a range can be all of the address space */
    len = MIN(len - 1, entry->addr_mask - offset) + 1;
    addr = (entry->translated_addr & ~entry->addr_mask) | offset;
    if (address_space_rw(entry->target_as, addr, attrs, buf, len, is_write)) {
        return 0;
    }
    return len;
}

static DMATestDevResult transfer_translated(DMATestDev *d,
                                            const DMATestDevCommand *c,
                                            bool is_write)
{
    const IOMMUAccessFlags perm = is_write ? IOMMU_WO : IOMMU_RO;
    hwaddr done = 0, n;

    while (done < c->length) {
        const IOMMUTLBEntry *entry =
            dma_testdev_atc_lookup(d, c->pasid, c->addr + done, perm);

        if (!entry) {
            return DMA_TESTDEV_NO_TRANSLATION;
        }
        if (!may_access_translated(d, c->addr + done, entry->translated_addr,
                                   perm)) {
            return DMA_TESTDEV_DMA_ERROR;
        }
        n = access_translated(d, entry, c->addr + done, d->buffer + done,
                              c->length - done, is_write);
        if (!n) {
            return DMA_TESTDEV_DMA_ERROR;
        }
        done += n;
    }
    return DMA_TESTDEV_OK;
}

/*
 * One access with a PASID. Whether the IOMMU knows PASIDs can be another thing
 * for each address: some ranges are not its own.
 */
static DMATestDevResult access_pasid(DMATestDev *d, const DMATestDevCommand *c,
                                     hwaddr *done, bool is_write)
{
    const IOMMUAccessFlags perm = is_write ? IOMMU_WO : IOMMU_RO;
    AddressSpace *as = pci_device_iommu_address_space(PCI_DEVICE(d));
    hwaddr addr = c->addr + *done, n;
    IOMMUMemoryRegion *iommu;
    MemoryRegionSection section;
    IOMMUTLBEntry entry;

    section = memory_region_find(as->root, addr, 1);
    iommu = section.mr ? memory_region_get_iommu(section.mr) : NULL;
    if (!iommu ||
        memory_region_iommu_num_indexes(iommu) < PCI_PASID_INDEXES) {
        memory_region_unref(section.mr);
        return DMA_TESTDEV_BAD_ARGS;
    }
    entry = memory_region_get_iommu_class_nocheck(iommu)->translate(
        iommu, addr, perm,
        pci_pasid_index(c->pasid, FIELD_EX32(c->command, COMMAND, EXEC),
                        FIELD_EX32(c->command, COMMAND, PRIV)));
    memory_region_unref(section.mr);
    if ((entry.perm & perm) != perm) {
        return DMA_TESTDEV_DMA_ERROR;
    }
    n = access_translated(d, &entry, addr, d->buffer + *done,
                          c->length - *done, is_write);
    *done += n;
    return n ? DMA_TESTDEV_OK : DMA_TESTDEV_DMA_ERROR;
}

static DMATestDevResult transfer_pasid(DMATestDev *d,
                                       const DMATestDevCommand *c,
                                       bool is_write)
{
    DMATestDevResult result = DMA_TESTDEV_OK;
    hwaddr done = 0;

    if (!PCI_DEVICE(d)->is_master) {
        return DMA_TESTDEV_DMA_ERROR;
    }
    while (result == DMA_TESTDEV_OK && done < c->length) {
        result = access_pasid(d, c, &done, is_write);
    }
    return result;
}

DMATestDevResult dma_testdev_transfer(DMATestDev *d,
                                      const DMATestDevCommand *c)
{
    bool is_write = FIELD_EX32(c->command, COMMAND, OPCODE) ==
                    DMA_TESTDEV_WRITE;

    if (!c->length || c->length > sizeof(d->buffer) ||
        c->addr > UINT64_MAX - c->length) {
        return DMA_TESTDEV_BAD_ARGS;
    }
    if (FIELD_EX32(c->command, COMMAND, ATC)) {
        if (!pcie_ats_enabled(PCI_DEVICE(d))) {
            return DMA_TESTDEV_NOT_ENABLED;
        }
        return PCI_DEVICE(d)->is_master ? transfer_translated(d, c, is_write) :
                                          DMA_TESTDEV_DMA_ERROR;
    }
    if (c->pasid != PCI_NO_PASID) {
        return transfer_pasid(d, c, is_write);
    }
    return pci_dma_rw(PCI_DEVICE(d), c->addr, d->buffer, c->length,
                      is_write ? DMA_DIRECTION_FROM_DEVICE :
                                 DMA_DIRECTION_TO_DEVICE,
                      MEMTXATTRS_UNSPECIFIED) == MEMTX_OK ?
           DMA_TESTDEV_OK : DMA_TESTDEV_DMA_ERROR;
}
