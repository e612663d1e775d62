/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: the test device for DMA, alone and behind amd-iommu
 */

#include "qemu/osdep.h"
#include "dma-testdev-harness.h"

/* Where the machine and its tables are */
#define IOMMU               0xfed80000ULL
#define DEVTAB              0x100000
#define CMD_BUF             0x400000
#define EVT_LOG             0x408000
#define STORE               0x410000
#define PT_ROOT             0x420000
#define GCR3                0x448000ULL
#define PAGE                0x500000
#define MSI_TARGET          0x600000
#define IOVA                0x123456000ULL
#define PASID               5
#define DTE1_IOTLB          BIT_ULL(32)

typedef struct Machine {
    QTestState *qts;
    QPCIBus *bus;
    QPCIDevice *dev;
    QPCIBar bar;
} Machine;

static void start(Machine *m, const char *iommu, const char *props)
{
    uint64_t size;

    m->qts = qtest_initf("-M q35 -nodefaults -m 64 %s "
                         "-device dma-testdev,addr=0x10%s", iommu, props);
    m->bus = qpci_new_pc(m->qts, NULL);
    m->dev = qpci_device_find(m->bus, DEVFN);
    g_assert_nonnull(m->dev);
    qpci_device_enable(m->dev);
    m->bar = qpci_iomap(m->dev, 0, &size);
    g_assert_cmpint(size, ==, 0x1000);
    open_ecam(m->qts);
}

static void stop(Machine *m)
{
    g_free(m->dev);
    qpci_free_pc(m->bus);
    qtest_quit(m->qts);
}

static uint32_t get(Machine *m, unsigned reg)
{
    return qpci_io_readl(m->dev, m->bar, reg);
}

static void set(Machine *m, unsigned reg, uint32_t val)
{
    qpci_io_writel(m->dev, m->bar, reg, val);
}

/* Where an extended capability is, 0 if there is none */
static uint64_t extended(Machine *m, uint16_t id)
{
    return find_extended(m->qts, id);
}

static void enable(Machine *m, uint16_t id, unsigned control, uint16_t val)
{
    enable_extended(m->qts, id, control, val);
}

static void command(Machine *m, uint32_t cmd, uint64_t addr, uint32_t length,
                    unsigned result)
{
    run_command(m->dev, m->bar, cmd, addr, length, result);
}

static void test_registers(void)
{
    Machine m;

    start(&m, "", "");
    g_assert_cmphex(get(&m, REG_ID), ==, 0x544d4456);
    g_assert_cmphex(get(&m, REG_CAPS), ==, 20 << 8 | 0xf);
    qpci_io_writeq(m.dev, m.bar, REG_ADDR, 0x123456789abcdef0);
    g_assert_cmphex(get(&m, REG_ADDR), ==, 0x9abcdef0);
    g_assert_cmphex(get(&m, REG_ADDR + 4), ==, 0x12345678);
    set(&m, REG_ADDR + 4, 0x55);
    g_assert_cmphex(qpci_io_readq(m.dev, m.bar, REG_ADDR), ==, 0x559abcdef0);
    set(&m, REG_PASID, ~0u);
    g_assert_cmphex(get(&m, REG_PASID), ==, 0xfffff);
    set(&m, REG_PRI_GROUP, ~0u);
    g_assert_cmphex(get(&m, REG_PRI_GROUP), ==, 0x1ff);
    set(&m, REG_ID, 0);
    g_assert_cmphex(get(&m, REG_ID), ==, 0x544d4456);
    stop(&m);

    start(&m, "", ",pasid-width=8,pri=off");
    g_assert_cmphex(get(&m, REG_CAPS), ==, 8 << 8 | 0xb);
    g_assert_cmphex(extended(&m, PCI_EXT_CAP_ID_PRI), ==, 0);
    g_assert_cmphex(extended(&m, PCI_EXT_CAP_ID_PASID), !=, 0);
    stop(&m);

    start(&m, "", ",ats=off,pri=off,pasid=off");
    g_assert_cmphex(get(&m, REG_CAPS), ==, 0x8);
    g_assert_cmphex(extended(&m, PCI_EXT_CAP_ID_ATS), ==, 0);
    stop(&m);
}

