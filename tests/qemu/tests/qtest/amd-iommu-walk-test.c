/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: how amd-iommu walks the host's page tables (v1)
 */

#include "qemu/osdep.h"
#include "amd-iommu-dma.h"

/* Set bits in what every level looks at, and in the offset into the page */
#define IOVA                0x9a5b6c7d8e9fa120ULL
#define IOVA4               (IOVA & MAKE_64BIT_MASK(0, 48))
#define PAGE                0x500000ULL
#define EFR_HA              BIT_ULL(49)
#define EFR_HD              BIT_ULL(52)

#define PAGE_2M             0x200000ULL
#define DTE_HAD(n)          ((uint64_t)(n) << 7)
#define PTE_A               BIT_ULL(5)
#define PTE_D               BIT_ULL(6)

#define READ                1
#define WRITE               2

static uint64_t size_of(unsigned level)
{
    return 1ULL << (12 + 9 * (level - 1));
}

/* Tables of @mode levels, down to the one of @leaf, whose entry is @entry */
static uint64_t set_tables(Dma *d, unsigned mode, unsigned leaf, uint64_t addr,
                           uint64_t entry)
{
    for (int level = mode; level > leaf; level--) {
        set_entry(d, TABLE(level), level, addr, TABLE(level - 1) | PERM_RW |
                  NEXT_LEVEL(level - 1) | PTE_PR);
    }
    return set_entry(d, TABLE(leaf), leaf, addr, entry);
}

static void map(Dma *d, unsigned mode, unsigned leaf, uint64_t addr,
                uint64_t entry)
{
    set_tables(d, mode, leaf, addr, entry);
    inval_everything(d);
}

/* The page at @base of @size, and where @addr must lead to in it */
static void assert_page(Dma *d, uint64_t addr, uint64_t base, uint64_t size)
{
    assert_leads(d, 0, addr, base | (addr & (size - 1)), size, READ | WRITE);
    /* The first and the last byte of it */
    inval_everything(d);
    assert_leads(d, 0, addr & ~(size - 1), base, size, READ | WRITE);
    inval_everything(d);
    assert_leads(d, 0, addr | (size - 1), base | (size - 1), size,
                 READ | WRITE);
}

/* Next level 0: a page as large as what the entry stands for */
static void test_pages(void)
{
    Dma d;

    start_dma(&d, "");
    for (unsigned mode = 1; mode <= 6; mode++) {
        uint64_t addr = mode == 6 ? IOVA
                                  : IOVA & (size_of(mode + 1) - 1);

        set_host_dte(&d, TABLE(mode), mode, PERM_RW);
        for (unsigned leaf = 1; leaf <= MIN(mode, 5); leaf++) {
            uint64_t base = 0xb555555555000ULL & ~(size_of(leaf) - 1);

            map(&d, mode, leaf, addr, base | PERM_RW | PTE_PR);
            assert_page(&d, addr, base, size_of(leaf));
        }
    }
    assert_nothing_logged(&d);
    stop_dma(&d);
}

/* Data goes where the translation says, up to the end of a large page */
static void test_large_page_data(void)
{
    uint64_t addr = IOVA4 & ~(2 * MiB - 1), base = 6 * MiB;
    Dma d;

    start_dma(&d, "");
    set_host_dte(&d, TABLE(4), 4, PERM_RW);
    map(&d, 4, 2, addr, base | PERM_RW | PTE_PR);
    for (uint64_t offset = 0; offset < 2 * MiB; offset += 0x1f000) {
        qtest_writel(d.t.qts, base + offset, 0x11000000 + offset);
        dma(&d, CMD_READ, addr + offset, OK);
        g_assert_cmphex(qpci_io_readl(d.dev, d.bar, BUFFER), ==,
                        0x11000000 + offset);
        qpci_io_writel(d.dev, d.bar, BUFFER, ~offset);
        dma(&d, CMD_WRITE, addr + offset, OK);
        g_assert_cmphex(qtest_readl(d.t.qts, base + offset), ==,
                        (uint32_t)~offset);
    }
    assert_faults(&d, CMD_READ, addr + 2 * MiB, 0);
    assert_faults(&d, CMD_WRITE, addr - 8, 0);
    stop_dma(&d);
}

