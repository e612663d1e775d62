/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: command buffers and event logs of guests, served by amd-iommu
 *
 * What a command did to the caches is seen in where a later command of the
 * same guest stores: its stores use the caches like any access.
 */

#include "qemu/osdep.h"
#include "amd-viommu-harness.h"

/* Where a guest has its buffers: guest physical */
#define RING                0x10000
#define LOG                 0x11000
#define DATA                0x12000
#define NOWHERE             0x1234000
#define RING_SIZE           0x1000

#define VF_CMD_HEAD         0x00
#define VF_CMD_TAIL         0x08
#define VF_EVT_HEAD         0x10
#define VF_EVT_TAIL         0x18
#define VF_STATUS           0x20
#define VF_PPRB_TAIL        0x58
#define VF_EVTB_TAIL        0x78
#define STATUS_EVT_OVERFLOW BIT(0)
#define STATUS_EVT_INT      BIT(1)
#define STATUS_COMWAIT_INT  BIT(2)
#define STATUS_EVT_RUN      BIT(3)
#define STATUS_CMD_RUN      BIT(4)

#define QUEUE_ON            BIT_ULL(8)
#define QUEUE_256           8

/* The same for every guest, as VMs built from one template have them */
#define GDEV                0x15
#define GDOM                0x1f

#define CMD(opcode)         ((uint64_t)(opcode) << 60)
#define INVAL_ALL_PAGES     0x7ffffffffffff001ULL

#define EVENT_IO_PAGE_FAULT 2
#define EVENT_GUEST_FAULT   0xb
#define EVT_RW              BIT_ULL(53)
#define EVT_PR              BIT_ULL(52)
#define EVT_PE              BIT_ULL(54)
#define EVT_VEVENT          BIT_ULL(29)
#define EVT_VCMD            BIT_ULL(31)

typedef struct Guest {
    Iommu *t;
    uint16_t gid;
    uint16_t trans_devid;
    uint16_t hdom;          /* of its stage 2, and what GDOM stands for */
    uint64_t root;
    uint64_t memory;        /* pages, one each for RING, LOG and DATA */
    uint32_t tail;
} Guest;

static uint32_t vf_get(Guest *g, unsigned reg)
{
    return qtest_readl(g->t->qts, vf(g->t, g->gid, reg));
}

static void vf_set(Guest *g, unsigned reg, uint32_t val)
{
    qtest_writel(g->t->qts, vf(g->t, g->gid, reg), val);
}

static void vfctrl_set(Guest *g, unsigned reg, uint64_t val)
{
    qtest_writeq(g->t->qts, vfctrl(g->t, g->gid, reg), val);
}

static void enable_commands(Guest *g)
{
    vfctrl_set(g, 0x20, RING | QUEUE_256 | QUEUE_ON);
}

/* What the driver would do for a VM and its vIOMMU, in its order */
static void make_guest(Guest *g, Iommu *t, unsigned n)
{
    *g = (Guest) {
        .t = t,
        .gid = GID + n,
        .trans_devid = 0x1240 + n,
        .hdom = 0x31 + n,
        .root = 0x800000 + n * 0x1000,
        .memory = 0x900000 + n * 0x10000,
    };
    for (int i = 0; i < 3; i++) {
        map_page(t, g->root, RING + i * 0x1000, g->memory + i * 0x1000,
                 PERM_RW);
    }
    map_ipa(t, IPA_DEVID_TABLE(g->gid), g->memory + 0x4000);
    map_domid_table(t, g->gid, g->memory + 0x5000);
    write_dte(t, g->trans_devid, g->root, g->hdom);
    vfctrl_set(g, 0x10, g->trans_devid << 16);
    vfctrl_set(g, 0x00, MAP(1, g->trans_devid, GDEV));
    vfctrl_set(g, 0x08, MAP(1, g->hdom, GDOM));
    enable_commands(g);
    vfctrl_set(g, 0x28, LOG | QUEUE_256 | QUEUE_ON);
}

static void start_guest(Guest *g, Iommu *t, const char *props)
{
    g_autofree char *all = g_strconcat(",viommu=on", props, NULL);

    start(t, all);
    enable(t);
    make_guest(g, t, 0);
}

/* Into the ring; the guest is not told of it */
static void put(Guest *g, uint64_t q0, uint64_t q1)
{
    qtest_writeq(g->t->qts, g->memory + g->tail, q0);
    qtest_writeq(g->t->qts, g->memory + g->tail + 8, q1);
    g->tail = (g->tail + 16) % RING_SIZE;
}

static void put_store(Guest *g, uint64_t gpa, uint64_t data)
{
    put(g, CMD(1) | gpa | 1, data);
}

static void ring_doorbell(Guest *g)
{
    vf_set(g, VF_CMD_TAIL, g->tail);
}

/* Until nothing is left, or the queue has stopped */
static void wait_idle(Guest *g)
{
    for (int i = 0; i < 1000; i++) {
        if (vf_get(g, VF_CMD_HEAD) == g->tail ||
            !(vf_get(g, VF_STATUS) & STATUS_CMD_RUN)) {
            return;
        }
    }
    g_assert_not_reached();
}

