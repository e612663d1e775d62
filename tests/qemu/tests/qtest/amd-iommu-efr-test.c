/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: amd-iommu with the feature registers of processors, and what follows
 */

#include "qemu/osdep.h"
#include "amd-iommu-nested.h"

#define EPYC_7542           0x058f77ef22294adeULL
#define EFR_GATS(efr)       extract64(efr, 12, 2)

#define MMIO_STATUS         0x2020
#define CONTROL_GALOG       BIT_ULL(28)
#define STATUS_GALOG_RUN    BIT(8)
#define STATUS_ANY_RUN      (BIT(3) | BIT(4) | BIT(7) | STATUS_GALOG_RUN)
#define DTE_HAD(n)          ((uint64_t)(n) << 7)

/* Where the IVRS says that the IOAPIC's requests come from */
#define SMBUS               QPCI_DEVFN(0x14, 0)
#define CLASS_SMBUS         0x0c05

static void test_registers(void)
{
    static const struct {
        const char *props;
        uint64_t efr;
        uint64_t efr2;
    } cpu[] = {
        { ",viommu=on,profile=epyc-7542", EPYC_7542, EFR2_GCR3TRP },
        { ",viommu=on,efr=0x58f77ef22294ade,efr2=0", EPYC_7542, 0 },
    };
    Iommu t;

    for (int i = 0; i < ARRAY_SIZE(cpu); i++) {
        uint64_t trp = cpu[i].efr2 & EFR2_GCR3TRP ? CONTROL_GCR3TRP : 0;

        start(&t, cpu[i].props);
        g_assert_cmphex(reg_read(&t, MMIO_EFR), ==, cpu[i].efr);
        g_assert_cmphex(reg_read(&t, MMIO_EFR2), ==, cpu[i].efr2);
        reg_write(&t, MMIO_CONTROL, CONTROL_ALL);
        g_assert_cmphex(reg_read(&t, MMIO_CONTROL), ==,
                        (CONTROL_ALL & ~CONTROL_GCR3TRP) | trp);
        /* GAMSup: the log of the guest vAPIC can be enabled */
        g_assert_cmphex(reg_read(&t, MMIO_STATUS) & STATUS_GALOG_RUN, ==, 0);
        reg_write(&t, MMIO_CONTROL, CONTROL_ALL | CONTROL_GALOG);
        g_assert_cmphex(reg_read(&t, MMIO_STATUS) & STATUS_GALOG_RUN, ==,
                        STATUS_GALOG_RUN);
        stop(&t);
    }

    /* No vIommuSup, no bit of it */
    start(&t, ",viommu=on,efr=0x50f77ef22294ade");
    reg_write(&t, MMIO_CONTROL, CONTROL_ALL | CONTROL_GALOG);
    g_assert_cmphex(reg_read(&t, MMIO_CONTROL), ==,
                    CONTROL_ON | CONTROL_GALOG);
    stop(&t);

    /* No more levels than are walked, and no log that is not claimed */
    start(&t, ",viommu=on");
    g_assert_cmphex(EFR_GATS(reg_read(&t, MMIO_EFR)), ==, 1);
    reg_write(&t, MMIO_CONTROL, CONTROL_ALL | CONTROL_GALOG);
    g_assert_cmphex(reg_read(&t, MMIO_STATUS) & STATUS_GALOG_RUN, ==, 0);
    /* Writing 1 clears bits, and sets none */
    reg_write(&t, MMIO_STATUS, UINT64_MAX);
    g_assert_cmphex(reg_read(&t, MMIO_STATUS) & ~STATUS_ANY_RUN, ==, 0);
    stop(&t);
}

static void assert_illegal_dte(Nested *n)
{
    inval_everything(&n->d);
    dma(&n->d, CMD_READ | CMD_PASID, GVA, DMA_ERROR);
    assert_logged(&n->d, EVT(EVENT_ILLEGAL_DTE) | DEVFN, DEVTAB + DEVFN * 32);
}

/* What a register does not claim a device table entry cannot ask for */
static void test_claims(void)
{
    Nested n;

    /* GLXSup 1, GATS 0, HDSup 0 */
    start_nested_with(&n, 1, true, ",profile=epyc-7542");
    dma(&n.d, CMD_READ | CMD_PASID, GVA, OK);
    n.glx = 2;
    set_nested_dte(&n);
    assert_illegal_dte(&n);
    n.glx = 1;
    n.levels = 5;
    set_nested_dte(&n);
    assert_illegal_dte(&n);
    n.levels = 4;
    n.flags |= DTE_HAD(3);
    set_nested_dte(&n);
    assert_illegal_dte(&n);
    n.flags = DTE_GV | DTE_HAD(1);
    set_nested_dte(&n);
    dma(&n.d, CMD_READ | CMD_PASID, GVA, OK);
    /* The largest PASID that PASmax of 15 allows, and the next one */
    set_gcr3(&n, 0xffff, GPA(GUEST_PAGE(4)));
    inval_everything(&n.d);
    use_pasid(&n, 0xffff);
    dma(&n.d, CMD_READ | CMD_PASID, GVA, OK);
    use_pasid(&n, 0x10000 | PASID);
    assert_guest_told(&n, CMD_READ | CMD_PASID, GVA, 0);
    stop_nested(&n);
}

/* Where a south bridge is looked for; a device that is there stays */
static void test_smbus(void)
{
    QPCIDevice *dev;
    Iommu t;

    start(&t, "");
    dev = qpci_device_find(t.pcibus, SMBUS);
    g_assert_nonnull(dev);
    g_assert_cmphex(qpci_config_readw(dev, PCI_CLASS_DEVICE), ==,
                    CLASS_SMBUS);
    g_free(dev);
    stop(&t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/amd-iommu-efr/registers", test_registers);
    qtest_add_func("/amd-iommu-efr/claims", test_claims);
    qtest_add_func("/amd-iommu-efr/smbus", test_smbus);
    return g_test_run();
}
