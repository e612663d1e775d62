/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: hardware-accelerated vIOMMU of amd-iommu
 *
 * Drives the device as a driver would, with no guest software: device table,
 * page tables, command buffer and event log lie in guest memory.
 */

#include "qemu/osdep.h"
#include "amd-viommu-harness.h"

static void test_registers(void)
{
    Iommu t;

    start(&t, ",viommu=on");
    g_assert_cmphex(reg_read(&t, MMIO_EFR) & (EFR_GT | EFR_GIO | EFR_VIOMMU),
                    ==, EFR_GT | EFR_GIO | EFR_VIOMMU);
    g_assert_cmphex(reg_read(&t, MMIO_EFR2), ==, EFR2_GCR3TRP);
    reg_write(&t, MMIO_EFR2, 0);
    g_assert_cmphex(reg_read(&t, MMIO_EFR2), ==, EFR2_GCR3TRP);
    reg_write(&t, MMIO_CONTROL, CONTROL_ALL);
    g_assert_cmphex(reg_read(&t, MMIO_CONTROL), ==, CONTROL_ALL);
    stop(&t);

    start(&t, ",viommu=on,x-viommu-gst-buf-trp=off");
    reg_write(&t, MMIO_CONTROL, CONTROL_ALL);
    g_assert_cmphex(reg_read(&t, MMIO_CONTROL), ==,
                    CONTROL_ALL & ~CONTROL_GSTBUFTRP);
    stop(&t);
}

static void test_bars(void)
{
    Iommu t;

    start(&t, ",viommu=on");
    g_assert_cmpint(t.cap, !=, 0);
    g_assert_cmphex(qpci_config_readl(t.pdev, t.cap + 0x08) & 1, ==, 1);
    g_assert_cmphex(qpci_config_readl(t.pdev, t.cap + 0x10) & 1, ==, 1);
    /* Above RAM, and the VF region is as aligned as it is large */
    g_assert_cmphex(t.vf, >, 4 * GiB);
    g_assert_cmphex(t.vf & (256 * MiB - 1), ==, 0);
    g_assert_cmphex(t.vfctrl & (4 * MiB - 1), ==, 0);
    /* Firmware's business: read-only */
    qpci_config_writel(t.pdev, t.cap + 0x08, 0);
    g_assert_cmphex(bar(&t, 0x08, 0xf0000000), ==, t.vf);
    stop(&t);

    start(&t, ",viommu=on,x-viommu-bars=off");
    g_assert_cmphex(qpci_config_readl(t.pdev, t.cap + 0x08) & 1, ==, 0);
    g_assert_cmphex(qpci_config_readl(t.pdev, t.cap + 0x10) & 1, ==, 0);
    stop(&t);
}

static void test_vf_page(void)
{
    static const unsigned pointers[] = {
        0x00, 0x08, 0x10, 0x18, 0x30, 0x38, 0x50, 0x58, 0x70, 0x78,
    };
    Iommu t;

    start(&t, ",viommu=on");
    /* Nothing there before the vIOMMU is enabled */
    qtest_writel(t.qts, vf(&t, GID, 0x08), 0x40);
    g_assert_cmphex(qtest_readl(t.qts, vf(&t, GID, 0x08)), ==, 0);

    enable(&t);
    for (int i = 0; i < ARRAY_SIZE(pointers); i++) {
        uint64_t reg = vf(&t, GID, pointers[i]);

        qtest_writel(t.qts, reg, UINT32_MAX);
        g_assert_cmphex(qtest_readl(t.qts, reg), ==, 0x7fff0);
        g_assert_cmphex(qtest_readl(t.qts, reg + 4), ==, 0);
        qtest_writeq(t.qts, reg, 0x100 + 0x10 * i);
        g_assert_cmphex(qtest_readq(t.qts, reg), ==, 0x100 + 0x10 * i);
        /* Another guest's page is another page */
        g_assert_cmphex(qtest_readq(t.qts, vf(&t, GID + 1, pointers[i])), ==,
                        0);
    }
    qtest_writeq(t.qts, vf(&t, GID, 0x20), UINT64_MAX);
    g_assert_cmphex(qtest_readq(t.qts, vf(&t, GID, 0x20)), ==, 0);
    /* The first and the last guest ID have pages, too */
    qtest_writel(t.qts, vf(&t, 0xffff, 0x18), 0x20);
    g_assert_cmphex(qtest_readl(t.qts, vf(&t, 0xffff, 0x18)), ==, 0x20);
    stop(&t);
}

