/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU: what it keeps of device table entries and translations
 *
 * Real caches: what is in here is used without a look at memory, until the
 * command that invalidates it. Software that forgets one works with stale
 * data, as it would on hardware.
 */

#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "amd_iommu.h"
#include "trace.h"

/* A full cache starts over; hardware would evict one */
#define TLB_MAX     4096

static guint tlb_hash(gconstpointer v)
{
    const AMDVITlbEntry *e = v;

    return (guint)((e->first >> 12) ^ e->page_mask >> 10 ^
                   (uint64_t)e->pasid << 20 ^ (uint64_t)e->domid << 13 ^
                   e->nested);
}

static gboolean tlb_equal(gconstpointer v1, gconstpointer v2)
{
    const AMDVITlbEntry *a = v1, *b = v2;

    return a->first == b->first && a->page_mask == b->page_mask &&
           a->domid == b->domid && a->pasid == b->pasid &&
           a->nested == b->nested;
}

void amdvi_cache_init(AMDVIState *s)
{
    s->viommu.tlb = g_hash_table_new_full(tlb_hash, tlb_equal, NULL, g_free);
    s->viommu.dtes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
}

static void tlb_clear(AMDVIState *s)
{
    g_hash_table_remove_all(s->viommu.tlb);
    s->viommu.tlb_sizes = 0;
}

void amdvi_cache_reset(AMDVIState *s)
{
    if (s->viommu.tlb) {
        tlb_clear(s);
        g_hash_table_remove_all(s->viommu.dtes);
    }
}

/* Without the vIOMMU there are none: the device is the stock one then */
static bool caches(AMDVIState *s)
{
    return s->viommu.cache && s->viommu.dtes;
}

/*
 * Device table entries, by requester ID
 */

const uint64_t *amdvi_dte_cache_lookup(AMDVIState *s, uint16_t devid)
{
    return caches(s) ? g_hash_table_lookup(s->viommu.dtes,
                                           GUINT_TO_POINTER(devid)) : NULL;
}

void amdvi_dte_cache_fill(AMDVIState *s, uint16_t devid, const uint64_t *dte)
{
    if (caches(s)) {
        trace_amdvi_dte_cache_fill(devid, dte[0], dte[1], dte[2], dte[3]);
        g_hash_table_insert(s->viommu.dtes, GUINT_TO_POINTER(devid),
                            g_memdup2(dte, AMDVI_DEVTAB_ENTRY_SIZE));
    }
}

void amdvi_dte_cache_inval(AMDVIState *s, uint16_t devid)
{
    if (caches(s)) {
        trace_amdvi_dte_cache_inval(devid);
        g_hash_table_remove(s->viommu.dtes, GUINT_TO_POINTER(devid));
    }
}

/*
 * Translations, by domain ID, PASID and page
 */

/* Of @tag, an entry for @addr, whatever its page size, that allows @access */
const AMDVITlbEntry *amdvi_tlb_lookup(AMDVIState *s, const AMDVITlbEntry *tag,
                                      hwaddr addr, IOMMUAccessFlags access)
{
    AMDVITlbEntry key = *tag;
    const AMDVITlbEntry *e;

    if (!caches(s)) {
        return NULL;
    }
    for (uint64_t sizes = s->viommu.tlb_sizes; sizes; sizes &= sizes - 1) {
        key.page_mask = (sizes & -sizes) - 1;
        key.first = addr & ~key.page_mask;
        e = g_hash_table_lookup(s->viommu.tlb, &key);
        if (e && (e->perm & access) == access) {
            return e;
        }
    }
    return NULL;
}

void amdvi_tlb_fill(AMDVIState *s, const AMDVITlbEntry *entry)
{
    AMDVITlbEntry *e;

    if (!caches(s)) {
        return;
    }
    if (g_hash_table_size(s->viommu.tlb) >= TLB_MAX) {
        tlb_clear(s);
    }
    e = g_memdup2(entry, sizeof(*entry));
    s->viommu.tlb_sizes |= e->page_mask + 1;
    g_hash_table_replace(s->viommu.tlb, e, e);
}

