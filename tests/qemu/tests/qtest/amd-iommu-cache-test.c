/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: what amd-iommu caches, and what which invalidation takes of it
 *
 * Tables are changed behind the IOMMU's back. A translation that still leads
 * where they led before is cached; one that follows them is not.
 */

#include "qemu/osdep.h"
#include "amd-iommu-nested.h"

/* Where the tables led, and where they lead after the change: of any size */
#define OLD                 0x0b00000000000ULL
#define NEW                 0x0a00000000000ULL

#define DEVTAB_ENTRY(id)    (2ULL << 60 | (id))
#define IOTLB_PAGES(id)     (4ULL << 60 | (id))
#define IOTLB_PASID(pasid)  ((uint64_t)extract32(pasid, 0, 8) << 48 | \
                             (uint64_t)extract32(pasid, 8, 8) << 16 | \
                             (uint64_t)extract32(pasid, 16, 4) << 56)

static uint64_t size_of(unsigned level)
{
    return 1ULL << (12 + 9 * (level - 1));
}

/* An address for INVALIDATE_IOMMU_PAGES that stands for @size bytes */
static uint64_t sized(uint64_t addr, uint64_t size)
{
    return (addr & ~(size - 1)) | ((size / 2 - 1) & ~0xfffULL) | 1;
}

static void map(Dma *d, unsigned leaf, uint64_t addr, uint64_t entry)
{
    for (unsigned level = 6; level > leaf; level--) {
        set_entry(d, TABLE(level), level, addr, TABLE(level - 1) | PERM_RW |
                  NEXT_LEVEL(level - 1) | PTE_PR);
    }
    set_entry(d, TABLE(leaf), leaf, addr, entry | PERM_RW | PTE_PR);
}

/* The same entry for each part of a page that is larger than an entry's */
static void map_page_of(Dma *d, unsigned leaf, uint64_t addr, uint64_t size,
                        uint64_t base)
{
    uint64_t code = size == size_of(leaf) ? 0 :
                    ((size / 2 - 1) & ~0xfffULL) | NEXT_LEVEL(NEXT_IS_SIZE);

    for (uint64_t part = 0; part < size; part += size_of(leaf)) {
        map(d, leaf, addr + part, base | code);
    }
}

static void assert_at(Dma *d, uint64_t addr, uint64_t base, uint64_t size)
{
    assert_leads(d, 0, addr, base | (addr & (size - 1)), size, READ | WRITE);
}

static void start_host(Dma *d)
{
    start_dma(d, "");
    set_host_dte(d, TABLE(6), 6, PERM_RW);
}

/* A large page is one entry: it is cached, and invalidated, as a whole */
static void large_page(unsigned leaf, uint64_t size)
{
    uint64_t addr = 0x5a00000000000000ULL + 16 * size_of(leaf + 1);
    const uint64_t not_it[] = { addr - 0x1000, addr + size };
    const uint64_t it[] = {
        addr, addr + size / 2, addr + size - 0x1000,
        sized(addr, size), sized(addr, 2 * size),
        sized(addr + size / 2, MAX(size / 4, 0x2000)), ALL_PAGES,
    };
    Dma d;

    start_host(&d);
    for (int i = 0; i < ARRAY_SIZE(it); i++) {
        map_page_of(&d, leaf, addr, size, OLD);
        inval_everything(&d);
        assert_at(&d, addr + size / 2 + 0x10, OLD, size);
        map_page_of(&d, leaf, addr, size, NEW);
        for (int j = 0; j < ARRAY_SIZE(not_it); j++) {
            inval_pages(&d, DOMAIN, 0, not_it[j]);
        }
        /* Of all of the page, not only of what has been used of it */
        assert_at(&d, addr, OLD, size);
        assert_at(&d, addr + size - 8, OLD, size);
        inval_pages(&d, DOMAIN, 0, it[i]);
        assert_at(&d, addr + size - 8, NEW, size);
        assert_at(&d, addr, NEW, size);
    }
    stop_dma(&d);
}