/* Next level 7: the address tells the size by where its first zero bit is */
static void test_encoded_sizes(void)
{
    Dma d;

    start_dma(&d, "");
    set_host_dte(&d, TABLE(6), 6, PERM_RW);
    for (unsigned leaf = 1; leaf <= 5; leaf++) {
        unsigned shift = 12 + 9 * (leaf - 1);

        for (unsigned bits = shift + 1; bits < MIN(shift + 9, 52); bits++) {
            uint64_t size = 1ULL << bits;
            uint64_t base = 0xb555555555000ULL & ~(size - 1);
            uint64_t code = (size / 2 - 1) & ~0xfffULL;

            map(&d, 6, leaf, IOVA, base | code | PERM_RW |
                NEXT_LEVEL(NEXT_IS_SIZE) | PTE_PR);
            assert_leads(&d, 0, IOVA, base | (IOVA & (size - 1)), size,
                         READ | WRITE);
        }
    }
    assert_nothing_logged(&d);
    stop_dma(&d);
}

/* A size that cannot be had in a table of that level */
static void test_wrong_sizes(void)
{
    static const struct {
        unsigned leaf;
        uint64_t code;
    } wrong[] = {
        { 1, 0xff000 },                     /* 2 MiB: the next level's */
        { 1, 0x3fff000 },
        { 2, 0 },                           /* 8 KiB */
        { 2, 0x7f000 },                     /* 1 MiB */
        { 2, 0x1ffff000 },                  /* 1 GiB */
        { 3, 0x1ffff000 & ~BIT(28) },       /* 512 MiB */
        { 5, MAKE_64BIT_MASK(12, 40) },     /* no zero bit at all */
    };
    Dma d;

    start_dma(&d, "");
    set_host_dte(&d, TABLE(6), 6, PERM_RW);
    for (int i = 0; i < ARRAY_SIZE(wrong); i++) {
        map(&d, 6, wrong[i].leaf, IOVA, wrong[i].code | PERM_RW |
            NEXT_LEVEL(NEXT_IS_SIZE) | PTE_PR);
        assert_leads_nowhere(&d, 0, IOVA);
        assert_faults(&d, CMD_READ, IOVA, EVT_PRESENT);
    }
    stop_dma(&d);
}

/* An entry may lead past levels; what they would look at must be zero then */
static void test_skipped_levels(void)
{
    uint64_t high = IOVA4 & ~(size_of(4) - 1);
    uint64_t low = high | (IOVA4 & (size_of(2) - 1));
    Dma d;

    start_dma(&d, "");
    set_host_dte(&d, TABLE(4), 4, PERM_RW);
    for (unsigned next = 1; next <= 2; next++) {
        set_entry(&d, TABLE(4), 4, high,
                  TABLE(next) | PERM_RW | NEXT_LEVEL(next) | PTE_PR);
        set_entry(&d, TABLE(next), next, low, 0x40000000 | PERM_RW | PTE_PR);
        inval_everything(&d);
        assert_leads(&d, 0, low, 0x40000000 | (low & (size_of(next) - 1)),
                     size_of(next), READ | WRITE);
        for (unsigned level = next + 1; level <= 3; level++) {
            uint64_t bad = low | size_of(level);

            assert_leads_nowhere(&d, 0, bad);
            assert_faults(&d, CMD_READ, bad, 0);
            bad = low | size_of(level + 1) / 2;
            assert_faults(&d, CMD_WRITE, bad, 0);
        }
        assert_leads(&d, 0, low, 0x40000000 | (low & (size_of(next) - 1)),
                     size_of(next), READ | WRITE);
    }
    /* The device table entry may, too: its mode is the level of its table */
    set_host_dte(&d, TABLE(1), 1, PERM_RW);
    low &= size_of(2) - 1;
    assert_leads(&d, 0, low, 0x40000000 | (low & 0xfff), 0x1000, READ | WRITE);
    assert_nothing_logged(&d);
    stop_dma(&d);
}

