/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: how amd-iommu walks a guest's page tables (v2), each of them through
 * the host's, and whom it tells what it could not translate
 */

#include "qemu/osdep.h"
#include "amd-iommu-nested.h"

#define OUT_OF_MEMORY       0x80000000ULL

static uint64_t size_of(unsigned level)
{
    return 1ULL << (12 + 9 * (level - 1));
}

/* Stage 2 of a whole range, by one entry of a table of level @level */
static void set_large_stage2(Nested *n, unsigned level, uint64_t gpa,
                             uint64_t spa)
{
    set_entry(&n->d, HOST_TABLE(4), 4, gpa, TABLE(0x88) | PERM_RW |
              NEXT_LEVEL(3) | PTE_PR);
    if (level == 3) {
        set_entry(&n->d, TABLE(0x88), 3, gpa, spa | PERM_RW | PTE_PR);
        return;
    }
    set_entry(&n->d, TABLE(0x88), 3, gpa, TABLE(0x89) | PERM_RW |
              NEXT_LEVEL(2) | PTE_PR);
    if (level == 2) {
        set_entry(&n->d, TABLE(0x89), 2, gpa, spa | PERM_RW | PTE_PR);
        return;
    }
    set_entry(&n->d, TABLE(0x89), 2, gpa, TABLE(0x8a) | PERM_RW |
              NEXT_LEVEL(1) | PTE_PR);
    set_entry(&n->d, TABLE(0x8a), 1, gpa, spa | PERM_RW | PTE_PR);
}

/* Pages of each size in one stage, by pages of each size in the other */
static void test_pages(void)
{
    const uint64_t guest_base = 0x123440000000ULL;
    const uint64_t host_base = 0x6540000000000ULL;
    Nested n;

    start_nested(&n, 0, false);
    for (n.levels = 4; n.levels <= 5; n.levels++) {
        uint64_t addr = n.levels == 5 ? GVA5 : GVA;

        set_gcr3(&n, PASID, GPA(GUEST_PAGE(n.levels)));
        for (unsigned leaf = 1; leaf <= 3; leaf++) {
            uint64_t gpa = guest_base | (addr & (size_of(3) - 1));
            uint64_t entry = (gpa & ~(size_of(leaf) - 1)) | G_ALL |
                             (leaf > 1 ? G_PS : 0);

            map_guest(&n, leaf, addr, entry);
            for (unsigned host = 1; host <= 3; host++) {
                uint64_t size = size_of(MIN(leaf, host));
                uint64_t spa = host_base + 0x40000000 * host +
                               (gpa & (size_of(3) - 1));

                set_large_stage2(&n, host, gpa, spa & ~(size_of(host) - 1));
                set_nested_dte(&n);
                assert_leads(&n.d, CMD_PASID, addr, spa, size, READ | WRITE);
                assert_leads(&n.d, CMD_PASID, addr & ~0xfffULL, spa & ~0xfffULL,
                             size, READ | WRITE);
            }
        }
    }
    assert_silence(&n);
    stop_nested(&n);
}

/* Data goes where both stages together lead to */
static void test_data(void)
{
    uint64_t where = SPA(DATA_PAGE) + (GVA & 0xfff);
    Nested n;

    for (unsigned glx = 0; glx <= 2; glx++) {
        start_nested(&n, glx, true);
        qtest_writel(n.d.t.qts, where, 0x1234 + glx);
        dma(&n.d, CMD_READ | CMD_PASID, GVA, OK);
        g_assert_cmphex(qpci_io_readl(n.d.dev, n.d.bar, BUFFER), ==,
                        0x1234 + glx);
        qpci_io_writel(n.d.dev, n.d.bar, BUFFER, 0x4321);
        dma(&n.d, CMD_WRITE | CMD_PASID, GVA, OK);
        g_assert_cmphex(qtest_readl(n.d.t.qts, where), ==, 0x4321);
        assert_silence(&n);
        stop_nested(&n);
    }
}