static void test_large_pages(void)
{
    large_page(1, 64 * KiB);
    large_page(2, 2 * MiB);
    large_page(2, 32 * MiB);
    large_page(3, 1 * GiB);
    large_page(4, 512 * GiB);
}

/* Split into small pages, with the large one still cached */
static void test_split(void)
{
    uint64_t addr = 0x5a00000000400000ULL;
    Dma d;

    start_host(&d);
    map(&d, 2, addr, OLD);
    inval_everything(&d);
    assert_at(&d, addr + 0x3000, OLD, 2 * MiB);
    for (int i = 0; i < 512; i++) {
        map(&d, 1, addr + i * 0x1000, NEW);
    }
    assert_leads(&d, 0, addr + 0x7000, OLD + 0x7000, 2 * MiB, READ | WRITE);
    inval_pages(&d, DOMAIN, 0, addr + 0x5000);
    assert_at(&d, addr + 0x7000, NEW, 0x1000);
    assert_at(&d, addr + 0x3000, NEW, 0x1000);
    /* And joined again: each small page is cached until it is invalidated */
    map(&d, 2, addr, OLD);
    inval_pages(&d, DOMAIN, 0, addr + 0x3000);
    assert_at(&d, addr + 0x7000, NEW, 0x1000);
    assert_leads(&d, 0, addr + 0x3000, OLD + 0x3000, 2 * MiB, READ | WRITE);
    stop_dma(&d);
}

/* Of small pages just those go that lie in the range of each size */
static void test_ranges(void)
{
    Dma d;

    start_host(&d);
    for (unsigned bits = 13; bits < 52; bits++) {
        uint64_t size = 1ULL << bits, addr = 0x5a50000000000000ULL;
        const struct {
            uint64_t addr;
            bool goes;
        } page[] = {
            { addr, true }, { addr + size - 0x1000, true },
            { addr - 0x1000, false }, { addr + size, false },
        };

        for (int i = 0; i < ARRAY_SIZE(page); i++) {
            map(&d, 1, page[i].addr, OLD);
        }
        inval_everything(&d);
        for (int i = 0; i < ARRAY_SIZE(page); i++) {
            assert_at(&d, page[i].addr, OLD, 0x1000);
        }
        for (int i = 0; i < ARRAY_SIZE(page); i++) {
            map(&d, 1, page[i].addr, NEW);
        }
        /* What an address names by bits below its size does not count */
        inval_pages(&d, DOMAIN, 0, sized(addr, size));
        for (int i = 0; i < ARRAY_SIZE(page); i++) {
            assert_at(&d, page[i].addr, page[i].goes ? NEW : OLD, 0x1000);
        }
    }
    stop_dma(&d);
}

/* Of one page, or of all, for another domain or another kind: not at all */
static void test_others(void)
{
    uint64_t addr = 0x5a50000012345000ULL;
    Dma d;

    start_host(&d);
    map(&d, 1, addr, OLD);
    inval_everything(&d);
    assert_at(&d, addr, OLD, 0x1000);
    map(&d, 1, addr, NEW);
    inval_pages(&d, DOMAIN + 1, 0, addr);
    inval_pages(&d, DOMAIN + 1, 0, ALL_PAGES);
    inval_pages(&d, DOMAIN | 0x100, 0, ALL_PAGES);
    inval_pages(&d, DOMAIN, 0, addr | INVAL_GN);
    inval_pages(&d, DOMAIN, 0, ALL_PAGES | INVAL_GN);
    host_command(&d, DEVTAB_ENTRY(DEVFN), 0);
    host_command(&d, IOTLB_PAGES(DEVFN), ALL_PAGES);
    host_command(&d, 5ULL << 60 | DEVFN, 0);
    host_command(&d, 1ULL << 60, 0);
    assert_at(&d, addr, OLD, 0x1000);
    inval_pages(&d, DOMAIN, 0, addr);
    assert_at(&d, addr, NEW, 0x1000);
    assert_nothing_logged(&d);
    stop_dma(&d);
}