static void test_buffer(void)
{
    Machine m;

    start(&m, "", "");
    qpci_io_writeq(m.dev, m.bar, BUFFER, 0x1122334455667788);
    g_assert_cmphex(qpci_io_readb(m.dev, m.bar, BUFFER), ==, 0x88);
    g_assert_cmphex(qpci_io_readw(m.dev, m.bar, BUFFER + 2), ==, 0x5566);
    qpci_io_writeb(m.dev, m.bar, BUFFER + 7, 0xaa);
    qpci_io_writew(m.dev, m.bar, BUFFER + 4, 0xbbcc);
    g_assert_cmphex(qpci_io_readl(m.dev, m.bar, BUFFER + 4), ==, 0xaa22bbcc);
    qpci_io_writel(m.dev, m.bar, BUFFER + BUFFER_SIZE - 4, 0x12345678);
    g_assert_cmphex(qpci_io_readl(m.dev, m.bar, BUFFER + BUFFER_SIZE - 4),
                    ==, 0x12345678);
    stop(&m);
}

/* Both directions, of the longest length and of one byte */
static void transfer(Machine *m, uint64_t addr, uint64_t memory)
{
    qtest_memset(m->qts, memory, 0x5a, BUFFER_SIZE);
    command(m, CMD_READ, addr, BUFFER_SIZE, OK);
    g_assert_cmphex(get(m, BUFFER), ==, 0x5a5a5a5a);
    g_assert_cmphex(get(m, BUFFER + BUFFER_SIZE - 4), ==, 0x5a5a5a5a);
    set(m, BUFFER, 0x01020304);
    command(m, CMD_WRITE, addr + 5, 1, OK);
    g_assert_cmphex(qtest_readl(m->qts, memory + 4), ==, 0x5a5a045a);
    command(m, CMD_WRITE, addr, BUFFER_SIZE, OK);
    g_assert_cmphex(qtest_readl(m->qts, memory), ==, 0x01020304);
}

static void test_memory(void)
{
    Machine m;

    start(&m, "", "");
    transfer(&m, PAGE, PAGE);
    /* Nothing is there */
    command(&m, CMD_READ, 1ULL << 40, 8, DMA_ERROR);
    set(&m, REG_STATUS, 2);
    g_assert_cmphex(get(&m, REG_STATUS), ==, DMA_ERROR << 4);
    /* Not a bus master */
    qpci_config_writew(m.dev, PCI_COMMAND, PCI_COMMAND_MEMORY);
    command(&m, CMD_READ, PAGE, 8, DMA_ERROR);
    stop(&m);
}

static void iommu_command(Machine *m, uint64_t q0, uint64_t q1)
{
    uint32_t tail = qtest_readl(m->qts, IOMMU + 0x2008);

    qtest_writeq(m->qts, CMD_BUF + tail, q0);
    qtest_writeq(m->qts, CMD_BUF + tail + 8, q1);
    qtest_writeq(m->qts, IOMMU + 0x2008, tail + 16);
}

static void enable_iommu(Machine *m)
{
    qtest_writeq(m->qts, IOMMU, DEVTAB | 0x1ff);
    qtest_writeq(m->qts, IOMMU + 0x08, CMD_BUF | 8ULL << 56);
    qtest_writeq(m->qts, IOMMU + 0x18, BIT(0) | BIT(12));
    /* INVALIDATE_DEVTAB_ENTRY */
    iommu_command(m, 2ULL << 60 | DEVFN, 0);
}

/* One page at IOVA, by a host table of four levels */
static void map_page(Machine *m, uint64_t perm)
{
    uint64_t dte = DEVTAB + DEVFN * 32;
    uint64_t table = PT_ROOT;

    qtest_memset(m->qts, DEVTAB, 0, 0x200000);
    qtest_memset(m->qts, PT_ROOT, 0, 0x4000);
    for (int level = 3; level >= 0; level--) {
        uint64_t next = level ? table + 0x1000 : PAGE;

        qtest_writeq(m->qts, table + (extract64(IOVA, 12 + 9 * level, 9) << 3),
                     next | perm | level << 9 | 1);
        table = next;
    }
    qtest_writeq(m->qts, dte + 8, 7);
    qtest_writeq(m->qts, dte, PT_ROOT | 3ULL << 61 | 4 << 9 | 3);
    enable_iommu(m);
}