/* An entry without W takes writing away at any level, one without U all */
static void test_permissions(void)
{
    const uint64_t to = SPA(DATA_PAGE) + (GVA & 0xfff);
    const uint32_t priv = CMD_PASID | CMD_PRIV;
    Nested n;

    start_nested(&n, 0, true);
    for (unsigned level = 1; level <= 4; level++) {
        uint64_t where = guest_entry(GUEST_PAGE(level), level, GVA);
        uint64_t entry = qtest_readq(n.d.t.qts, where);

        poke(&n, where, entry & ~G_W);
        inval_everything(&n.d);
        assert_leads(&n.d, CMD_PASID, GVA, to, 0x1000, READ);
        dma(&n.d, CMD_READ | CMD_PASID, GVA, OK);
        assert_guest_told(&n, CMD_WRITE | CMD_PASID, GVA,
                          EVT_PRESENT | EVT_DENIED);
        poke(&n, where, entry & ~G_U);
        inval_everything(&n.d);
        assert_leads_nowhere(&n.d, CMD_PASID, GVA);
        assert_guest_told(&n, CMD_READ | CMD_PASID, GVA,
                          EVT_PRESENT | EVT_DENIED);
        assert_guest_told(&n, CMD_WRITE | CMD_PASID, GVA,
                          EVT_PRESENT | EVT_DENIED);
        /* No request is a supervisor's: EFR does not promise it */
        assert_guest_told(&n, CMD_READ | priv, GVA, EVT_PRESENT | EVT_DENIED);
        /* Neither does it NX. Bits of the system's mean nothing. */
        poke(&n, where, entry | G_NX | BIT_ULL(9) | BIT_ULL(11) | BIT_ULL(52));
        inval_everything(&n.d);
        assert_leads(&n.d, CMD_PASID, GVA, to, 0x1000, READ | WRITE);
        poke(&n, where, entry);
    }
    assert_silence(&n);
    stop_nested(&n);
}

/* Both stages must allow it; who does not is who is told */
static void test_permissions_of_stages(void)
{
    const uint64_t to = SPA(DATA_PAGE) + (GVA & 0xfff);
    const uint64_t leaf = guest_entry(GUEST_PAGE(1), 1, GVA);
    const uint64_t denied = EVT_PRESENT | EVT_DENIED;
    Nested n;

    start_nested(&n, 0, true);
    set_stage2(&n, DATA_PAGE, SPA(DATA_PAGE) | PERM_R | PTE_PR);
    inval_everything(&n.d);
    assert_leads(&n.d, CMD_PASID, GVA, to, 0x1000, READ);
    assert_host_told(&n, CMD_WRITE | CMD_PASID, GVA, denied);
    set_stage2(&n, DATA_PAGE, SPA(DATA_PAGE) | PERM_W | PTE_PR);
    inval_everything(&n.d);
    assert_leads(&n.d, CMD_PASID, GVA, to, 0x1000, WRITE);
    assert_host_told(&n, CMD_READ | CMD_PASID, GVA, denied);
    poke(&n, leaf, GPA(DATA_PAGE) | G_P | G_U);
    inval_everything(&n.d);
    assert_leads_nowhere(&n.d, CMD_PASID, GVA);
    assert_guest_told(&n, CMD_WRITE | CMD_PASID, GVA, denied);
    assert_host_told(&n, CMD_READ | CMD_PASID, GVA, denied);
    stop_nested(&n);
}

