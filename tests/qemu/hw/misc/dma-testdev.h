/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI device for tests of DMA, PASID, ATS and PRI
 */

#ifndef HW_MISC_DMA_TESTDEV_H
#define HW_MISC_DMA_TESTDEV_H

#include "hw/pci/pci_device.h"
#include "hw/registerfields.h"
#include "qemu/queue.h"
#include "qom/object.h"
#include "system/iothread.h"

#define TYPE_DMA_TESTDEV "dma-testdev"
OBJECT_DECLARE_SIMPLE_TYPE(DMATestDev, DMA_TESTDEV)

#define DMA_TESTDEV_BUFFER      0x800
#define DMA_TESTDEV_BUFFER_SIZE 0x800
#define DMA_TESTDEV_BAR_SIZE    0x1000
#define DMA_TESTDEV_MAGIC       0x544d4456
#define DMA_TESTDEV_ATC_SIZE    64
#define DMA_TESTDEV_ATC_PAGE    4096

/* Registers of BAR 0; the 64-bit ones are two halves */
REG32(ID, 0x00)
REG32(CAPS, 0x04)
    FIELD(CAPS, PASID, 0, 1)
    FIELD(CAPS, ATS, 1, 1)
    FIELD(CAPS, PRI, 2, 1)
    FIELD(CAPS, DMA64, 3, 1)
    FIELD(CAPS, PASID_WIDTH, 8, 8)
REG32(COMMAND, 0x08)
    FIELD(COMMAND, OPCODE, 0, 4)
    FIELD(COMMAND, PASID, 8, 1)
    FIELD(COMMAND, EXEC, 9, 1)
    FIELD(COMMAND, PRIV, 10, 1)
    FIELD(COMMAND, MSI, 11, 1)
    FIELD(COMMAND, ATC, 12, 1)
    FIELD(COMMAND, WRITE, 13, 1)
    FIELD(COMMAND, LAST, 14, 1)
    FIELD(COMMAND, REPEAT, 16, 16)      /* READ, WRITE: so often again */
REG32(STATUS, 0x0c)
    FIELD(STATUS, BUSY, 0, 1)
    FIELD(STATUS, DONE, 1, 1)
    FIELD(STATUS, RESULT, 4, 4)
REG32(ADDR_LO, 0x10)
REG32(ADDR_HI, 0x14)
REG32(LENGTH, 0x18)
REG32(PASID, 0x1c)
    FIELD(PASID, PASID, 0, 20)
REG32(XLATE_ADDR_LO, 0x20)
REG32(XLATE_ADDR_HI, 0x24)
REG32(XLATE_INFO_LO, 0x28)
    FIELD(XLATE_INFO_LO, READ, 0, 1)
    FIELD(XLATE_INFO_LO, WRITE, 1, 1)
    FIELD(XLATE_INFO_LO, EXEC, 2, 1)
REG32(XLATE_INFO_HI, 0x2c)
REG32(PRI_GROUP, 0x30)
    FIELD(PRI_GROUP, INDEX, 0, 9)
REG32(PRI_RESPONSE, 0x34)
    FIELD(PRI_RESPONSE, INDEX, 0, 9)
    FIELD(PRI_RESPONSE, CODE, 12, 4)
    FIELD(PRI_RESPONSE, VALID, 16, 1)
REG32(ATC_INVALIDATIONS, 0x38)
REG32(ATC_HANGS, 0x3c)                  /* no answer to invalidations */
    FIELD(ATC_HANGS, HANGS, 0, 1)

typedef enum DMATestDevOpcode {
    DMA_TESTDEV_READ = 1,
    DMA_TESTDEV_WRITE = 2,
    DMA_TESTDEV_TRANSLATE = 3,
    DMA_TESTDEV_PAGE_REQUEST = 4,
    DMA_TESTDEV_ATC_FLUSH = 5,
} DMATestDevOpcode;