static void test_vfctrl(void)
{
    static const struct {
        unsigned reg;
        uint64_t mask;
        unsigned tail;
        uint64_t run;
    } queue[] = {
        { 0x20, 0x000ffffffffff30fULL, 0x08, BIT(4) },
        { 0x28, 0x000fffffffffffffULL, 0x18, BIT(3) },
        { 0x30, 0x00ffffffffffffffULL, 0x38, BIT(7) },
    };
    Iommu t;

    start(&t, ",viommu=on");
    enable(&t);
    for (int i = 0; i < ARRAY_SIZE(queue); i++) {
        uint64_t reg = vfctrl(&t, GID, queue[i].reg);
        uint64_t tail = vf(&t, GID, queue[i].tail);

        qtest_writeq(t.qts, reg, UINT64_MAX);
        g_assert_cmphex(qtest_readq(t.qts, reg), ==, queue[i].mask);
        g_assert_cmphex(qtest_readl(t.qts, vf(&t, GID, 0x20)), ==,
                        queue[i].run);
        /* Read-modify-write of the enables leaves the pointers alone ... */
        qtest_writel(t.qts, tail, 0x50);
        qtest_writeq(t.qts, reg, queue[i].mask & ~0x100ULL);
        g_assert_cmphex(qtest_readl(t.qts, vf(&t, GID, 0x20)), ==, 0);
        g_assert_cmphex(qtest_readl(t.qts, tail), ==, 0x50);
        /* ... and a new base starts at its first entry */
        qtest_writeq(t.qts, reg, 0x123450000ULL);
        g_assert_cmphex(qtest_readl(t.qts, tail), ==, 0);
    }
    qtest_writeq(t.qts, vfctrl(&t, GID, 0x10), UINT64_MAX);
    g_assert_cmphex(qtest_readq(t.qts, vfctrl(&t, GID, 0x10)), ==,
                    0xffff0000);
    g_assert_cmphex(qtest_readq(t.qts, vfctrl(&t, GID + 1, 0x10)), ==, 0);
    stop(&t);
}

static void program_guest(Iommu *t, uint16_t gid)
{
    qtest_writeq(t->qts, vfctrl(t, gid, 0x10), 0x120000);
    qtest_writeq(t->qts, vfctrl(t, gid, 0x20), 0x5000108);
    qtest_writel(t->qts, vf(t, gid, 0x10), 0x30);
}

static void test_reset_vmmio(void)
{
    Iommu t;

    start(&t, ",viommu=on");
    enable(&t);
    program_guest(&t, GID);
    program_guest(&t, GID + 1);
    command(&t, 0xa, BIT(31) | BIT(28) | GID);
    g_assert_cmphex(qtest_readq(t.qts, vfctrl(&t, GID, 0x10)), ==, 0);
    g_assert_cmphex(qtest_readq(t.qts, vfctrl(&t, GID, 0x20)), ==, 0);
    g_assert_cmphex(qtest_readl(t.qts, vf(&t, GID, 0x10)), ==, 0);
    g_assert_cmphex(qtest_readl(t.qts, vf(&t, GID, 0x20)), ==, 0);
    /* Nobody else is touched */
    g_assert_cmphex(qtest_readq(t.qts, vfctrl(&t, GID + 1, 0x20)), ==,
                    0x5000108);
    g_assert_cmphex(qtest_readl(t.qts, vf(&t, GID + 1, 0x10)), ==, 0x30);
    g_assert_cmphex(reg_read(&t, MMIO_EVT_TAIL), ==, 0);
    stop(&t);

    start(&t, ",viommu=on,x-viommu-reset-keeps-vf=on");
    enable(&t);
    program_guest(&t, GID);
    command(&t, 0xa, BIT(31) | BIT(28) | GID);
    g_assert_cmphex(qtest_readq(t.qts, vfctrl(&t, GID, 0x20)), ==, 0);
    g_assert_cmphex(qtest_readl(t.qts, vf(&t, GID, 0x10)), ==, 0x30);
    g_assert_cmphex(qtest_readl(t.qts, vf(&t, GID, 0x20)), ==, 0);
    stop(&t);
}