static void run(Guest *g)
{
    ring_doorbell(g);
    wait_idle(g);
}

/* Long enough for whatever may happen by itself: turns of the main loop */
static void settle(Iommu *t)
{
    for (int i = 0; i < 50; i++) {
        reg_read(t, MMIO_CONTROL);
    }
}

static uint64_t data_at(Guest *g, uint64_t offset)
{
    return qtest_readq(g->t->qts, g->memory + 0x2000 + offset);
}

/* A store of the guest, and the page of its memory that it went to */
static void assert_store_hits(Guest *g, uint64_t data, uint64_t page)
{
    put_store(g, DATA, data);
    run(g);
    g_assert_cmphex(qtest_readq(g->t->qts, page), ==, data);
}

static void assert_stopped_at(Guest *g, uint32_t head)
{
    g_assert_cmphex(vf_get(g, VF_CMD_HEAD), ==, head);
    g_assert_cmphex(vf_get(g, VF_STATUS) & STATUS_CMD_RUN, ==, 0);
}

static void assert_guest_event(Guest *g, unsigned index, uint64_t q0,
                               uint64_t q1)
{
    uint64_t entry = g->memory + 0x1000 + index * 16;

    g_assert_cmphex(vf_get(g, VF_EVT_TAIL), ==, (index + 1) * 16);
    g_assert_cmphex(qtest_readq(g->t->qts, entry), ==, q0);
    g_assert_cmphex(qtest_readq(g->t->qts, entry + 8), ==, q1);
}

static void assert_no_event(Iommu *t)
{
    g_assert_cmphex(reg_read(t, MMIO_EVT_TAIL), ==, 0);
}

static void restart(Guest *g)
{
    vfctrl_set(g, 0x20, RING | QUEUE_256);
    enable_commands(g);
}

static void test_completion_wait(void)
{
    Iommu t;
    Guest g;

    start_guest(&g, &t, "");
    g_assert_cmphex(vf_get(&g, VF_STATUS), ==, STATUS_EVT_RUN | STATUS_CMD_RUN);
    for (int i = 0; i < 41; i++) {
        put_store(&g, DATA + i * 8, 0x1000 + i);
    }
    g_assert_cmphex(data_at(&g, 0), ==, 0);
    run(&g);
    for (int i = 0; i < 41; i++) {
        g_assert_cmphex(data_at(&g, i * 8), ==, 0x1000 + i);
    }
    g_assert_cmphex(data_at(&g, 41 * 8), ==, 0);
    g_assert_cmphex(vf_get(&g, VF_CMD_HEAD), ==, 41 * 16);
    g_assert_cmphex(vf_get(&g, VF_STATUS) & STATUS_COMWAIT_INT, ==, 0);

    put(&g, CMD(1) | 2, 0);
    run(&g);
    g_assert_cmphex(vf_get(&g, VF_STATUS) & STATUS_COMWAIT_INT, ==,
                    STATUS_COMWAIT_INT);
    vf_set(&g, VF_STATUS, STATUS_COMWAIT_INT);
    g_assert_cmphex(vf_get(&g, VF_STATUS), ==, STATUS_EVT_RUN | STATUS_CMD_RUN);

    /* Around the end of the ring: 41 + 1 + 251 commands */
    for (int i = 0; i < 251; i++) {
        put_store(&g, DATA, i);
    }
    run(&g);
    g_assert_cmphex(vf_get(&g, VF_CMD_HEAD), ==, (41 + 1 + 251 - 256) * 16);
    g_assert_cmphex(data_at(&g, 0), ==, 250);
    assert_no_event(&t);
    stop(&t);
}

/* Remap the page of DATA, behind the IOMMU's back */
static void remap(Guest *g, uint64_t page)
{
    map_page(g->t, g->root, DATA, page, PERM_RW);
}

static void test_inval_pages(void)
{
    uint64_t old, new;
    Iommu t;
    Guest g;

    start_guest(&g, &t, "");
    old = g.memory + 0x2000;
    new = g.memory + 0x3000;
    assert_store_hits(&g, 1, old);
    remap(&g, new);
    assert_store_hits(&g, 2, old);
    /* One page that is not it, then one that is */
    put(&g, CMD(3) | (uint64_t)GDOM << 32, DATA + 0x1000);
    assert_store_hits(&g, 3, old);
    put(&g, CMD(3) | (uint64_t)GDOM << 32, DATA);
    assert_store_hits(&g, 4, new);
    remap(&g, old);
    put(&g, CMD(3) | (uint64_t)GDOM << 32, INVAL_ALL_PAGES);
    assert_store_hits(&g, 5, old);
    assert_no_event(&t);
    stop(&t);
}

