/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU: what it keeps of device table entries and translations
 *
 * Real caches: what is in here is used without a look at memory, until the
 * command that invalidates it. Software that forgets one works with stale
 * data, as it would on hardware.
 *
 * A command costs what it drops, not what there is: guests decide how much is
 * cached, and others wait for their commands. So what a translation can be
 * named by is in trees of ranges, one for each domain, and one for each of its
 * PASIDs.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "qemu/interval-tree.h"
#include "qemu/queue.h"
#include "amd_iommu.h"
#include "trace.h"

/* The oldest makes room in a full cache */
#define TLB_MAX     4096

/* Addresses of a domain: the host's, or those of a PASID */
#define HOST_SIDE   AMDVI_NO_PASID

typedef struct Space {
    gint64 key;                 /* domain, PASID */
    IntervalTreeRoot ranges;
} Space;

typedef struct Translation Translation;

typedef struct Span {
    IntervalTreeNode node;
    Space *space;
    Translation *of;
} Span;

struct Translation {
    AMDVITlbEntry entry;        /* which is its key, too */
    QTAILQ_ENTRY(Translation) next;
    unsigned num_ranges;
    Span ranges[];
};

struct AMDVITlb {
    GHashTable *entries;        /* AMDVITlbEntry to its Translation */
    GHashTable *spaces;         /* domain and PASID to their Space */
    QTAILQ_HEAD(, Translation) by_age;
    unsigned of_size[64];       /* by log2 of the page size */
    uint64_t sizes;             /* bits of those there are */
};

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
    AMDVITlb *tlb = g_new0(AMDVITlb, 1);

    tlb->entries = g_hash_table_new(tlb_hash, tlb_equal);
    tlb->spaces = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
                                        g_free);
    QTAILQ_INIT(&tlb->by_age);
    s->viommu.tlb = tlb;
    s->viommu.dtes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    s->viommu.dtes_of = g_hash_table_new_full(NULL, NULL, NULL,
                            (GDestroyNotify)g_hash_table_destroy);
}

/*
 * Translations, and what they can be found by
 */

static Space *find_space(AMDVITlb *tlb, uint16_t domid, uint32_t pasid,
                         bool create)
{
    gint64 key = (gint64)domid << 32 | pasid;
    Space *space = g_hash_table_lookup(tlb->spaces, &key);

    if (!space && create) {
        space = g_new0(Space, 1);
        space->key = key;
        g_hash_table_insert(tlb->spaces, &space->key, space);
    }
    return space;
}

static void add_range(AMDVITlb *tlb, Translation *t, uint32_t pasid,
                      uint64_t first, uint64_t mask)
{
    Span *range = &t->ranges[t->num_ranges++];

    range->of = t;
    range->space = find_space(tlb, t->entry.domid, pasid, true);
    range->node.start = first;
    range->node.last = first | mask;
    interval_tree_insert(&range->node, &range->space->ranges);
}

static void remove_range(AMDVITlb *tlb, Span *range)
{
    interval_tree_remove(&range->node, &range->space->ranges);
    if (interval_tree_is_empty(&range->space->ranges)) {
        g_hash_table_remove(tlb->spaces, &range->space->key);
    }
}

static void drop(AMDVITlb *tlb, Translation *t)
{
    unsigned size = ctz64(t->entry.page_mask + 1) % 64;

    for (unsigned i = 0; i < t->num_ranges; i++) {
        remove_range(tlb, &t->ranges[i]);
    }
    if (!--tlb->of_size[size]) {
        tlb->sizes &= ~BIT_ULL(size);
    }
    QTAILQ_REMOVE(&tlb->by_age, t, next);
    g_hash_table_remove(tlb->entries, &t->entry);
    g_free(t);
}

/* All that has part of first...last there; returns how many they were */
static unsigned drop_range(AMDVITlb *tlb, uint16_t domid, uint32_t pasid,
                           uint64_t first, uint64_t last)
{
    IntervalTreeNode *node;
    unsigned dropped = 0;
    Space *space;

    /* With the last of its ranges a space is gone */
    while ((space = find_space(tlb, domid, pasid, false)) &&
           (node = interval_tree_iter_first(&space->ranges, first, last))) {
        drop(tlb, container_of(node, Span, node)->of);
        dropped++;
    }
    return dropped;
}

