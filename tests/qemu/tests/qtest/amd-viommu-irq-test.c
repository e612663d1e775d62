/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: interrupts of guests' event logs, as the extended interrupt remapping
 * table of an amd-iommu says
 */

#include "qemu/osdep.h"
#include "amd-viommu-irq.h"

/* Where a guest has its buffers: guest physical */
#define RING                0x10000
#define LOG                 0x11000

#define VF_CMD_TAIL         0x08
#define VF_EVT_TAIL         0x18
#define VF_STATUS           0x20
#define STATUS_EVT_OVERFLOW BIT(0)
#define STATUS_EVT_INT      BIT(1)
#define STATUS_COMWAIT_INT  BIT(2)

#define QUEUE_ON            (BIT_ULL(8) | 8)
#define DEVID_TABLE         0x930000
#define LOG_ENTRIES         256

#define VECTOR              0x41

typedef struct Guest {
    Iommu *t;
    uint16_t gid;
    uint64_t memory;        /* a page each for RING and LOG */
    uint32_t tail;
    unsigned events;
} Guest;

static void vfctrl_set(Guest *g, unsigned reg, uint64_t val)
{
    qtest_writeq(g->t->qts, vfctrl(g->t, g->gid, reg), val);
}

static void set_interrupt(Guest *g, bool on)
{
    vfctrl_set(g, 0x28, LOG | QUEUE_ON | (on ? INT_EN : 0));
}

static void make_guest(Guest *g, Iommu *t, uint16_t gid)
{
    unsigned n = gid != GID;
    uint64_t root = 0x800000 + n * 0x1000;
    uint16_t trans_devid = 0x1240 + n;

    *g = (Guest) { t, gid, 0x900000 + n * 0x10000, 0, 0 };
    for (int i = 0; i < 2; i++) {
        map_page(t, root, RING + i * 0x1000, g->memory + i * 0x1000, PERM_RW);
    }
    write_dte(t, trans_devid, root, 0x31 + n);
    vfctrl_set(g, 0x10, trans_devid << 16);
    vfctrl_set(g, 0x20, RING | QUEUE_ON);
    set_interrupt(g, true);
}

static void start_iommu(Iommu *t, const char *props)
{
    g_autofree char *all = g_strconcat(",viommu=on,x-viommu-illegal-skipped=on",
                                       props, NULL);

    start(t, all);
    enable(t);
    map_ipa(t, IPA_DEVID_TABLE(GID), DEVID_TABLE);
    set_int_table(t, INT_LEVEL1 | DTE2_IV | DTE2_REMAP);
}

/* One event for each illegal command */
static void make_events(Guest *g, unsigned n)
{
    QTestState *qts = g->t->qts;

    for (int i = 0; i < n; i++) {
        qtest_writeq(qts, g->memory + g->tail, 0xfULL << 60);
        g->tail = (g->tail + 16) % 0x1000;
        qtest_writel(qts, vf(g->t, g->gid, VF_CMD_TAIL), g->tail);
        g->events = MIN(g->events + 1, LOG_ENTRIES - 1);
        for (int k = 0; k < 1000 && qtest_readl(qts, vf(g->t, g->gid, 0)) !=
             g->tail; k++) {
            ;
        }
    }
    g_assert_cmphex(qtest_readl(qts, vf(g->t, g->gid, VF_EVT_TAIL)), ==,
                    g->events * 16);
}

/* A COMPLETION_WAIT that stores nothing */
static void make_wait(Guest *g, bool interrupt)
{
    QTestState *qts = g->t->qts;

    qtest_writeq(qts, g->memory + g->tail,
                 1ULL << 60 | (interrupt ? BIT_ULL(1) : 0));
    qtest_writeq(qts, g->memory + g->tail + 8, 0);
    g->tail = (g->tail + 16) % 0x1000;
    qtest_writel(qts, vf(g->t, g->gid, VF_CMD_TAIL), g->tail);
    for (int k = 0; k < 1000 &&
         qtest_readl(qts, vf(g->t, g->gid, 0)) != g->tail; k++) {
        ;
    }
}

