/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU of a guest, backed by the host's hardware vIOMMU (accel=on)
 *
 * Not to be included directly: amd_iommu.h does.
 *
 * Concerns by file: what the guest has and which of its registers
 * stay trapped (amd_iommu_accel.c), its device table (amd_iommu_accel_devtab.c),
 * its queues (amd_iommu_accel_queue.c), its interrupts (amd_iommu_accel_irq.c).
 */

#ifndef HW_I386_AMD_IOMMU_ACCEL_H
#define HW_I386_AMD_IOMMU_ACCEL_H

#include "hw/pci/pci.h"
#include "qemu/event_notifier.h"
#include "qemu/queue.h"
#include "qemu/thread.h"
#include "system/iommufd.h"
#include "system/memory.h"

typedef struct AMDVIState AMDVIState;

/* Registers that the hardware serves: the third 4 KiB of the guest's IOMMU */
#define AMDVI_VF_OFFSET         0x2000
#define AMDVI_VF_SIZE           0x1000

/*
 * The features of an accelerated IOMMU, whatever the host has beyond them. Linux
 * reads those in the IVRS only with GASup, though interrupts are not remapped.
 */
#define AMDVI_ACCEL_FEATURES \
    (AMDVI_FEATURE_PREFETCH | AMDVI_FEATURE_IA | AMDVI_FEATURE_GA | \
     AMDVI_FEATURE_GT | AMDVI_FEATURE_GIOSUP | AMDVI_HATS_MODE_RESERVED)

/* Queues that the hardware can serve */
typedef enum AMDVIAccelQueueType {
    AMDVI_ACCEL_CMD,
    AMDVI_ACCEL_EVT,
    AMDVI_ACCEL_QUEUES,
} AMDVIAccelQueueType;

/* A device of the host's that the guest has */
typedef struct AMDVIAccelDevice {
    HostIOMMUDeviceIOMMUFD *host;
    PCIBus *bus;
    int devfn;
    uint32_t vdev_id;                   /* iommufd's vDevice, 0 = none */
    uint16_t devid;                     /* requester ID it was made with */
    uint32_t hwpt_id;                   /* nested table in use, 0 = parent's */
    uint64_t dte[4];                    /* what @hwpt_id was made of */
    QLIST_ENTRY(AMDVIAccelDevice) next;
} AMDVIAccelDevice;

/* A page of the guest's device table that is watched */
typedef struct AMDVIAccelPage {
    void *host;
    size_t size;
    bool protected;                     /* a store to it comes to us first */
} AMDVIAccelPage;

typedef struct AMDVIAccel {
    bool enabled;                       /* accel=on */
    bool live;                          /* there is a vIOMMU in the host */
    Error *unmigratable;                /* why */

    /* Address space of the guest's devices: its memory without this IOMMU */
    AddressSpace as;
    MemoryRegion root;
    MemoryRegion memory;
    MemoryRegion hole;

    QLIST_HEAD(, AMDVIAccelDevice) devices;
    IOMMUFDBackend *iommufd;
    uint32_t viommu_id;
    uint32_t parent_id;                 /* nesting parent: guest memory */
    uint32_t *vf;                       /* the VF page, mapped */
    MemoryRegion vf_mr;
    uint32_t queue_id[AMDVI_ACCEL_QUEUES];

    /* Whether the devices follow the guest's table */
    bool translating;
    QEMUBH *stored;

    /*
     * What a processor that stores to the device table shares with the others:
     * it has not got the BQL, and must not wait for it.
     */
    QemuMutex lock;
    uint32_t control;                   /* as told to the hardware, less CMD */
    bool cmd_in_hw;                     /* it serves the command buffer */
    bool dte_pending;                   /* a store whose invalidation is due */
    GArray *pages;                      /* AMDVIAccelPage */
    unsigned spurious;                  /* faults that no page explains */

    EventNotifier irq;                  /* signalled for each interrupt */
    bool has_irq;                       /* the host knows it */

    uint64_t irqs;                      /* so far */
    uint64_t takebacks;                 /* so far */
} AMDVIAccel;

/* Life of it */
bool amdvi_accel_check(AMDVIState *s, Error **errp);
bool amdvi_accel_realize(AMDVIState *s, Error **errp);
void amdvi_accel_reset(AMDVIState *s);

/* Devices: see PCIIOMMUOps */
AddressSpace *amdvi_accel_address_space(AMDVIState *s, PCIBus *bus, int devfn);
bool amdvi_accel_set_device(PCIBus *bus, void *opaque, int devfn,
                            HostIOMMUDevice *hiod, Error **errp);
void amdvi_accel_unset_device(PCIBus *bus, void *opaque, int devfn);
uint64_t amdvi_accel_viommu_flags(void *opaque);

/* Registers, while there is a vIOMMU */
bool amdvi_accel_read(AMDVIState *s, hwaddr addr, unsigned size, uint64_t *val);
bool amdvi_accel_write(AMDVIState *s, hwaddr addr, unsigned size, uint64_t val);
void amdvi_accel_written(AMDVIState *s, hwaddr addr);

/* Device table */
void amdvi_accel_devtab_init(AMDVIState *s);
void amdvi_accel_devtab_cleanup(AMDVIState *s);
void amdvi_accel_devtab_start(AMDVIState *s);
void amdvi_accel_devtab_stop(AMDVIState *s);
bool amdvi_accel_devtab_protect(AMDVIState *s);
void amdvi_accel_devtab_release_all(void);
bool amdvi_accel_devtab_untouched(AMDVIState *s);
void amdvi_accel_devtab_inval(AMDVIState *s, uint16_t devid);
void amdvi_accel_devtab_inval_all(AMDVIState *s);
void amdvi_accel_device_remove(AMDVIState *s, AMDVIAccelDevice *dev);

/* Queues */
uint32_t amdvi_accel_vf_read(AMDVIState *s, hwaddr reg);
void amdvi_accel_vf_write(AMDVIState *s, hwaddr reg, uint32_t val);
void amdvi_accel_queue_alloc(AMDVIState *s, AMDVIAccelQueueType type);
void amdvi_accel_queue_free(AMDVIState *s, AMDVIAccelQueueType type);
void amdvi_accel_queues_update(AMDVIState *s);
void amdvi_accel_take_locked(AMDVIState *s);
void amdvi_accel_run(AMDVIState *s);

/* Interrupts */
void amdvi_accel_irq_init(AMDVIState *s);
void amdvi_accel_irq_cleanup(AMDVIState *s);

#endif
