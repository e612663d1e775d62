/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: a device that a guest has: its requests are translated by tables of
 * the guest's, which lie, like its event log, at guest physical addresses
 */

#ifndef AMD_IOMMU_NESTED_H
#define AMD_IOMMU_NESTED_H

#include "amd-iommu-dma.h"

/* The guest's pages: where it has them, and where they are */
#define GPA(page)           (0xa5a5a0000000ULL + (page) * 0x1000)
#define SPA(page)           TABLE(0x100 + (page))
#define PAGES               0x20

/* What the pages are for; tables have their level in their number */
#define GCR3_PAGE(level)    (level)                 /* 1 to 3 */
#define OTHER_GCR3_PAGE     0x04
#define GUEST_PAGE(level)   (0x08 + (level))        /* 1 to 5 */
#define OTHER_PAGE(level)   (0x10 + (level))        /* 1 to 5 */
#define LOG_PAGE            0x18
#define DATA_PAGE           0x19

/* The host's tables */
#define HOST_TABLE(level)   TABLE(0x80 + (level))
#define DOMID_TABLE         TABLE(0x90)     /* and one for the rest of it */
#define TRANS_DEVID         0x1240
#define TRANS_DOMAIN        0x31
#define GDEV                0x15
#define GDOM                0x1f

/* Entries of the guest's tables */
#define G_P                 BIT_ULL(0)
#define G_W                 BIT_ULL(1)
#define G_U                 BIT_ULL(2)
#define G_PS                BIT_ULL(7)
#define G_NX                BIT_ULL(63)
#define G_ALL               (G_P | G_W | G_U)

#define DTE_GIOV            BIT_ULL(54)
#define DTE_GV              BIT_ULL(55)
#define DTE3_VIMUEN         BIT_ULL(15)

/* Another index in the table of each level, and bits in the offset */
#define GVA5                0x5b6c7d8e9fa120ULL
#define GVA                 (GVA5 & MAKE_64BIT_MASK(0, 47))
#define PASID               0x0a3

#define READ                1
#define WRITE               2

typedef struct Nested {
    Dma d;
    unsigned glx;
    unsigned levels;            /* of the guest's tables: 4 or 5 */
    uint64_t flags;             /* of the device table entry */
    bool owned;                 /* the IOMMU knows which guest's device it is */
    uint32_t log_head;
} Nested;

/* Where the guest's entry for @addr is, in a table on @page of @level */
static inline uint64_t guest_entry(unsigned page, unsigned level,
                                   uint64_t addr)
{
    return SPA(page) + extract64(addr, 12 + 9 * (level - 1), 9) * 8;
}

static inline uint64_t gcr3_entry(unsigned level, uint32_t pasid)
{
    return SPA(GCR3_PAGE(level)) + extract32(pasid, 9 * (level - 1), 9) * 8;
}

/* Write a word of some table; nothing else, until it is invalidated */
static inline void poke(Nested *n, uint64_t where, uint64_t val)
{
    qtest_writeq(n->d.t.qts, where, val);
}

/* Stage 2 of one of the guest's pages, likewise; with an entry of 0, none */
static inline void set_stage2(Nested *n, unsigned page, uint64_t entry)
{
    set_entry(&n->d, HOST_TABLE(1), 1, GPA(page), entry);
}

static inline void make_stage2(Nested *n)
{
    for (unsigned level = 4; level > 1; level--) {
        set_entry(&n->d, HOST_TABLE(level), level, GPA(0),
                  HOST_TABLE(level - 1) | PERM_RW | NEXT_LEVEL(level - 1) |
                  PTE_PR);
    }
    for (unsigned page = 0; page < PAGES; page++) {
        set_stage2(n, page, SPA(page) | PERM_RW | PTE_PR);
    }
}

/* The guest's event log, and the table with the name it has for its domain */
static inline void make_owner(Nested *n)
{
    Iommu *t = &n->d.t;

    map_domid_table(t, GID, DOMID_TABLE);
    qtest_writeq(t->qts, DEVTAB + TRANS_DEVID * 32 + 8, TRANS_DOMAIN);
    qtest_writeq(t->qts, DEVTAB + TRANS_DEVID * 32,
                 HOST_TABLE(4) | DTE_MODE(4) | PERM_RW | DTE_ON);
    qtest_writeq(t->qts, vfctrl(t, GID, 0x10), TRANS_DEVID << 16);
    qtest_writeq(t->qts, vfctrl(t, GID, 0x08), MAP(1, DOMAIN, GDOM));
    qtest_writeq(t->qts, vfctrl(t, GID, 0x28), GPA(LOG_PAGE) | BIT(8) | 8);
}

