/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU vIOMMU: private address space and the tables in it
 *
 * The IOMMU is a DMA device of its own: what it keeps of each guest lies in
 * memory that it reaches through its own device table entry.
 */

#include "qemu/osdep.h"
#include "qemu/bitmap.h"
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

/* Where the entry of a gDevID or gDomID lies */
hwaddr amdvi_viommu_map_ipa(uint16_t guest_id, AMDVIMapKind kind,
                            uint16_t index)
{
    return kind == AMDVI_MAP_DOMID
           ? IPA_DOMID_TABLES + guest_id * IPA_DOMID_TABLE_SIZE +
             index * IPA_DOMID_ENTRY_SIZE
           : IPA_DEVID_TABLES + guest_id * IPA_DEVID_TABLE_SIZE +
             index * IPA_DEVID_ENTRY_SIZE;
}

/*
 * The IOMMU's own access to @len bytes of its private address space. What it
 * cannot reach is a VIOMMU_HARDWARE_ERROR, if nothing else has told of it; or a
 * store there is dropped silently [open question 7].
 */
static bool ipa_rw(AMDVIState *s, uint16_t guest_id, AMDVIMapKind kind,
                   hwaddr ipa, void *buf, size_t len, bool is_write,
                   uint8_t vflag)
{
    unsigned events = s->events;
    hwaddr spa;

    if (amdvi_ipa_translate(s, ipa, is_write ? IOMMU_WO : IOMMU_RO, &spa) &&
        !dma_memory_rw(&address_space_memory, spa, buf, len,
                       is_write ? DMA_DIRECTION_FROM_DEVICE :
                       DMA_DIRECTION_TO_DEVICE, AMDVI_RAM_ONLY)) {
        return true;
    }
    trace_amdvi_viommu_ipa_fault(guest_id, ipa);
    if (s->events == events && !(is_write && s->viommu.map_fault_dropped)) {
        amdvi_viommu_log_hw_error(s, guest_id, kind, ipa,
                                  is_write ? AMDVI_EVENT_IOPF_RW : 0, vflag);
    }
    return false;
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

/* The host ID that an entry of @index holds, or -1 */
static int32_t decode_entry(AMDVIState *s, uint16_t guest_id, uint16_t index,
                            uint64_t entry)
{
    switch (s->viommu.entry_format) {
    case 0:
        return entry & BIT_ULL(0) ? extract64(entry, 16, 16) : -1;
    case 1:
        return entry & BIT_ULL(63) ? extract64(entry, 32, 16) : -1;
    default:
        return entry & BIT_ULL(0) && extract64(entry, 17, 16) == guest_id &&
               extract64(entry, 33, 16) == index ? extract64(entry, 1, 16)
                                                 : -1;
    }
}

/* VF control 00h, 08h with the strobe: store one entry of the guest's table */
void amdvi_viommu_map_store(AMDVIState *s, uint16_t guest_id,
                            AMDVIMapKind kind, uint64_t val)
{
    uint16_t index = MAP_GUEST_ID(val);
    hwaddr ipa = amdvi_viommu_map_ipa(guest_id, kind, index);
    uint64_t entry[2] = { cpu_to_le64(encode_entry(s, guest_id, val)) };

    if (kind == AMDVI_MAP_DOMID) {
        trace_amdvi_viommu_domid_map_store(guest_id, index, MAP_HOST_ID(val),
                                           val & MAP_VALID, ipa);
    } else {
        trace_amdvi_viommu_devid_map_store(guest_id, index, MAP_HOST_ID(val),
                                           val & MAP_VALID, ipa);
    }
    if (!(val & MAP_VALID) && s->viommu.map_invalid_ignored) {
        return;
    }
    if (kind == AMDVI_MAP_DOMID) {
        /* Of all guests: the same memory may be in several tables */
        amdvi_viommu_forget_domains(s);
    }
    ipa_rw(s, guest_id, kind, ipa, entry,
           kind == AMDVI_MAP_DOMID ? IPA_DOMID_ENTRY_SIZE
                                   : IPA_DEVID_ENTRY_SIZE,
           true, AMDVI_VFLAG_POINTER);
}

/* What a guest's ID stands for, on behalf of a command of the guest */
AMDVIMapResult amdvi_viommu_map_load(AMDVIState *s, uint16_t guest_id,
                                     AMDVIMapKind kind, uint16_t index,
                                     uint16_t *host_id)
{
    hwaddr ipa = amdvi_viommu_map_ipa(guest_id, kind, index);
    uint64_t entry;
    int32_t id;

    if (!ipa_rw(s, guest_id, kind, ipa, &entry, sizeof(entry), false,
                AMDVI_VFLAG_CMD)) {
        return AMDVI_MAP_UNREADABLE;
    }
    id = decode_entry(s, guest_id, index, le64_to_cpu(entry));
    trace_amdvi_viommu_map_load(guest_id, kind, index, id);
    *host_id = id;
    return id < 0 ? AMDVI_MAP_INVALID : AMDVI_MAP_VALID;
}

/*
 * The domains of a guest
 *
 * Found by a look at all of its table, and kept until that may have changed: a
 * store to a table, or an invalidation of the private address space. Most of a
 * table may be the same page again and again, which is read once.
 */

#define DOMIDS_PER_PAGE         (0x1000 / IPA_DOMID_ENTRY_SIZE)

/* What reading all of a table costs, see amdvi_viommu_charge() */
#define READ_TABLE_COST         16

static void domains_free(gpointer data)
{
    AMDVIDomains *d = data;

    g_array_unref(d->domains);
    g_free(d);
}

static void add_domains(AMDVIState *s, uint16_t guest_id, uint16_t first,
                        const uint64_t *page, unsigned long *seen,
                        AMDVIDomains *d)
{
    for (int i = 0; i < DOMIDS_PER_PAGE; i++) {
        int32_t id;

        if (i && page[i] == page[i - 1]) {
            continue;
        }
        id = decode_entry(s, guest_id, first + i, le64_to_cpu(page[i]));
        if (id >= 0 && !test_and_set_bit(id, seen)) {
            AMDVIDomain domain = { id, first + i };

            g_array_append_val(d->domains, domain);
        }
    }
}

/* An entry that names its place is right in one place only */
static bool same_anywhere(AMDVIState *s)
{
    return s->viommu.entry_format < 2;
}

static AMDVIDomains *read_domains(AMDVIState *s, uint16_t guest_id)
{
    g_autofree unsigned long *seen = bitmap_new(AMDVI_MAP_ENTRIES);
    AMDVIDomains *d = g_new0(AMDVIDomains, 1);
    hwaddr spa, last = UINT64_MAX;
    unsigned events = s->events;
    uint64_t page[DOMIDS_PER_PAGE];

    d->domains = g_array_new(false, false, sizeof(AMDVIDomain));
    /* What has been reported is not looked at again and again */
    for (int i = 0; i < AMDVI_MAP_ENTRIES && s->events == events;
         i += DOMIDS_PER_PAGE) {
        hwaddr ipa = amdvi_viommu_map_ipa(guest_id, AMDVI_MAP_DOMID, i);

        if (!amdvi_ipa_translate(s, ipa, IOMMU_RO, &spa) ||
            (spa != last &&
             dma_memory_read(&address_space_memory, spa, page, sizeof(page),
                             AMDVI_RAM_ONLY))) {
            if (!d->hole) {
                d->hole = true;
                d->hole_ipa = ipa;
            }
            last = UINT64_MAX;
            continue;
        }
        if (spa != last || !same_anywhere(s)) {
            add_domains(s, guest_id, i, page, seen, d);
        }
        last = spa;
    }
    amdvi_viommu_charge(s, READ_TABLE_COST);
    trace_amdvi_viommu_domains(guest_id, d->domains->len, d->hole);
    return d;
}

/* Those of which the table can be read; until the next call */
const AMDVIDomains *amdvi_viommu_domains(AMDVIState *s, uint16_t guest_id)
{
    gpointer key = GUINT_TO_POINTER(guest_id);
    AMDVIDomains *d;

    if (!s->viommu.domains) {
        s->viommu.domains = g_hash_table_new_full(NULL, NULL, NULL,
                                                  domains_free);
    }
    d = g_hash_table_lookup(s->viommu.domains, key);
    /* One with a hole is not kept: it may be there by now */
    if (!d || d->hole || !s->viommu.cache) {
        d = read_domains(s, guest_id);
        g_hash_table_insert(s->viommu.domains, key, d);
    }
    return d;
}

void amdvi_viommu_forget_domains(AMDVIState *s)
{
    if (s->viommu.domains) {
        g_hash_table_remove_all(s->viommu.domains);
    }
}