typedef enum DMATestDevResult {
    DMA_TESTDEV_OK = 0,
    DMA_TESTDEV_DMA_ERROR = 1,
    DMA_TESTDEV_BAD_ARGS = 2,
    DMA_TESTDEV_NO_TRANSLATION = 3,
    DMA_TESTDEV_PRI_REFUSED = 4,
    DMA_TESTDEV_NOT_ENABLED = 5,
} DMATestDevResult;

/* A command as it was when COMMAND was written */
typedef struct DMATestDevCommand {
    uint32_t command;
    uint32_t length;
    uint32_t pasid;             /* PCI_NO_PASID: without */
    uint16_t group;
    hwaddr addr;
} DMATestDevCommand;

/* An address space that the device has asked the IOMMU about */
typedef struct DMATestDevSpace {
    DMATestDev *dev;
    uint32_t pasid;
    bool watched;               /* by @atc */
    bool awaited;               /* by @pri */
    IOMMUNotifier atc;
    IOMMUPRINotifier pri;
    QLIST_ENTRY(DMATestDevSpace) next;
} DMATestDevSpace;

struct DMATestDev {
    PCIDevice parent_obj;

    MemoryRegion bar;
    MemoryRegion registers;
    MemoryRegion buffer_io;
    QEMUBH *bh;
    QEMUBH *thread_bh;          /* in @iothread: READ and WRITE */
    QEMUBH *done_bh;            /* what it has come to */
    DMATestDevResult result;

    /* Properties */
    IOThread *iothread;         /* does the DMA, if there is one */
    bool ats;
    bool pri;
    bool pasid;
    uint8_t pasid_width;
    bool always_hangs;

    /* Registers */
    uint32_t status;
    uint32_t length;
    uint32_t pasid_reg;
    uint32_t group;
    uint32_t pri_response;
    uint32_t invalidations;
    bool hangs;                 /* keeps what it should drop, says nothing */
    uint64_t addr;
    uint64_t xlate_addr;
    uint64_t xlate_info;
    uint8_t buffer[DMA_TESTDEV_BUFFER_SIZE];

    DMATestDevCommand current;

    /* The device's own address translation cache */
    IOMMUTLBEntry atc[DMA_TESTDEV_ATC_SIZE];    /* unused: perm is NONE */
    unsigned atc_next;
    QLIST_HEAD(, DMATestDevSpace) spaces;
};

/**
 * dma_testdev_transfer: READ and WRITE
 *
 * @d: the device
 * @c: the command
 */
DMATestDevResult dma_testdev_transfer(DMATestDev *d,
                                      const DMATestDevCommand *c);

/**
 * dma_testdev_translate: TRANSLATE; asks the IOMMU, and keeps the answer
 *
 * @d: the device
 * @c: the command
 */
DMATestDevResult dma_testdev_translate(DMATestDev *d,
                                       const DMATestDevCommand *c);

/**
 * dma_testdev_page_request: PAGE_REQUEST
 *
 * @d: the device
 * @c: the command
 */
DMATestDevResult dma_testdev_page_request(DMATestDev *d,
                                          const DMATestDevCommand *c);

/**
 * dma_testdev_atc_lookup: the translation that the device has itself
 *
 * @d: the device
 * @pasid: PASID of the request, or PCI_NO_PASID
 * @addr: untranslated address
 * @perm: what the request needs
 *
 * Returns: an entry that covers @addr and allows @perm, or NULL.
 */
const IOMMUTLBEntry *dma_testdev_atc_lookup(DMATestDev *d, uint32_t pasid,
                                            hwaddr addr,
                                            IOMMUAccessFlags perm);

/**
 * dma_testdev_atc_flush: forget all translations
 *
 * @d: the device
 */
void dma_testdev_atc_flush(DMATestDev *d);

/**
 * dma_testdev_forget_spaces: forget all translations, and who was asked
 *
 * @d: the device
 *
 * Must be called while PASIDs are still enabled, if they were.
 */
void dma_testdev_forget_spaces(DMATestDev *d);

#endif