static void test_inval_devtab_entry(void)
{
    uint64_t root2 = 0x880000;
    Iommu t;
    Guest g;

    start_guest(&g, &t, "");
    assert_store_hits(&g, 1, g.memory + 0x2000);
    /* Another table, and another domain so that no translation is cached */
    map_page(&t, root2, RING, g.memory, PERM_RW);
    map_page(&t, root2, DATA, g.memory + 0x3000, PERM_RW);
    write_dte(&t, g.trans_devid, root2, g.hdom + 0x100);
    assert_store_hits(&g, 2, g.memory + 0x2000);
    put(&g, CMD(2) | GDEV, 0);
    assert_store_hits(&g, 3, g.memory + 0x3000);
    assert_no_event(&t);
    stop(&t);
}

/* Those whose effect is elsewhere: executed, and no complaint */
static void test_other_commands(void)
{
    Iommu t;
    Guest g;

    start_guest(&g, &t, "");
    put(&g, CMD(4) | GDEV | 0x3000000, INVAL_ALL_PAGES);
    put(&g, CMD(5) | GDEV, 0);
    put(&g, CMD(6) | GDEV | 0x1000000, DATA);
    put(&g, CMD(7) | GDEV, (uint64_t)0x123 << 32);
    run(&g);
    g_assert_cmphex(vf_get(&g, VF_CMD_HEAD), ==, 4 * 16);
    g_assert_cmphex(vf_get(&g, VF_EVT_TAIL), ==, 0);
    assert_no_event(&t);
    stop(&t);
}

static void two_guests(Guest g[2], Iommu *t, const char *props)
{
    start_guest(&g[0], t, props);
    make_guest(&g[1], t, 1);
    for (int i = 0; i < 2; i++) {
        assert_store_hits(&g[i], 1, g[i].memory + 0x2000);
        remap(&g[i], g[i].memory + 0x3000);
    }
}

/* The same IDs, and nothing of the other */
static void test_isolation(void)
{
    Iommu t;
    Guest g[2];

    two_guests(g, &t, "");
    put(&g[1], CMD(3) | (uint64_t)GDOM << 32, INVAL_ALL_PAGES);
    assert_store_hits(&g[1], 2, g[1].memory + 0x3000);
    assert_store_hits(&g[0], 3, g[0].memory + 0x2000);
    put(&g[1], CMD(8), 0);
    run(&g[1]);
    assert_store_hits(&g[0], 4, g[0].memory + 0x2000);
    put(&g[0], CMD(8), 0);
    assert_store_hits(&g[0], 5, g[0].memory + 0x3000);
    assert_no_event(&t);
    stop(&t);

    two_guests(g, &t, ",x-viommu-inval-all-global=on");
    put(&g[1], CMD(8), 0);
    run(&g[1]);
    assert_store_hits(&g[0], 4, g[0].memory + 0x3000);
    stop(&t);
}

/* Long queues of two guests that ring at once: both are served, in full */
static void test_turns(void)
{
    Iommu t;
    Guest g[2];

    two_guests(g, &t, "");
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 199; j++) {
            put_store(&g[i], DATA + 8 + j * 8, (i + 1) * 1000 + j);
        }
    }
    ring_doorbell(&g[0]);
    ring_doorbell(&g[1]);
    for (int i = 0; i < 2; i++) {
        wait_idle(&g[i]);
        g_assert_cmphex(vf_get(&g[i], VF_CMD_HEAD), ==, 200 * 16);
        for (int j = 0; j < 199; j++) {
            g_assert_cmphex(data_at(&g[i], 8 + j * 8), ==,
                            (i + 1) * 1000 + j);
        }
    }
    assert_no_event(&t);
    stop(&t);
}

/*
 * A turn is so much work, whatever it is made of: before another guest has its
 * turn, one is done with so many of its commands. All wait when the main loop
 * next gives turns, as the IOMMU sees one write to its control register.
 *
 * Of the first guest each second command marks how far it has come; the other
 * clears all marks, so that only the later ones are left.
 */
#define MARKS               12

static unsigned commands_before(unsigned hostile, uint64_t dear)
{
    unsigned before = 0;
    Iommu t;
    Guest g[2], *bad = &g[hostile], *good = &g[!hostile];

    start_guest(&g[0], &t, "");
    make_guest(&g[1], &t, 1);
    /* The first INVALIDATE_IOMMU_ALL reads the guest's table, too */
    put(bad, CMD(8), 0);
    run(bad);
    /* The marks are on a page of both */
    map_page(&t, good->root, DATA, bad->memory + 0x2000, PERM_RW);
    reg_write(&t, MMIO_CONTROL, CONTROL_ALL & ~CONTROL_VCMD);
    for (int i = 0; i < MARKS; i++) {
        put_store(bad, DATA + i * 8, 1);
        put(bad, dear, dear == CMD(8) ? 0 : INVAL_ALL_PAGES);
        put_store(good, DATA + i * 8, 0);
    }
    ring_doorbell(bad);
    ring_doorbell(good);
    reg_write(&t, MMIO_CONTROL, CONTROL_ALL);
    wait_idle(good);
    wait_idle(bad);
    while (before < MARKS && !data_at(bad, before * 8)) {
        before++;
    }
    for (unsigned i = before; i < MARKS; i++) {
        g_assert_cmphex(data_at(bad, i * 8), ==, 1);
    }
    assert_no_event(&t);
    stop(&t);
    return before;
}