static void test_iommu(void)
{
    Machine m;

    start(&m, "-device amd-iommu,dma-remap=on", "");
    /* The IOMMU is not enabled yet: addresses pass */
    transfer(&m, PAGE, PAGE);
    stop(&m);

    start(&m, "-device amd-iommu,dma-remap=on", "");
    map_page(&m, 3ULL << 61);
    transfer(&m, IOVA, PAGE);
    command(&m, CMD_READ, IOVA + 0x1000, 8, DMA_ERROR);
    /* The page ends in the middle */
    command(&m, CMD_READ, IOVA + 0xff8, 16, DMA_ERROR);
    stop(&m);

    start(&m, "-device amd-iommu,dma-remap=on", "");
    map_page(&m, 1ULL << 61);
    command(&m, CMD_READ, IOVA, 8, OK);
    command(&m, CMD_WRITE, IOVA, 8, DMA_ERROR);
    stop(&m);
}

/*
 * One page at IOVA for PASID, by tables of the guest's; host and guest physical
 * addresses are the same
 */
static void map_pasid(Machine *m, uint64_t dte1)
{
    uint64_t dte = DEVTAB + DEVFN * 32;
    uint64_t table = PT_ROOT;

    qtest_memset(m->qts, DEVTAB, 0, 0x200000);
    qtest_memset(m->qts, PT_ROOT, 0, 0x4000);
    qtest_memset(m->qts, GCR3, 0, 0x1000);
    for (int level = 3; level >= 0; level--) {
        uint64_t next = level ? table + 0x1000 : PAGE;

        /* Present, writable, for the user */
        qtest_writeq(m->qts, table + (extract64(IOVA, 12 + 9 * level, 9) << 3),
                     next | 7);
        table = next;
    }
    qtest_writeq(m->qts, GCR3 + PASID * 8, PT_ROOT | 1);
    qtest_writeq(m->qts, dte + 8, 7 | extract64(GCR3, 15, 16) << 16 | dte1);
    qtest_writeq(m->qts, dte, 3ULL << 61 | BIT_ULL(55) |
                              extract64(GCR3, 12, 3) << 58 | 3);
    enable_iommu(m);
}

static void start_pasid(Machine *m, uint64_t dte1)
{
    start(m, "-device amd-iommu,dma-remap=on,viommu=on", "");
    enable(m, PCI_EXT_CAP_ID_PASID, PCI_PASID_CTRL, PCI_PASID_CTRL_ENABLE);
    enable(m, PCI_EXT_CAP_ID_ATS, PCI_ATS_CTRL, PCI_ATS_CTRL_ENABLE);
    map_pasid(m, dte1);
    set(m, REG_PASID, PASID);
    qtest_writel(m->qts, PAGE, 0x87654321);
}

static void test_pasid(void)
{
    Machine m;

    start_pasid(&m, 0);
    command(&m, CMD_READ | CMD_PASID, IOVA, 8, OK);
    g_assert_cmphex(get(&m, BUFFER), ==, 0x87654321);
    set(&m, BUFFER, 0x1234);
    command(&m, CMD_WRITE | CMD_PASID, IOVA + 8, 4, OK);
    g_assert_cmphex(qtest_readl(m.qts, PAGE + 8), ==, 0x1234);
    command(&m, CMD_READ | CMD_PASID, IOVA + 0x1000, 8, DMA_ERROR);
    set(&m, REG_PASID, PASID + 1);
    command(&m, CMD_READ | CMD_PASID, IOVA, 8, DMA_ERROR);
    /* Without PASID it is another address space: there is no guest stage */
    command(&m, CMD_READ, PAGE, 4, OK);
    g_assert_cmphex(get(&m, BUFFER), ==, 0x87654321);
    stop(&m);
}

/* INVALIDATE_IOTLB_PAGES of a page for a PASID */
static void inval_iotlb(Machine *m, uint64_t pasid)
{
    iommu_command(m, 4ULL << 60 | (pasid & 0xff) << 48 |
                     (pasid >> 8 & 0xff) << 16 | DEVFN, IOVA | BIT(2));
}