/* The device table entry, as the fields above say; nothing is cached then */
static inline void set_nested_dte(Nested *n)
{
    uint64_t gcr3 = GPA(GCR3_PAGE(n->glx + 1));
    uint64_t dte = DEVTAB + DEVFN * 32;

    poke(n, dte + 16, n->levels == 5 ? BIT_ULL(54) : 0);
    poke(n, dte + 24, n->owned ? DTE3_VIMUEN | GDEV << 16 |
                                 (uint64_t)GID << 32 : 0);
    set_dte(&n->d, HOST_TABLE(4) | DTE_MODE(4) | PERM_RW | n->flags | DTE_ON |
            (uint64_t)n->glx << 56 | extract64(gcr3, 12, 3) << 58,
            DOMAIN | extract64(gcr3, 15, 16) << 16 | DTE1_IOTLB |
            extract64(gcr3, 31, 21) << 43);
}

/* The way from the device table entry to the guest's tables */
static inline void set_gcr3(Nested *n, uint32_t pasid, uint64_t root)
{
    for (unsigned level = n->glx + 1; level > 1; level--) {
        poke(n, gcr3_entry(level, pasid), GPA(GCR3_PAGE(level - 1)) | 1);
    }
    poke(n, gcr3_entry(1, pasid), root | 1);
}

/* The guest's tables down to the one of level @leaf, whose entry is @entry */
static inline void map_guest(Nested *n, unsigned leaf, uint64_t addr,
                             uint64_t entry)
{
    for (unsigned level = n->levels; level > leaf; level--) {
        poke(n, guest_entry(GUEST_PAGE(level), level, addr),
             GPA(GUEST_PAGE(level - 1)) | G_ALL);
    }
    poke(n, guest_entry(GUEST_PAGE(leaf), leaf, addr), entry);
}

/* The guest has its data at GVA, for PASID */
static inline void start_nested_with(Nested *n, unsigned glx, bool owned,
                                     const char *props)
{
    *n = (Nested) {
        .glx = glx,
        .levels = 4,
        .flags = DTE_GV,
        .owned = owned,
    };
    start_dma(&n->d, props);
    make_stage2(n);
    make_owner(n);
    set_gcr3(n, PASID, GPA(GUEST_PAGE(4)));
    map_guest(n, 1, GVA, GPA(DATA_PAGE) | G_ALL);
    set_nested_dte(n);
    qpci_io_writel(n->d.dev, n->d.bar, REG_PASID, PASID);
}

static inline void start_nested(Nested *n, unsigned glx, bool owned)
{
    start_nested_with(n, glx, owned, "");
}

static inline void stop_nested(Nested *n)
{
    stop_dma(&n->d);
}

static inline void use_pasid(Nested *n, uint32_t pasid)
{
    qpci_io_writel(n->d.dev, n->d.bar, REG_PASID, pasid);
}

/* dw0 and dw1 of a page fault: with the PASID that the device sent, or not */
static inline uint64_t page_fault(uint16_t devid, uint32_t pasid,
                                  uint16_t domain, uint32_t cmd,
                                  uint64_t flags)
{
    uint64_t id = cmd & CMD_PASID
                  ? EVT_GN | (uint64_t)extract32(pasid, 0, 16) << 32 |
                    (uint64_t)extract32(pasid, 16, 4) << 16
                  : (uint64_t)domain << 32;

    return EVT(EVENT_PAGE_FAULT) | id | flags | devid |
           ((cmd & 0xf) == CMD_WRITE ? EVT_WRITE : 0);
}

static inline uint32_t guest_log_tail(Nested *n)
{
    return qtest_readl(n->d.t.qts, vf(&n->d.t, GID, 0x18));
}

/* Nothing since the last look, neither for the host nor for the guest */
static inline void assert_silence(Nested *n)
{
    assert_nothing_logged(&n->d);
    g_assert_cmphex(guest_log_tail(n), ==, n->log_head);
}

/* An access of the device fails: the host is told why, and the guest is not */
static inline void assert_host_told(Nested *n, uint32_t cmd, uint64_t addr,
                                    uint64_t flags)
{
    uint32_t pasid = qpci_io_readl(n->d.dev, n->d.bar, REG_PASID);

    dma(&n->d, cmd, addr, DMA_ERROR);
    assert_logged(&n->d, page_fault(DEVFN, pasid, DOMAIN, cmd, flags), addr);
    assert_silence(n);
}

/* The guest is told, and the host is not */
static inline void assert_guest_told(Nested *n, uint32_t cmd, uint64_t addr,
                                     uint64_t flags)
{
    uint32_t pasid = qpci_io_readl(n->d.dev, n->d.bar, REG_PASID);
    uint64_t entry = SPA(LOG_PAGE) + n->log_head;

    dma(&n->d, cmd, addr, DMA_ERROR);
    n->log_head = (n->log_head + 16) % 0x1000;
    assert_silence(n);
    g_assert_cmphex(qtest_readq(n->d.t.qts, entry), ==,
                    page_fault(GDEV, pasid, GDOM, cmd, flags));
    g_assert_cmphex(qtest_readq(n->d.t.qts, entry + 8), ==, addr);
    qtest_writel(n->d.t.qts, vf(&n->d.t, GID, 0x10), n->log_head);
}

#endif
