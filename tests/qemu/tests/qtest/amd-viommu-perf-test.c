/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: what commands of guests cost, and what a neighbour notices of them
 *
 * Prints figures, and only with -m perf: what is right does not depend on time.
 */

#include "qemu/osdep.h"
#include "amd-iommu-nested.h"

#define RING_PAGE           0x1a
#define COMMANDS            255
#define CACHED              4000
#define ROUNDS              2000

/* Pages of the host's that the device has used, and one that it has not */
#define USED                0x200000000ULL
#define UNUSED              (USED + 0x40000000)

#define CMD(opcode)         ((uint64_t)(opcode) << 60)

/* Another guest, with a ring and a page for its stores */
#define GID2                (GID + 1)
#define TRANS_DEVID2        (TRANS_DEVID + 1)
#define RING2               0x10000
#define DATA2               0x11000
#define MEMORY2             TABLE(0x180)
#define ROOT2               TABLE(0x190)

static uint32_t head(Iommu *t, uint16_t gid)
{
    return qtest_readl(t->qts, vf(t, gid, 0x00));
}

static void enable_ring(Nested *n)
{
    qtest_writeq(n->d.t.qts, vfctrl(&n->d.t, GID, 0x20), 0);
    qtest_writeq(n->d.t.qts, vfctrl(&n->d.t, GID, 0x20),
                 GPA(RING_PAGE) | BIT(8) | 8);
    qtest_writel(n->d.t.qts, vf(&n->d.t, GID, 0x00), 0);
}

static void fill_ring(Nested *n, uint64_t q0, uint64_t q1)
{
    for (int i = 0; i < 256; i++) {
        poke(n, SPA(RING_PAGE) + i * 16, q0);
        poke(n, SPA(RING_PAGE) + i * 16 + 8, q1);
    }
}

/* Nanoseconds for each of a ring of the same command */
static double cost(Nested *n, uint64_t q0, uint64_t q1)
{
    Iommu *t = &n->d.t;
    gint64 best = G_MAXINT64;

    fill_ring(n, q0, q1);
    for (int round = 0; round < 20; round++) {
        gint64 begin;

        qtest_writel(t->qts, vf(t, GID, 0x08), 0);
        enable_ring(n);
        begin = g_get_monotonic_time();
        qtest_writel(t->qts, vf(t, GID, 0x08), COMMANDS * 16);
        while (head(t, GID) != COMMANDS * 16) {
            ;
        }
        best = MIN(best, g_get_monotonic_time() - begin);
    }
    return best * 1000.0 / COMMANDS;
}

static void map_used(Nested *n)
{
    set_entry(&n->d, HOST_TABLE(4), 4, USED, TABLE(0x200) | PERM_RW |
              NEXT_LEVEL(3) | PTE_PR);
    for (int i = 0; i < 8; i++) {
        set_entry(&n->d, TABLE(0x200), 3, USED, TABLE(0x201) | PERM_RW |
                  NEXT_LEVEL(2) | PTE_PR);
        set_entry(&n->d, TABLE(0x201), 2, USED + i * 2 * MiB,
                  TABLE(0x202 + i) | PERM_RW | NEXT_LEVEL(1) | PTE_PR);
        for (int j = 0; j < 512; j++) {
            poke(n, TABLE(0x202 + i) + j * 8, SPA(DATA_PAGE) | PERM_RW |
                 PTE_PR);
        }
    }
}

static void test_costs(void)
{
    uint64_t pages = CMD(3) | (uint64_t)GDOM << 32;
    double few, many;
    Nested n;

    /* Of the commands, and not of the pauses between turns */
    start_nested_with(&n, 0, true, ",x-viommu-pause-ns=0");
    map_used(&n);
    printf("# COMPLETION_WAIT: %.0f ns\n",
           cost(&n, CMD(1) | GPA(DATA_PAGE) | 1, 1));
    printf("# INVALIDATE_IOMMU_ALL: %.0f ns\n", cost(&n, CMD(8), 0));
    few = cost(&n, pages, UNUSED);
    for (int i = 0; i < CACHED; i++) {
        dma(&n.d, CMD_TRANSLATE | CMD_WANT_WRITE, USED + i * 0x1000ULL, OK);
    }
    many = cost(&n, pages, UNUSED);
    printf("# INVALIDATE_IOMMU_PAGES: %.0f ns, with %d translations cached "
           "%.0f ns: %.2f times\n", few, CACHED, many, many / few);
    stop_nested(&n);
}