static void test_costs(void)
{
    uint64_t cheap = CMD(3) | (uint64_t)GDOM << 32;
    unsigned first, second;

    /* Who comes first is not said: one of both ways it is the dear one */
    first = commands_before(0, CMD(8));
    second = commands_before(1, CMD(8));
    g_assert_cmpuint(MIN(first, second), ==, 0);
    g_assert_cmpuint(MAX(first, second), ==, 1);

    first = commands_before(0, cheap);
    second = commands_before(1, cheap);
    g_assert_cmpuint(MIN(first, second), ==, 0);
    g_assert_cmpuint(MAX(first, second), ==, 4);
}

/*
 * Two guests queue nothing but INVALIDATE_IOMMU_ALL, and ring again and again. A
 * turn is one of these, and their next ones do not come as long as the test
 * lasts: all that a third guest wants is done all the same.
 */
static void test_storm(void)
{
    Guest bad[2], good;
    uint32_t head[2];
    Iommu t;

    start_guest(&good, &t, ",x-viommu-pause-ns=3600000000000");
    for (int i = 0; i < 2; i++) {
        make_guest(&bad[i], &t, i + 1);
        put(&bad[i], CMD(8), 0);
        run(&bad[i]);
        head[i] = bad[i].tail + 16;
        for (int j = 0; j < 200; j++) {
            put(&bad[i], CMD(8), 0);
        }
        ring_doorbell(&bad[i]);
    }
    for (int n = 1; n < 100; n++) {
        assert_store_hits(&good, n, good.memory + 0x2000);
        for (int i = 0; i < 2; i++) {
            g_assert_cmphex(vf_get(&bad[i], VF_CMD_HEAD), ==, head[i]);
            ring_doorbell(&bad[i]);
        }
    }
    assert_no_event(&t);
    stop(&t);
}

/*
 * A store to the IOMMU's own registers, amid the execution of a command: not
 * made, and the host is told
 */
static void test_own_registers(void)
{
    uint64_t page;
    Iommu t;
    Guest g;

    start_guest(&g, &t, "");
    page = vfctrl(&t, GID, 0) & ~0xfffULL;
    map_page(&t, g.root, DATA + 0x1000, page, PERM_RW);
    put_store(&g, DATA + 0x1000 + (vfctrl(&t, GID, 0x10) & 0xfff), 0);
    put_store(&g, DATA + 0x1000 + (vfctrl(&t, GID, 0x20) & 0xfff), 0);
    assert_store_hits(&g, 7, g.memory + 0x2000);
    g_assert_cmphex(qtest_readq(t.qts, vfctrl(&t, GID, 0x10)), ==,
                    (uint64_t)g.trans_devid << 16);
    g_assert_cmphex(qtest_readq(t.qts, vfctrl(&t, GID, 0x20)), ==,
                    RING | QUEUE_256 | QUEUE_ON);
    g_assert_cmphex(reg_read(&t, MMIO_EVT_TAIL), ==, 2 * 16);
    g_assert_cmphex(qtest_readq(t.qts, EVT_LOG) >> 60, ==,
                    EVENT_IO_PAGE_FAULT);
    stop(&t);
}

static void test_illegal(void)
{
    static const uint64_t illegal[][2] = {
        { CMD(0xf), 0 },
        { CMD(0), 0 },
        { CMD(9), 0 },                              /* the host's */
        { CMD(0xa) | BIT_ULL(31) | GID, 0 },        /* the host's */
        { CMD(1) | BIT_ULL(52), 0 },                /* reserved bit */
        { CMD(2) | GDEV, 1 },                       /* reserved bit */
        { CMD(2) | (GDEV + 1), 0 },                 /* unmapped gDevID */
        { CMD(4) | (GDEV + 1), INVAL_ALL_PAGES },   /* unmapped gDevID */
    };
    Iommu t;
    Guest g;

    start_guest(&g, &t, "");
    for (int i = 0; i < ARRAY_SIZE(illegal); i++) {
        uint32_t at = g.tail;

        put(&g, illegal[i][0], illegal[i][1]);
        put_store(&g, DATA, 0x100 + i);
        run(&g);
        assert_stopped_at(&g, at);
        assert_guest_event(&g, i, (uint64_t)EVENT_ILLEGAL_CMD << 60,
                           RING + at);
        g_assert_cmphex(vf_get(&g, VF_STATUS) & STATUS_EVT_INT, ==,
                        STATUS_EVT_INT);
        g_assert_cmphex(data_at(&g, 0), !=, 0x100 + i);
        /* Ringing again does not help; the guest must take it out */
        ring_doorbell(&g);
        assert_stopped_at(&g, at);
        qtest_writeq(t.qts, g.memory + at, CMD(1));
        qtest_writeq(t.qts, g.memory + at + 8, 0);
        restart(&g);
        wait_idle(&g);
        g_assert_cmphex(data_at(&g, 0), ==, 0x100 + i);
    }
    assert_no_event(&t);
    stop(&t);

    start_guest(&g, &t, ",x-viommu-illegal-skipped=on");
    put(&g, CMD(0xf), 0);
    assert_store_hits(&g, 7, g.memory + 0x2000);
    assert_guest_event(&g, 0, (uint64_t)EVENT_ILLEGAL_CMD << 60, RING);
    stop(&t);
}