/* More may be granted without an invalidation, but not less */
static void test_permissions(void)
{
    uint64_t addr = 0x5a50000012345000ULL;
    Dma d;

    start_host(&d);
    map(&d, 1, addr, OLD);
    set_entry(&d, TABLE(1), 1, addr, SPA(0) | PERM_R | PTE_PR);
    inval_everything(&d);
    dma(&d, CMD_READ, addr, OK);
    set_entry(&d, TABLE(1), 1, addr, SPA(0) | PERM_RW | PTE_PR);
    dma(&d, CMD_WRITE, addr, OK);
    set_entry(&d, TABLE(1), 1, addr, SPA(0) | PERM_R | PTE_PR);
    dma(&d, CMD_WRITE, addr, OK);
    set_entry(&d, TABLE(1), 1, addr, 0);
    dma(&d, CMD_READ, addr, OK);
    assert_nothing_logged(&d);
    inval_pages(&d, DOMAIN, 0, addr);
    assert_faults(&d, CMD_READ, addr, 0);
    stop_dma(&d);
}

/* A device table entry is used until it is invalidated, for that device */
static void test_dte(void)
{
    uint64_t addr = 0x5a50000012345000ULL, dte = DEVTAB + DEVFN * 32;
    Dma d;

    start_host(&d);
    map(&d, 1, addr, OLD);
    inval_everything(&d);
    assert_at(&d, addr, OLD, 0x1000);
    /* Another table, and another domain: nothing of it is cached */
    set_entry(&d, TABLE(0x20), 1, addr, NEW | PERM_RW | PTE_PR);
    set_entry(&d, TABLE(0x21), 2, addr, TABLE(0x20) | PERM_RW |
              NEXT_LEVEL(1) | PTE_PR);
    qtest_writeq(d.t.qts, dte + 8, (DOMAIN + 1) | DTE1_IOTLB);
    qtest_writeq(d.t.qts, dte, TABLE(0x21) | DTE_MODE(2) | PERM_RW | DTE_ON);
    inval_pages(&d, DOMAIN, 0, ALL_PAGES);
    inval_pages(&d, DOMAIN + 1, 0, ALL_PAGES);
    host_command(&d, DEVTAB_ENTRY(DEVFN + 1), 0);
    assert_at(&d, addr, OLD, 0x1000);
    host_command(&d, DEVTAB_ENTRY(DEVFN), 0);
    /* Its table has the address without what is beyond its reach */
    assert_leads_nowhere(&d, 0, addr);
    assert_at(&d, addr & (size_of(3) - 1), NEW, 0x1000);
    stop_dma(&d);
}

/* The guest's page, and what its tables lead to when they are changed */
#define NEW_PAGE            0x1a

static void assert_data(Nested *n, uint32_t pasid, unsigned page)
{
    use_pasid(n, pasid);
    assert_leads(&n->d, CMD_PASID, GVA, SPA(page) + (GVA & 0xfff), 0x1000,
                 READ | WRITE);
}

/* The same tables for two PASIDs, whose translations are two */
static void start_two(Nested *n, unsigned glx)
{
    start_nested(n, glx, true);
    set_gcr3(n, PASID + 1, GPA(GUEST_PAGE(4)));
}

static void change_guest(Nested *n, unsigned page)
{
    poke(n, guest_entry(GUEST_PAGE(1), 1, GVA), GPA(page) | G_ALL);
}

