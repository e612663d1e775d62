/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: the host's own command buffer, event log and device table of an
 * amd-iommu, and what it takes for wrong there
 */

#include "qemu/osdep.h"
#include "amd-iommu-nested.h"

#define MMIO_CMD_HEAD       0x2000
#define MMIO_STATUS         0x2020
#define STATUS_EVT_OVERFLOW BIT(0)
#define STATUS_EVT_INT      BIT(1)
#define STATUS_EVT_RUN      BIT(3)
#define STATUS_CMD_RUN      BIT(4)
#define STATUS_RUN          (STATUS_EVT_RUN | STATUS_CMD_RUN)

#define CONTROL_EVT_LOG     BIT_ULL(2)
#define CONTROL_EVT_INT     BIT_ULL(3)

#define CMD(opcode)         ((uint64_t)(opcode) << 60)
#define RESET_ALL           BIT_ULL(28)
#define RESET_VCMD          BIT_ULL(31)

#define STORE               0x500000ULL

/* Into the buffer; the IOMMU is not told of it */
static void put(Iommu *t, uint64_t q0, uint64_t q1)
{
    qtest_writeq(t->qts, CMD_BUF + t->cmd_tail, q0);
    qtest_writeq(t->qts, CMD_BUF + t->cmd_tail + 8, q1);
    t->cmd_tail = (t->cmd_tail + 16) % 0x1000;
}

static void ring(Iommu *t)
{
    reg_write(t, MMIO_CMD_TAIL, t->cmd_tail);
}

/* COMPLETION_WAIT: what it stores tells that the IOMMU has come so far */
static void put_wait(Iommu *t, uint64_t data)
{
    put(t, CMD(1) | STORE | 1, data);
}

static uint64_t stored(Iommu *t)
{
    return qtest_readq(t->qts, STORE);
}

static void assert_status(Iommu *t, uint64_t bits)
{
    g_assert_cmphex(reg_read(t, MMIO_STATUS) & (STATUS_RUN |
                                                STATUS_EVT_OVERFLOW), ==,
                    bits);
}

static void restart_commands(Iommu *t)
{
    reg_write(t, MMIO_CONTROL, CONTROL_ALL & ~CONTROL_CMDBUF);
    reg_write(t, MMIO_CONTROL, CONTROL_ALL);
}

/* Illegal: stops with the head there, and nothing of it or after it is done */
static const uint64_t illegal[][2] = {
    { CMD(0), 0 },
    { CMD(0xb), 0 },
    { CMD(0xf), 0 },
    { CMD(9) | (uint64_t)GID << 32, 0 },                /* the default */
    { CMD(1) | BIT_ULL(52) | (STORE + 8) | 1, 1 },      /* reserved bits */
    { CMD(2) | BIT_ULL(16), 0 },
    { CMD(2), 1 },
    { CMD(3) | BIT_ULL(20), 0 },
    { CMD(3) | BIT_ULL(48), 0 },
    { CMD(3), BIT(3) },
    { CMD(4), BIT(1) },
    { CMD(5), BIT(4) },
    { CMD(6) | BIT_ULL(16), 0 },
    { CMD(7), BIT(0) },
    { CMD(8) | 1, 0 },
    { CMD(0xa) | RESET_VCMD | BIT_ULL(27) | GID, 0 },
    { CMD(0xa) | RESET_VCMD | RESET_ALL | GID, 1 },
};