/* Every table of the guest's, and its data, is found through stage 2 */
static void test_stage2_of_tables(void)
{
    static const unsigned pages[] = {
        GCR3_PAGE(3), GCR3_PAGE(2), GCR3_PAGE(1), GUEST_PAGE(4),
        GUEST_PAGE(3), GUEST_PAGE(2), GUEST_PAGE(1), DATA_PAGE,
    };
    Nested n;

    start_nested(&n, 2, true);
    for (int i = 0; i < ARRAY_SIZE(pages); i++) {
        uint64_t mapped = SPA(pages[i]) | PERM_RW | PTE_PR;

        set_stage2(&n, pages[i], 0);
        inval_everything(&n.d);
        assert_leads_nowhere(&n.d, CMD_PASID, GVA);
        assert_host_told(&n, CMD_READ | CMD_PASID, GVA, 0);
        assert_host_told(&n, CMD_WRITE | CMD_PASID, GVA, 0);
        /* Tables are read, whatever the device does */
        set_stage2(&n, pages[i], SPA(pages[i]) | PERM_W | PTE_PR);
        inval_everything(&n.d);
        assert_host_told(&n, CMD_READ | CMD_PASID, GVA,
                         EVT_PRESENT | EVT_DENIED);
        if (pages[i] != DATA_PAGE) {
            assert_host_told(&n, CMD_WRITE | CMD_PASID, GVA,
                             EVT_PRESENT | EVT_DENIED);
            set_stage2(&n, pages[i], SPA(pages[i]) | PERM_R | PTE_PR);
            inval_everything(&n.d);
            dma(&n.d, CMD_WRITE | CMD_PASID, GVA, OK);
        }
        /* An illegal level there is the host's, too */
        set_stage2(&n, pages[i], SPA(pages[i]) | PERM_RW | NEXT_LEVEL(1) |
                   PTE_PR);
        inval_everything(&n.d);
        assert_host_told(&n, CMD_READ | CMD_PASID, GVA, EVT_PRESENT);
        set_stage2(&n, pages[i], mapped);
    }
    inval_everything(&n.d);
    dma(&n.d, CMD_READ | CMD_PASID, GVA, OK);
    assert_silence(&n);
    stop_nested(&n);
}

/* A table that stage 2 puts where no memory is: it is no page fault */
static void test_unreadable(void)
{
    const struct {
        unsigned page;
        uint64_t offset;
    } table[] = {
        { GCR3_PAGE(1), gcr3_entry(1, PASID) & 0xfff },
        { GUEST_PAGE(4), guest_entry(GUEST_PAGE(4), 4, GVA) & 0xfff },
        { GUEST_PAGE(1), guest_entry(GUEST_PAGE(1), 1, GVA) & 0xfff },
    };
    Nested n;

    start_nested(&n, 0, true);
    for (int i = 0; i < ARRAY_SIZE(table); i++) {
        set_stage2(&n, table[i].page, OUT_OF_MEMORY | PERM_RW | PTE_PR);
        inval_everything(&n.d);
        dma(&n.d, CMD_READ | CMD_PASID, GVA, DMA_ERROR);
        assert_logged(&n.d, EVT(EVENT_PAGE_TAB_HW) | DEVFN,
                      OUT_OF_MEMORY + table[i].offset);
        assert_silence(&n);
        set_stage2(&n, table[i].page, SPA(table[i].page) | PERM_RW | PTE_PR);
    }
    stop_nested(&n);
}

/* What the guest's tables do not have is told to who has the device */
static void test_not_present(void)
{
    uint64_t where[7];
    Nested n;

    for (unsigned level = 1; level <= 3; level++) {
        where[level - 1] = gcr3_entry(level, PASID);
    }
    for (unsigned level = 1; level <= 4; level++) {
        where[level + 2] = guest_entry(GUEST_PAGE(level), level, GVA);
    }
    for (int owned = 0; owned <= 1; owned++) {
        start_nested(&n, 2, owned);
        for (int i = 0; i < ARRAY_SIZE(where); i++) {
            uint64_t entry = qtest_readq(n.d.t.qts, where[i]);

            poke(&n, where[i], entry & ~1ULL);
            inval_everything(&n.d);
            assert_leads_nowhere(&n.d, CMD_PASID, GVA);
            for (uint32_t cmd = CMD_READ; cmd <= CMD_WRITE; cmd++) {
                if (owned) {
                    assert_guest_told(&n, cmd | CMD_PASID, GVA, 0);
                } else {
                    assert_host_told(&n, cmd | CMD_PASID, GVA, 0);
                }
            }
            poke(&n, where[i], entry);
        }
        inval_everything(&n.d);
        dma(&n.d, CMD_READ | CMD_PASID, GVA, OK);
        stop_nested(&n);
    }
}

