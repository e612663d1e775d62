/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: an amd-iommu with vIOMMU, driven as a driver would, with no guest
 * software: device table, page tables, command buffer and event log lie in
 * guest memory.
 */

#ifndef AMD_VIOMMU_HARNESS_H
#define AMD_VIOMMU_HARNESS_H

#include "qemu/bitops.h"
#include "qemu/units.h"
#include "libqtest.h"
#include "libqos/pci-pc.h"
#include "hw/pci/pci_regs.h"

/* IOMMU registers */
#define MMIO_BASE           0xfed80000ULL
#define MMIO_DEVTAB         0x0000
#define MMIO_CMD_BASE       0x0008
#define MMIO_EVT_BASE       0x0010
#define MMIO_CONTROL        0x0018
#define MMIO_EFR            0x0030
#define MMIO_EFR2           0x01a0
#define MMIO_CMD_TAIL       0x2008
#define MMIO_EVT_TAIL       0x2018

#define EFR_GT              BIT_ULL(4)
#define EFR_GIO             BIT_ULL(48)
#define EFR_VIOMMU          BIT_ULL(55)
#define EFR2_GCR3TRP        BIT_ULL(3)

#define CONTROL_CMDBUF      BIT_ULL(12)
#define CONTROL_ON          (BIT_ULL(0) | BIT_ULL(2) | CONTROL_CMDBUF)
#define CONTROL_VCMD        BIT_ULL(52)
#define CONTROL_VIOMMU      BIT_ULL(53)
#define CONTROL_GCR3TRP     BIT_ULL(58)
#define CONTROL_GSTBUFTRP   BIT_ULL(60)
#define CONTROL_ALL         (CONTROL_ON | CONTROL_VCMD | CONTROL_VIOMMU | \
                             CONTROL_GCR3TRP | CONTROL_GSTBUFTRP)

/* Guest memory */
#define DEVTAB              0x100000
#define CMD_BUF             0x400000
#define EVT_LOG             0x410000
#define PT_ROOT             0x420000
#define TABLE_PAGE          0x430000
#define TABLE_POOL          0x2000000
#define LEN_256             (8ULL << 56)

/* A guest ID that fills both bytes */
#define GID                 0x1357
#define IPA_DEVID_TABLE(g)  (0x1000000000ULL + (g) * 0x100000ULL)
#define IPA_DOMID_TABLE(g)  (0x2000000000ULL + (g) * 0x80000ULL)

#define PERM_R              BIT_ULL(61)
#define PERM_RW             (3ULL << 61)

#define MAP(valid, hid, gid) \
    (BIT_ULL(63) | (uint64_t)(gid) << 46 | (uint64_t)(hid) << 14 | (valid))

#define EVENT_ILLEGAL_CMD   5
#define EVENT_VIOMMU_HW     0xc

typedef struct Iommu {
    QTestState *qts;
    QPCIBus *pcibus;
    QPCIDevice *pdev;
    uint8_t cap;            /* vendor-specific capability, 0 = none */
    uint64_t vf;
    uint64_t vfctrl;
    uint32_t cmd_tail;
    unsigned tables;        /* taken from the pool */
} Iommu;

static inline void found(QPCIDevice *dev, int devfn, void *data)
{
    QPCIDevice **pdev = data;

    if (qpci_config_readw(dev, PCI_CLASS_DEVICE) == 0x0806) {
        *pdev = dev;
    } else {
        g_free(dev);
    }
}

static inline uint64_t bar(Iommu *t, int offset, uint32_t mask)
{
    return (uint64_t)qpci_config_readl(t->pdev, t->cap + offset + 4) << 32 |
           (qpci_config_readl(t->pdev, t->cap + offset) & mask);
}

static inline void start(Iommu *t, const char *props)
{
    *t = (Iommu) {};
    t->qts = qtest_initf("-M q35 -nodefaults -m 64 "
                         "-device amd-iommu,dma-remap=on%s", props);
    t->pcibus = qpci_new_pc(t->qts, NULL);
    qpci_device_foreach(t->pcibus, -1, -1, found, &t->pdev);
    g_assert_nonnull(t->pdev);
    t->cap = qpci_find_capability(t->pdev, PCI_CAP_ID_VNDR, 0);
    if (t->cap) {
        t->vf = bar(t, 0x08, 0xf0000000);
        t->vfctrl = bar(t, 0x10, 0xffc00000);
    }
}

static inline void stop(Iommu *t)
{
    g_free(t->pdev);
    qpci_free_pc(t->pcibus);
    qtest_quit(t->qts);
}