static void test_illegal(void)
{
    Iommu t;

    start(&t, ",viommu=on");
    enable(&t);
    assert_status(&t, STATUS_RUN);
    for (int i = 0; i < ARRAY_SIZE(illegal); i++) {
        uint32_t at = t.cmd_tail;

        qtest_writeq(t.qts, vfctrl(&t, GID, 0x10), 0x120000);
        put_wait(&t, 0x100 + i);
        put(&t, illegal[i][0], illegal[i][1]);
        put_wait(&t, 0x200 + i);
        ring(&t);
        assert_event(&t, i, CMD(EVENT_ILLEGAL_CMD), CMD_BUF + at + 16);
        assert_status(&t, STATUS_EVT_RUN);
        g_assert_cmphex(reg_read(&t, MMIO_CMD_HEAD), ==, at + 16);
        g_assert_cmphex(stored(&t), ==, 0x100 + i);
        g_assert_cmphex(qtest_readq(t.qts, STORE + 8), ==, 0);
        g_assert_cmphex(qtest_readq(t.qts, vfctrl(&t, GID, 0x10)), ==,
                        0x120000);
        /* Neither the doorbell nor some other bit starts it again */
        ring(&t);
        reg_write(&t, MMIO_CONTROL, CONTROL_ALL | BIT_ULL(4));
        g_assert_cmphex(reg_read(&t, MMIO_CMD_HEAD), ==, at + 16);
        assert_status(&t, STATUS_EVT_RUN);
        qtest_writeq(t.qts, CMD_BUF + at + 16, CMD(1));
        qtest_writeq(t.qts, CMD_BUF + at + 24, 0);
        restart_commands(&t);
        assert_status(&t, STATUS_RUN);
        g_assert_cmphex(stored(&t), ==, 0x200 + i);
    }
    stop(&t);

    start(&t, ",viommu=on,x-illegal-skipped=on");
    enable(&t);
    for (int i = 0; i < ARRAY_SIZE(illegal); i++) {
        uint32_t at = t.cmd_tail;

        put(&t, illegal[i][0], illegal[i][1]);
        put_wait(&t, 0x300 + i);
        ring(&t);
        assert_event(&t, i, CMD(EVENT_ILLEGAL_CMD), CMD_BUF + at);
        assert_status(&t, STATUS_RUN);
        g_assert_cmphex(stored(&t), ==, 0x300 + i);
        g_assert_cmphex(qtest_readq(t.qts, STORE + 8), ==, 0);
    }
    stop(&t);
}

/* A buffer that is not there stops, too */
static void test_unreadable(void)
{
    Iommu t;

    start(&t, ",viommu=on");
    enable(&t);
    reg_write(&t, MMIO_CMD_BASE, 0x100000000ULL | LEN_256);
    reg_write(&t, MMIO_CMD_TAIL, 32);
    assert_event(&t, 0, CMD(6), 0x100000000ULL);
    assert_status(&t, STATUS_EVT_RUN);
    g_assert_cmphex(reg_read(&t, MMIO_CMD_HEAD), ==, 0);
    stop(&t);
}

/* Whatever the registers hold, what reads them comes to an end */
static void test_pointers(void)
{
    static const uint64_t pointer[] = { 0, 0x10, 0xff0, 0x1000, 0x7fff0 };
    Iommu t;

    start(&t, ",viommu=on");
    /* Before anybody has said where the buffer is, and how long */
    reg_write(&t, MMIO_CONTROL, CONTROL_ALL);
    reg_write(&t, MMIO_CMD_TAIL, 0x7fff0);
    reg_write(&t, MMIO_CMD_HEAD, 0x10);
    enable(&t);
    for (uint64_t length = 0; length < 16; length++) {
        for (int i = 0; i < ARRAY_SIZE(pointer); i++) {
            for (int j = 0; j < ARRAY_SIZE(pointer); j++) {
                /* Where there is nothing to read, one command is enough */
                reg_write(&t, MMIO_CMD_BASE, 0x100000000ULL | length << 56);
                reg_write(&t, MMIO_CMD_HEAD, pointer[i]);
                reg_write(&t, MMIO_CMD_TAIL, pointer[j]);
                restart_commands(&t);
            }
        }
    }
    /* And of one that is in memory, only legal ones are followed */
    reg_write(&t, MMIO_CMD_BASE, CMD_BUF | LEN_256);
    restart_commands(&t);
    t.cmd_tail = 0;
    put_wait(&t, 0x77);
    reg_write(&t, MMIO_CMD_TAIL, 0x1000);
    g_assert_cmphex(stored(&t), ==, 0);
    ring(&t);
    g_assert_cmphex(stored(&t), ==, 0x77);
    stop(&t);
}