static void test_map_store(void)
{
    Iommu t;

    start(&t, ",viommu=on");
    enable(&t);
    map_ipa(&t, IPA_DEVID_TABLE(GID), TABLE_PAGE);
    qtest_writeq(t.qts, vfctrl(&t, GID, 0x00), MAP(1, 0xabcd, 0x15));
    g_assert_cmphex(qtest_readq(t.qts, TABLE_PAGE + 0x15 * 16), ==,
                    0xabcd0001);
    g_assert_cmphex(qtest_readq(t.qts, TABLE_PAGE + 0x14 * 16), ==, 0);
    g_assert_cmphex(qtest_readq(t.qts, TABLE_PAGE + 0x16 * 16), ==, 0);
    /* Reads back without the strobe, and two halves are no command */
    g_assert_cmphex(qtest_readq(t.qts, vfctrl(&t, GID, 0x00)), ==,
                    MAP(1, 0xabcd, 0x15) & ~BIT_ULL(63));
    qtest_writel(t.qts, vfctrl(&t, GID, 0x00),
                 (uint32_t)MAP(1, 0x1111, 0x15));
    qtest_writel(t.qts, vfctrl(&t, GID, 0x04), MAP(1, 0x1111, 0x15) >> 32);
    g_assert_cmphex(qtest_readq(t.qts, TABLE_PAGE + 0x15 * 16), ==,
                    0xabcd0001);
    /* valid = 0 unmaps */
    qtest_writeq(t.qts, vfctrl(&t, GID, 0x00), MAP(0, 0xabcd, 0x15));
    g_assert_cmphex(qtest_readq(t.qts, TABLE_PAGE + 0x15 * 16), ==, 0);

    map_ipa(&t, IPA_DOMID_TABLE(GID), TABLE_PAGE + 0x1000);
    qtest_writeq(t.qts, vfctrl(&t, GID, 0x08), MAP(1, 0x4321, 0x1ff));
    g_assert_cmphex(qtest_readq(t.qts, TABLE_PAGE + 0x1000 + 0x1ff * 8), ==,
                    0x43210001);
    g_assert_cmphex(reg_read(&t, MMIO_EVT_TAIL), ==, 0);
    stop(&t);

    start(&t, ",viommu=on,x-viommu-entry-format=1,"
          "x-viommu-map-invalid-ignored=on,x-viommu-map-reads-zero=on");
    enable(&t);
    map_ipa(&t, IPA_DEVID_TABLE(GID), TABLE_PAGE);
    qtest_writeq(t.qts, vfctrl(&t, GID, 0x00), MAP(1, 0xabcd, 0x15));
    g_assert_cmphex(qtest_readq(t.qts, TABLE_PAGE + 0x15 * 16), ==,
                    0x8000abcd00000000ULL);
    g_assert_cmphex(qtest_readq(t.qts, vfctrl(&t, GID, 0x00)), ==, 0);
    qtest_writeq(t.qts, vfctrl(&t, GID, 0x00), MAP(0, 0xabcd, 0x15));
    g_assert_cmphex(qtest_readq(t.qts, TABLE_PAGE + 0x15 * 16), ==,
                    0x8000abcd00000000ULL);
    stop(&t);
}

