/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: page requests of a guest's device behind a bridge, whose buses the
 * host numbers anew while the device waits for an answer
 */

#include "qemu/osdep.h"
#include "amd-iommu-dma.h"
#include "amd-viommu-irq.h"

/* Where a guest has its buffers: guest physical, and what is behind them */
#define RING                0x10000
#define LOG                 0x11000
#define GUEST_ROOT          0x800000
#define GUEST_MEMORY        0x900000
#define DEVID_TABLE         0x910000
#define TRANS_DEVID         0x1240
#define GDEV                0x15

#define QUEUE_ON            (BIT_ULL(8) | 8)
#define PPR_ON              (BIT_ULL(10) | BIT_ULL(8) | 8)
#define DTE_PPR             BIT_ULL(52)
#define DTE3_VIMUEN         BIT_ULL(15)

#define PORT                QPCI_DEVFN(0x12, 0)
#define BAR                 0xc0000000U
#define GROUP               5
#define RESPONSE(group)     (BIT(16) | (group))

typedef struct Machine {
    Iommu t;
    uint8_t bus;                /* behind the port */
    uint32_t tail;
} Machine;

static uint64_t config(unsigned bus, unsigned devfn)
{
    return ECAM + (bus << 20) + (devfn << 12);
}

static uint16_t devid(Machine *m)
{
    return m->bus << 8;
}

static void number_bus(Machine *m, uint8_t bus)
{
    qtest_writeb(m->t.qts, config(0, PORT) + PCI_SECONDARY_BUS, bus);
    qtest_writeb(m->t.qts, config(0, PORT) + PCI_SUBORDINATE_BUS, bus);
    m->bus = bus;
}

static uint32_t device_get(Machine *m, unsigned reg)
{
    return qtest_readl(m->t.qts, BAR + reg);
}

static uint64_t extended(Machine *m, uint16_t id)
{
    uint64_t base = config(m->bus, 0);
    uint32_t header, offset = 0x100;

    while (offset) {
        header = qtest_readl(m->t.qts, base + offset);
        if (PCI_EXT_CAP_ID(header) == id) {
            return base + offset;
        }
        offset = PCI_EXT_CAP_NEXT(header);
    }
    g_assert_not_reached();
}