/* A table cannot be of the level of the table before it, or of a higher one */
static void test_illegal_levels(void)
{
    Dma d;

    start_dma(&d, "");
    set_host_dte(&d, TABLE(6), 6, PERM_RW);
    for (unsigned level = 1; level <= 6; level++) {
        for (unsigned next = level; next <= 6; next++) {
            map(&d, 6, level, IOVA,
                TABLE(next) | PERM_RW | NEXT_LEVEL(next) | PTE_PR);
            assert_leads_nowhere(&d, 0, IOVA);
            assert_faults(&d, CMD_READ, IOVA, EVT_PRESENT);
            assert_faults(&d, CMD_WRITE, IOVA, EVT_PRESENT);
        }
    }
    /* No page is as large as what an entry of the topmost level stands for */
    map(&d, 6, 6, IOVA, PERM_RW | PTE_PR);
    assert_faults(&d, CMD_READ, IOVA, EVT_PRESENT);
    map(&d, 6, 6, IOVA, PERM_RW | NEXT_LEVEL(NEXT_IS_SIZE) | PTE_PR);
    assert_faults(&d, CMD_READ, IOVA, EVT_PRESENT);
    stop_dma(&d);
}

static void test_not_present(void)
{
    Dma d;

    start_dma(&d, "");
    set_host_dte(&d, TABLE(6), 6, PERM_RW);
    for (unsigned level = 1; level <= 6; level++) {
        map(&d, 6, level, IOVA, 0);
        assert_leads_nowhere(&d, 0, IOVA);
        assert_faults(&d, CMD_READ, IOVA, 0);
        /* Nothing else counts in an entry that is not present */
        map(&d, 6, level, IOVA, ~1ULL);
        assert_faults(&d, CMD_WRITE, IOVA, 0);
    }
    stop_dma(&d);
}

/* What each entry on the way, and the device table entry, allow */
static void set_perms(Dma *d, const uint64_t perm[5])
{
    uint64_t entry;

    for (unsigned level = 4; level > 0; level--) {
        entry = level > 1 ? TABLE(level - 1) | NEXT_LEVEL(level - 1) : PAGE;
        set_entry(d, TABLE(level), level, IOVA4, entry | perm[level] | PTE_PR);
    }
    set_host_dte(d, TABLE(4), 4, perm[0]);
}

static void test_permissions(void)
{
    static const uint64_t perms[] = { 0, PERM_R, PERM_W, PERM_RW };
    const uint64_t page = PAGE | (IOVA4 & 0xfff);
    uint64_t perm[5];
    Dma d;

    start_dma(&d, "");
    for (int where = 0; where < 5; where++) {
        for (int i = 0; i < ARRAY_SIZE(perms); i++) {
            for (int j = 0; j < 5; j++) {
                perm[j] = j == where ? perms[i] : PERM_RW;
            }
            set_perms(&d, perm);
            if (i) {
                assert_leads(&d, 0, IOVA4, page, 0x1000, i);
            } else {
                assert_leads_nowhere(&d, 0, IOVA4);
            }
            if (i & READ) {
                dma(&d, CMD_READ, IOVA4, OK);
            } else {
                assert_faults(&d, CMD_READ, IOVA4, EVT_PRESENT | EVT_DENIED);
            }
            if (i & WRITE) {
                dma(&d, CMD_WRITE, IOVA4, OK);
            } else {
                assert_faults(&d, CMD_WRITE, IOVA4, EVT_PRESENT | EVT_DENIED);
            }
        }
    }
    assert_nothing_logged(&d);
    stop_dma(&d);
}

/* Reading here and writing there is neither, and the table is no page */
static void test_permissions_anded(void)
{
    static const uint64_t perm[][5] = {
        { PERM_RW, PERM_R, PERM_W, PERM_RW, PERM_RW },
        { PERM_RW, PERM_RW, PERM_RW, PERM_W, PERM_R },
        { PERM_RW, PERM_W, PERM_RW, PERM_RW, PERM_R },
        { PERM_R, PERM_W, PERM_RW, PERM_RW, PERM_RW },
    };
    Dma d;

    start_dma(&d, "");
    for (int i = 0; i < ARRAY_SIZE(perm); i++) {
        set_perms(&d, perm[i]);
        assert_leads_nowhere(&d, 0, IOVA4);
        assert_faults(&d, CMD_READ, IOVA4, EVT_PRESENT | EVT_DENIED);
        assert_faults(&d, CMD_WRITE, IOVA4, EVT_PRESENT | EVT_DENIED);
    }
    stop_dma(&d);
}

