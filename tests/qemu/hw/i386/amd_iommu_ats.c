/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU: devices that translate for themselves
 *
 * Answers translation requests (ATS), and tells the device's cache what
 * INVALIDATE_IOTLB_PAGES says. Each of a device's PASIDs has an index of its
 * IOMMU memory region, see hw/pci/pci_pasid_index.h.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/lockable.h"
#include "hw/pci/pci_pasid_index.h"
#include "qapi/error.h"
#include "amd_iommu.h"
#include "trace.h"

#define DTE1_IOTLB              BIT_ULL(32)

static int index_of(uint32_t pasid)
{
    return pasid == AMDVI_NO_PASID ? 0 : pci_pasid_index(pasid, false, false);
}

/*
 * What can be read may be written as well, unless the device says that it will
 * not. Where dirty pages are tracked a page is dirty from when a device is told
 * that it may write there: nobody sees when it does.
 */
static void translate_for(AMDVIState *s, uint16_t devid, const uint64_t *dte,
                          uint32_t pasid, hwaddr addr, bool no_write,
                          IOMMUTLBEntry *entry)
{
    IOMMUTLBEntry writable = *entry;

    if (amdvi_xlate(s, devid, dte, pasid, addr, IOMMU_RO, false, entry) &&
        (no_write || (entry->perm & IOMMU_WO))) {
        return;
    }
    if (amdvi_xlate(s, devid, dte, pasid, addr, IOMMU_WO, false, &writable)) {
        *entry = writable;
    }
}

/*
 * A request that may not be made or leads nowhere is answered without
 * permissions; no fault is logged, since nothing was accessed.
 */
static void translate(AMDVIState *s, PCIBus *bus, int devfn, uint32_t pasid,
                      hwaddr addr, bool no_write, IOMMUTLBEntry *entry)
{
    uint16_t devid = PCI_BUILD_BDF(pci_bus_num(bus), devfn);
    uint64_t dte[4];

    *entry = (IOMMUTLBEntry) {
        .target_as = &address_space_memory,
        .iova = addr & ~0xfffULL,
        .addr_mask = 0xfff,
        .pasid = pasid,
    };
    if (s->enabled && amdvi_translating_dte(s, devid, dte) &&
        (dte[1] & DTE1_IOTLB)) {
        translate_for(s, devid, dte, pasid, addr, no_write, entry);
    }
    if (no_write) {
        entry->perm &= ~IOMMU_WO;
    }
    trace_amdvi_ats_request(devid, pasid, addr, entry->translated_addr,
                            entry->addr_mask, entry->perm);
}

ssize_t amdvi_ats_request(PCIBus *bus, void *opaque, int devfn, uint32_t pasid,
                          bool priv_req, bool exec_req, hwaddr addr,
                          size_t length, bool no_write, IOMMUTLBEntry *result,
                          size_t result_length, uint32_t *err_count)
{
    AMDVIState *s = opaque;
    hwaddr end = addr + length;
    size_t n = 0;

    *err_count = 0;
    QEMU_LOCK_GUARD(&s->lock);
    while (addr < end) {
        if (n == result_length) {
            return -ENOMEM;
        }
        translate(s, bus, devfn, pasid, addr, no_write, &result[n]);
        *err_count += !(result[n].perm & IOMMU_RW);
        addr = (addr | result[n].addr_mask) + 1;
        n++;
    }
    return n;
}

void amdvi_ats_init_notifier(PCIBus *bus, void *opaque, int devfn,
                             IOMMUNotifier *n, IOMMUNotify fn,
                             void *user_opaque)
{
    n->opaque = user_opaque;
    iommu_notifier_init(n, fn, IOMMU_NOTIFIER_DEVIOTLB_EVENTS, 0, HWADDR_MAX,
                        0);
}

void amdvi_ats_register_notifier(PCIBus *bus, void *opaque, int devfn,
                                 uint32_t pasid, IOMMUNotifier *n)
{
    AMDVIAddressSpace *as = amdvi_address_space(opaque, bus, devfn);

    n->iommu_idx = index_of(pasid);
    memory_region_register_iommu_notifier(
        MEMORY_REGION(amdvi_iommu_region(as)), n, &error_fatal);
}

void amdvi_ats_unregister_notifier(PCIBus *bus, void *opaque, int devfn,
                                   uint32_t pasid, IOMMUNotifier *n)
{
    AMDVIAddressSpace *as = amdvi_address_space(opaque, bus, devfn);

    memory_region_unregister_iommu_notifier(
        MEMORY_REGION(amdvi_iommu_region(as)), n);
}

/* INVALIDATE_IOTLB_PAGES: GN says whether it is for translations of a PASID */
void amdvi_ats_inval(AMDVIState *s, const uint64_t *cmd)
{
    uint16_t devid = extract64(cmd[0], 0, 16);
    uint32_t pasid = AMDVI_NO_PASID;
    AMDVIAddressSpace *as = amdvi_get_as_by_devid(s, devid);
    hwaddr addr = cmd[1] & ~0xfffULL, mask = 0xfff;
    IOMMUTLBEvent event = {
        .type = IOMMU_NOTIFIER_DEVIOTLB_UNMAP,
    };

    if (extract64(cmd[1], 2, 1)) {
        /* dw1[23:16], dw0[23:16], dw1[27:24] */
        pasid = extract64(cmd[0], 48, 8) | extract64(cmd[0], 16, 8) << 8 |
                extract64(cmd[0], 56, 4) << 16;
    }
    if (extract64(cmd[1], 0, 1)) {
        mask = amdvi_size_mask(addr);
    }
    trace_amdvi_ats_inval(devid, pasid, addr & ~mask, mask);
    if (!as) {
        return;
    }
    event.entry = (IOMMUTLBEntry) {
        .target_as = &address_space_memory,
        .iova = addr & ~mask,
        .addr_mask = mask,
        .pasid = pasid,
    };
    memory_region_notify_iommu(amdvi_iommu_region(as), index_of(pasid), event);
}

/*
 * A translated request passes as it is, if the device table entry lets the
 * device ask for translations; else it is aborted.
 */
void amdvi_ats_check(AMDVIState *s, uint16_t devid, hwaddr addr,
                     IOMMUTLBEntry *entry)
{
    uint64_t dte[4];

    if (!amdvi_translating_dte(s, devid, dte) || !(dte[1] & DTE1_IOTLB)) {
        amdvi_log_invalid_request(s, devid, addr);
        return;
    }
    entry->translated_addr = addr;
    entry->perm = IOMMU_RW;
}
