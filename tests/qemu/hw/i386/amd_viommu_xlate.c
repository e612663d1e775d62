/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU: translation of a request, in one or two stages
 *
 * The host table (v1) of a device table entry maps guest physical addresses,
 * or the addresses the device uses where there is no guest stage. The guest
 * stage has the format of the processor's long mode; its root is found
 * through the GCR3 table, and with GCR3TRPMode all of its tables lie at guest
 * physical addresses.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "system/dma.h"
#include "amd_iommu.h"
#include "trace.h"

/* Device table entry */
#define DTE_MODE(dte)           extract64((dte)[0], 9, 3)
#define DTE_GIOV                BIT_ULL(54)
#define DTE_GV                  BIT_ULL(55)
#define DTE_GLX(dte)            extract64((dte)[0], 56, 2)
#define DTE_PAGING_MODE(dte)    extract64((dte)[2], 54, 2)
#define DTE_PERM(dte)           extract64((dte)[0], 61, 2)
#define DTE_DOMID(dte)          extract64((dte)[1], 0, 16)

#define MODE_RESERVED           7

/*
 * Why a walk ends early: the page is not present, or what is wrong with one
 * that is. No flag is known for a level that cannot be there.
 */
#define NOT_PRESENT             0
#define ILLEGAL_LEVEL           AMDVI_EVENT_IOPF_PR
#define DENIED                  (AMDVI_EVENT_IOPF_PR | AMDVI_EVENT_IOPF_PE)
#define RESERVED_BIT            (AMDVI_EVENT_IOPF_PR | AMDVI_EVENT_IOPF_RZ)

#define GCR3_VALID              BIT_ULL(0)
#define GCR3_BASE               MAKE_64BIT_MASK(12, 40)

/* Long mode */
#define PTE_P                   BIT_ULL(0)
#define PTE_W                   BIT_ULL(1)
#define PTE_U                   BIT_ULL(2)
#define PTE_PS                  BIT_ULL(7)
#define PTE_BASE                MAKE_64BIT_MASK(12, 40)

/* One request on its way */
typedef struct Walk {
    AMDVIState *s;
    const uint64_t *dte;
    uint16_t devid;
    uint32_t pasid;             /* AMDVI_NO_PASID without one */
    hwaddr addr;                /* as the device used it */
    IOMMUAccessFlags access;
    bool report;                /* faults go to the event log */
    AMDVITlbEntry *entry;       /* what there will be to cache */
} Walk;

/* Where a stage leads to; @mask is one less than the size of the page */
typedef struct Page {
    hwaddr addr;
    hwaddr mask;
    IOMMUAccessFlags perm;
} Page;

static uint64_t gcr3_root(const uint64_t *dte)
{
    return extract64(dte[0], 58, 3) << 12 | extract64(dte[1], 16, 16) << 15 |
           extract64(dte[1], 43, 21) << 31;
}

static uint16_t fault_flags(const Walk *w, uint16_t why)
{
    return (w->access & IOMMU_WO ? AMDVI_EVENT_IOPF_RW : 0) |
           why |
           (w->pasid != AMDVI_NO_PASID ? AMDVI_EVENT_IOPF_GN : 0);
}

/*
 * dw1: DomainID, or the PASID with GN where the device sent one; the address
 * is the one that the device used, whichever stage did not translate.
 */
static bool fault(const Walk *w, uint16_t why)
{
    uint32_t id = w->pasid != AMDVI_NO_PASID ? w->pasid : DTE_DOMID(w->dte);

    if (w->report) {
        amdvi_page_fault(w->s, w->devid, id, w->addr, fault_flags(w, why));
        trace_amdvi_page_fault(w->addr);
    }
    return false;
}

/* What the guest's own tables do not allow is the guest's to know */
static bool guest_fault(const Walk *w, uint16_t why)
{
    if (w->report &&
        amdvi_viommu_log_fault(w->s, w->dte, w->pasid, w->addr,
                               fault_flags(w, why))) {
        trace_amdvi_page_fault(w->addr);
        return false;
    }
    return fault(w, why);
}

/*
 * Host stage: @addr as guest physical address, or as the device's own. What the
 * device table entry allows is for dte_allows() to say.
 */