static void test_ats(void)
{
    const uint32_t use = CMD_PASID | CMD_ATC;
    Machine m;

    start_pasid(&m, DTE1_IOTLB);
    command(&m, CMD_READ | use, IOVA, 8, NO_TRANSLATION);
    command(&m, CMD_TRANSLATE | CMD_PASID | CMD_WANT_WRITE, IOVA + 0x123, 0,
            OK);
    g_assert_cmphex(qpci_io_readq(m.dev, m.bar, REG_XLATE_ADDR), ==,
                    PAGE + 0x123);
    g_assert_cmphex(qpci_io_readq(m.dev, m.bar, REG_XLATE_INFO), ==, 0x1003);
    command(&m, CMD_READ | use, IOVA, 8, OK);
    g_assert_cmphex(get(&m, BUFFER), ==, 0x87654321);
    command(&m, CMD_READ | CMD_ATC, IOVA, 8, NO_TRANSLATION);

    /* It is used until it is invalidated, for this PASID */
    inval_iotlb(&m, PASID + 1);
    g_assert_cmphex(get(&m, REG_INVALIDATIONS), ==, 0);
    command(&m, CMD_READ | use, IOVA, 8, OK);
    inval_iotlb(&m, PASID);
    g_assert_cmphex(get(&m, REG_INVALIDATIONS), ==, 1);
    command(&m, CMD_READ | use, IOVA, 8, NO_TRANSLATION);

    /* Reading was asked for, so writing is not granted */
    command(&m, CMD_TRANSLATE | CMD_PASID, IOVA, 0, OK);
    g_assert_cmphex(qpci_io_readq(m.dev, m.bar, REG_XLATE_INFO), ==, 0x1001);
    command(&m, CMD_WRITE | use, IOVA, 8, NO_TRANSLATION);
    command(&m, CMD_ATC_FLUSH, 0, 0, OK);
    command(&m, CMD_READ | use, IOVA, 8, NO_TRANSLATION);
    command(&m, CMD_TRANSLATE | CMD_PASID, IOVA + 0x1000, 0, NO_TRANSLATION);
    stop(&m);

    /* The device table entry does not let the device ask */
    start_pasid(&m, 0);
    command(&m, CMD_TRANSLATE | CMD_PASID, IOVA, 0, NO_TRANSLATION);
    stop(&m);
}

/* Where the IOMMU is in its command buffer, in commands */
static uint64_t commands_done(Machine *m)
{
    return qtest_readq(m->qts, IOMMU + 0x2000) / 16;
}