static void test_unmapped_domain(void)
{
    Iommu t;
    Guest g;

    start_guest(&g, &t, "");
    put(&g, CMD(3) | (uint64_t)(GDOM + 1) << 32, INVAL_ALL_PAGES);
    assert_store_hits(&g, 7, g.memory + 0x2000);
    assert_event(&t, 0, (uint64_t)EVENT_VIOMMU_HW << 60 | EVT_PR | EVT_VCMD |
                 1 << 16 | GID, IPA_DOMID_TABLE(GID) + (GDOM + 1) * 8);
    g_assert_cmphex(vf_get(&g, VF_EVT_TAIL), ==, 0);
    stop(&t);

    start_guest(&g, &t, ",x-viommu-unmapped-domid-illegal=on");
    put(&g, CMD(3) | (uint64_t)(GDOM + 1) << 32, INVAL_ALL_PAGES);
    run(&g);
    assert_stopped_at(&g, 0);
    assert_guest_event(&g, 0, (uint64_t)EVENT_ILLEGAL_CMD << 60, RING);
    assert_no_event(&t);
    stop(&t);
}

/* Of a table that has holes the host is told once for each command */
static void test_holes(void)
{
    Iommu t;
    Guest g;

    start_guest(&g, &t, "");
    for (int i = 1; i < 128; i += 2) {
        map_page(&t, PT_ROOT, IPA_DOMID_TABLE(GID) + i * 0x1000, 0, 0);
    }
    command(&t, 8, 0);
    assert_store_hits(&g, 1, g.memory + 0x2000);
    remap(&g, g.memory + 0x3000);
    put(&g, CMD(8), 0);
    /* What of it is there counts */
    assert_store_hits(&g, 2, g.memory + 0x3000);
    assert_event(&t, 0, (uint64_t)EVENT_VIOMMU_HW << 60 | EVT_VCMD |
                 1 << 16 | GID, IPA_DOMID_TABLE(GID) + 0x1000);
    stop(&t);
}

/* A table that is gone while the guest still runs */
static void test_unmapped_table(void)
{
    Iommu t;
    Guest g;

    start_guest(&g, &t, "");
    map_page(&t, PT_ROOT, IPA_DEVID_TABLE(GID), 0, 0);
    command(&t, 8, 0);
    put(&g, CMD(2) | GDEV, 0);
    assert_store_hits(&g, 7, g.memory + 0x2000);
    assert_event(&t, 0, (uint64_t)EVENT_VIOMMU_HW << 60 | EVT_VCMD | GID,
                 IPA_DEVID_TABLE(GID) + GDEV * 16);
    stop(&t);
}

static void test_bad_pointers(void)
{
    Iommu t;
    Guest g;

    start_guest(&g, &t, "");
    vf_set(&g, VF_CMD_TAIL, RING_SIZE);
    settle(&t);
    assert_stopped_at(&g, 0);
    assert_guest_event(&g, 0, (uint64_t)EVENT_ILLEGAL_CMD << 60,
                       RING + RING_SIZE);
    assert_no_event(&t);
    stop(&t);
}

static uint64_t buffer_fault(Guest *g, uint64_t flags)
{
    return (uint64_t)EVENT_IO_PAGE_FAULT << 60 | flags |
           (uint64_t)g->hdom << 32 | g->trans_devid;
}

static void test_buffer_faults(void)
{
    Iommu t;
    Guest g;

    start_guest(&g, &t, "");
    /* A store that leads nowhere is the guest's loss */
    put_store(&g, NOWHERE, 1);
    assert_store_hits(&g, 2, g.memory + 0x2000);
    assert_event(&t, 0, buffer_fault(&g, EVT_RW | EVT_VCMD), NOWHERE);
    /* One to what it may only read */
    map_page(&t, g.root, DATA + 0x1000, g.memory + 0x3000, PERM_R);
    put_store(&g, DATA + 0x1008, 3);
    assert_store_hits(&g, 4, g.memory + 0x2000);
    assert_event(&t, 1, buffer_fault(&g, EVT_RW | EVT_PR | EVT_PE | EVT_VCMD),
                 DATA + 0x1008);
    g_assert_cmphex(qtest_readq(t.qts, g.memory + 0x3008), ==, 0);
    /* No commands to be had: the queue stops */
    vfctrl_set(&g, 0x20, NOWHERE | QUEUE_256 | QUEUE_ON);
    g.tail = 0x40;
    run(&g);
    assert_stopped_at(&g, 0);
    assert_event(&t, 2, buffer_fault(&g, EVT_VCMD), NOWHERE);
    stop(&t);

    start_guest(&g, &t, ",x-viommu-buffer-fault-own-id=on");
    put_store(&g, NOWHERE, 1);
    assert_store_hits(&g, 2, g.memory + 0x2000);
    assert_event(&t, 0, (buffer_fault(&g, EVT_RW | EVT_VCMD) & ~0xffffULL) |
                 t.pdev->devfn, NOWHERE);
    stop(&t);
}

