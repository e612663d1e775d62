/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: a device for tests of DMA behind an amd-iommu with vIOMMU
 *
 * Where a translation leads, how large its page is and what it allows is seen
 * in the answer to the device's translation request, without any access, so
 * that pages may be larger than memory. Faults take real accesses: a request
 * for a translation logs none.
 */

#ifndef AMD_IOMMU_DMA_H
#define AMD_IOMMU_DMA_H

#include "amd-viommu-harness.h"
#include "dma-testdev-harness.h"

#define MMIO_EVT_HEAD       0x2010

/* Tables of the test: the pages above those that map_page() takes */
#define TABLE(n)            (0x3000000ULL + (n) * 0x1000)

/* Entries of host tables */
#define PERM_W              BIT_ULL(62)
#define PTE_PR              1
#define NEXT_LEVEL(n)       ((uint64_t)(n) << 9)
#define NEXT_IS_SIZE        7

/* Device table entries */
#define DTE_ON              3               /* V, TV */
#define DTE_MODE(n)         ((uint64_t)(n) << 9)
#define DTE1_IOTLB          BIT_ULL(32)

/* Codes and flags of events */
#define EVENT_ILLEGAL_DTE   1
#define EVENT_PAGE_FAULT    2
#define EVENT_PAGE_TAB_HW   4
#define EVT(code)           ((uint64_t)(code) << 60)
#define EVT_GN              BIT_ULL(48)
#define EVT_PRESENT         BIT_ULL(52)
#define EVT_WRITE           BIT_ULL(53)
#define EVT_DENIED          BIT_ULL(54)
#define EVT_RESERVED        BIT_ULL(55)

#define DOMAIN              7
#define ALL_PAGES           0x7ffffffffffff001ULL
#define INVAL_GN            BIT(2)

typedef struct Dma {
    Iommu t;
    QPCIDevice *dev;
    QPCIBar bar;
} Dma;

static inline void start_dma(Dma *d, const char *props)
{
    g_autofree char *all = g_strconcat(",viommu=on", props, " -device "
                                       "dma-testdev,addr=0x10", NULL);
    uint64_t size;

    start(&d->t, all);
    d->dev = qpci_device_find(d->t.pcibus, DEVFN);
    g_assert_nonnull(d->dev);
    qpci_device_enable(d->dev);
    d->bar = qpci_iomap(d->dev, 0, &size);
    open_ecam(d->t.qts);
    enable_extended(d->t.qts, PCI_EXT_CAP_ID_PASID, PCI_PASID_CTRL,
                    PCI_PASID_CTRL_ENABLE);
    enable_extended(d->t.qts, PCI_EXT_CAP_ID_ATS, PCI_ATS_CTRL,
                    PCI_ATS_CTRL_ENABLE);
    enable(&d->t);
}

static inline void stop_dma(Dma *d)
{
    g_free(d->dev);
    stop(&d->t);
}

/*
 * Four bytes: for more, QEMU looks the address up more than once where it leads
 * nowhere, and each time is a fault
 */
static inline void dma(Dma *d, uint32_t cmd, uint64_t addr, unsigned result)
{
    run_command(d->dev, d->bar, cmd, addr, 4, result);
}

/* A command of the host, all of it */
static inline void host_command(Dma *d, uint64_t q0, uint64_t q1)
{
    Iommu *t = &d->t;

    qtest_writeq(t->qts, CMD_BUF + t->cmd_tail, q0);
    qtest_writeq(t->qts, CMD_BUF + t->cmd_tail + 8, q1);
    t->cmd_tail = (t->cmd_tail + 16) % 0x1000;
    reg_write(t, MMIO_CMD_TAIL, t->cmd_tail);
}

/* INVALIDATE_IOMMU_PAGES; with GN, for @pasid */
static inline void inval_pages(Dma *d, uint16_t domain, uint32_t pasid,
                               uint64_t addr)
{
    host_command(d, 3ULL << 60 | (uint64_t)domain << 32 | pasid, addr);
}

/* Nothing is cached any more */
static inline void inval_everything(Dma *d)
{
    host_command(d, 8ULL << 60, 0);
}

static inline void set_dte(Dma *d, uint64_t q0, uint64_t q1)
{
    qtest_writeq(d->t.qts, DEVTAB + DEVFN * 32 + 8, q1);
    qtest_writeq(d->t.qts, DEVTAB + DEVFN * 32, q0);
    inval_everything(d);
}

/* The device is translated by a host table only */
static inline void set_host_dte(Dma *d, uint64_t root, unsigned mode,
                                uint64_t perm)
{
    set_dte(d, root | DTE_MODE(mode) | perm | DTE_ON, DOMAIN | DTE1_IOTLB);
}

/* Write the entry for @addr of a table of level 1 (pages of 4 KiB) to 6 */
static inline uint64_t set_entry(Dma *d, uint64_t table, unsigned level,
                                 uint64_t addr, uint64_t entry)
{
    unsigned shift = 12 + 9 * (level - 1);
    uint64_t where = table + extract64(addr, shift, MIN(9, 64 - shift)) * 8;

    qtest_writeq(d->t.qts, where, entry);
    return where;
}

/* A translation request finds @size bytes around what @addr leads to */
static inline void assert_leads(Dma *d, uint32_t cmd, uint64_t addr,
                                uint64_t to, uint64_t size, unsigned perm)
{
    dma(d, CMD_TRANSLATE | CMD_WANT_WRITE | cmd, addr, OK);
    g_assert_cmphex(qpci_io_readq(d->dev, d->bar, REG_XLATE_ADDR), ==, to);
    g_assert_cmphex(qpci_io_readq(d->dev, d->bar, REG_XLATE_INFO), ==,
                    size | perm);
}

static inline void assert_leads_nowhere(Dma *d, uint32_t cmd, uint64_t addr)
{
    dma(d, CMD_TRANSLATE | CMD_WANT_WRITE | cmd, addr, NO_TRANSLATION);
}

static inline void assert_nothing_logged(Dma *d)
{
    g_assert_cmphex(reg_read(&d->t, MMIO_EVT_TAIL), ==,
                    reg_read(&d->t, MMIO_EVT_HEAD));
}

/* Exactly one event since the last look, and make room for the next one */
static inline void assert_logged(Dma *d, uint64_t q0, uint64_t q1)
{
    uint64_t head = reg_read(&d->t, MMIO_EVT_HEAD);
    uint64_t next = (head + 16) % 0x1000;

    g_assert_cmphex(reg_read(&d->t, MMIO_EVT_TAIL), ==, next);
    g_assert_cmphex(qtest_readq(d->t.qts, EVT_LOG + head), ==, q0);
    g_assert_cmphex(qtest_readq(d->t.qts, EVT_LOG + head + 8), ==, q1);
    reg_write(&d->t, MMIO_EVT_HEAD, next);
}

/* An access without PASID that fails in the host's tables, and says how */
static inline void assert_faults(Dma *d, uint32_t cmd, uint64_t addr,
                                 uint64_t flags)
{
    dma(d, cmd, addr, DMA_ERROR);
    assert_logged(d, EVT(EVENT_PAGE_FAULT) | flags | (uint64_t)DOMAIN << 32 |
                  DEVFN | (cmd == CMD_WRITE ? EVT_WRITE : 0), addr);
}

#endif