/* A full log stops, whether anybody is interrupted or not */
static void test_full_log(void)
{
    Iommu t;

    for (int interrupt = 0; interrupt < 2; interrupt++) {
        uint64_t control = CONTROL_ALL | (interrupt ? CONTROL_EVT_INT : 0);

        start(&t, ",viommu=on,x-illegal-skipped=on");
        enable(&t);
        reg_write(&t, MMIO_CONTROL, control);
        for (int i = 0; i < 255; i++) {
            put(&t, CMD(0xf), 0);
        }
        ring(&t);
        g_assert_cmphex(reg_read(&t, MMIO_EVT_TAIL), ==, 255 * 16);
        assert_status(&t, STATUS_RUN);
        for (int i = 0; i < 3; i++) {
            put(&t, CMD(0xf), 0);
        }
        ring(&t);
        g_assert_cmphex(reg_read(&t, MMIO_EVT_TAIL), ==, 255 * 16);
        assert_status(&t, STATUS_CMD_RUN | STATUS_EVT_OVERFLOW);
        g_assert_cmphex(reg_read(&t, MMIO_STATUS) & STATUS_EVT_INT, ==,
                        interrupt ? STATUS_EVT_INT : 0);
        /* Room, and no overflow bit: still it wants to be restarted */
        reg_write(&t, MMIO_EVT_HEAD, 128 * 16);
        reg_write(&t, MMIO_STATUS, STATUS_EVT_OVERFLOW | STATUS_EVT_INT);
        reg_write(&t, MMIO_CONTROL, control);
        put(&t, CMD(0xf), 0);
        ring(&t);
        g_assert_cmphex(reg_read(&t, MMIO_EVT_TAIL), ==, 255 * 16);
        reg_write(&t, MMIO_CONTROL, control & ~CONTROL_EVT_LOG);
        reg_write(&t, MMIO_CONTROL, control);
        assert_status(&t, STATUS_RUN);
        put(&t, CMD(0xf), 0);
        ring(&t);
        g_assert_cmphex(reg_read(&t, MMIO_EVT_TAIL), ==, 0);
        stop(&t);
    }
}

static uint64_t vfctrl_get(Iommu *t, unsigned reg)
{
    return qtest_readq(t->qts, vfctrl(t, GID, reg));
}

static uint32_t vf_get(Iommu *t, unsigned reg)
{
    return qtest_readl(t->qts, vf(t, GID, reg));
}