static void enable_device(Machine *m)
{
    QTestState *qts = m->t.qts;
    uint64_t device = config(m->bus, 0);

    qtest_writel(qts, device + PCI_BASE_ADDRESS_0, BAR);
    qtest_writew(qts, device + PCI_COMMAND,
                 PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    qtest_writew(qts, extended(m, PCI_EXT_CAP_ID_ATS) + PCI_ATS_CTRL,
                 PCI_ATS_CTRL_ENABLE);
    qtest_writew(qts, extended(m, PCI_EXT_CAP_ID_PRI) + PCI_PRI_CTRL,
                 PCI_PRI_CTRL_ENABLE);
    g_assert_cmphex(device_get(m, REG_ID), ==, 0x544d4456);
}

/* Function level reset: the device forgets what it has asked */
static void reset_device(Machine *m)
{
    uint64_t device = config(m->bus, 0);
    uint8_t cap = qtest_readb(m->t.qts, device + PCI_CAPABILITY_LIST);

    while (qtest_readb(m->t.qts, device + cap) != PCI_CAP_ID_EXP) {
        cap = qtest_readb(m->t.qts, device + cap + PCI_CAP_LIST_NEXT);
        g_assert_cmpint(cap, !=, 0);
    }
    qtest_writew(m->t.qts, device + cap + PCI_EXP_DEVCTL,
                 PCI_EXP_DEVCTL_BCR_FLR);
}

/* The device is the guest's, by the requester ID that it has now */
static void assign_device(Machine *m)
{
    uint64_t dte = DEVTAB + devid(m) * 32;

    qtest_writeq(m->t.qts, dte + 24, DTE3_VIMUEN | GDEV << 16 |
                                     (uint64_t)GID << 32);
    write_dte(&m->t, devid(m), GUEST_ROOT, DOMAIN);
    qtest_writeq(m->t.qts, dte, qtest_readq(m->t.qts, dte) | DTE_PPR);
    command(&m->t, 2, devid(m));
    qtest_writeq(m->t.qts, vfctrl(&m->t, GID, 0x00), MAP(1, devid(m), GDEV));
}

static void start_machine(Machine *m)
{
    Iommu *t = &m->t;

    *m = (Machine) {};
    start(t, ",viommu=on -device pcie-root-port,id=rp,addr=0x12,chassis=1 "
          "-device dma-testdev,bus=rp");
    open_ecam(t->qts);
    qtest_writew(t->qts, config(0, PORT) + PCI_MEMORY_BASE, BAR >> 16);
    qtest_writew(t->qts, config(0, PORT) + PCI_MEMORY_LIMIT, BAR >> 16);
    qtest_writew(t->qts, config(0, PORT) + PCI_COMMAND,
                 PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    number_bus(m, 1);
    enable_device(m);

    enable(t);
    for (int i = 0; i < 2; i++) {
        map_page(t, GUEST_ROOT, RING + i * 0x1000, GUEST_MEMORY + i * 0x1000,
                 PERM_RW);
    }
    map_ipa(t, IPA_DEVID_TABLE(GID), DEVID_TABLE);
    write_dte(t, TRANS_DEVID, GUEST_ROOT, 0x31);
    qtest_writeq(t->qts, vfctrl(t, GID, 0x10), TRANS_DEVID << 16);
    qtest_writeq(t->qts, vfctrl(t, GID, 0x20), RING | QUEUE_ON);
    qtest_writeq(t->qts, vfctrl(t, GID, 0x30), (uint64_t)LOG << 4 | PPR_ON);
    assign_device(m);
}

/* The device asks for a page; the request is in the guest's log */
static void ask(Machine *m, unsigned index)
{
    QTestState *qts = m->t.qts;
    uint64_t record = GUEST_MEMORY + 0x1000 + index * 16;

    qtest_writeq(qts, BAR + REG_ADDR, 0x5000);
    qtest_writel(qts, BAR + REG_PRI_GROUP, GROUP);
    qtest_writel(qts, BAR + REG_COMMAND, CMD_PAGE_REQUEST);
    for (int i = 0; i < 1000 && (device_get(m, REG_STATUS) & 1); i++) {
        ;
    }
    g_assert_cmphex(device_get(m, REG_STATUS), ==, STATUS(OK));
    g_assert_cmphex(qtest_readl(qts, vf(&m->t, GID, 0x38)), ==,
                    (index + 1) * 16);
    g_assert_cmphex(qtest_readq(qts, record) & 0xffff, ==, GDEV);
    g_assert_cmphex(device_get(m, REG_PRI_RESPONSE), ==, 0);
}

/* COMPLETE_PPR of the guest */
static void answer(Machine *m)
{
    Iommu *t = &m->t;

    qtest_writeq(t->qts, GUEST_MEMORY + m->tail, 7ULL << 60 | GDEV);
    qtest_writeq(t->qts, GUEST_MEMORY + m->tail + 8, (uint64_t)GROUP << 32);
    m->tail += 16;
    qtest_writel(t->qts, vf(t, GID, 0x08), m->tail);
    for (int i = 0;
         i < 1000 && qtest_readl(t->qts, vf(t, GID, 0x00)) != m->tail; i++) {
        ;
    }
    g_assert_cmphex(qtest_readl(t->qts, vf(t, GID, 0x00)), ==, m->tail);
    g_assert_cmphex(reg_read(t, MMIO_EVT_TAIL), ==, 0);
}

/* It is the device that waits, not a number */
static void test_renumbered(void)
{
    Machine m;

    start_machine(&m);
    ask(&m, 0);
    number_bus(&m, 2);
    /* Nobody has the number that it asked by */
    answer(&m);
    g_assert_cmphex(device_get(&m, REG_PRI_RESPONSE), ==, 0);
    assign_device(&m);
    answer(&m);
    g_assert_cmphex(device_get(&m, REG_PRI_RESPONSE), ==, RESPONSE(GROUP));
    stop(&m.t);
}

/* A device that has forgotten is told nothing, by whatever number */
static void test_forgotten(void)
{
    Machine m;

    start_machine(&m);
    ask(&m, 0);
    number_bus(&m, 2);
    reset_device(&m);
    number_bus(&m, 1);
    enable_device(&m);
    for (int i = 0; i < 5; i++) {
        answer(&m);
    }
    g_assert_cmphex(device_get(&m, REG_PRI_RESPONSE), ==, 0);
    /* And the next time it asks it gets its answer */
    ask(&m, 1);
    answer(&m);
    g_assert_cmphex(device_get(&m, REG_PRI_RESPONSE), ==, RESPONSE(GROUP));
    stop(&m.t);
}

/* The log's own interrupt, which is not the event log's */
static void test_interrupt(void)
{
    Machine m;
    Iommu *t = &m.t;

    start_machine(&m);
    set_int_table(t, INT_LEVEL1 | DTE2_IV | DTE2_REMAP);
    set_irte(t, 8, INT_PPR, GID, IRTE_VALID, 0x41);
    set_irte(t, 8, INT_EVENT, GID, IRTE_VALID, 0x42);
    ask(&m, 0);
    g_assert_false(interrupted(t, 0x41));
    qtest_writeq(t->qts, vfctrl(t, GID, 0x30),
                 (uint64_t)LOG << 4 | PPR_ON | INT_EN);
    g_assert_true(interrupted(t, 0x41));
    answer(&m);
    /* W1C: PprInt */
    qtest_writel(t->qts, vf(t, GID, 0x20), BIT(6));
    set_irte(t, 8, INT_PPR, GID, IRTE_VALID, 0x43);
    reset_device(&m);
    enable_device(&m);
    ask(&m, 1);
    g_assert_true(interrupted(t, 0x43));
    g_assert_false(interrupted(t, 0x42));
    stop(&m.t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/amd-viommu-ppr/renumbered", test_renumbered);
    qtest_add_func("/amd-viommu-ppr/forgotten", test_forgotten);
    qtest_add_func("/amd-viommu-ppr/interrupt", test_interrupt);
    return g_test_run();
}