static void test_hang(void)
{
    const uint32_t use = CMD_PASID | CMD_ATC;
    const uint64_t inval = 4ULL << 60 | (uint64_t)PASID << 48 | 2 << 24 | DEVFN;
    uint64_t first;
    Machine m;

    start_pasid(&m, DTE1_IOTLB);
    qtest_writeq(m.qts, IOMMU + 0x10, EVT_LOG | 8ULL << 56);
    /* InvTimeOut: 100 ms */
    qtest_writeq(m.qts, IOMMU + 0x18, BIT(0) | BIT(2) | BIT(12) | 3 << 5);
    qtest_memset(m.qts, STORE, 0, 8);
    command(&m, CMD_TRANSLATE | CMD_PASID | CMD_WANT_WRITE, IOVA, 0, OK);
    set(&m, REG_ATC_HANGS, 1);
    g_assert_cmphex(get(&m, REG_ATC_HANGS), ==, 1);
    first = commands_done(&m);

    /* Two are on their way, which is as many as may be: the third waits */
    for (int i = 0; i < 3; i++) {
        iommu_command(&m, inval, IOVA | BIT(2));
    }
    iommu_command(&m, 1ULL << 60 | STORE | 1, 0x1234);
    g_assert_cmpint(commands_done(&m), ==, first + 2);
    g_assert_cmphex(get(&m, REG_INVALIDATIONS), ==, 0);
    qtest_clock_step(m.qts, 99 * 1000000);
    g_assert_cmpint(commands_done(&m), ==, first + 2);
    qtest_clock_step(m.qts, 1000000);
    g_assert_cmpint(commands_done(&m), ==, first + 3);
    g_assert_cmphex(qtest_readq(m.qts, IOMMU + 0x2018), ==, 32);
    g_assert_cmphex(qtest_readq(m.qts, EVT_LOG), ==, 7ULL << 60 | DEVFN);
    g_assert_cmphex(qtest_readq(m.qts, EVT_LOG + 8), ==, CMD_BUF + first * 16);
    g_assert_cmphex(qtest_readq(m.qts, EVT_LOG + 24), ==,
                    CMD_BUF + (first + 1) * 16);

    /* COMPLETION_WAIT waits for the third */
    g_assert_cmphex(qtest_readq(m.qts, STORE), ==, 0);
    qtest_clock_step(m.qts, 100 * 1000000);
    g_assert_cmphex(qtest_readq(m.qts, STORE), ==, 0x1234);
    g_assert_cmphex(qtest_readq(m.qts, IOMMU + 0x2018), ==, 48);

    /* The device has its translation until it may not use any */
    command(&m, CMD_READ | use, IOVA, 8, OK);
    qtest_writeq(m.qts, DEVTAB + DEVFN * 32 + 8,
                 7 | extract64(GCR3, 15, 16) << 16);
    command(&m, CMD_READ | use, IOVA, 8, OK);
    iommu_command(&m, 2ULL << 60 | DEVFN, 0);
    command(&m, CMD_READ | use, IOVA, 8, DMA_ERROR);
    g_assert_cmphex(qtest_readq(m.qts, EVT_LOG + 48), ==, 8ULL << 60 | DEVFN);
    g_assert_cmphex(qtest_readq(m.qts, EVT_LOG + 56), ==, PAGE);

    /* One that answers again is not waited for */
    set(&m, REG_ATC_HANGS, 0);
    iommu_command(&m, inval, IOVA | BIT(2));
    iommu_command(&m, 1ULL << 60 | STORE | 1, 0x5678);
    g_assert_cmphex(qtest_readq(m.qts, STORE), ==, 0x5678);
    stop(&m);

    start(&m, "", ",x-atc-hangs=on");
    g_assert_cmphex(get(&m, REG_ATC_HANGS), ==, 1);
    stop(&m);
}

static void test_bad_args(void)
{
    Machine m;

    start(&m, "", "");
    command(&m, CMD_READ, PAGE, 0, BAD_ARGS);
    command(&m, CMD_WRITE, PAGE, BUFFER_SIZE + 1, BAD_ARGS);
    command(&m, CMD_READ, UINT64_MAX - 3, 8, BAD_ARGS);
    command(&m, 0, PAGE, 8, BAD_ARGS);
    command(&m, 15, PAGE, 8, BAD_ARGS);
    stop(&m);

    start(&m, "", ",pasid-width=8");
    enable(&m, PCI_EXT_CAP_ID_PASID, PCI_PASID_CTRL, PCI_PASID_CTRL_ENABLE);
    set(&m, REG_PASID, 0x100);
    command(&m, CMD_READ | CMD_PASID, PAGE, 8, BAD_ARGS);
    stop(&m);
}

static void test_not_enabled(void)
{
    Machine m;

    start(&m, "-device amd-iommu,dma-remap=on", "");
    command(&m, CMD_READ | CMD_PASID, PAGE, 8, NOT_ENABLED);
    command(&m, CMD_READ | CMD_ATC, PAGE, 8, NOT_ENABLED);
    command(&m, CMD_TRANSLATE, PAGE, 8, NOT_ENABLED);
    command(&m, CMD_PAGE_REQUEST, PAGE, 8, NOT_ENABLED);
    command(&m, CMD_ATC_FLUSH, PAGE, 8, OK);
    stop(&m);
}