static bool host_stage(const Walk *w, hwaddr addr, IOMMUAccessFlags access,
                       Page *page)
{
    AMDVIWalk walk = AMDVI_WALK_DONE;

    *page = (Page) { addr & ~0xfffULL, 0xfff, IOMMU_RW };
    if (DTE_MODE(w->dte)) {
        walk = amdvi_host_walk(w->s, w->devid, w->dte[0], addr, access,
                               &page->addr, &page->mask, &page->perm);
    }
    switch (walk) {
    case AMDVI_WALK_DONE:
        return (page->perm & access) == access || fault(w, DENIED);
    case AMDVI_WALK_NOT_PRESENT:
        return fault(w, NOT_PRESENT);
    case AMDVI_WALK_ILLEGAL:
        return fault(w, ILLEGAL_LEVEL);
    default:
        return false;
    }
}

/* A word of a table in memory */
static bool read_word(const Walk *w, hwaddr spa, uint64_t *val)
{
    if (dma_memory_read(&address_space_memory, spa, val, sizeof(*val),
                        AMDVI_RAM_ONLY)) {
        amdvi_log_pagetab_error(w->s, w->devid, spa, 0);
        return false;
    }
    *val = le64_to_cpu(*val);
    return true;
}

/* A word of a guest's table: it lies at a guest physical address */
static bool read_guest(const Walk *w, hwaddr gpa, uint64_t *val)
{
    Page page;

    w->entry->tables[w->entry->num_tables++] = gpa & ~0xfffULL;
    return host_stage(w, gpa, IOMMU_RO, &page) &&
           read_word(w, page.addr | (gpa & page.mask), val);
}

/* GCR3TRPMode: all of the GCR3 table is the guest's, or none of it */
static bool read_gcr3_entry(const Walk *w, hwaddr addr, uint64_t *val)
{
    return amdvi_gcr3_is_gpa(w->s) ? read_guest(w, addr, val)
                                   : read_word(w, addr, val);
}

/* The root of the guest's tables for the PASID */
static bool read_gcr3(const Walk *w, uint64_t *root)
{
    uint32_t pasid = w->pasid == AMDVI_NO_PASID ? 0 : w->pasid;
    uint64_t table = gcr3_root(w->dte), entry;
    int level = DTE_GLX(w->dte);

    if (pasid >> MIN(9 * (level + 1), amdvi_pasid_bits(w->s))) {
        return guest_fault(w, NOT_PRESENT);
    }
    for (; level >= 0; level--) {
        if (!read_gcr3_entry(w, table + extract32(pasid, 9 * level, 9) * 8,
                             &entry)) {
            return false;
        }
        if (!(entry & GCR3_VALID)) {
            return guest_fault(w, NOT_PRESENT);
        }
        table = entry & GCR3_BASE;
    }
    *root = table;
    return true;
}

/*
 * Whether tables of @bits have an entry for the address. For a PASID they are
 * those of a processor, and the bits above repeat the highest; without one the
 * tables have all of the address.
 */
static bool in_reach(const Walk *w, unsigned bits)
{
    return w->pasid == AMDVI_NO_PASID
           ? !(w->addr >> bits)
           : sextract64(w->addr, 0, bits) == (int64_t)w->addr;
}

/*
 * Guest stage: to a guest physical address. EFR promises neither NX nor
 * supervisors: no entry forbids to execute, and no request is privileged.
 */
static bool guest_stage(const Walk *w, Page *page)
{
    int level = DTE_PAGING_MODE(w->dte) ? 4 : 3;
    uint64_t table = 0, pte;

    if (!in_reach(w, 12 + 9 * (level + 1))) {
        return guest_fault(w, NOT_PRESENT);
    }
    if (!read_gcr3(w, &table)) {
        return false;
    }
    page->perm = IOMMU_RW;
    for (;; level--) {
        unsigned shift = 12 + 9 * level;

        if (!read_guest(w, table + extract64(w->addr, shift, 9) * 8, &pte)) {
            return false;
        }
        if (!(pte & PTE_P)) {
            return guest_fault(w, NOT_PRESENT);
        }
        if (!(pte & PTE_W)) {
            page->perm &= ~IOMMU_WO;
        }
        if (!(pte & PTE_U)) {
            page->perm = IOMMU_NONE;
        }
        if (level > 2 && (pte & PTE_PS)) {
            return guest_fault(w, RESERVED_BIT);
        }
        if (!level || (pte & PTE_PS)) {
            page->mask = MAKE_64BIT_MASK(0, shift);
            page->addr = pte & PTE_BASE & ~page->mask;
            break;
        }
        table = pte & PTE_BASE;
    }
    return (page->perm & w->access) == w->access || guest_fault(w, DENIED);
}