static void test_guest_pages(void)
{
    const struct {
        uint64_t addr;
        bool goes;
    } inval[] = {
        { GVA & ~0xfffULL, true },
        { (GVA & ~0xfffULL) + 0x1000, false },
        { (GVA & ~0xfffULL) - 0x1000, false },
        { sized(GVA, 0x2000), true },
        { sized(GVA, 2 * MiB), true },
        { sized(GVA, 1 * GiB), true },
        { sized(GVA ^ 0x2000, 0x2000), false },
        { sized(GVA ^ 2 * MiB, 2 * MiB), false },
        { ALL_PAGES, true },
        /* Of the guest physical address: it is none of a PASID's */
        { GPA(DATA_PAGE), false },
    };
    Nested n;

    start_two(&n, 0);
    for (int i = 0; i < ARRAY_SIZE(inval); i++) {
        change_guest(&n, DATA_PAGE);
        inval_everything(&n.d);
        assert_data(&n, PASID, DATA_PAGE);
        assert_data(&n, PASID + 1, DATA_PAGE);
        change_guest(&n, NEW_PAGE);
        inval_pages(&n.d, DOMAIN + 1, PASID, inval[i].addr | INVAL_GN);
        inval_pages(&n.d, DOMAIN, PASID + 2, inval[i].addr | INVAL_GN);
        inval_pages(&n.d, DOMAIN, PASID + 0x10000, inval[i].addr | INVAL_GN);
        assert_data(&n, PASID, DATA_PAGE);
        inval_pages(&n.d, DOMAIN, PASID, inval[i].addr | INVAL_GN);
        assert_data(&n, PASID, inval[i].goes ? NEW_PAGE : DATA_PAGE);
        assert_data(&n, PASID + 1, DATA_PAGE);
    }
    assert_silence(&n);
    stop_nested(&n);
}

/* Large in both stages, large in the cache, and invalidated as a whole */
static void test_large_guest_pages(void)
{
    const uint64_t gpa = 0x123440000000ULL, page = GVA & ~(2 * MiB - 1);
    const uint64_t offset = GVA & (2 * MiB - 1);
    uint64_t entry;
    Nested n;

    start_nested(&n, 0, true);
    set_entry(&n.d, HOST_TABLE(4), 4, gpa, TABLE(0x88) | PERM_RW |
              NEXT_LEVEL(3) | PTE_PR);
    set_entry(&n.d, TABLE(0x88), 3, gpa, OLD | PERM_RW | PTE_PR);
    map_guest(&n, 2, GVA, gpa | G_ALL | G_PS);
    inval_everything(&n.d);
    assert_leads(&n.d, CMD_PASID, GVA, OLD + offset, 2 * MiB, READ | WRITE);
    entry = guest_entry(GUEST_PAGE(2), 2, GVA);
    poke(&n, entry, (gpa + 2 * MiB) | G_ALL | G_PS);
    inval_pages(&n.d, DOMAIN, PASID, (page - 0x1000) | INVAL_GN);
    inval_pages(&n.d, DOMAIN, PASID, (page + 2 * MiB) | INVAL_GN);
    assert_leads(&n.d, CMD_PASID, page + 0x3000, OLD + 0x3000, 2 * MiB,
                 READ | WRITE);
    inval_pages(&n.d, DOMAIN, PASID, (page + 0x5000) | INVAL_GN);
    assert_leads(&n.d, CMD_PASID, page + 0x3000, OLD + 2 * MiB + 0x3000,
                 2 * MiB, READ | WRITE);
    /* And by any part of the guest physical page that it leads to */
    poke(&n, entry, gpa | G_ALL | G_PS);
    inval_pages(&n.d, DOMAIN, 0, gpa);
    assert_leads(&n.d, CMD_PASID, GVA, OLD + 2 * MiB + offset, 2 * MiB,
                 READ | WRITE);
    inval_pages(&n.d, DOMAIN, 0, gpa + 2 * MiB + 0x7000);
    assert_leads(&n.d, CMD_PASID, GVA, OLD + offset, 2 * MiB, READ | WRITE);
    stop_nested(&n);
}

/*
 * Stage 2 of a table, or of the page, changes: the guest physical address of
 * each, and of nothing else, takes what was found through it
 */