static void tlb_clear(AMDVITlb *tlb)
{
    Translation *t;

    while ((t = QTAILQ_FIRST(&tlb->by_age))) {
        drop(tlb, t);
    }
}

void amdvi_cache_reset(AMDVIState *s)
{
    if (s->viommu.tlb) {
        tlb_clear(s->viommu.tlb);
        g_hash_table_remove_all(s->viommu.dtes);
        g_hash_table_remove_all(s->viommu.dtes_of);
        amdvi_viommu_forget_domains(s);
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

/* The requester IDs, with entries that are cached, of a guest's devices */
static GHashTable *dtes_of(AMDVIState *s, uint16_t guest_id, bool create)
{
    gpointer key = GUINT_TO_POINTER(guest_id);
    GHashTable *ids = g_hash_table_lookup(s->viommu.dtes_of, key);

    if (!ids && create) {
        ids = g_hash_table_new(NULL, NULL);
        g_hash_table_insert(s->viommu.dtes_of, key, ids);
    }
    return ids;
}

void amdvi_dte_cache_fill(AMDVIState *s, uint16_t devid, const uint64_t *dte)
{
    if (!caches(s)) {
        return;
    }
    trace_amdvi_dte_cache_fill(devid, dte[0], dte[1], dte[2], dte[3]);
    g_hash_table_insert(s->viommu.dtes, GUINT_TO_POINTER(devid),
                        g_memdup2(dte, AMDVI_DEVTAB_ENTRY_SIZE));
    if (dte[3] & AMDVI_DTE3_VIMUEN) {
        g_hash_table_add(dtes_of(s, AMDVI_DTE3_GUEST_ID(dte[3]), true),
                         GUINT_TO_POINTER(devid));
    }
}

void amdvi_dte_cache_inval(AMDVIState *s, uint16_t devid)
{
    const uint64_t *dte = amdvi_dte_cache_lookup(s, devid);

    if (!caches(s)) {
        return;
    }
    trace_amdvi_dte_cache_inval(devid);
    if (dte && (dte[3] & AMDVI_DTE3_VIMUEN)) {
        g_hash_table_remove(dtes_of(s, AMDVI_DTE3_GUEST_ID(dte[3]), true),
                            GUINT_TO_POINTER(devid));
    }
    g_hash_table_remove(s->viommu.dtes, GUINT_TO_POINTER(devid));
    if (devid == pci_requester_id(&s->pci->dev)) {
        amdvi_viommu_forget_domains(s);
    }
}

/*
 * Translations
 */

/*
 * With the domain, PASID and kind of @tag, an entry for @addr, whatever its
 * page size, that allows @access
 */
const AMDVITlbEntry *amdvi_tlb_lookup(AMDVIState *s, const AMDVITlbEntry *tag,
                                      hwaddr addr, IOMMUAccessFlags access)
{
    AMDVITlbEntry key = *tag;
    const Translation *t;

    if (!caches(s)) {
        return NULL;
    }
    for (uint64_t sizes = s->viommu.tlb->sizes; sizes; sizes &= sizes - 1) {
        /* The smallest: bit 0 stands for all of the address space */
        key.page_mask = sizes & 1 ? UINT64_MAX : (sizes & -sizes) - 1;
        key.first = addr & ~key.page_mask;
        t = g_hash_table_lookup(s->viommu.tlb->entries, &key);
        if (t && (t->entry.perm & access) == access) {
            return &t->entry;
        }
    }
    return NULL;
}

void amdvi_tlb_fill(AMDVIState *s, const AMDVITlbEntry *entry)
{
    unsigned num_ranges = 1 + (entry->nested ? 1 + entry->num_tables : 0);
    unsigned size = ctz64(entry->page_mask + 1) % 64;
    AMDVITlb *tlb = s->viommu.tlb;
    Translation *t;

    if (!caches(s)) {
        return;
    }
    t = g_hash_table_lookup(tlb->entries, entry);
    if (t) {
        drop(tlb, t);
    } else if (g_hash_table_size(tlb->entries) >= TLB_MAX) {
        drop(tlb, QTAILQ_FIRST(&tlb->by_age));
    }
    t = g_malloc0(sizeof(*t) + num_ranges * sizeof(t->ranges[0]));
    t->entry = *entry;
    add_range(tlb, t, HOST_SIDE, entry->nested ? entry->gpa : entry->first,
              entry->page_mask);
    if (entry->nested) {
        add_range(tlb, t, entry->pasid, entry->first, entry->page_mask);
        for (unsigned i = 0; i < entry->num_tables; i++) {
            add_range(tlb, t, HOST_SIDE, entry->tables[i], 0xfff);
        }
    }
    tlb->of_size[size]++;
    tlb->sizes |= BIT_ULL(size);
    QTAILQ_INSERT_TAIL(&tlb->by_age, t, next);
    g_hash_table_insert(tlb->entries, &t->entry, t);
}

/*
 * What was not there, in the IOMMU's private address space, may be remembered
 * like what was [open question]: an entry that allows nothing.
 */
static AMDVITlbEntry miss_of(uint16_t domid, hwaddr ipa)
{
    return (AMDVITlbEntry) {
        .first = ipa & ~0xfffULL,
        .page_mask = 0xfff,
        .domid = domid,
        .perm = IOMMU_NONE,
    };
}

bool amdvi_tlb_missed(AMDVIState *s, uint16_t domid, hwaddr ipa)
{
    AMDVITlbEntry miss = miss_of(domid, ipa);
    const AMDVITlbEntry *e;

    if (!s->viommu.ipa_misses_cached) {
        return false;
    }
    e = amdvi_tlb_lookup(s, &miss, ipa, IOMMU_NONE);
    return e && e->perm == IOMMU_NONE;
}

void amdvi_tlb_fill_miss(AMDVIState *s, uint16_t domid, hwaddr ipa)
{
    AMDVITlbEntry miss = miss_of(domid, ipa);

    if (s->viommu.ipa_misses_cached) {
        amdvi_tlb_fill(s, &miss);
    }
}

/* All that is cached for the devices of a guest; how many they were */
unsigned amdvi_dte_cache_inval_guest(AMDVIState *s, uint16_t guest_id)
{
    GHashTable *ids = caches(s) ? dtes_of(s, guest_id, false) : NULL;
    unsigned dropped = 0;
    GHashTableIter it;
    gpointer id;

    if (ids) {
        g_hash_table_iter_init(&it, ids);
        while (g_hash_table_iter_next(&it, &id, NULL)) {
            dropped += g_hash_table_remove(s->viommu.dtes, id);
        }
        g_hash_table_remove(s->viommu.dtes_of, GUINT_TO_POINTER(guest_id));
    }
    return dropped;
}

/* All that is cached for a domain, by hDomID; how much it was */
unsigned amdvi_tlb_inval_domain(AMDVIState *s, uint16_t domid)
{
    return drop_range(s->viommu.tlb, domid, HOST_SIDE, 0, UINT64_MAX);
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

/*
 * INVALIDATE_IOMMU_PAGES: see hw/i386/amd_iommu.h for where its fields are.
 *
 * With GN the addresses are those of a PASID. Without it they are those that
 * the host table translates: for a nested translation the guest physical ones
 * of the page and of every guest table on the way to it.
 */
void amdvi_tlb_inval_pages(AMDVIState *s, const uint64_t *cmd)
{
    uint16_t domid = extract64(cmd[0], 32, 16);
    bool gn = extract64(cmd[1], 2, 1);
    uint32_t pasid = extract64(cmd[0], 0, 20);
    uint64_t first = cmd[1] & ~0xfffULL, last = first | 0xfff;
    unsigned dropped;

    if (!s->viommu.tlb) {
        return;
    }
    if (extract64(cmd[1], 0, 1)) {
        uint64_t mask = amdvi_size_mask(first);

        last = first | mask;
        first &= ~mask;
    }
    if (domid == s->viommu.ipa_domid) {
        amdvi_viommu_forget_domains(s);
    }
    dropped = drop_range(s->viommu.tlb, domid, gn ? pasid : HOST_SIDE, first,
                         last);
    amdvi_viommu_charge(s, dropped / AMDVI_DROPPED_PER_UNIT);
    trace_amdvi_tlb_inval_pages(domid, gn, pasid, first, last, dropped);
}