/* There are no pages of 512 GiB or more */
static void test_reserved_bits(void)
{
    Nested n;

    start_nested(&n, 0, true);
    for (n.levels = 4; n.levels <= 5; n.levels++) {
        set_gcr3(&n, PASID, GPA(GUEST_PAGE(n.levels)));
        for (unsigned level = 4; level <= n.levels; level++) {
            map_guest(&n, level, GVA,
                      GPA(GUEST_PAGE(level - 1)) | G_ALL | G_PS);
            set_nested_dte(&n);
            assert_leads_nowhere(&n.d, CMD_PASID, GVA);
            assert_guest_told(&n, CMD_READ | CMD_PASID, GVA,
                              EVT_PRESENT | EVT_RESERVED);
        }
    }
    stop_nested(&n);
}

/* As many PASIDs as GCR3 tables have entries, and no more than EFR says */
static void test_pasid_limits(void)
{
    static const struct {
        unsigned glx;
        uint32_t pasid;
        bool in_reach;
    } limit[] = {
        { 0, 0, true }, { 0, 0x1ff, true }, { 0, 0x200, false },
        { 0, 0x8200, false }, { 0, 0xf0001, false },
        { 1, 0x1ff, true }, { 1, 0x200, true }, { 1, 0xffff, true },
        { 1, 0x10000, false }, { 1, 0x40000, false },
        { 2, 0xffff, true }, { 2, 0x10000, false }, { 2, 0xfffff, false },
    };
    Nested n;

    for (int owned = 0; owned <= 1; owned++) {
        start_nested(&n, 0, owned);
        /* PASmax is one less than the bits of a PASID */
        g_assert_cmphex(extract64(reg_read(&n.d.t, MMIO_EFR), 32, 5), ==, 15);
        for (int i = 0; i < ARRAY_SIZE(limit); i++) {
            n.glx = limit[i].glx;
            /* For one out of reach, what its lower bits would find */
            set_gcr3(&n, limit[i].pasid, GPA(GUEST_PAGE(4)));
            set_nested_dte(&n);
            use_pasid(&n, limit[i].pasid);
            if (limit[i].in_reach) {
                dma(&n.d, CMD_READ | CMD_PASID, GVA, OK);
            } else if (owned) {
                assert_guest_told(&n, CMD_WRITE | CMD_PASID, GVA, 0);
            } else {
                assert_host_told(&n, CMD_WRITE | CMD_PASID, GVA, 0);
            }
        }
        assert_silence(&n);
        stop_nested(&n);
    }
}

/* PASIDs are spaces of their own: one's tables are not another's */
static void test_pasids_apart(void)
{
    const uint64_t offset = GVA & 0xfff;
    Nested n;

    start_nested(&n, 1, true);
    /* Only higher bits of the PASID differ: another table of the last level */
    poke(&n, gcr3_entry(2, PASID + 0x200), GPA(OTHER_GCR3_PAGE) | 1);
    poke(&n, SPA(OTHER_GCR3_PAGE) + PASID * 8, GPA(OTHER_PAGE(4)) | 1);
    for (unsigned level = 4; level > 0; level--) {
        poke(&n, guest_entry(OTHER_PAGE(level), level, GVA),
             GPA(level > 1 ? OTHER_PAGE(level - 1) : LOG_PAGE) | G_ALL);
    }
    inval_everything(&n.d);
    use_pasid(&n, PASID + 0x200);
    assert_leads(&n.d, CMD_PASID, GVA, SPA(LOG_PAGE) + offset, 0x1000,
                 READ | WRITE);
    use_pasid(&n, PASID);
    assert_leads(&n.d, CMD_PASID, GVA, SPA(DATA_PAGE) + offset, 0x1000,
                 READ | WRITE);
    use_pasid(&n, PASID + 1);
    assert_guest_told(&n, CMD_READ | CMD_PASID, GVA, 0);
    poke(&n, gcr3_entry(1, PASID + 1), GPA(OTHER_PAGE(4)) | 1);
    inval_everything(&n.d);
    assert_leads(&n.d, CMD_PASID, GVA, SPA(LOG_PAGE) + offset, 0x1000,
                 READ | WRITE);
    use_pasid(&n, PASID);
    assert_leads(&n.d, CMD_PASID, GVA, SPA(DATA_PAGE) + offset, 0x1000,
                 READ | WRITE);
    stop_nested(&n);
}

/*
 * Addresses are as wide as the guest's tables have levels. For a PASID the bits
 * above repeat the highest; without one there are none.
 */