typedef struct GuestInvalidation {
    uint16_t guest_id;
    const unsigned long *domains;
} GuestInvalidation;

static gboolean of_guests_domain(gpointer key, gpointer value, gpointer data)
{
    const AMDVITlbEntry *e = value;
    const GuestInvalidation *g = data;

    return test_bit(e->domid, g->domains);
}

static gboolean of_guests_device(gpointer key, gpointer value, gpointer data)
{
    const uint64_t *dte = value;
    const GuestInvalidation *g = data;

    return (dte[3] & AMDVI_DTE3_VIMUEN) &&
           AMDVI_DTE3_GUEST_ID(dte[3]) == g->guest_id;
}

/* All that is cached for the devices and the domains, by hDomID, of a guest */
void amdvi_cache_inval_guest(AMDVIState *s, uint16_t guest_id,
                             const unsigned long *domains)
{
    GuestInvalidation g = { guest_id, domains };
    guint dtes, translations;

    dtes = g_hash_table_foreach_remove(s->viommu.dtes, of_guests_device, &g);
    translations = g_hash_table_foreach_remove(s->viommu.tlb,
                                               of_guests_domain, &g);
    trace_amdvi_cache_inval_guest(guest_id, dtes, translations);
}

typedef struct Invalidation {
    uint16_t domid;
    bool gn;
    uint32_t pasid;
    uint64_t first;
    uint64_t last;
} Invalidation;

static bool overlaps(const Invalidation *r, uint64_t first, uint64_t mask)
{
    return first <= r->last && first + mask >= r->first;
}

/*
 * With GN the addresses are those of a PASID. Without it they are those that
 * the host table translates: for a nested translation the guest physical ones
 * of the page and of every guest table on the way to it.
 */
static gboolean in_range(gpointer key, gpointer value, gpointer data)
{
    const AMDVITlbEntry *e = value;
    const Invalidation *r = data;

    if (e->domid != r->domid) {
        return false;
    }
    if (r->gn) {
        return e->nested && e->pasid == r->pasid &&
               overlaps(r, e->first, e->page_mask);
    }
    for (unsigned i = 0; i < e->num_tables; i++) {
        if (overlaps(r, e->tables[i], 0xfff)) {
            return true;
        }
    }
    return overlaps(r, e->nested ? e->gpa : e->first, e->page_mask);
}

/*
 * The size that an address with S set stands for, less one: its first zero bit
 * from bit 12 on ends the mask.
 */
hwaddr amdvi_size_mask(hwaddr addr)
{
    unsigned zero = cto64(addr | 0xfff);

    return zero >= 51 ? UINT64_MAX : (2ULL << zero) - 1;
}

/* INVALIDATE_IOMMU_PAGES: see hw/i386/amd_iommu.h for where its fields are */
void amdvi_tlb_inval_pages(AMDVIState *s, const uint64_t *cmd)
{
    uint64_t addr = cmd[1] & ~0xfffULL;
    Invalidation r = {
        .domid = extract64(cmd[0], 32, 16),
        .gn = extract64(cmd[1], 2, 1),
        .pasid = extract64(cmd[0], 0, 20),
        .first = addr,
        .last = addr | 0xfff,
    };
    guint dropped;

    if (!s->viommu.tlb) {
        return;
    }
    if (extract64(cmd[1], 0, 1)) {
        uint64_t mask = amdvi_size_mask(addr);

        r.first = addr & ~mask;
        r.last = addr | mask;
    }
    dropped = g_hash_table_foreach_remove(s->viommu.tlb, in_range, &r);
    trace_amdvi_tlb_inval_pages(r.domid, r.gn, r.pasid, r.first, r.last,
                                dropped);
}