/* No table of that mode says anything about higher addresses */
static void test_reach(void)
{
    Dma d;

    start_dma(&d, "");
    for (unsigned mode = 1; mode <= 5; mode++) {
        uint64_t end = size_of(mode + 1);

        set_host_dte(&d, TABLE(mode), mode, PERM_RW);
        /* What would be found if the rest of the address did not count */
        map(&d, mode, 1, 0, PAGE | PERM_RW | PTE_PR);
        map(&d, mode, 1, end - 8, PAGE | PERM_RW | PTE_PR);
        assert_leads(&d, 0, end - 8, PAGE | 0xff8, 0x1000, READ | WRITE);
        assert_leads_nowhere(&d, 0, end);
        assert_faults(&d, CMD_READ, end, 0);
        assert_faults(&d, CMD_WRITE, BIT_ULL(63), 0);
    }
    stop_dma(&d);
}

/* Mode 0 has no table: addresses pass. Mode 7 is none. */
static void test_modes(void)
{
    uint64_t dte = DEVTAB + DEVFN * 32;
    Dma d;

    start_dma(&d, "");
    set_host_dte(&d, 0, 0, PERM_RW);
    assert_leads(&d, 0, IOVA, IOVA, 0x1000, READ | WRITE);
    qtest_writel(d.t.qts, PAGE, 0x1234);
    dma(&d, CMD_READ, PAGE, OK);
    g_assert_cmphex(qpci_io_readl(d.dev, d.bar, BUFFER), ==, 0x1234);
    set_host_dte(&d, 0, 0, PERM_R);
    assert_leads(&d, 0, IOVA, IOVA, 0x1000, READ);
    dma(&d, CMD_READ, PAGE, OK);
    assert_faults(&d, CMD_WRITE, PAGE, EVT_PRESENT | EVT_DENIED);
    assert_nothing_logged(&d);

    set_host_dte(&d, TABLE(6), 7, PERM_RW);
    dma(&d, CMD_READ, PAGE, DMA_ERROR);
    assert_logged(&d, EVT(EVENT_ILLEGAL_DTE) | DEVFN, dte);
    assert_leads_nowhere(&d, 0, IOVA);
    stop_dma(&d);
}

/* A table that is not in memory: it is no page fault */
static void test_unreadable(void)
{
    uint64_t nowhere = 0x80000000ULL;
    Dma d;

    start_dma(&d, "");
    for (unsigned level = 1; level <= 4; level++) {
        set_host_dte(&d, level == 4 ? nowhere : TABLE(4), 4, PERM_RW);
        if (level < 4) {
            map(&d, 4, level + 1, IOVA4,
                nowhere | PERM_RW | NEXT_LEVEL(level) | PTE_PR);
        }
        dma(&d, CMD_READ, IOVA4, DMA_ERROR);
        assert_logged(&d, EVT(EVENT_PAGE_TAB_HW) | DEVFN, nowhere +
                      extract64(IOVA4, 12 + 9 * (level - 1), 9) * 8);
    }
    stop_dma(&d);
}

static void assert_entry(Dma *d, uint64_t where, uint64_t entry)
{
    g_assert_cmphex(qtest_readq(d->t.qts, where), ==, entry);
}

/* What a device table entry has in HAD, and what an access leaves then */
static void test_marks(void)
{
    static const struct {
        uint64_t had, read, write;
    } marks[] = {
        { 0, 0, 0 },
        { 1, PTE_A, PTE_A },
        { 3, PTE_A, PTE_A | PTE_D },
    };
    Dma d;

    start_dma(&d, "");
    g_assert_cmphex(reg_read(&d.t, MMIO_EFR) & (EFR_HA | EFR_HD), ==,
                    EFR_HA | EFR_HD);
    for (unsigned i = 0; i < ARRAY_SIZE(marks); i++) {
        for (unsigned leaf = 1; leaf <= 2; leaf++) {
            uint64_t entry = 2 * PAGE_2M | PERM_RW | PTE_PR;
            uint64_t where = set_tables(&d, 4, leaf, IOVA4, entry);

            set_host_dte(&d, TABLE(4) | DTE_HAD(marks[i].had), 4, PERM_RW);
            dma(&d, CMD_READ, IOVA4, OK);
            assert_entry(&d, where, entry | marks[i].read);
            dma(&d, CMD_WRITE, IOVA4, OK);
            assert_entry(&d, where, entry | marks[i].write);
        }
    }
    assert_nothing_logged(&d);
    stop_dma(&d);
}