/* No translation device ID, or one that translates nothing: no access */
static void test_trans_devid(void)
{
    static const struct {
        uint16_t devid;
        uint64_t dte;
    } bad[] = {
        { 0, 0 },
        { 0x777, 0 },                               /* V = 0 */
        { 0x777, PERM_RW | 1 },                     /* TV = 0 */
        { 0x777, PERM_RW | 3 },                     /* Mode = 0 */
    };
    Iommu t;
    Guest g;

    for (int i = 0; i < ARRAY_SIZE(bad); i++) {
        start_guest(&g, &t, "");
        qtest_writeq(t.qts, DEVTAB + bad[i].devid * 32, bad[i].dte);
        vfctrl_set(&g, 0x10, bad[i].devid << 16);
        /* What the ring's GPA would be untranslated */
        qtest_writeq(t.qts, RING, CMD(1) | DATA | 1);
        put_store(&g, DATA, 1);
        run(&g);
        assert_stopped_at(&g, 0);
        assert_event(&t, 0, (uint64_t)EVENT_IO_PAGE_FAULT << 60 | EVT_VCMD |
                     bad[i].devid, RING);
        g_assert_cmphex(data_at(&g, 0), ==, 0);
        g_assert_cmphex(qtest_readq(t.qts, DATA), ==, 0);
        stop(&t);
    }
}

static void put_illegal(Guest *g, unsigned n)
{
    for (int i = 0; i < n; i++) {
        put(g, CMD(0xf), 0);
    }
    run(g);
}

static void test_overflow(void)
{
    uint32_t evt_bits = STATUS_EVT_OVERFLOW | STATUS_EVT_INT | STATUS_EVT_RUN;
    Iommu t;
    Guest g;

    start_guest(&g, &t, ",x-viommu-illegal-skipped=on");
    put_illegal(&g, 251);
    g_assert_cmphex(vf_get(&g, VF_EVT_TAIL), ==, 251 * 16);
    g_assert_cmphex(vf_get(&g, VF_STATUS) & evt_bits, ==,
                    STATUS_EVT_INT | STATUS_EVT_RUN);
    put_illegal(&g, 7);
    g_assert_cmphex(vf_get(&g, VF_EVT_TAIL), ==, 255 * 16);
    g_assert_cmphex(vf_get(&g, VF_STATUS) & evt_bits, ==,
                    STATUS_EVT_INT | STATUS_EVT_OVERFLOW);
    /* Room alone does not restart it, and neither does clearing the bit */
    vf_set(&g, VF_EVT_HEAD, 255 * 16);
    vf_set(&g, VF_STATUS, STATUS_EVT_OVERFLOW | STATUS_EVT_INT);
    put_illegal(&g, 3);
    g_assert_cmphex(vf_get(&g, VF_EVT_TAIL), ==, 255 * 16);
    vfctrl_set(&g, 0x28, LOG | QUEUE_256);
    vfctrl_set(&g, 0x28, LOG | QUEUE_256 | QUEUE_ON);
    put_illegal(&g, 3);
    g_assert_cmphex(vf_get(&g, VF_EVT_TAIL), ==, 2 * 16);
    assert_no_event(&t);
    stop(&t);

    start_guest(&g, &t, ",x-viommu-illegal-skipped=on,"
                "x-viommu-overflow-keeps-run=on");
    put_illegal(&g, 255);
    put_illegal(&g, 2);
    g_assert_cmphex(vf_get(&g, VF_STATUS) & evt_bits, ==, evt_bits);
    vf_set(&g, VF_EVT_HEAD, 255 * 16);
    put_illegal(&g, 1);
    g_assert_cmphex(vf_get(&g, VF_EVT_TAIL), ==, 255 * 16);
    vf_set(&g, VF_STATUS, STATUS_EVT_OVERFLOW);
    put_illegal(&g, 1);
    g_assert_cmphex(vf_get(&g, VF_EVT_TAIL), ==, 0);
    stop(&t);
}

static void test_unwritable_log(void)
{
    Iommu t;
    Guest g;

    start_guest(&g, &t, "");
    vfctrl_set(&g, 0x28, NOWHERE | QUEUE_256 | QUEUE_ON);
    put_illegal(&g, 1);
    g_assert_cmphex(vf_get(&g, VF_STATUS), ==, STATUS_EVT_OVERFLOW);
    g_assert_cmphex(vf_get(&g, VF_EVT_TAIL), ==, 0);
    g_assert_cmphex(qtest_readq(t.qts, EVT_LOG), ==,
                    buffer_fault(&g, EVT_RW | EVT_VEVENT));
    g_assert_cmphex(qtest_readq(t.qts, EVT_LOG + 8), ==, NOWHERE);
    assert_event(&t, 1, (uint64_t)EVENT_GUEST_FAULT << 60 | EVT_RW |
                 EVT_VEVENT | (uint64_t)GID << 32, 0);
    stop(&t);
}

