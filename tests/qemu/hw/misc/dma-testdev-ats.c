/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI device for tests of DMA: address translation and page requests
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie.h"
#include "dma-testdev.h"
#include "trace.h"

/* --- the cache ------------------------------------------------------------ */

const IOMMUTLBEntry *dma_testdev_atc_lookup(DMATestDev *d, uint32_t pasid,
                                            hwaddr addr,
                                            IOMMUAccessFlags perm)
{
    for (int i = 0; i < DMA_TESTDEV_ATC_SIZE; i++) {
        IOMMUTLBEntry *entry = &d->atc[i];

        if (entry->pasid == pasid && (entry->perm & perm) == perm &&
            (addr & ~entry->addr_mask) == entry->iova) {
            return entry;
        }
    }
    return NULL;
}

static void atc_drop(DMATestDev *d, uint32_t pasid, hwaddr first, hwaddr last)
{
    for (int i = 0; i < DMA_TESTDEV_ATC_SIZE; i++) {
        IOMMUTLBEntry *entry = &d->atc[i];

        if (entry->pasid == pasid && entry->iova <= last &&
            (entry->iova | entry->addr_mask) >= first) {
            entry->perm = IOMMU_NONE;
        }
    }
}

/* Two entries never cover one address; when all are used, the oldest goes */
static void atc_insert(DMATestDev *d, uint32_t pasid,
                       const IOMMUTLBEntry *answer)
{
    IOMMUTLBEntry *entry = &d->atc[d->atc_next];
    hwaddr first = answer->iova & ~answer->addr_mask;

    atc_drop(d, pasid, first, first | answer->addr_mask);
    *entry = *answer;
    entry->pasid = pasid;
    entry->iova = first;
    d->atc_next = (d->atc_next + 1) % DMA_TESTDEV_ATC_SIZE;
}

void dma_testdev_atc_flush(DMATestDev *d)
{
    memset(d->atc, 0, sizeof(d->atc));
    d->atc_next = 0;
}

/* --- what the IOMMU says -------------------------------------------------- */

static void invalidated(IOMMUNotifier *n, IOMMUTLBEntry *entry)
{
    DMATestDevSpace *space = container_of(n, DMATestDevSpace, atc);
    hwaddr first = entry->iova & ~entry->addr_mask;

    if (space->dev->hangs) {
        return;
    }
    trace_dma_testdev_invalidate(space->pasid, first, entry->addr_mask);
    atc_drop(space->dev, space->pasid, first, first | entry->addr_mask);
    space->dev->invalidations++;
}

static void answered(IOMMUPRINotifier *n, IOMMUPRIResponse *response)
{
    DMATestDevSpace *space = container_of(n, DMATestDevSpace, pri);
    static const uint8_t codes[] = {
        [IOMMU_PRI_RESP_SUCCESS] = 0,
        [IOMMU_PRI_RESP_INVALID_REQUEST] = 1,
        [IOMMU_PRI_RESP_FAILURE] = 15,
    };
    uint32_t val = 0;

    trace_dma_testdev_pri_response(space->pasid, response->prgi,
                                   response->response_code);
    val = FIELD_DP32(val, PRI_RESPONSE, INDEX, response->prgi);
    val = FIELD_DP32(val, PRI_RESPONSE, CODE, codes[response->response_code]);
    val = FIELD_DP32(val, PRI_RESPONSE, VALID, 1);
    space->dev->pri_response = val;
}

static DMATestDevSpace *find_space(DMATestDev *d, uint32_t pasid)
{
    DMATestDevSpace *space;

    QLIST_FOREACH(space, &d->spaces, next) {
        if (space->pasid == pasid) {
            return space;
        }
    }
    space = g_new0(DMATestDevSpace, 1);
    space->dev = d;
    space->pasid = pasid;
    space->pri.notify = answered;
    QLIST_INSERT_HEAD(&d->spaces, space, next);
    return space;
}

void dma_testdev_forget_spaces(DMATestDev *d)
{
    PCIDevice *pdev = PCI_DEVICE(d);
    DMATestDevSpace *space, *next;

    QLIST_FOREACH_SAFE(space, &d->spaces, next, next) {
        if (space->watched) {
            pci_iommu_unregister_iotlb_notifier(pdev, space->pasid,
                                                &space->atc);
        }
        if (space->awaited) {
            pci_pri_unregister_notifier(pdev, space->pasid);
        }
        QLIST_REMOVE(space, next);
        g_free(space);
    }
    dma_testdev_atc_flush(d);
}