static void test_canonical(void)
{
    Nested n;

    start_nested(&n, 0, true);
    n.flags = DTE_GV | DTE_GIOV;
    for (n.levels = 4; n.levels <= 5; n.levels++) {
        unsigned top = 12 + 9 * n.levels - 1;
        uint64_t low = GVA & ~BIT_ULL(top);
        uint64_t high = low | BIT_ULL(top);
        uint64_t extended = high | MAKE_64BIT_MASK(top, 64 - top);

        set_gcr3(&n, PASID, GPA(GUEST_PAGE(n.levels)));
        set_gcr3(&n, 0, GPA(GUEST_PAGE(n.levels)));
        map_guest(&n, 1, low, GPA(DATA_PAGE) | G_ALL);
        map_guest(&n, 1, high, GPA(DATA_PAGE) | G_ALL);
        set_nested_dte(&n);
        dma(&n.d, CMD_READ | CMD_PASID, low, OK);
        dma(&n.d, CMD_READ | CMD_PASID, extended, OK);
        assert_guest_told(&n, CMD_READ | CMD_PASID, high, 0);
        assert_guest_told(&n, CMD_READ | CMD_PASID, extended & ~BIT_ULL(63),
                          0);
        assert_guest_told(&n, CMD_READ | CMD_PASID, low | BIT_ULL(63), 0);
        dma(&n.d, CMD_READ, low, OK);
        dma(&n.d, CMD_READ, high, OK);
        assert_guest_told(&n, CMD_READ, extended, 0);
        assert_guest_told(&n, CMD_READ, low | BIT_ULL(top + 1), 0);
    }
    assert_silence(&n);
    stop_nested(&n);
}

/* With GIOV, requests without PASID are PASID 0's; or they are the host's */
static void test_giov(void)
{
    const uint64_t offset = GVA & 0xfff;
    Nested n;

    start_nested(&n, 0, true);
    /* Of the host's, it is an address that the guest could name as its own */
    assert_leads(&n.d, 0, GPA(DATA_PAGE) + offset, SPA(DATA_PAGE) + offset,
                 0x1000, READ | WRITE);
    assert_host_told(&n, CMD_READ, GVA, 0);
    n.flags |= DTE_GIOV;
    set_nested_dte(&n);
    assert_guest_told(&n, CMD_WRITE, GVA, 0);
    assert_guest_told(&n, CMD_READ, GPA(DATA_PAGE), 0);
    set_gcr3(&n, 0, GPA(GUEST_PAGE(4)));
    inval_everything(&n.d);
    assert_leads(&n.d, 0, GVA, SPA(DATA_PAGE) + offset, 0x1000, READ | WRITE);
    /* PASID 0 that is sent is the same space */
    use_pasid(&n, 0);
    assert_leads(&n.d, CMD_PASID, GVA, SPA(DATA_PAGE) + offset, 0x1000,
                 READ | WRITE);
    assert_silence(&n);
    /* Without guest's tables there is nothing to find for a PASID */
    n.flags = 0;
    set_nested_dte(&n);
    assert_host_told(&n, CMD_READ | CMD_PASID, GVA, 0);
    stop_nested(&n);
}

/*
 * One fault is one event: of a DomainID table with holes the rest says what the
 * guest calls its domain, and where it may be in one, the host is told of that
 * and of nothing else
 */
static void test_holes(void)
{
    Nested n;

    start_nested(&n, 0, true);
    n.flags |= DTE_GIOV;
    set_nested_dte(&n);
    for (int i = 1; i < 128; i++) {
        map_page(&n.d.t, PT_ROOT, IPA_DOMID_TABLE(GID) + i * 0x1000, 0, 0);
    }
    inval_everything(&n.d);
    assert_guest_told(&n, CMD_READ, GVA, 0);
    map_page(&n.d.t, PT_ROOT, IPA_DOMID_TABLE(GID), 0, 0);
    inval_everything(&n.d);
    for (int i = 0; i < 3; i++) {
        dma(&n.d, CMD_WRITE, GVA, DMA_ERROR);
        assert_logged(&n.d, EVT(EVENT_VIOMMU_HW) | BIT_ULL(29) | 1 << 16 | GID,
                      IPA_DOMID_TABLE(GID));
        assert_silence(&n);
    }
    /* There, and without the domain: the host has the fault itself */
    for (int i = 0; i < 128; i++) {
        map_page(&n.d.t, PT_ROOT, IPA_DOMID_TABLE(GID) + i * 0x1000,
                 DOMID_TABLE + 0x1000, PERM_RW);
    }
    inval_everything(&n.d);
    assert_host_told(&n, CMD_READ, GVA, 0);
    stop_nested(&n);
}