/* RESET_VMMIO: each of its bits has its part, and it wants vCmdEn */
static void test_reset_bits(void)
{
    static const struct {
        uint64_t bits;
        bool cmd;
        bool rest;
    } part[] = {
        { 0, false, false },
        { RESET_VCMD, true, false },
        { RESET_ALL, false, true },
        { RESET_VCMD | RESET_ALL, true, true },
    };
    Iommu t;

    start(&t, ",viommu=on");
    enable(&t);
    for (int i = 0; i < ARRAY_SIZE(part); i++) {
        qtest_writeq(t.qts, vfctrl(&t, GID, 0x10), 0x120000);
        /* Enabled when there is nothing in it to execute */
        qtest_writeq(t.qts, vfctrl(&t, GID, 0x20), 0x5000008);
        qtest_writel(t.qts, vf(&t, GID, 0x00), 0x20);
        qtest_writel(t.qts, vf(&t, GID, 0x08), 0x20);
        qtest_writeq(t.qts, vfctrl(&t, GID, 0x20), 0x5000108);
        qtest_writeq(t.qts, vfctrl(&t, GID, 0x28), 0x6000108);
        qtest_writeq(t.qts, vfctrl(&t, GID, 0x30), 0x70000108);
        qtest_writel(t.qts, vf(&t, GID, 0x10), 0x30);
        qtest_writel(t.qts, vf(&t, GID, 0x30), 0x40);
        /* The maps are not among what it resets */
        qtest_writel(t.qts, vfctrl(&t, GID, 0x04), 0x1234 << 14);
        put(&t, CMD(0xa) | part[i].bits | GID, 0);
        ring(&t);
        g_assert_cmphex(vfctrl_get(&t, 0x00), ==, 0x1234ULL << 46);
        g_assert_cmphex(vfctrl_get(&t, 0x10), ==,
                        part[i].rest ? 0 : 0x120000);
        g_assert_cmphex(vfctrl_get(&t, 0x20), ==,
                        part[i].cmd ? 0 : 0x5000108);
        g_assert_cmphex(vfctrl_get(&t, 0x28), ==,
                        part[i].rest ? 0 : 0x6000108);
        g_assert_cmphex(vfctrl_get(&t, 0x30), ==,
                        part[i].rest ? 0 : 0x70000108);
        g_assert_cmphex(vf_get(&t, 0x00), ==, part[i].cmd ? 0 : 0x20);
        g_assert_cmphex(vf_get(&t, 0x10), ==, part[i].rest ? 0 : 0x30);
        g_assert_cmphex(vf_get(&t, 0x30), ==, part[i].rest ? 0 : 0x40);
        g_assert_cmphex(vf_get(&t, 0x20), ==, (part[i].cmd ? 0 : BIT(4)) |
                        (part[i].rest ? 0 : BIT(3) | BIT(7)));
    }
    g_assert_cmphex(reg_read(&t, MMIO_EVT_TAIL), ==, 0);
    reg_write(&t, MMIO_CONTROL, CONTROL_ALL & ~CONTROL_VCMD);
    put(&t, CMD(0xa) | RESET_VCMD | RESET_ALL | GID, 0);
    ring(&t);
    assert_event(&t, 0, CMD(EVENT_ILLEGAL_CMD), CMD_BUF + 4 * 16);
    assert_status(&t, STATUS_EVT_RUN);
    stop(&t);

    start(&t, ",viommu=on,x-viommu-vcmd-ignored=on");
    enable(&t);
    reg_write(&t, MMIO_CONTROL, CONTROL_ALL & ~CONTROL_VCMD);
    qtest_writeq(t.qts, vfctrl(&t, GID, 0x10), 0x120000);
    put(&t, CMD(0xa) | RESET_VCMD | RESET_ALL | GID, 0);
    ring(&t);
    g_assert_cmphex(vfctrl_get(&t, 0x10), ==, 0);
    assert_status(&t, STATUS_RUN);
    stop(&t);
}

/* Without an entry in the device table a device has no access: one event */
static void test_table_length(void)
{
    uint64_t addr = 0x5a50000012345000ULL;
    Dma d;

    start_dma(&d, "");
    set_entry(&d, TABLE(1), 1, addr, SPA(0) | PERM_RW | PTE_PR);
    for (unsigned level = 6; level > 1; level--) {
        set_entry(&d, TABLE(level), level, addr, TABLE(level - 1) | PERM_RW |
                  NEXT_LEVEL(level - 1) | PTE_PR);
    }
    set_host_dte(&d, TABLE(6), 6, PERM_RW);
    dma(&d, CMD_READ, addr, OK);
    /* 128 entries: the device is the first that has none */
    g_assert_cmpint(DEVFN, ==, 128);
    reg_write(&d.t, MMIO_DEVTAB, DEVTAB);
    for (int i = 0; i < 3; i++) {
        dma(&d, CMD_READ, addr, DMA_ERROR);
        assert_logged(&d, EVT(EVENT_ILLEGAL_DTE) | DEVFN,
                      DEVTAB + DEVFN * 32);
    }
    assert_leads_nowhere(&d, 0, addr);
    /* To be told to look at it is no request */
    reg_write(&d.t, MMIO_EVT_HEAD, reg_read(&d.t, MMIO_EVT_TAIL));
    host_command(&d, CMD(2) | DEVFN, 0);
    inval_everything(&d);
    assert_nothing_logged(&d);
    reg_write(&d.t, MMIO_DEVTAB, DEVTAB | 1);
    dma(&d, CMD_READ, addr, OK);
    assert_nothing_logged(&d);
    stop_dma(&d);
}