/* Without a log nobody is told; the queue stops all the same */
static void test_no_log(void)
{
    Iommu t;
    Guest g;

    start_guest(&g, &t, "");
    vfctrl_set(&g, 0x28, LOG | QUEUE_256);
    put_illegal(&g, 1);
    assert_stopped_at(&g, 0);
    g_assert_cmphex(vf_get(&g, VF_EVT_TAIL), ==, 0);
    assert_no_event(&t);
    stop(&t);
}

/*
 * DualEventLogEn, DualPprLogEn: the second buffer is not there. EFR does not
 * promise it, the registers take what is written, and the log goes on as one.
 */
static void test_dual_logs(void)
{
    uint64_t dual = BIT_ULL(10) | QUEUE_256 << 4;
    Iommu t;
    Guest g;

    start_guest(&g, &t, ",x-viommu-illegal-skipped=on");
    g_assert_cmphex(reg_read(&t, MMIO_EFR) & (3ULL << 24 | 3ULL << 28), ==, 0);
    vfctrl_set(&g, 0x18, DATA);
    vfctrl_set(&g, 0x38, DATA);
    vfctrl_set(&g, 0x28, LOG | QUEUE_256 | QUEUE_ON | dual);
    g_assert_cmphex(qtest_readq(t.qts, vfctrl(&t, g.gid, 0x28)), ==,
                    LOG | QUEUE_256 | QUEUE_ON | dual);
    put_illegal(&g, 251);
    g_assert_cmphex(vf_get(&g, VF_EVT_TAIL), ==, 251 * 16);
    /* Full is full: what does not fit is lost, and is not in the other one */
    put_illegal(&g, 11);
    g_assert_cmphex(vf_get(&g, VF_EVT_TAIL), ==, 255 * 16);
    g_assert_cmphex(vf_get(&g, VF_STATUS) & STATUS_EVT_OVERFLOW, ==,
                    STATUS_EVT_OVERFLOW);
    g_assert_cmphex(vf_get(&g, VF_EVTB_TAIL), ==, 0);
    g_assert_cmphex(vf_get(&g, VF_PPRB_TAIL), ==, 0);
    for (int i = 0; i < 0x1000; i += 8) {
        g_assert_cmphex(data_at(&g, i), ==, 0);
    }
    assert_store_hits(&g, 7, g.memory + 0x2000);
    assert_no_event(&t);
    stop(&t);
}

/* Nothing runs before all that it takes is enabled, and then it does */
static void test_enables(void)
{
    static const uint64_t needed[] = {
        BIT_ULL(0), CONTROL_VCMD, CONTROL_VIOMMU, CONTROL_GSTBUFTRP,
    };
    Iommu t;
    Guest g;

    start_guest(&g, &t, "");
    for (int i = 0; i < ARRAY_SIZE(needed); i++) {
        put_store(&g, DATA, 0x200 + i);
        ring_doorbell(&g);
        wait_idle(&g);
        put_store(&g, DATA, 0x300 + i);
        /* The doorbell of a VF page that is not served is not heard */
        if (needed[i] == CONTROL_VIOMMU) {
            reg_write(&t, MMIO_CONTROL, CONTROL_ALL & ~needed[i]);
            ring_doorbell(&g);
            reg_write(&t, MMIO_CONTROL, CONTROL_ALL);
            g_assert_cmphex(vf_get(&g, VF_CMD_TAIL), !=, g.tail);
            ring_doorbell(&g);
        } else {
            reg_write(&t, MMIO_CONTROL, CONTROL_ALL & ~needed[i]);
            ring_doorbell(&g);
            settle(&t);
            g_assert_cmphex(data_at(&g, 0), ==, 0x200 + i);
            reg_write(&t, MMIO_CONTROL, CONTROL_ALL);
        }
        wait_idle(&g);
        g_assert_cmphex(data_at(&g, 0), ==, 0x300 + i);
    }
    /* The guest's own enable */
    vfctrl_set(&g, 0x20, RING | QUEUE_256);
    put_store(&g, DATA, 0x400);
    run(&g);
    g_assert_cmphex(data_at(&g, 0), !=, 0x400);
    enable_commands(&g);
    wait_idle(&g);
    g_assert_cmphex(data_at(&g, 0), ==, 0x400);
    stop(&t);

    start_guest(&g, &t, ",x-viommu-vcmd-ignored=on");
    reg_write(&t, MMIO_CONTROL, CONTROL_ALL & ~CONTROL_VCMD);
    assert_store_hits(&g, 7, g.memory + 0x2000);
    stop(&t);
}