static void test_stage2(void)
{
    static const unsigned pages[] = {
        GCR3_PAGE(3), GCR3_PAGE(2), GCR3_PAGE(1), GUEST_PAGE(4),
        GUEST_PAGE(3), GUEST_PAGE(2), GUEST_PAGE(1), DATA_PAGE,
    };
    Nested n;

    start_two(&n, 2);
    for (int i = 0; i < ARRAY_SIZE(pages); i++) {
        unsigned copy = NEW_PAGE + 1;
        uint64_t spa = SPA(pages[i]);

        inval_everything(&n.d);
        assert_data(&n, PASID, DATA_PAGE);
        assert_data(&n, PASID + 1, DATA_PAGE);
        set_stage2(&n, pages[i], 0);
        for (int j = 0; j < ARRAY_SIZE(pages); j++) {
            if (j != i) {
                assert_data(&n, PASID, DATA_PAGE);
            }
        }
        inval_pages(&n.d, DOMAIN, 0, GPA(copy));
        inval_pages(&n.d, DOMAIN, 0, GVA & ~0xfffULL);
        inval_pages(&n.d, DOMAIN, 0, spa);
        inval_pages(&n.d, TRANS_DOMAIN, 0, ALL_PAGES);
        inval_pages(&n.d, DOMAIN, PASID, GPA(pages[i]) | INVAL_GN);
        assert_data(&n, PASID, DATA_PAGE);
        assert_data(&n, PASID + 1, DATA_PAGE);
        assert_silence(&n);
        inval_pages(&n.d, DOMAIN, 0, GPA(pages[i]));
        use_pasid(&n, PASID);
        assert_host_told(&n, CMD_READ | CMD_PASID, GVA, 0);
        use_pasid(&n, PASID + 1);
        assert_host_told(&n, CMD_WRITE | CMD_PASID, GVA, 0);
        set_stage2(&n, pages[i], spa | PERM_RW | PTE_PR);
    }
    stop_nested(&n);
}

/* The device's own cache and the IOMMU's are two, each with its command */
static void test_device_cache(void)
{
    Nested n;

    start_two(&n, 0);
    assert_data(&n, PASID, DATA_PAGE);
    change_guest(&n, NEW_PAGE);
    qtest_writel(n.d.t.qts, SPA(DATA_PAGE) + (GVA & 0xfff), 0x01d);
    qtest_writel(n.d.t.qts, SPA(NEW_PAGE) + (GVA & 0xfff), 0xe3);
    inval_pages(&n.d, DOMAIN, PASID, (GVA & ~0xfffULL) | INVAL_GN);
    dma(&n.d, CMD_READ | CMD_PASID | CMD_ATC, GVA, OK);
    g_assert_cmphex(qpci_io_readl(n.d.dev, n.d.bar, BUFFER), ==, 0x01d);
    host_command(&n.d, IOTLB_PAGES(DEVFN) | IOTLB_PASID(PASID),
                 (GVA & ~0xfffULL) | INVAL_GN);
    dma(&n.d, CMD_READ | CMD_PASID | CMD_ATC, GVA, NO_TRANSLATION);
    assert_data(&n, PASID, NEW_PAGE);
    dma(&n.d, CMD_READ | CMD_PASID | CMD_ATC, GVA, OK);
    g_assert_cmphex(qpci_io_readl(n.d.dev, n.d.bar, BUFFER), ==, 0xe3);
    /* The other way round: the device asks again, and gets the old answer */
    change_guest(&n, DATA_PAGE);
    host_command(&n.d, IOTLB_PAGES(DEVFN) | IOTLB_PASID(PASID),
                 ALL_PAGES | INVAL_GN);
    dma(&n.d, CMD_READ | CMD_PASID | CMD_ATC, GVA, NO_TRANSLATION);
    assert_data(&n, PASID, NEW_PAGE);
    assert_silence(&n);
    stop_nested(&n);
}

/* PASIDs of 20 bits: all of one is what an invalidation names */
#define EFR_PASID20         0x058f77f322298adeULL
#define PASID20             0xa5cf3U