static uint64_t hw_error(uint16_t gid, unsigned source)
{
    /* vPtr, RW */
    return (uint64_t)EVENT_VIOMMU_HW << 60 | BIT_ULL(53) | BIT_ULL(30) |
           source << 16 | gid;
}

static void test_map_fault(void)
{
    Iommu t;

    start(&t, ",viommu=on");
    enable(&t);
    map_ipa(&t, IPA_DEVID_TABLE(GID), TABLE_PAGE);
    /* The next guest's table is not mapped, nor this one's other table */
    qtest_writeq(t.qts, vfctrl(&t, GID + 1, 0x00), MAP(1, 0xabcd, 3));
    assert_event(&t, 0, hw_error(GID + 1, 0),
                 IPA_DEVID_TABLE(GID + 1) + 3 * 16);
    qtest_writeq(t.qts, vfctrl(&t, GID, 0x08), MAP(1, 0xabcd, 5));
    assert_event(&t, 1, hw_error(GID, 1), IPA_DOMID_TABLE(GID) + 5 * 8);
    /* Without the vIOMMU it is no command at all */
    reg_write(&t, MMIO_CONTROL, CONTROL_ALL & ~CONTROL_VIOMMU);
    qtest_writeq(t.qts, vfctrl(&t, GID, 0x08), MAP(1, 0xabcd, 5));
    g_assert_cmphex(reg_read(&t, MMIO_EVT_TAIL), ==, 32);
    stop(&t);
}

static void test_insert_guest_event(void)
{
    Iommu t;

    start(&t, ",viommu=on");
    enable(&t);
    command(&t, 9, 0);
    assert_event(&t, 0, (uint64_t)EVENT_ILLEGAL_CMD << 60, CMD_BUF);
    stop(&t);

    start(&t, ",viommu=on,x-viommu-insert-event-ignored=on");
    enable(&t);
    command(&t, 9, 0);
    g_assert_cmphex(reg_read(&t, MMIO_EVT_TAIL), ==, 0);
    stop(&t);
}

static void test_machine_reset(void)
{
    uint64_t base;
    Iommu t;

    start(&t, ",viommu=on");
    base = t.vf;
    enable(&t);
    program_guest(&t, GID);
    qtest_system_reset(t.qts);
    g_assert_cmphex(bar(&t, 0x08, 0xf0000000), ==, base);
    g_assert_cmphex(reg_read(&t, MMIO_CONTROL), ==, 0);
    enable(&t);
    g_assert_cmphex(qtest_readl(t.qts, vf(&t, GID, 0x10)), ==, 0);
    g_assert_cmphex(qtest_readq(t.qts, vfctrl(&t, GID, 0x20)), ==, 0);
    stop(&t);
}

static void test_stock(void)
{
    Iommu t;

    start(&t, "");
    g_assert_cmpint(t.cap, ==, 0);
    g_assert_cmphex(reg_read(&t, MMIO_EFR) & (EFR_GIO | EFR_VIOMMU), ==, 0);
    g_assert_cmphex(reg_read(&t, MMIO_EFR2), ==, 0);
    enable(&t);
    command(&t, 0xa, BIT(31) | BIT(28) | GID);
    assert_event(&t, 0, (uint64_t)EVENT_ILLEGAL_CMD << 60, CMD_BUF);
    stop(&t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/amd-viommu/registers", test_registers);
    qtest_add_func("/amd-viommu/bars", test_bars);
    qtest_add_func("/amd-viommu/vf-page", test_vf_page);
    qtest_add_func("/amd-viommu/vf-control", test_vfctrl);
    qtest_add_func("/amd-viommu/reset-vmmio", test_reset_vmmio);
    qtest_add_func("/amd-viommu/map-store", test_map_store);
    qtest_add_func("/amd-viommu/map-fault", test_map_fault);
    qtest_add_func("/amd-viommu/insert-guest-event", test_insert_guest_event);
    qtest_add_func("/amd-viommu/machine-reset", test_machine_reset);
    qtest_add_func("/amd-viommu/stock", test_stock);
    return g_test_run();
}
