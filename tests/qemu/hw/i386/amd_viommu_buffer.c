/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU vIOMMU: access to a guest's buffers
 *
 * Bases and COMPLETION_WAIT addresses are guest physical. The device table
 * entry of the guest's translation device ID leads to the memory behind them.
 */

#include "qemu/osdep.h"
#include "system/dma.h"
#include "amd_iommu.h"
#include "amd_viommu_regs.h"
#include "trace.h"

/* Entries and stores are aligned to their size: none crosses a page */
static bool translate(AMDVIState *s, uint16_t devid, const uint64_t *dte,
                      hwaddr gpa, IOMMUAccessFlags access, hwaddr *spa)
{
    IOMMUTLBEntry tlb;

    if (!amdvi_xlate(s, devid, dte, AMDVI_NO_PASID, gpa, access, false,
                     &tlb)) {
        return false;
    }
    *spa = tlb.translated_addr | (gpa & tlb.addr_mask);
    return true;
}

/* A device table entry that maps guest physical addresses, and nothing else */
static bool usable(AMDVIState *s, uint16_t devid, uint64_t *dte)
{
    return devid && amdvi_translating_dte(s, devid, dte) &&
           extract64(dte[0], 9, 3);
}

/*
 * Read or write @len bytes at @gpa; false if they cannot be had, with an
 * IO_PAGE_FAULT in the host's log, or what else is wrong on the way there.
 * @vflag: what the access is for. They lie in memory: a store to a device could
 * be one to the IOMMU's own registers, amid a command.
 */
bool amdvi_viommu_buffer(AMDVIState *s, AMDVIGuest *guest, hwaddr gpa,
                         void *buf, size_t len, bool is_write, uint8_t vflag)
{
    uint16_t devid = VFCTRL_TRANS_DEVID(guest->vfctrl[VFCTRL_MISC / 8]);
    IOMMUAccessFlags access = is_write ? IOMMU_WO : IOMMU_RO;
    unsigned events = s->events;
    uint64_t dte[4] = {};
    hwaddr spa = 0;
    bool dte_ok = usable(s, devid, dte);
    bool ok = dte_ok && translate(s, devid, dte, gpa, access, &spa) &&
              dma_memory_rw(&address_space_memory, spa, buf, len,
                            is_write ? DMA_DIRECTION_FROM_DEVICE :
                            DMA_DIRECTION_TO_DEVICE,
                            AMDVI_RAM_ONLY) == MEMTX_OK;

    trace_amdvi_viommu_buffer(guest->id, devid, gpa, spa, is_write, ok);
    if (!ok && s->events == events) {
        bool present = dte_ok && is_write &&
                       translate(s, devid, dte, gpa, IOMMU_RO, &spa);

        amdvi_viommu_log_buffer_fault(s, devid, extract64(dte[1], 0, 16), gpa,
                                      (is_write ? AMDVI_EVENT_IOPF_RW : 0) |
                                      (present ? AMDVI_EVENT_IOPF_PR |
                                                 AMDVI_EVENT_IOPF_PE : 0),
                                      vflag);
    }
    return ok;
}