static void test_wide_pasids(void)
{
    static const uint32_t other[] = {
        PASID20 ^ 0x80000, PASID20 ^ 0x10000, PASID20 ^ 0x100, PASID20 ^ 1,
    };
    Nested n;

    start_nested_with(&n, 2, true, ",efr=0x058f77f322298ade");
    g_assert_cmphex(reg_read(&n.d.t, MMIO_EFR), ==, EFR_PASID20);
    set_gcr3(&n, PASID20, GPA(GUEST_PAGE(4)));
    inval_everything(&n.d);
    assert_data(&n, PASID20, DATA_PAGE);
    for (int i = 0; i < ARRAY_SIZE(other); i++) {
        host_command(&n.d, IOTLB_PAGES(DEVFN) | IOTLB_PASID(other[i]),
                     ALL_PAGES | INVAL_GN);
        dma(&n.d, CMD_READ | CMD_PASID | CMD_ATC, GVA, OK);
    }
    host_command(&n.d, IOTLB_PAGES(DEVFN) | IOTLB_PASID(PASID20),
                 ALL_PAGES | INVAL_GN);
    dma(&n.d, CMD_READ | CMD_PASID | CMD_ATC, GVA, NO_TRANSLATION);
    assert_silence(&n);
    stop_nested(&n);
}

/* An access without PASID fails, and the guest hears of it as @gdom */
static void assert_told_as(Nested *n, uint16_t gdom)
{
    uint64_t entry = SPA(LOG_PAGE) + n->log_head;

    dma(&n->d, CMD_READ, GVA + 0x1000, DMA_ERROR);
    n->log_head = (n->log_head + 16) % 0x1000;
    assert_silence(n);
    g_assert_cmphex(extract64(qtest_readq(n->d.t.qts, entry), 32, 16), ==,
                    gdom);
    qtest_writel(n->d.t.qts, vf(&n->d.t, GID, 0x10), n->log_head);
}

/*
 * What a guest calls its domains is cached, too: until a store to its table, or
 * to any that may lie in the same memory, or an invalidation of the private
 * address space
 */
static void test_domains(void)
{
    const uint64_t old = DOMID_TABLE + GDOM * 8;
    uint64_t entry;
    Nested n;

    start_nested(&n, 0, true);
    n.flags |= BIT_ULL(54);                     /* GIOV */
    set_nested_dte(&n);
    entry = qtest_readq(n.d.t.qts, old);
    assert_told_as(&n, GDOM);
    poke(&n, old, 0);
    poke(&n, old + 8, entry);
    assert_told_as(&n, GDOM);
    inval_pages(&n.d, DOMAIN + 1, 0, ALL_PAGES);
    assert_told_as(&n, GDOM);
    /* map_ipa() gives the private address space a domain of that number */
    inval_pages(&n.d, 7, 0, IPA_DOMID_TABLE(GID));
    assert_told_as(&n, GDOM + 1);

    /* Of several names, the first */
    qtest_writeq(n.d.t.qts, vfctrl(&n.d.t, GID, 0x08), MAP(1, DOMAIN, 3));
    assert_told_as(&n, 3);
    /* Another guest's table in the same memory */
    map_ipa(&n.d.t, IPA_DOMID_TABLE(GID + 1), DOMID_TABLE);
    qtest_writeq(n.d.t.qts, vfctrl(&n.d.t, GID + 1, 0x08), MAP(1, DOMAIN, 2));
    assert_told_as(&n, 2);
    stop_nested(&n);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/amd-iommu-cache/large-pages", test_large_pages);
    qtest_add_func("/amd-iommu-cache/split", test_split);
    qtest_add_func("/amd-iommu-cache/ranges", test_ranges);
    qtest_add_func("/amd-iommu-cache/others", test_others);
    qtest_add_func("/amd-iommu-cache/permissions", test_permissions);
    qtest_add_func("/amd-iommu-cache/dte", test_dte);
    qtest_add_func("/amd-iommu-cache/guest-pages", test_guest_pages);
    qtest_add_func("/amd-iommu-cache/large-guest-pages",
                   test_large_guest_pages);
    qtest_add_func("/amd-iommu-cache/stage2", test_stage2);
    qtest_add_func("/amd-iommu-cache/device-cache", test_device_cache);
    qtest_add_func("/amd-iommu-cache/wide-pasids", test_wide_pasids);
    qtest_add_func("/amd-iommu-cache/domains", test_domains);
    return g_test_run();
}
