/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: several amd-iommu in one machine
 *
 * Without firmware: the second one's PCI function is read through the chipset's
 * window to the configuration space, since the legacy ports reach it only
 * when its root bus is known.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "libqtest.h"
#include "hw/pci/pci_regs.h"

#define FIRST               0xfed80000ULL
#define SECOND              0xff000000ULL
#define THIRD               0xff080000ULL
#define VF_SECOND           0xa020000000ULL
#define VF_THIRD            0xa040000000ULL
#define VFCTRL_OFFSET       0x10000000ULL

#define MMIO_CMD_BASE       0x0008
#define MMIO_CONTROL        0x0018
#define MMIO_EFR            0x0030
#define MMIO_CMD_TAIL       0x2008
#define EFR_VIOMMU          BIT_ULL(55)
#define VIOMMU_ON           (BIT_ULL(52) | BIT_ULL(53))

#define CMD_BUF             0x400000
#define STORE               0x500000

#define ECAM                0xb0000000ULL
#define IOMMU_ON(bus) \
    "-device amd-iommu,dma-remap=on,viommu=on,primary-bus=" bus " "

static QTestState *start(void)
{
    QTestState *qts;

    qts = qtest_init("-M q35 -nodefaults -m 64 "
                     "-device pxb-pcie,id=pci.1,bus_nr=64,bus=pcie.0 "
                     "-device pxb-pcie,id=pci.2,bus_nr=96,bus=pcie.0 "
                     IOMMU_ON("pcie.0") IOMMU_ON("pci.1") IOMMU_ON("pci.2"));
    qtest_outl(qts, 0xcf8, 0x80000064);
    qtest_outl(qts, 0xcfc, ECAM >> 32);
    qtest_outl(qts, 0xcf8, 0x80000060);
    qtest_outl(qts, 0xcfc, (uint32_t)ECAM | 1);
    return qts;
}

/* Where a capability of the first function of a bus is, by the window */
static uint64_t capability(QTestState *qts, unsigned bus, uint8_t id)
{
    uint64_t config = ECAM + (bus << 20);
    uint8_t offset = qtest_readb(qts, config + PCI_CAPABILITY_LIST);

    while (offset && qtest_readb(qts, config + offset) != id) {
        offset = qtest_readb(qts, config + offset + PCI_CAP_LIST_NEXT);
    }
    g_assert_cmpint(offset, !=, 0);
    return config + offset;
}

static void check_function(QTestState *qts, unsigned bus, uint64_t mmio,
                           uint64_t vf)
{
    uint64_t cap;

    g_assert_cmphex(qtest_readl(qts, ECAM + (bus << 20)), ==, 0x14191022);
    cap = capability(qts, bus, 0x0f);
    g_assert_cmphex(qtest_readl(qts, cap + 4) & ~1u, ==, mmio);
    cap = capability(qts, bus, PCI_CAP_ID_VNDR);
    g_assert_cmphex(qtest_readl(qts, cap + 0x08), ==, (uint32_t)vf | 1);
    g_assert_cmphex(qtest_readl(qts, cap + 0x0c), ==, vf >> 32);
    g_assert_cmphex(qtest_readl(qts, cap + 0x10), ==,
                    (uint32_t)(vf + VFCTRL_OFFSET) | 1);
}

static void test_functions(void)
{
    QTestState *qts = start();

    check_function(qts, 64, SECOND, VF_SECOND);
    check_function(qts, 96, THIRD, VF_THIRD);
    qtest_quit(qts);
}

/* What one is told the others do not hear */
static void test_registers(void)
{
    QTestState *qts = start();
    const uint64_t all[] = { FIRST, SECOND, THIRD };

    for (int i = 0; i < ARRAY_SIZE(all); i++) {
        g_assert_cmphex(qtest_readq(qts, all[i] + MMIO_EFR) & EFR_VIOMMU,
                        ==, EFR_VIOMMU);
    }
    qtest_writeq(qts, SECOND + MMIO_CONTROL, VIOMMU_ON);
    g_assert_cmphex(qtest_readq(qts, SECOND + MMIO_CONTROL), ==, VIOMMU_ON);
    g_assert_cmphex(qtest_readq(qts, FIRST + MMIO_CONTROL), ==, 0);
    g_assert_cmphex(qtest_readq(qts, THIRD + MMIO_CONTROL), ==, 0);

    /* The VF page of guest 5, of the second one alone */
    qtest_writel(qts, VF_SECOND + 5 * 0x1000 + 0x08, 0x40);
    g_assert_cmphex(qtest_readl(qts, VF_SECOND + 5 * 0x1000 + 0x08), ==, 0x40);
    qtest_writeq(qts, THIRD + MMIO_CONTROL, VIOMMU_ON);
    g_assert_cmphex(qtest_readl(qts, VF_THIRD + 5 * 0x1000 + 0x08), ==, 0);
    qtest_quit(qts);
}

/* COMPLETION_WAIT of the third one */
static void test_commands(void)
{
    QTestState *qts = start();

    qtest_writeq(qts, CMD_BUF, 1ULL << 60 | STORE | 1);
    qtest_writeq(qts, CMD_BUF + 8, 0x1122334455667788);
    qtest_writeq(qts, STORE, 0);
    qtest_writeq(qts, THIRD + MMIO_CMD_BASE, CMD_BUF | 8ULL << 56);
    qtest_writeq(qts, THIRD + MMIO_CONTROL, BIT(0) | BIT(12));
    qtest_writeq(qts, THIRD + MMIO_CMD_TAIL, 16);
    g_assert_cmphex(qtest_readq(qts, STORE), ==, 0x1122334455667788);
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/amd-iommu-place/functions", test_functions);
    qtest_add_func("/amd-iommu-place/registers", test_registers);
    qtest_add_func("/amd-iommu-place/commands", test_commands);
    return g_test_run();
}