static void acknowledge(Guest *g, uint32_t bits)
{
    qtest_writel(g->t->qts, vf(g->t, g->gid, VF_STATUS), bits);
}

/* What was logged before is told when somebody wants to hear of it */
static void test_enable(void)
{
    Iommu t;
    Guest g;

    start_iommu(&t, "");
    make_guest(&g, &t, GID);
    set_irte(&t, 8, INT_EVENT, GID, IRTE_VALID, VECTOR);
    set_interrupt(&g, false);
    make_events(&g, 3);
    g_assert_false(interrupted(&t, VECTOR));
    set_interrupt(&g, true);
    g_assert_true(interrupted(&t, VECTOR));
    stop(&t);
}

/* Who has not acknowledged one gets no more */
static void test_pending(void)
{
    static const char *props[] = { "", ",x-viommu-irq-each-entry=on" };
    Iommu t;
    Guest g;

    for (int each = 0; each < 2; each++) {
        start_iommu(&t, props[each]);
        make_guest(&g, &t, GID);
        set_irte(&t, 8, INT_EVENT, GID, IRTE_VALID, VECTOR);
        make_events(&g, 1);
        g_assert_true(interrupted(&t, VECTOR));
        set_irte(&t, 8, INT_EVENT, GID, IRTE_VALID, VECTOR + 1);
        make_events(&g, 7);
        g_assert_cmpint(interrupted(&t, VECTOR + 1), ==, each);
        acknowledge(&g, STATUS_EVT_INT);
        set_irte(&t, 8, INT_EVENT, GID, IRTE_VALID, VECTOR + 2);
        make_events(&g, 1);
        g_assert_true(interrupted(&t, VECTOR + 2));
        stop(&t);
    }
}

/* A log that is full says so, once */
static void test_overflow(void)
{
    Iommu t;
    Guest g;

    start_iommu(&t, "");
    make_guest(&g, &t, GID);
    make_events(&g, LOG_ENTRIES - 1);
    set_irte(&t, 8, INT_EVENT, GID, IRTE_VALID, VECTOR);
    make_events(&g, 1);
    g_assert_true(interrupted(&t, VECTOR));
    set_irte(&t, 8, INT_EVENT, GID, IRTE_VALID, VECTOR + 1);
    make_events(&g, 5);
    g_assert_false(interrupted(&t, VECTOR + 1));
    /* Its bit alone is something to tell, too */
    acknowledge(&g, STATUS_EVT_INT);
    set_interrupt(&g, false);
    set_interrupt(&g, true);
    g_assert_true(interrupted(&t, VECTOR + 1));
    stop(&t);
}

/* Each guest has an entry of its own, whichever byte of its ID differs */
static void test_guests(void)
{
    static const uint16_t other[] = { GID ^ 1, GID ^ 0x100, GID ^ 0x4000 };
    static const unsigned step[] = { 8, 16 };
    static const char *props[] = { "", ",x-viommu-irq-wide=on" };
    Iommu t;
    Guest g[2];

    for (int i = 0; i < ARRAY_SIZE(other) * ARRAY_SIZE(step); i++) {
        unsigned wide = i % 2;
        uint16_t gid = other[i / 2];

        start_iommu(&t, props[wide]);
        make_guest(&g[0], &t, GID);
        make_guest(&g[1], &t, gid);
        set_irte(&t, step[wide], INT_EVENT, GID, IRTE_VALID, VECTOR);
        set_irte(&t, step[wide], INT_EVENT, gid, IRTE_VALID, VECTOR + 1);
        set_irte(&t, step[wide], INT_PPR, GID, IRTE_VALID, VECTOR + 2);
        set_irte(&t, step[wide], INT_PPR, gid, IRTE_VALID, VECTOR + 3);
        make_events(&g[1], 1);
        g_assert_true(interrupted(&t, VECTOR + 1));
        g_assert_false(interrupted(&t, VECTOR));
        make_events(&g[0], 1);
        g_assert_true(interrupted(&t, VECTOR));
        g_assert_false(interrupted(&t, VECTOR + 2));
        g_assert_false(interrupted(&t, VECTOR + 3));
        stop(&t);
    }
}