static bool two_stages(const Walk *w, Page *page)
{
    Page guest = {}, host = {};
    hwaddr gpa;

    if (!guest_stage(w, &guest)) {
        return false;
    }
    gpa = guest.addr | (w->addr & guest.mask);
    if (!host_stage(w, gpa, w->access, &host)) {
        return false;
    }
    page->mask = MIN(guest.mask, host.mask);
    page->addr = (host.addr | (gpa & host.mask)) & ~page->mask;
    page->perm = guest.perm & host.perm;
    w->entry->gpa = gpa & ~page->mask;
    trace_amdvi_nested_walk(w->devid, w->pasid, w->addr, gpa, page->addr);
    return true;
}

/* With GIOV a request without PASID is one with PASID 0 */
static bool uses_guest_stage(const Walk *w)
{
    return (w->dte[0] & DTE_GV) &&
           (w->pasid != AMDVI_NO_PASID || (w->dte[0] & DTE_GIOV));
}

static bool legal(const Walk *w)
{
    if (DTE_MODE(w->dte) == MODE_RESERVED) {
        return false;
    }
    if (!amdvi_had_legal(w->s, AMDVI_DEV_HAD(w->dte[0]))) {
        return false;
    }
    return !(w->dte[0] & DTE_GV) ||
           amdvi_guest_stage_legal(w->s, DTE_GLX(w->dte),
                                   DTE_PAGING_MODE(w->dte));
}

/* IR and IW limit what the tables allow, and what is cached of them */
static bool dte_allows(const Walk *w)
{
    return (DTE_PERM(w->dte) & w->access) == w->access || fault(w, DENIED);
}

/*
 * Translate @addr of a request of @devid; false if it must be aborted, which
 * is in the event log then if @report. @dte is valid and has TV.
 */
bool amdvi_xlate(AMDVIState *s, uint16_t devid, const uint64_t *dte,
                 uint32_t pasid, hwaddr addr, IOMMUAccessFlags access,
                 bool report, IOMMUTLBEntry *ret)
{
    AMDVITlbEntry tag = { .domid = DTE_DOMID(dte) };
    Walk w = { s, dte, devid, pasid, addr, access, report, &tag };
    const AMDVITlbEntry *hit = NULL;
    Page page;

    if (!legal(&w)) {
        amdvi_log_illegal_dte(s, devid);
        return false;
    }
    /* Nothing translates for a PASID where there is no guest stage */
    if (pasid != AMDVI_NO_PASID && !(dte[0] & DTE_GV)) {
        return fault(&w, NOT_PRESENT);
    }
    if (!dte_allows(&w)) {
        return false;
    }
    tag.nested = uses_guest_stage(&w);
    tag.pasid = tag.nested && pasid != AMDVI_NO_PASID ? pasid : 0;
    /* What one that is cached does not allow is looked up anew */
    hit = amdvi_tlb_lookup(s, &tag, addr, access);
    if (hit) {
        page = (Page) { hit->addr, hit->page_mask, hit->perm };
    } else if (tag.nested ? two_stages(&w, &page)
                          : host_stage(&w, addr, access, &page)) {
        tag.first = addr & ~page.mask;
        tag.addr = page.addr;
        tag.page_mask = page.mask;
        tag.perm = page.perm;
        amdvi_tlb_fill(s, &tag);
    } else {
        return false;
    }
    trace_amdvi_xlate(devid, tag.domid, tag.nested, pasid, addr, page.addr,
                      page.perm, hit != NULL);
    ret->iova = addr & ~page.mask;
    ret->translated_addr = page.addr;
    ret->addr_mask = page.mask;
    ret->perm = page.perm & DTE_PERM(dte);
    return true;
}
