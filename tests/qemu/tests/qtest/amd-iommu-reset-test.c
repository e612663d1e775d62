/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: a machine reset, as after S3, of an amd-iommu whose guests are at work
 *
 * Memory stays as it is, as it does over S3.
 */

#include "qemu/osdep.h"
#include "amd-iommu-nested.h"

#define RING_PAGE           0x1a
#define STORES_PAGE         0x1b
#define NEW_PAGE            0x1c
#define COMMANDS            199

/* Registers: the host's, and of each guest a VF page and a control entry */
#define MMIO_END            0x400
#define MMIO_QUEUES         0x2000
#define MMIO_QUEUES_END     0x2100
#define CONFIG_SIZE         0x100

typedef struct Registers {
    uint64_t mmio[MMIO_END / 8];
    uint64_t queues[(MMIO_QUEUES_END - MMIO_QUEUES) / 8];
    uint32_t config[CONFIG_SIZE / 4];
} Registers;

static void get_registers(Iommu *t, Registers *r)
{
    for (int i = 0; i < ARRAY_SIZE(r->mmio); i++) {
        r->mmio[i] = reg_read(t, i * 8);
    }
    for (int i = 0; i < ARRAY_SIZE(r->queues); i++) {
        r->queues[i] = reg_read(t, MMIO_QUEUES + i * 8);
    }
    for (int i = 0; i < ARRAY_SIZE(r->config); i++) {
        r->config[i] = qpci_config_readl(t->pdev, i * 4);
    }
}

static void assert_same(const Registers *a, const Registers *b)
{
    for (int i = 0; i < ARRAY_SIZE(a->mmio); i++) {
        g_assert_cmphex(a->mmio[i], ==, b->mmio[i]);
    }
    for (int i = 0; i < ARRAY_SIZE(a->queues); i++) {
        g_assert_cmphex(a->queues[i], ==, b->queues[i]);
    }
    for (int i = 0; i < ARRAY_SIZE(a->config); i++) {
        g_assert_cmphex(a->config[i], ==, b->config[i]);
    }
}

static void enable_device(Nested *n)
{
    uint64_t size;

    qpci_device_enable(n->d.dev);
    n->d.bar = qpci_iomap(n->d.dev, 0, &size);
    open_ecam(n->d.t.qts);
    enable_extended(n->d.t.qts, PCI_EXT_CAP_ID_PASID, PCI_PASID_CTRL,
                    PCI_PASID_CTRL_ENABLE);
    enable_extended(n->d.t.qts, PCI_EXT_CAP_ID_ATS, PCI_ATS_CTRL,
                    PCI_ATS_CTRL_ENABLE);
    use_pasid(n, PASID);
}

/* As enable() does, but memory is left alone */
static void enable_again(Nested *n)
{
    Iommu *t = &n->d.t;

    reg_write(t, MMIO_DEVTAB, DEVTAB | 0x1ff);
    reg_write(t, MMIO_CMD_BASE, CMD_BUF | LEN_256);
    reg_write(t, MMIO_EVT_BASE, EVT_LOG | LEN_256);
    reg_write(t, MMIO_CONTROL, CONTROL_ALL);
    t->cmd_tail = 0;
}

/*
 * The guest has a queue of stores, and rings the doorbell. Between any two is a
 * command that takes the IOMMU long: it reads all of the DomainID table.
 */
static void start_guest_queue(Nested *n)
{
    Iommu *t = &n->d.t;

    for (int i = 0; i < COMMANDS; i++) {
        if (i % 2) {
            poke(n, SPA(RING_PAGE) + i * 16, 8ULL << 60);
            continue;
        }
        poke(n, SPA(RING_PAGE) + i * 16, 1ULL << 60 |
             (GPA(STORES_PAGE) + i * 8) | 1);
        poke(n, SPA(RING_PAGE) + i * 16 + 8, 0x1000 + i);
    }
    qtest_writeq(t->qts, vfctrl(t, GID, 0x20),
                 GPA(RING_PAGE) | BIT(8) | 8);
    qtest_writeq(t->qts, vfctrl(t, GID, 0x30),
                 (GPA(NEW_PAGE) << 4) | BIT(10) | BIT(8) | 8);
    qtest_writel(t->qts, vf(t, GID, 0x08), COMMANDS * 16);
}