static int compare(const void *a, const void *b)
{
    return *(const gint64 *)a < *(const gint64 *)b ? -1 : 1;
}

/*
 * A COMPLETION_WAIT at a time: how long each takes, by turns alone and beside a
 * storm, so that a slow minute of the machine hits both
 */
static void measure(Nested *n, const char *name)
{
    static gint64 took[2][ROUNDS];
    unsigned done[2] = { 0 };
    Iommu *t = &n->d.t;
    uint32_t tail = head(t, GID2);

    for (int i = 0; i < 2 * ROUNDS; i++) {
        bool storm = i / 50 % 2;
        gint64 begin;

        if (storm && i % 8 == 0) {
            /* As much as there can be */
            qtest_writel(t->qts, vf(t, GID, 0x08),
                         (head(t, GID) - 16) & 0xff0);
        }
        while (!storm && i % 50 == 0 &&
               head(t, GID) != qtest_readl(t->qts, vf(t, GID, 0x08))) {
            ;
        }
        qtest_writeq(t->qts, MEMORY2 + tail, CMD(1) | DATA2 | 1);
        qtest_writeq(t->qts, MEMORY2 + tail + 8, i + 1);
        tail = (tail + 16) & 0xff0;
        begin = g_get_monotonic_time();
        qtest_writel(t->qts, vf(t, GID2, 0x08), tail);
        while (qtest_readq(t->qts, MEMORY2 + 0x1000) != i + 1) {
            ;
        }
        took[storm][done[storm]++] = g_get_monotonic_time() - begin;
    }
    for (int i = 0; i < 2; i++) {
        qsort(took[i], ROUNDS, sizeof(took[i][0]), compare);
    }
    printf("# COMPLETION_WAIT alone: p50 %" PRId64 " us, p99 %" PRId64 " us; "
           "beside %s: p50 %" PRId64 " us, p99 %" PRId64 " us: p99 %.2f times\n",
           took[0][ROUNDS / 2], took[0][ROUNDS * 99 / 100], name,
           took[1][ROUNDS / 2], took[1][ROUNDS * 99 / 100],
           took[1][ROUNDS * 99 / 100] / (double)took[0][ROUNDS * 99 / 100]);
}

static void test_neighbour(void)
{
    uint64_t pages = CMD(3) | (uint64_t)GDOM << 32;
    Iommu *t;
    Nested n;

    start_nested(&n, 0, true);
    t = &n.d.t;
    map_page(t, ROOT2, RING2, MEMORY2, PERM_RW);
    map_page(t, ROOT2, DATA2, MEMORY2 + 0x1000, PERM_RW);
    write_dte(t, TRANS_DEVID2, ROOT2, TRANS_DOMAIN + 1);
    qtest_writeq(t->qts, vfctrl(t, GID2, 0x10), TRANS_DEVID2 << 16);
    qtest_writeq(t->qts, vfctrl(t, GID2, 0x20), RING2 | BIT(8) | 8);
    fill_ring(&n, CMD(8), 0);
    enable_ring(&n);
    measure(&n, "INVALIDATE_IOMMU_ALL");
    fill_ring(&n, pages, ALL_PAGES);
    measure(&n, "INVALIDATE_IOMMU_PAGES");
    stop_nested(&n);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (g_test_perf()) {
        qtest_add_func("/amd-viommu-perf/costs", test_costs);
        qtest_add_func("/amd-viommu-perf/neighbour", test_neighbour);
    }
    return g_test_run();
}