/* Without GCR3TRPMode the GCR3 table is the host's; the rest is the guest's */
static void test_gcr3_of_the_host(void)
{
    uint64_t gcr3 = SPA(GCR3_PAGE(1));
    Nested n;

    start_nested(&n, 0, true);
    reg_write(&n.d.t, MMIO_CONTROL, CONTROL_ALL & ~CONTROL_GCR3TRP);
    set_dte(&n.d, HOST_TABLE(4) | DTE_MODE(4) | PERM_RW | DTE_GV | DTE_ON |
            extract64(gcr3, 12, 3) << 58,
            DOMAIN | extract64(gcr3, 15, 16) << 16 | DTE1_IOTLB |
            extract64(gcr3, 31, 21) << 43);
    set_stage2(&n, GCR3_PAGE(1), 0);
    inval_everything(&n.d);
    assert_leads(&n.d, CMD_PASID, GVA, SPA(DATA_PAGE) + (GVA & 0xfff), 0x1000,
                 READ | WRITE);
    dma(&n.d, CMD_READ | CMD_PASID, GVA, OK);
    assert_silence(&n);
    set_stage2(&n, GUEST_PAGE(2), 0);
    inval_everything(&n.d);
    assert_host_told(&n, CMD_READ | CMD_PASID, GVA, 0);
    stop_nested(&n);
}

/* What a device table entry must not ask for */
static void test_illegal_dte(void)
{
    uint64_t dte = DEVTAB + DEVFN * 32;
    Nested n;

    start_nested(&n, 0, true);
    n.glx = 3;
    set_nested_dte(&n);
    dma(&n.d, CMD_READ | CMD_PASID, GVA, DMA_ERROR);
    assert_logged(&n.d, EVT(EVENT_ILLEGAL_DTE) | DEVFN, dte);
    n.glx = 0;
    for (uint64_t mode = 2; mode <= 3; mode++) {
        set_nested_dte(&n);
        poke(&n, dte + 16, mode << 54);
        inval_everything(&n.d);
        dma(&n.d, CMD_READ | CMD_PASID, GVA, DMA_ERROR);
        assert_logged(&n.d, EVT(EVENT_ILLEGAL_DTE) | DEVFN, dte);
    }
    assert_silence(&n);
    stop_nested(&n);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/amd-iommu-nested/pages", test_pages);
    qtest_add_func("/amd-iommu-nested/data", test_data);
    qtest_add_func("/amd-iommu-nested/permissions", test_permissions);
    qtest_add_func("/amd-iommu-nested/permissions-of-stages",
                   test_permissions_of_stages);
    qtest_add_func("/amd-iommu-nested/stage2-of-tables",
                   test_stage2_of_tables);
    qtest_add_func("/amd-iommu-nested/unreadable", test_unreadable);
    qtest_add_func("/amd-iommu-nested/not-present", test_not_present);
    qtest_add_func("/amd-iommu-nested/reserved-bits", test_reserved_bits);
    qtest_add_func("/amd-iommu-nested/pasid-limits", test_pasid_limits);
    qtest_add_func("/amd-iommu-nested/pasids-apart", test_pasids_apart);
    qtest_add_func("/amd-iommu-nested/canonical", test_canonical);
    qtest_add_func("/amd-iommu-nested/giov", test_giov);
    qtest_add_func("/amd-iommu-nested/holes", test_holes);
    qtest_add_func("/amd-iommu-nested/gcr3-of-the-host",
                   test_gcr3_of_the_host);
    qtest_add_func("/amd-iommu-nested/illegal-dte", test_illegal_dte);
    return g_test_run();
}
