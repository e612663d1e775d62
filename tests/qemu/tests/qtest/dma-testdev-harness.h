/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: the registers of the test device for DMA, at an address of its own
 */

#ifndef DMA_TESTDEV_HARNESS_H
#define DMA_TESTDEV_HARNESS_H

#include "qemu/bitops.h"
#include "libqtest.h"
#include "libqos/pci-pc.h"
#include "hw/pci/pci_regs.h"

/* Registers of the device */
#define REG_ID              0x00
#define REG_CAPS            0x04
#define REG_COMMAND         0x08
#define REG_STATUS          0x0c
#define REG_ADDR            0x10
#define REG_LENGTH          0x18
#define REG_PASID           0x1c
#define REG_XLATE_ADDR      0x20
#define REG_XLATE_INFO      0x28
#define REG_PRI_GROUP       0x30
#define REG_PRI_RESPONSE    0x34
#define REG_INVALIDATIONS   0x38
#define REG_ATC_HANGS       0x3c
#define BUFFER              0x800
#define BUFFER_SIZE         0x800

#define CMD_READ            1
#define CMD_WRITE           2
#define CMD_TRANSLATE       3
#define CMD_PAGE_REQUEST    4
#define CMD_ATC_FLUSH       5
#define CMD_PASID           BIT(8)
#define CMD_PRIV            BIT(10)
#define CMD_MSI             BIT(11)
#define CMD_ATC             BIT(12)
#define CMD_WANT_WRITE      BIT(13)

#define OK                  0
#define DMA_ERROR           1
#define BAD_ARGS            2
#define NO_TRANSLATION      3
#define PRI_REFUSED         4
#define NOT_ENABLED         5

#define STATUS(result)      ((result) << 4 | 2)

#define DEVFN               QPCI_DEVFN(0x10, 0)
#define ECAM                0xb0000000ULL

/* Open the chipset's window to the extended configuration space */
static inline void open_ecam(QTestState *qts)
{
    qtest_outl(qts, 0xcf8, 0x80000064);
    qtest_outl(qts, 0xcfc, ECAM >> 32);
    qtest_outl(qts, 0xcf8, 0x80000060);
    qtest_outl(qts, 0xcfc, (uint32_t)ECAM | 1);
}

/* Where an extended capability of the device is, 0 if there is none */
static inline uint64_t find_extended(QTestState *qts, uint16_t id)
{
    uint64_t config = ECAM + (DEVFN << 12);
    uint32_t header, offset = 0x100;

    while (offset) {
        header = qtest_readl(qts, config + offset);
        if (PCI_EXT_CAP_ID(header) == id) {
            return config + offset;
        }
        offset = PCI_EXT_CAP_NEXT(header);
    }
    return 0;
}

static inline void enable_extended(QTestState *qts, uint16_t id,
                                   unsigned control, uint16_t val)
{
    uint64_t cap = find_extended(qts, id);

    g_assert_cmphex(cap, !=, 0);
    qtest_writew(qts, cap + control, val);
}

/* Start a command, and wait for how it ends */
static inline void run_command(QPCIDevice *dev, QPCIBar bar, uint32_t cmd,
                               uint64_t addr, uint32_t length, unsigned result)
{
    qpci_io_writeq(dev, bar, REG_ADDR, addr);
    qpci_io_writel(dev, bar, REG_LENGTH, length);
    qpci_io_writel(dev, bar, REG_COMMAND, cmd);
    for (int i = 0; i < 1000 && (qpci_io_readl(dev, bar, REG_STATUS) & 1);
         i++) {
        g_usleep(1000);
    }
    g_assert_cmphex(qpci_io_readl(dev, bar, REG_STATUS), ==, STATUS(result));
}

#endif