/* Enabled, but there is no IOMMU that could be asked */
static void test_no_service(void)
{
    Machine m;

    start(&m, "", "");
    enable(&m, PCI_EXT_CAP_ID_PASID, PCI_PASID_CTRL, PCI_PASID_CTRL_ENABLE);
    enable(&m, PCI_EXT_CAP_ID_ATS, PCI_ATS_CTRL, PCI_ATS_CTRL_ENABLE);
    enable(&m, PCI_EXT_CAP_ID_PRI, PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE);
    command(&m, CMD_TRANSLATE, PAGE, 8, BAD_ARGS);
    g_assert_cmphex(get(&m, REG_XLATE_INFO), ==, 0);
    command(&m, CMD_PAGE_REQUEST, PAGE, 8, BAD_ARGS);
    command(&m, CMD_READ | CMD_PASID, PAGE, 8, BAD_ARGS);
    command(&m, CMD_READ | CMD_ATC, PAGE, 8, NO_TRANSLATION);
    g_assert_cmphex(get(&m, REG_PRI_RESPONSE), ==, 0);
    g_assert_cmphex(get(&m, REG_INVALIDATIONS), ==, 0);
    stop(&m);
}

static void test_msi(void)
{
    Machine m;
    uint8_t cap;

    start(&m, "", "");
    cap = qpci_find_capability(m.dev, PCI_CAP_ID_MSI, 0);
    qpci_config_writel(m.dev, cap + PCI_MSI_ADDRESS_LO, MSI_TARGET);
    qpci_config_writel(m.dev, cap + PCI_MSI_ADDRESS_HI, 0);
    qpci_config_writew(m.dev, cap + PCI_MSI_DATA_64, 0x4321);
    qpci_config_writew(m.dev, cap + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE);
    qtest_writel(m.qts, MSI_TARGET, 0);
    command(&m, CMD_READ, PAGE, 8, OK);
    g_assert_cmphex(qtest_readl(m.qts, MSI_TARGET), ==, 0);
    command(&m, CMD_READ | CMD_MSI, PAGE, 8, OK);
    g_assert_cmphex(qtest_readl(m.qts, MSI_TARGET), ==, 0x4321);
    stop(&m);
}

static void test_flr(void)
{
    Machine m;
    uint8_t cap;
    uint64_t ats;

    start(&m, "", "");
    command(&m, CMD_READ, PAGE, 0, BAD_ARGS);
    set(&m, BUFFER, 0x1234);
    set(&m, REG_PASID, 7);
    enable(&m, PCI_EXT_CAP_ID_ATS, PCI_ATS_CTRL, PCI_ATS_CTRL_ENABLE);
    cap = qpci_find_capability(m.dev, PCI_CAP_ID_EXP, 0);
    g_assert_cmphex(qpci_config_readl(m.dev, cap + PCI_EXP_DEVCAP) &
                    PCI_EXP_DEVCAP_FLR, !=, 0);
    qpci_config_writew(m.dev, cap + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR);

    ats = extended(&m, PCI_EXT_CAP_ID_ATS);
    g_assert_cmphex(qtest_readw(m.qts, ats + PCI_ATS_CTRL), ==, 0);
    g_assert_cmphex(qpci_config_readw(m.dev, PCI_COMMAND), ==, 0);
    qpci_config_writel(m.dev, PCI_BASE_ADDRESS_0, m.bar.addr);
    qpci_device_enable(m.dev);
    g_assert_cmphex(get(&m, REG_STATUS), ==, 0);
    g_assert_cmphex(get(&m, REG_ADDR), ==, 0);
    g_assert_cmphex(get(&m, REG_PASID), ==, 0);
    g_assert_cmphex(get(&m, BUFFER), ==, 0);
    transfer(&m, PAGE, PAGE);
    stop(&m);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/dma-testdev/registers", test_registers);
    qtest_add_func("/dma-testdev/buffer", test_buffer);
    qtest_add_func("/dma-testdev/memory", test_memory);
    qtest_add_func("/dma-testdev/iommu", test_iommu);
    qtest_add_func("/dma-testdev/pasid", test_pasid);
    qtest_add_func("/dma-testdev/ats", test_ats);
    qtest_add_func("/dma-testdev/hang", test_hang);
    qtest_add_func("/dma-testdev/bad-args", test_bad_args);
    qtest_add_func("/dma-testdev/not-enabled", test_not_enabled);
    qtest_add_func("/dma-testdev/no-service", test_no_service);
    qtest_add_func("/dma-testdev/msi", test_msi);
    qtest_add_func("/dma-testdev/flr", test_flr);
    return g_test_run();
}