/* The guest's buffers: one event as well, of the ID that they are reached by */
static void test_trans_devid(void)
{
    Nested n;

    start_nested(&n, 0, true);
    reg_write(&n.d.t, MMIO_DEVTAB, DEVTAB | (TRANS_DEVID / 128 - 1));
    reg_write(&n.d.t, MMIO_EVT_HEAD, reg_read(&n.d.t, MMIO_EVT_TAIL));
    qtest_writeq(n.d.t.qts, vfctrl(&n.d.t, GID, 0x20),
                 GPA(DATA_PAGE) | BIT(8) | 8);
    qtest_writel(n.d.t.qts, vf(&n.d.t, GID, 0x08), 16);
    for (int i = 0; i < 1000 && (vf_get(&n.d.t, 0x20) & BIT(4)); i++) {
        ;
    }
    assert_logged(&n.d, EVT(EVENT_ILLEGAL_DTE) | TRANS_DEVID,
                  DEVTAB + TRANS_DEVID * 32);
    g_assert_cmphex(vf_get(&n.d.t, 0x20) & BIT(4), ==, 0);
    stop_nested(&n);
}

/*
 * A device that works in a thread of its own faults while the host's commands
 * are executed: each of both kinds of events is in the log, and none twice
 */
#define FAULTS              20000
#define LONG_LOG            0x3800000ULL
#define LEN_32768           (15ULL << 56)

static void test_thread(void)
{
    unsigned faults = 0, illegal_commands = 0, entries;
    g_autofree uint64_t *log = NULL;
    Iommu *t;
    Nested n;

    start_nested_with(&n, 0, true, ",x-illegal-skipped=on "
                      "-object iothread,id=thread "
                      "-global dma-testdev.x-iothread=thread");
    t = &n.d.t;
    n.owned = false;
    set_nested_dte(&n);
    reg_write(t, MMIO_CONTROL, CONTROL_ALL & ~CONTROL_EVT_LOG);
    reg_write(t, MMIO_EVT_BASE, LONG_LOG | LEN_32768);
    reg_write(t, MMIO_CONTROL, CONTROL_ALL);
    qpci_io_writeq(n.d.dev, n.d.bar, REG_ADDR, GVA + 0x1000);
    qpci_io_writel(n.d.dev, n.d.bar, REG_LENGTH, 4);
    qpci_io_writel(n.d.dev, n.d.bar, REG_COMMAND,
                   CMD_READ | CMD_PASID | (FAULTS - 1) << 16);
    while (qpci_io_readl(n.d.dev, n.d.bar, REG_STATUS) & 1) {
        for (int i = 0; i < 100 && illegal_commands < 10000; i++) {
            put(t, CMD(0xf), 0);
            illegal_commands++;
        }
        ring(t);
        host_command(&n.d, CMD(2) | DEVFN, 0);
    }
    entries = reg_read(t, MMIO_EVT_TAIL) / 16;
    log = g_new0(uint64_t, entries * 2);
    qtest_memread(t->qts, LONG_LOG, log, entries * 16);
    for (int i = 0; i < entries; i++) {
        uint64_t q0 = le64_to_cpu(log[i * 2]);

        if (q0 == page_fault(DEVFN, PASID, DOMAIN, CMD_READ | CMD_PASID, 0)) {
            faults++;
        } else {
            g_assert_cmphex(q0, ==, CMD(EVENT_ILLEGAL_CMD));
            illegal_commands--;
        }
    }
    g_assert_cmpuint(faults, ==, FAULTS);
    g_assert_cmpuint(illegal_commands, ==, 0);
    stop_nested(&n);
}