static int stores_done(Nested *n)
{
    int done = 0;

    for (int i = 0; i < COMMANDS; i++) {
        done += qtest_readq(n->d.t.qts, SPA(STORES_PAGE) + i * 8) != 0;
    }
    return done;
}

static void assert_guest_registers_clear(Iommu *t)
{
    for (int reg = 0; reg < 0x80; reg += 8) {
        g_assert_cmphex(qtest_readq(t->qts, vf(t, GID, reg)), ==, 0);
    }
    for (int reg = 0; reg < 0x40; reg += 8) {
        g_assert_cmphex(qtest_readq(t->qts, vfctrl(t, GID, reg)), ==, 0);
    }
}

/* Every register is as it was when the machine was new */
static void test_registers(void)
{
    Registers before, at_work, after;
    Nested n;

    start(&n.d.t, ",viommu=on -device dma-testdev,addr=0x10");
    get_registers(&n.d.t, &before);
    stop(&n.d.t);

    start_nested(&n, 0, true);
    start_guest_queue(&n);
    /* Faults for both logs, a pending interrupt, a command that is illegal */
    set_stage2(&n, DATA_PAGE, 0);
    inval_everything(&n.d);
    dma(&n.d, CMD_READ | CMD_PASID, GVA, DMA_ERROR);
    dma(&n.d, CMD_READ | CMD_PASID, GVA + 0x1000, DMA_ERROR);
    host_command(&n.d, 1ULL << 60 | 2, 0);
    host_command(&n.d, 0xfULL << 60, 0);
    get_registers(&n.d.t, &at_work);
    g_assert_cmpint(memcmp(&before, &at_work, sizeof(before)), !=, 0);

    qtest_system_reset(n.d.t.qts);
    get_registers(&n.d.t, &after);
    assert_same(&before, &after);
    reg_write(&n.d.t, MMIO_CONTROL, CONTROL_VIOMMU);
    assert_guest_registers_clear(&n.d.t);
    stop_nested(&n);
}

/* What the guest had queued is not executed after the reset, nor later */
static void test_queue(void)
{
    Iommu *t;
    Nested n;
    int done;

    start_nested(&n, 0, true);
    t = &n.d.t;
    start_guest_queue(&n);
    qtest_system_reset(t->qts);
    done = stores_done(&n);
    g_test_message("%d of %d stores before the reset", done, COMMANDS / 2 + 1);
    enable_again(&n);
    assert_guest_registers_clear(t);
    /* The same queue, where all but one of its commands are history */
    qtest_writeq(t->qts, vfctrl(t, GID, 0x10), TRANS_DEVID << 16);
    qtest_writeq(t->qts, vfctrl(t, GID, 0x20), GPA(RING_PAGE) | BIT(8) | 8);
    poke(&n, SPA(RING_PAGE), 1ULL << 60 | (GPA(STORES_PAGE) + 0x800) | 1);
    qtest_writel(t->qts, vf(t, GID, 0x08), 16);
    for (int i = 0; i < 1000 && qtest_readl(t->qts, vf(t, GID, 0)) != 16;
         i++) {
        ;
    }
    g_assert_cmphex(qtest_readl(t->qts, vf(t, GID, 0)), ==, 16);
    g_assert_cmphex(qtest_readq(t->qts, SPA(STORES_PAGE) + 0x800), ==, 0x1000);
    g_assert_cmpint(stores_done(&n), ==, done);
    assert_nothing_logged(&n.d);
    stop_nested(&n);
}