/* Of a series of entries for one page the one of the address */
static void test_marks_series(void)
{
    uint64_t entry = 2 * PAGE_2M | 0x7000 | PERM_RW |
                     NEXT_LEVEL(NEXT_IS_SIZE) | PTE_PR;
    uint64_t where;
    Dma d;

    start_dma(&d, "");
    where = set_tables(&d, 4, 1, IOVA4 | 0x2000, entry);
    set_entry(&d, TABLE(1), 1, (IOVA4 | 0x2000) ^ 0x1000, entry);
    set_host_dte(&d, TABLE(4) | DTE_HAD(3), 4, PERM_RW);
    dma(&d, CMD_WRITE, IOVA4 | 0x2000, OK);
    assert_entry(&d, where, entry | PTE_A | PTE_D);
    assert_entry(&d, where ^ 8, entry);
    stop_dma(&d);
}

/* Cached once it is dirty: who takes the mark away must invalidate */
static void test_marks_cached(void)
{
    uint64_t entry = PAGE | PERM_RW | PTE_PR, where;
    Dma d;

    start_dma(&d, "");
    where = set_tables(&d, 4, 1, IOVA4, entry);
    set_host_dte(&d, TABLE(4) | DTE_HAD(3), 4, PERM_RW);
    for (unsigned i = 0; i < 3; i++) {
        dma(&d, CMD_READ, IOVA4, OK);
        assert_entry(&d, where, entry | PTE_A);
        dma(&d, CMD_WRITE, IOVA4, OK);
        assert_entry(&d, where, entry | PTE_A | PTE_D);
        qtest_writeq(d.t.qts, where, entry);
        dma(&d, CMD_WRITE, IOVA4, OK);
        dma(&d, CMD_READ, IOVA4, OK);
        assert_entry(&d, where, entry);
        inval_everything(&d);
    }
    stop_dma(&d);
}

/* What is not allowed leaves nothing, what is promised to a device does */
static void test_marks_promised(void)
{
    uint64_t entry = PAGE | PERM_RW | PTE_PR, where;
    Dma d;

    start_dma(&d, "");
    where = set_tables(&d, 4, 1, IOVA4, entry & ~PERM_W);
    set_host_dte(&d, TABLE(4) | DTE_HAD(3), 4, PERM_RW);
    assert_faults(&d, CMD_WRITE, IOVA4, EVT_PRESENT | EVT_DENIED);
    assert_entry(&d, where, entry & ~PERM_W);
    assert_leads(&d, 0, IOVA4, PAGE | (IOVA4 & 0xfff), 0x1000, READ);
    assert_entry(&d, where, (entry & ~PERM_W) | PTE_A);

    map(&d, 4, 1, IOVA4, entry);
    assert_leads(&d, 0, IOVA4, PAGE | (IOVA4 & 0xfff), 0x1000, READ | WRITE);
    assert_entry(&d, where, entry | PTE_A | PTE_D);
    stop_dma(&d);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/amd-iommu-walk/pages", test_pages);
    qtest_add_func("/amd-iommu-walk/large-page-data", test_large_page_data);
    qtest_add_func("/amd-iommu-walk/encoded-sizes", test_encoded_sizes);
    qtest_add_func("/amd-iommu-walk/wrong-sizes", test_wrong_sizes);
    qtest_add_func("/amd-iommu-walk/skipped-levels", test_skipped_levels);
    qtest_add_func("/amd-iommu-walk/illegal-levels", test_illegal_levels);
    qtest_add_func("/amd-iommu-walk/not-present", test_not_present);
    qtest_add_func("/amd-iommu-walk/permissions", test_permissions);
    qtest_add_func("/amd-iommu-walk/permissions-anded",
                   test_permissions_anded);
    qtest_add_func("/amd-iommu-walk/reach", test_reach);
    qtest_add_func("/amd-iommu-walk/modes", test_modes);
    qtest_add_func("/amd-iommu-walk/unreadable", test_unreadable);
    qtest_add_func("/amd-iommu-walk/marks", test_marks);
    qtest_add_func("/amd-iommu-walk/marks-series", test_marks_series);
    qtest_add_func("/amd-iommu-walk/marks-cached", test_marks_cached);
    qtest_add_func("/amd-iommu-walk/marks-promised", test_marks_promised);
    return g_test_run();
}