/* A store to a table that is not mapped: an event, or nothing at all */
static void test_dropped_stores(void)
{
    Iommu t;

    start(&t, ",viommu=on,x-viommu-map-fault-dropped=on");
    enable(&t);
    map_ipa(&t, IPA_DEVID_TABLE(GID), TABLE_PAGE);
    qtest_writeq(t.qts, vfctrl(&t, GID, 0x08), MAP(1, 0xabcd, 5));
    qtest_writeq(t.qts, vfctrl(&t, GID + 1, 0x00), MAP(1, 0xabcd, 3));
    g_assert_cmphex(reg_read(&t, MMIO_EVT_TAIL), ==, 0);
    qtest_writeq(t.qts, vfctrl(&t, GID, 0x00), MAP(1, 0xabcd, 3));
    g_assert_cmphex(qtest_readq(t.qts, TABLE_PAGE + 3 * 16), ==, 0xabcd0001);
    stop(&t);
}

/*
 * Private addresses that were not mapped: looked up anew, or remembered until
 * an invalidation of their domain
 */
static void test_misses(void)
{
    uint64_t entry = TABLE_PAGE + 3 * 16;
    Iommu t;

    for (int cached = 0; cached < 2; cached++) {
        start(&t, cached ? ",viommu=on,x-viommu-ipa-misses-cached=on"
                         : ",viommu=on");
        enable(&t);
        map_ipa(&t, IPA_DEVID_TABLE(GID + 1), TABLE_PAGE + 0x1000);
        qtest_writeq(t.qts, vfctrl(&t, GID, 0x00), MAP(1, 0xabcd, 3));
        g_assert_cmphex(reg_read(&t, MMIO_EVT_TAIL), ==, 16);
        map_page(&t, PT_ROOT, IPA_DEVID_TABLE(GID), TABLE_PAGE, PERM_RW);
        qtest_writeq(t.qts, vfctrl(&t, GID, 0x00), MAP(1, 0xabcd, 3));
        g_assert_cmphex(qtest_readq(t.qts, entry), ==,
                        cached ? 0 : 0xabcd0001);
        /* Another domain, another page, and then this one */
        put(&t, CMD(3) | 8ULL << 32, IPA_DEVID_TABLE(GID));
        put(&t, CMD(3) | 7ULL << 32, IPA_DEVID_TABLE(GID) + 0x1000);
        ring(&t);
        qtest_writeq(t.qts, vfctrl(&t, GID, 0x00), MAP(1, 0x1234, 3));
        g_assert_cmphex(qtest_readq(t.qts, entry), ==,
                        cached ? 0 : 0x12340001);
        g_assert_cmphex(reg_read(&t, MMIO_EVT_TAIL), ==, cached ? 48 : 16);
        put(&t, CMD(3) | 7ULL << 32, IPA_DEVID_TABLE(GID));
        ring(&t);
        qtest_writeq(t.qts, vfctrl(&t, GID, 0x00), MAP(1, 0x4321, 3));
        g_assert_cmphex(qtest_readq(t.qts, entry), ==, 0x43210001);
        g_assert_cmphex(reg_read(&t, MMIO_EVT_TAIL), ==, cached ? 48 : 16);
        stop(&t);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/amd-iommu-host/illegal", test_illegal);
    qtest_add_func("/amd-iommu-host/unreadable", test_unreadable);
    qtest_add_func("/amd-iommu-host/pointers", test_pointers);
    qtest_add_func("/amd-iommu-host/full-log", test_full_log);
    qtest_add_func("/amd-iommu-host/reset-bits", test_reset_bits);
    qtest_add_func("/amd-iommu-host/table-length", test_table_length);
    qtest_add_func("/amd-iommu-host/trans-devid", test_trans_devid);
    qtest_add_func("/amd-iommu-host/thread", test_thread);
    qtest_add_func("/amd-iommu-host/dropped-stores", test_dropped_stores);
    qtest_add_func("/amd-iommu-host/misses", test_misses);
    return g_test_run();
}