/* Nothing that was cached is used; tables changed while the machine was off */
static void test_caches(void)
{
    uint64_t dte = DEVTAB + DEVFN * 32;
    uint64_t map;
    Nested n;

    start_nested(&n, 0, true);
    map = qtest_readq(n.d.t.qts, DOMID_TABLE + GDOM * 8);
    g_assert_cmphex(map, !=, 0);
    dma(&n.d, CMD_READ | CMD_PASID, GVA, OK);
    dma(&n.d, CMD_READ, GPA(DATA_PAGE), OK);
    poke(&n, guest_entry(GUEST_PAGE(1), 1, GVA), GPA(NEW_PAGE) | G_ALL);
    set_stage2(&n, DATA_PAGE, SPA(NEW_PAGE) | PERM_RW | PTE_PR);
    assert_leads(&n.d, CMD_PASID, GVA, SPA(DATA_PAGE) + (GVA & 0xfff), 0x1000,
                 READ | WRITE);
    assert_leads(&n.d, 0, GPA(DATA_PAGE), SPA(DATA_PAGE), 0x1000,
                 READ | WRITE);

    qtest_system_reset(n.d.t.qts);
    enable_device(&n);
    /* What it keeps of guests in memory, it had found through its own entry */
    reg_write(&n.d.t, MMIO_CONTROL, CONTROL_VIOMMU);
    qtest_writeq(n.d.t.qts, vfctrl(&n.d.t, GID, 0x08), MAP(1, 0x4321, GDOM));
    g_assert_cmphex(qtest_readq(n.d.t.qts, DOMID_TABLE + GDOM * 8), ==, map);
    /* Off, the IOMMU answers nobody */
    dma(&n.d, CMD_READ | CMD_PASID | CMD_ATC, GVA, NO_TRANSLATION);
    assert_leads_nowhere(&n.d, CMD_PASID, GVA);
    enable_again(&n);
    assert_leads(&n.d, CMD_PASID, GVA, SPA(NEW_PAGE) + (GVA & 0xfff), 0x1000,
                 READ | WRITE);
    assert_leads(&n.d, 0, GPA(DATA_PAGE), SPA(NEW_PAGE), 0x1000,
                 READ | WRITE);

    /* Without a command that says so, accesses are translated again */
    poke(&n, SPA(NEW_PAGE), 0x1234);
    dma(&n.d, CMD_READ, GPA(DATA_PAGE), OK);
    g_assert_cmphex(qpci_io_readl(n.d.dev, n.d.bar, BUFFER), ==, 0x1234);

    /* The device table entry: read anew, likewise */
    poke(&n, dte, qtest_readq(n.d.t.qts, dte) & ~PERM_W);
    assert_leads(&n.d, 0, GPA(DATA_PAGE), SPA(NEW_PAGE), 0x1000,
                 READ | WRITE);
    qtest_system_reset(n.d.t.qts);
    enable_device(&n);
    enable_again(&n);
    assert_leads(&n.d, 0, GPA(DATA_PAGE), SPA(NEW_PAGE), 0x1000, READ);
    stop_nested(&n);
}

/* Until it is enabled again, nothing is written to where the log was */
static void test_log(void)
{
    uint64_t dte = DEVTAB + DEVFN * 32;
    Nested n;

    start_nested(&n, 0, true);
    dma(&n.d, CMD_READ | CMD_PASID, GVA, OK);
    qtest_system_reset(n.d.t.qts);
    enable_device(&n);
    enable_extended(n.d.t.qts, PCI_EXT_CAP_ID_PRI, PCI_PRI_CTRL,
                    PCI_PRI_CTRL_ENABLE);
    qtest_memset(n.d.t.qts, EVT_LOG, 0x5a, 0x1000);
    /* A reserved bit: an event, if the IOMMU looked at it */
    poke(&n, dte, qtest_readq(n.d.t.qts, dte) | BIT(2));
    dma(&n.d, CMD_PAGE_REQUEST | CMD_PASID, GVA, PRI_REFUSED);
    for (int i = 0; i < 0x1000; i += 8) {
        g_assert_cmphex(qtest_readq(n.d.t.qts, EVT_LOG + i), ==,
                        0x5a5a5a5a5a5a5a5aULL);
    }
    /* Enabled, but nobody said where it is now */
    reg_write(&n.d.t, MMIO_DEVTAB, DEVTAB | 0x1ff);
    reg_write(&n.d.t, MMIO_CONTROL, CONTROL_ALL & ~BIT_ULL(12));
    dma(&n.d, CMD_READ | CMD_PASID, GVA, DMA_ERROR);
    assert_nothing_logged(&n.d);
    stop_nested(&n);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/amd-iommu-reset/registers", test_registers);
    qtest_add_func("/amd-iommu-reset/queue", test_queue);
    qtest_add_func("/amd-iommu-reset/caches", test_caches);
    qtest_add_func("/amd-iommu-reset/log", test_log);
    return g_test_run();
}
