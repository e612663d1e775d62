/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU vIOMMU: private address space and the tables in it
 *
 * The IOMMU is a DMA device of its own: what it keeps of each guest lies in
 * memory that it reaches through its own device table entry.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "system/dma.h"
#include "amd_iommu.h"
#include "trace.h"

/* IOMMU private address space: DeviceID tables, DomainID tables */
#define IPA_DEVID_TABLES        0x1000000000ULL
#define IPA_DEVID_TABLE_SIZE    0x100000ULL
#define IPA_DEVID_ENTRY_SIZE    16
#define IPA_DOMID_TABLES        0x2000000000ULL
#define IPA_DOMID_TABLE_SIZE    0x80000ULL
#define IPA_DOMID_ENTRY_SIZE    8

/* VF control 00h, 08h: the entry to store */
#define MAP_VALID               BIT_ULL(0)
#define MAP_HOST_ID(val)        extract64(val, 14, 16)
#define MAP_GUEST_ID(val)       extract64(val, 46, 16)

/* Events: VIOMMU_HARDWARE_ERROR */
#define EVENT_VIOMMU_HW_ERROR   0xc
#define EVENT_SOURCE_DEVID_MAP  0
#define EVENT_SOURCE_DOMID_MAP  1
#define EVENT_FLAG_RW           BIT(5)
#define EVENT_VFLAG_VPTR        BIT(3)

/*
 * dw0[15:0] GuestID, [17:16] source, [31:27] vflags; dw1[27:16] flags,
 * [31:28] code; dw2-3 address
 */
static void log_hardware_error(AMDVIState *s, uint16_t guest_id,
                               unsigned source, hwaddr ipa)
{
    uint64_t evt[2];

    evt[0] = guest_id | (uint64_t)source << 16 |
             (uint64_t)EVENT_VFLAG_VPTR << 27 |
             (uint64_t)EVENT_FLAG_RW << 48 |
             (uint64_t)EVENT_VIOMMU_HW_ERROR << 60;
    evt[1] = ipa;
    amdvi_log_event(s, evt);
}

static hwaddr entry_ipa(uint16_t guest_id, bool domain, uint16_t index)
{
    return domain ? IPA_DOMID_TABLES + guest_id * IPA_DOMID_TABLE_SIZE +
                    index * IPA_DOMID_ENTRY_SIZE
                  : IPA_DEVID_TABLES + guest_id * IPA_DEVID_TABLE_SIZE +
                    index * IPA_DEVID_ENTRY_SIZE;
}

/*
 * Table entry format: private to the hardware [open question 1]. All have a
 * valid bit and the host ID, in different places; the last one also says whose
 * entry it is, so that a copy of it elsewhere is wrong.
 */
static uint64_t encode_entry(AMDVIState *s, uint16_t guest_id, uint64_t val)
{
    if (!(val & MAP_VALID)) {
        return 0;
    }
    switch (s->viommu.entry_format) {
    case 0:
        return BIT_ULL(0) | MAP_HOST_ID(val) << 16;
    case 1:
        return BIT_ULL(63) | MAP_HOST_ID(val) << 32;
    default:
        return BIT_ULL(0) | MAP_HOST_ID(val) << 1 |
               (uint64_t)guest_id << 17 | MAP_GUEST_ID(val) << 33;
    }
}

/* VF control 00h, 08h with the strobe: store one entry of the guest's table */
void amdvi_viommu_map_store(AMDVIState *s, uint16_t guest_id, bool domain,
                            uint64_t val)
{
    uint16_t index = MAP_GUEST_ID(val);
    hwaddr ipa = entry_ipa(guest_id, domain, index);
    size_t len = domain ? IPA_DOMID_ENTRY_SIZE : IPA_DEVID_ENTRY_SIZE;
    uint64_t entry[2] = { cpu_to_le64(encode_entry(s, guest_id, val)) };
    hwaddr spa;

    if (domain) {
        trace_amdvi_viommu_domid_map_store(guest_id, index, MAP_HOST_ID(val),
                                           val & MAP_VALID, ipa);
    } else {
        trace_amdvi_viommu_devid_map_store(guest_id, index, MAP_HOST_ID(val),
                                           val & MAP_VALID, ipa);
    }
    if (!(val & MAP_VALID) && s->viommu.map_invalid_ignored) {
        return;
    }
    if (!amdvi_ipa_translate(s, ipa, IOMMU_WO, &spa) ||
        dma_memory_write(&address_space_memory, spa, entry, len,
                         MEMTXATTRS_UNSPECIFIED)) {
        trace_amdvi_viommu_ipa_fault(guest_id, ipa);
        log_hardware_error(s, guest_id, domain ? EVENT_SOURCE_DOMID_MAP :
                           EVENT_SOURCE_DEVID_MAP, ipa);
    }
}