/*
 * RESET_VMMIO before the turn of a queue that waits for it: one write to the
 * control register makes the guest's queue wait, for the main loop gives turns,
 * and then executes what the host asks for.
 */
static void reset_before_turn(Guest *g)
{
    Iommu *t = g->t;

    reg_write(t, MMIO_CONTROL, CONTROL_ALL & ~(CONTROL_VCMD | CONTROL_CMDBUF));
    ring_doorbell(g);
    command(t, 0xa, BIT(31) | BIT(28) | GID);
    g_assert_cmphex(vf_get(g, VF_CMD_TAIL), ==, g->tail);
    reg_write(t, MMIO_CONTROL, CONTROL_ALL);
}

/* RESET_VMMIO with a queue that is being executed, and guests after it */
static void test_reset(void)
{
    Iommu t;
    Guest g;

    start_guest(&g, &t, "");
    assert_store_hits(&g, 7, g.memory + 0x2000);
    for (int i = 0; i < 199; i++) {
        put_store(&g, DATA + i * 8, 1);
    }
    reset_before_turn(&g);
    g_assert_cmphex(vf_get(&g, VF_CMD_HEAD), ==, 0);
    g_assert_cmphex(vf_get(&g, VF_CMD_TAIL), ==, 0);
    g_assert_cmphex(vf_get(&g, VF_STATUS), ==, 0);
    settle(&t);
    g_assert_cmphex(data_at(&g, 0), ==, 7);
    g_assert_cmphex(data_at(&g, 198 * 8), ==, 0);
    vfctrl_set(&g, 0x10, g.trans_devid << 16);
    enable_commands(&g);
    g.tail = 0;
    assert_store_hits(&g, 9, g.memory + 0x2000);
    assert_no_event(&t);

    /* A machine reset forgets who was waiting */
    for (int i = 0; i < 199; i++) {
        put_store(&g, DATA + i * 8, 1);
    }
    ring_doorbell(&g);
    qtest_system_reset(t.qts);
    settle(&t);
    enable(&t);
    assert_no_event(&t);
    stop(&t);
}

/* The guest's IDs are found whatever the tables look like */
static void test_entry_formats(void)
{
    static const char *format[] = {
        ",x-viommu-entry-format=1", ",x-viommu-entry-format=2",
    };
    Iommu t;
    Guest g[2];

    for (int i = 0; i < ARRAY_SIZE(format); i++) {
        two_guests(g, &t, format[i]);
        put(&g[1], CMD(3) | (uint64_t)GDOM << 32, INVAL_ALL_PAGES);
        put(&g[1], CMD(2) | GDEV, 0);
        assert_store_hits(&g[1], 2, g[1].memory + 0x3000);
        assert_store_hits(&g[0], 2, g[0].memory + 0x2000);
        put(&g[0], CMD(8), 0);
        assert_store_hits(&g[0], 3, g[0].memory + 0x3000);
        put(&g[0], CMD(2) | (GDEV + 1), 0);
        run(&g[0]);
        g_assert_cmphex(vf_get(&g[0], VF_EVT_TAIL), ==, 16);
        assert_no_event(&t);
        stop(&t);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/amd-viommu-queue/completion-wait", test_completion_wait);
    qtest_add_func("/amd-viommu-queue/inval-pages", test_inval_pages);
    qtest_add_func("/amd-viommu-queue/inval-devtab-entry",
                   test_inval_devtab_entry);
    qtest_add_func("/amd-viommu-queue/other-commands", test_other_commands);
    qtest_add_func("/amd-viommu-queue/isolation", test_isolation);
    qtest_add_func("/amd-viommu-queue/turns", test_turns);
    qtest_add_func("/amd-viommu-queue/costs", test_costs);
    qtest_add_func("/amd-viommu-queue/storm", test_storm);
    qtest_add_func("/amd-viommu-queue/own-registers", test_own_registers);
    qtest_add_func("/amd-viommu-queue/holes", test_holes);
    qtest_add_func("/amd-viommu-queue/illegal", test_illegal);
    qtest_add_func("/amd-viommu-queue/unmapped-domain", test_unmapped_domain);
    qtest_add_func("/amd-viommu-queue/unmapped-table", test_unmapped_table);
    qtest_add_func("/amd-viommu-queue/bad-pointers", test_bad_pointers);
    qtest_add_func("/amd-viommu-queue/buffer-faults", test_buffer_faults);
    qtest_add_func("/amd-viommu-queue/trans-devid", test_trans_devid);
    qtest_add_func("/amd-viommu-queue/overflow", test_overflow);
    qtest_add_func("/amd-viommu-queue/unwritable-log", test_unwritable_log);
    qtest_add_func("/amd-viommu-queue/no-log", test_no_log);
    qtest_add_func("/amd-viommu-queue/dual-logs", test_dual_logs);
    qtest_add_func("/amd-viommu-queue/enables", test_enables);
    qtest_add_func("/amd-viommu-queue/reset", test_reset);
    qtest_add_func("/amd-viommu-queue/entry-formats", test_entry_formats);
    return g_test_run();
}