/* A table that does not lead to a processor: the log works all the same */
static void test_nowhere(void)
{
    static const struct {
        uint64_t dte2;
        uint64_t level1;
        uint64_t low;
    } bad[] = {
        { INT_LEVEL1 | DTE2_REMAP, 1, IRTE_VALID },             /* IV = 0 */
        { INT_LEVEL1 | DTE2_IV, 1, IRTE_VALID },                /* IntCtl = 0 */
        { INT_LEVEL1 | DTE2_IV | 1ULL << 60, 1, IRTE_VALID },   /* IntCtl = 1 */
        { 0xff0000000000ULL | DTE2_IV | DTE2_REMAP, 1, IRTE_VALID },
        { INT_LEVEL1 | DTE2_IV | DTE2_REMAP, 0, IRTE_VALID },
        { INT_LEVEL1 | DTE2_IV | DTE2_REMAP, 1, 0 },
        { INT_LEVEL1 | DTE2_IV | DTE2_REMAP, 1,
          IRTE_VALID | IRTE_GUEST_MODE },
        { INT_LEVEL1 | DTE2_IV | DTE2_REMAP, 1,
          IRTE_VALID | 7 << 2 },                                /* IntType */
    };
    Iommu t;
    Guest g;

    for (int i = 0; i < ARRAY_SIZE(bad); i++) {
        start_iommu(&t, "");
        make_guest(&g, &t, GID);
        set_int_table(&t, bad[i].dte2);
        set_irte(&t, 8, INT_EVENT, GID, bad[i].low, VECTOR);
        if (!bad[i].level1) {
            qtest_writeq(t.qts, INT_LEVEL1 + (GID >> 8) * 8,
                         INT_LEVEL2(GID >> 8));
        }
        make_events(&g, 1);
        g_assert_false(interrupted(&t, VECTOR));
        /* Mended, it is in force for the next */
        set_int_table(&t, INT_LEVEL1 | DTE2_IV | DTE2_REMAP);
        set_irte(&t, 8, INT_EVENT, GID, IRTE_VALID, VECTOR);
        acknowledge(&g, STATUS_EVT_INT);
        make_events(&g, 1);
        g_assert_true(interrupted(&t, VECTOR));
        g_assert_cmphex(reg_read(&t, MMIO_EVT_TAIL), ==, 0);
        stop(&t);
    }
}

/* COMPLETION_WAIT shares the interrupt of the event log, or has none */
static void test_comwait(void)
{
    static const char *props[] = { "", ",x-viommu-comwait-silent=on" };
    Iommu t;
    Guest g;

    for (int silent = 0; silent < 2; silent++) {
        start_iommu(&t, props[silent]);
        make_guest(&g, &t, GID);
        set_irte(&t, 8, INT_EVENT, GID, IRTE_VALID, VECTOR);
        set_irte(&t, 8, INT_PPR, GID, IRTE_VALID, VECTOR + 1);
        make_wait(&g, true);
        g_assert_false(interrupted(&t, VECTOR));
        vfctrl_set(&g, 0x20, RING | QUEUE_ON | INT_EN);
        g.tail = 0;
        g_assert_cmpint(interrupted(&t, VECTOR), ==, !silent);
        acknowledge(&g, STATUS_COMWAIT_INT);
        set_irte(&t, 8, INT_EVENT, GID, IRTE_VALID, VECTOR + 2);
        make_wait(&g, false);
        g_assert_false(interrupted(&t, VECTOR + 2));
        make_wait(&g, true);
        g_assert_cmpint(interrupted(&t, VECTOR + 2), ==, !silent);
        g_assert_false(interrupted(&t, VECTOR + 1));
        stop(&t);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/amd-viommu-irq/enable", test_enable);
    qtest_add_func("/amd-viommu-irq/pending", test_pending);
    qtest_add_func("/amd-viommu-irq/overflow", test_overflow);
    qtest_add_func("/amd-viommu-irq/comwait", test_comwait);
    qtest_add_func("/amd-viommu-irq/guests", test_guests);
    qtest_add_func("/amd-viommu-irq/nowhere", test_nowhere);
    return g_test_run();
}