static inline uint64_t reg_read(Iommu *t, uint64_t reg)
{
    return qtest_readq(t->qts, MMIO_BASE + reg);
}

static inline void reg_write(Iommu *t, uint64_t reg, uint64_t val)
{
    qtest_writeq(t->qts, MMIO_BASE + reg, val);
}

static inline uint64_t vf(Iommu *t, uint16_t gid, unsigned offset)
{
    return t->vf + gid * 0x1000ULL + offset;
}

static inline uint64_t vfctrl(Iommu *t, uint16_t gid, unsigned offset)
{
    return t->vfctrl + gid * 0x40ULL + offset;
}

/* Device table, command buffer, event log, and the vIOMMU on */
static inline void enable(Iommu *t)
{
    qtest_memset(t->qts, DEVTAB, 0, 0x200000);
    qtest_memset(t->qts, CMD_BUF, 0, 0x100000);
    reg_write(t, MMIO_DEVTAB, DEVTAB | 0x1ff);
    reg_write(t, MMIO_CMD_BASE, CMD_BUF | LEN_256);
    reg_write(t, MMIO_EVT_BASE, EVT_LOG | LEN_256);
    reg_write(t, MMIO_CONTROL, CONTROL_ALL);
    t->cmd_tail = 0;
}

static inline void command(Iommu *t, unsigned opcode, uint32_t dw0)
{
    qtest_writeq(t->qts, CMD_BUF + t->cmd_tail,
                 (uint64_t)opcode << 60 | dw0);
    qtest_writeq(t->qts, CMD_BUF + t->cmd_tail + 8, 0);
    t->cmd_tail = (t->cmd_tail + 16) % 0x1000;
    reg_write(t, MMIO_CMD_TAIL, t->cmd_tail);
}

/* Map one page in a host table of four levels; returns where its entry is */
static inline uint64_t map_page(Iommu *t, uint64_t root, uint64_t addr,
                                uint64_t page, uint64_t perm)
{
    uint64_t table = root, entry;

    for (int level = 3; level > 0; level--) {
        entry = table + (extract64(addr, 12 + 9 * level, 9) << 3);
        table = qtest_readq(t->qts, entry) & MAKE_64BIT_MASK(12, 40);
        if (!table) {
            table = TABLE_POOL + t->tables++ * 0x1000;
            qtest_writeq(t->qts, entry, table | PERM_RW | level << 9 | 1);
        }
    }
    entry = table + (extract64(addr, 12, 9) << 3);
    qtest_writeq(t->qts, entry, page | perm | 1);
    return entry;
}

/* A device table entry with a host table; not yet known to the IOMMU */
static inline void write_dte(Iommu *t, uint16_t devid, uint64_t root,
                             uint16_t domid)
{
    qtest_writeq(t->qts, DEVTAB + devid * 32 + 8, domid);
    qtest_writeq(t->qts, DEVTAB + devid * 32, root | PERM_RW | 4 << 9 | 3);
}

/* Map one page of the private address space in the IOMMU's own DTE */
static inline void map_ipa(Iommu *t, uint64_t ipa, uint64_t page)
{
    map_page(t, PT_ROOT, ipa, page, PERM_RW);
    write_dte(t, t->pdev->devfn, PT_ROOT, 7);
    command(t, 2, t->pdev->devfn);
}

/* All 512 KiB of a DomainID table: a page, and for all others the next one */
static inline void map_domid_table(Iommu *t, uint16_t gid, uint64_t page)
{
    uint64_t entry = map_page(t, PT_ROOT, IPA_DOMID_TABLE(gid), page, PERM_RW);
    uint64_t rest[127];

    for (int i = 0; i < ARRAY_SIZE(rest); i++) {
        rest[i] = cpu_to_le64((page + 0x1000) | PERM_RW | 1);
    }
    qtest_memwrite(t->qts, entry + 8, rest, sizeof(rest));
    write_dte(t, t->pdev->devfn, PT_ROOT, 7);
    command(t, 2, t->pdev->devfn);
}

static inline void assert_event(Iommu *t, unsigned index, uint64_t q0,
                                uint64_t q1)
{
    uint64_t event = EVT_LOG + index * 16;

    g_assert_cmphex(reg_read(t, MMIO_EVT_TAIL), ==, (index + 1) * 16);
    g_assert_cmphex(qtest_readq(t->qts, event), ==, q0);
    g_assert_cmphex(qtest_readq(t->qts, event + 8), ==, q1);
}

#endif