/* An IOMMU without the service says -ENODEV; it cannot be asked for it */
static DMATestDevResult refused(int ret)
{
    switch (ret) {
    case -EPERM:
        return DMA_TESTDEV_NOT_ENABLED;
    case -ENODEV:
        return DMA_TESTDEV_BAD_ARGS;
    default:
        return DMA_TESTDEV_OK;
    }
}

/* --- what the device asks ------------------------------------------------- */

/* Who keeps translations must hear when they go */
static int watch(DMATestDev *d, uint32_t pasid)
{
    DMATestDevSpace *space = find_space(d, pasid);
    int ret;

    if (space->watched) {
        return 0;
    }
    ret = pci_iommu_init_iotlb_notifier(PCI_DEVICE(d), &space->atc,
                                        invalidated, space);
    if (!ret) {
        ret = pci_iommu_register_iotlb_notifier(PCI_DEVICE(d), pasid,
                                                &space->atc);
    }
    space->watched = !ret;
    return ret;
}

static void show_translation(DMATestDev *d, hwaddr addr,
                             const IOMMUTLBEntry *answer)
{
    /* All of the address space is a size that has no room */
    uint64_t size = answer->addr_mask == UINT64_MAX ? BIT_ULL(63) :
                                                      answer->addr_mask + 1;
    uint32_t perm = 0;

    perm = FIELD_DP32(perm, XLATE_INFO_LO, READ, !!(answer->perm & IOMMU_RO));
    perm = FIELD_DP32(perm, XLATE_INFO_LO, WRITE, !!(answer->perm & IOMMU_WO));
    perm = FIELD_DP32(perm, XLATE_INFO_LO, EXEC, !!(answer->perm & IOMMU_EXEC));
    d->xlate_addr = (answer->translated_addr & ~answer->addr_mask) |
                    (addr & answer->addr_mask);
    d->xlate_info = size | perm;
}

DMATestDevResult dma_testdev_translate(DMATestDev *d,
                                       const DMATestDevCommand *c)
{
    PCIDevice *pdev = PCI_DEVICE(d);
    hwaddr page = c->addr & ~(hwaddr)(DMA_TESTDEV_ATC_PAGE - 1);
    IOMMUTLBEntry answer = {};
    uint32_t errors = 0;
    ssize_t n;

    d->xlate_addr = 0;
    d->xlate_info = 0;
    if (!pcie_ats_enabled(pdev)) {
        return DMA_TESTDEV_NOT_ENABLED;
    }
    n = watch(d, c->pasid);
    if (!n) {
        n = pci_ats_request_translation(
            pdev, c->pasid, FIELD_EX32(c->command, COMMAND, PRIV),
            FIELD_EX32(c->command, COMMAND, EXEC), page, DMA_TESTDEV_ATC_PAGE,
            !FIELD_EX32(c->command, COMMAND, WRITE), &answer, 1, &errors);
    }
    if (refused(n) != DMA_TESTDEV_OK) {
        return refused(n);
    }
    if (n < 1 || !(answer.perm & IOMMU_RW)) {
        return DMA_TESTDEV_NO_TRANSLATION;
    }
    show_translation(d, c->addr, &answer);
    if (!(answer.perm & IOMMU_UNTRANSLATED_ONLY)) {
        atc_insert(d, c->pasid, &answer);
    }
    return DMA_TESTDEV_OK;
}

DMATestDevResult dma_testdev_page_request(DMATestDev *d,
                                          const DMATestDevCommand *c)
{
    DMATestDevSpace *space = find_space(d, c->pasid);
    PCIDevice *pdev = PCI_DEVICE(d);
    int ret = 0;

    if (!pcie_pri_enabled(pdev)) {
        return DMA_TESTDEV_NOT_ENABLED;
    }
    if (!space->awaited) {
        ret = pci_pri_register_notifier(pdev, c->pasid, &space->pri);
        space->awaited = !ret;
    }
    if (!ret) {
        ret = pci_pri_request_page(
            pdev, c->pasid, FIELD_EX32(c->command, COMMAND, PRIV),
            FIELD_EX32(c->command, COMMAND, EXEC),
            c->addr & ~(hwaddr)(DMA_TESTDEV_ATC_PAGE - 1),
            FIELD_EX32(c->command, COMMAND, LAST), c->group, true,
            FIELD_EX32(c->command, COMMAND, WRITE));
    }
    if (refused(ret) != DMA_TESTDEV_OK) {
        return refused(ret);
    }
    return ret ? DMA_TESTDEV_PRI_REFUSED : DMA_TESTDEV_OK;
}
