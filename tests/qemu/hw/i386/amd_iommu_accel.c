/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU of a guest, backed by the host's hardware vIOMMU
 *
 * What the guest has: devices of the host's, one vIOMMU for all of them, and
 * the page of registers that the hardware serves. The other registers stay
 * trapped.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/pci/pci_bus.h"
#include "migration/blocker.h"
#include "system/kvm.h"
#include "amd_iommu.h"
#include "trace.h"

/* Extended features that the host must have */
static const struct {
    uint64_t bit;
    const char *name;
} required[] = {
    { AMDVI_FEATURE_GT, "GTSup" },
    { AMDVI_FEATURE_GIOSUP, "GIoSup" },
    { AMDVI_FEATURE_VIOMMUSUP, "vIommuSup" },
};

bool amdvi_accel_check(AMDVIState *s, Error **errp)
{
    if (s->viommu.enabled) {
        error_setg(errp, "amd-iommu: viommu=on emulates the hardware that "
                   "accel=on uses: choose one");
        return false;
    }
    if (s->dma_remap) {
        error_setg(errp, "amd-iommu: dma-remap=on copies the guest's tables, "
                   "which accel=on gives to the hardware: choose one");
        return false;
    }
    if (x86_iommu_ir_supported(X86_IOMMU_DEVICE(s))) {
        error_setg(errp, "amd-iommu: accel=on cannot remap interrupts, as "
                   "nobody sees the guest's invalidation of them: "
                   "use intremap=off");
        return false;
    }
    if (!kvm_enabled()) {
        error_setg(errp, "amd-iommu: accel=on needs KVM (-accel kvm)");
        return false;
    }
    /* A table of the host format cannot be put on top of another one */
    s->iommu.dma_translation = false;
    return true;
}

/*
 * Address space of the guest's devices
 */

bool amdvi_accel_realize(AMDVIState *s, Error **errp)
{
    AMDVIAccel *a = &s->accel;

    QLIST_INIT(&a->devices);
    qemu_mutex_init(&a->lock);
    a->pages = g_array_new(false, true, sizeof(AMDVIAccelPage));

    memory_region_init(&a->root, OBJECT(s), "amdvi-accel", UINT64_MAX);
    memory_region_init_alias(&a->memory, OBJECT(s), "amdvi-accel-memory",
                             get_system_memory(), 0,
                             memory_region_size(get_system_memory()));
    memory_region_add_subregion(&a->root, 0, &a->memory);
    /* Registers of the IOMMU are no memory to devices */
    memory_region_init_io(&a->hole, OBJECT(s), NULL, NULL, "amdvi-accel-hole",
                          AMDVI_MMIO_SIZE);
    memory_region_add_subregion_overlap(&a->root, s->mmio_addr, &a->hole, 1);
    address_space_init(&a->as, &a->root, "amdvi-accel");

    error_setg(&a->unmigratable, "amd-iommu: accel=on cannot be migrated: the "
               "guest's queues are in this host's hardware");
    return migrate_add_blocker(&a->unmigratable, errp) >= 0;
}

/* NULL for emulated devices: these are translated here */
AddressSpace *amdvi_accel_address_space(AMDVIState *s, PCIBus *bus, int devfn)
{
    PCIDevice *pdev = bus->devices[devfn];

    if (!s->accel.enabled || !pdev ||
        !object_dynamic_cast(OBJECT(pdev), "vfio-pci")) {
        return NULL;
    }
    return &s->accel.as;
}

uint64_t amdvi_accel_viommu_flags(void *opaque)
{
    /* Guest memory may be about to be pinned once more, for writing */
    amdvi_accel_devtab_release_all();
    return PCI_VIOMMU_FLAG_WANT_NESTING_PARENT;
}

/*
 * The vIOMMU: from the first device to the last
 */

static bool make_viommu(AMDVIState *s, HostIOMMUDeviceIOMMUFD *host,
                        Error **errp)
{
    AMDVIAccel *a = &s->accel;
    struct iommu_viommu_amd data = {};
    void *vf;

    if (!iommufd_backend_alloc_viommu(host->iommufd, host->devid,
                                      IOMMU_VIOMMU_TYPE_AMD, host->hwpt_id,
                                      &data, sizeof(data), &a->viommu_id,
                                      errp)) {
        return false;
    }
    a->iommufd = host->iommufd;
    a->parent_id = host->hwpt_id;
    if (!iommufd_backend_viommu_mmap(a->iommufd, AMDVI_VF_SIZE,
                                     data.out_vfmmio_mmap_offset, &vf, errp)) {
        goto free_viommu;
    }
    a->vf = vf;
    amdvi_accel_devtab_init(s);
    amdvi_accel_irq_init(s);
    memory_region_init_ram_device_ptr(&a->vf_mr, OBJECT(s), "amdvi-vf",
                                      AMDVI_VF_SIZE, a->vf);
    memory_region_set_enabled(&a->vf_mr, false);
    memory_region_add_subregion_overlap(&s->mr_mmio, AMDVI_VF_OFFSET,
                                        &a->vf_mr, 1);
    a->live = true;
    return true;

free_viommu:
    iommufd_backend_free_id(a->iommufd, a->viommu_id);
    a->iommufd = NULL;
    return false;
}

static void free_viommu(AMDVIState *s)
{
    AMDVIAccel *a = &s->accel;

    for (int type = 0; type < AMDVI_ACCEL_QUEUES; type++) {
        amdvi_accel_queue_free(s, type);
    }
    amdvi_accel_irq_cleanup(s);
    amdvi_accel_devtab_cleanup(s);
    memory_region_set_enabled(&a->vf_mr, false);
    memory_region_del_subregion(&s->mr_mmio, &a->vf_mr);
    object_unparent(OBJECT(&a->vf_mr));
    a->live = false;
    munmap(a->vf, AMDVI_VF_SIZE);
    a->vf = NULL;
    iommufd_backend_free_id(a->iommufd, a->viommu_id);
    a->iommufd = NULL;
}

/* Head and tail of the queues, when the hardware comes to serve them */
static void pointers_to_hw(AMDVIState *s)
{
    if (s->cmdbuf_len) {
        amdvi_accel_queue_alloc(s, AMDVI_ACCEL_CMD);
        amdvi_accel_vf_write(s, AMDVI_MMIO_COMMAND_HEAD, s->cmdbuf_head);
        amdvi_accel_vf_write(s, AMDVI_MMIO_COMMAND_TAIL, s->cmdbuf_tail);
    }
    if (s->evtlog_len) {
        amdvi_accel_queue_alloc(s, AMDVI_ACCEL_EVT);
        amdvi_accel_vf_write(s, AMDVI_MMIO_EVENT_HEAD, s->evtlog_head);
        amdvi_accel_vf_write(s, AMDVI_MMIO_EVENT_TAIL, s->evtlog_tail);
    }
}

/* ... and when it no longer does */
static uint32_t pointer_from_hw(AMDVIState *s, hwaddr reg)
{
    uint32_t val = amdvi_accel_vf_read(s, reg);

    stq_le_p(&s->mmior[reg], val);
    return val;
}

static void pointers_from_hw(AMDVIState *s)
{
    s->cmdbuf_head = pointer_from_hw(s, AMDVI_MMIO_COMMAND_HEAD);
    s->cmdbuf_tail = pointer_from_hw(s, AMDVI_MMIO_COMMAND_TAIL);
    s->evtlog_head = pointer_from_hw(s, AMDVI_MMIO_EVENT_HEAD);
    s->evtlog_tail = pointer_from_hw(s, AMDVI_MMIO_EVENT_TAIL);
}

static void follow_guest(AMDVIState *s)
{
    amdvi_accel_queues_update(s);
    if (s->enabled && !s->accel.translating) {
        amdvi_accel_devtab_start(s);
    } else if (!s->enabled && s->accel.translating) {
        amdvi_accel_devtab_stop(s);
    }
    amdvi_accel_run(s);
}

/*
 * Devices
 */

static bool check_host(AMDVIState *s, HostIOMMUDevice *hiod, Error **errp)
{
    AMDVIAccel *a = &s->accel;
    HostIOMMUDeviceIOMMUFD *host;
    uint64_t efr = hiod->caps.vendor_caps.amd.efr;

    if (!object_dynamic_cast(OBJECT(hiod), TYPE_HOST_IOMMU_DEVICE_IOMMUFD)) {
        error_setg(errp, "amd-iommu: accel=on needs the device from iommufd: "
                   "-object iommufd,id=X and iommufd=X");
        return false;
    }
    if (hiod->caps.type != IOMMU_HW_INFO_TYPE_AMD) {
        error_setg(errp, "amd-iommu: accel=on: the device is not behind an "
                   "AMD IOMMU in the host");
        return false;
    }
    for (int i = 0; i < ARRAY_SIZE(required); i++) {
        if (!(efr & required[i].bit)) {
            error_setg(errp, "amd-iommu: accel=on: the host's IOMMU has no %s "
                       "(EFR 0x%" PRIx64 ")", required[i].name, efr);
            error_append_hint(errp, "The host's kernel wants amd_iommu=viommu; "
                              "/sys/class/iommu/*/amd-iommu/viommu says what "
                              "it has.\n");
            return false;
        }
    }
    host = HOST_IOMMU_DEVICE_IOMMUFD(hiod);
    if (a->live && (host->iommufd != a->iommufd ||
                    host->hwpt_id != a->parent_id)) {
        error_setg(errp, "amd-iommu: accel=on: the device is behind another "
                   "IOMMU of the host than the other devices: it needs an "
                   "amd-iommu of its own (primary-bus=)");
        return false;
    }
    return true;
}

/* Its requester ID is not known yet, but whether the vIOMMU can have it is */
static bool check_vdevice(AMDVIState *s, HostIOMMUDeviceIOMMUFD *host,
                          Error **errp)
{
    uint32_t id;

    if (!iommufd_backend_alloc_vdev(host->iommufd, host->devid,
                                    s->accel.viommu_id, 0, &id, errp)) {
        error_prepend(errp, "amd-iommu: accel=on: the device cannot be on the "
                      "vIOMMU (each amd-iommu has devices of one IOMMU of the "
                      "host): ");
        return false;
    }
    iommufd_backend_free_id(host->iommufd, id);
    return true;
}

bool amdvi_accel_set_device(PCIBus *bus, void *opaque, int devfn,
                            HostIOMMUDevice *hiod, Error **errp)
{
    AMDVIState *s = opaque;
    AMDVIAccel *a = &s->accel;
    bool first = !a->live;
    AMDVIAccelDevice *dev;
    HostIOMMUDeviceIOMMUFD *host;

    if (!check_host(s, hiod, errp)) {
        return false;
    }
    host = HOST_IOMMU_DEVICE_IOMMUFD(hiod);
    if (first && !make_viommu(s, host, errp)) {
        return false;
    }
    if (!check_vdevice(s, host, errp)) {
        if (first) {
            free_viommu(s);
        }
        return false;
    }

    dev = g_new0(AMDVIAccelDevice, 1);
    dev->bus = bus;
    dev->devfn = devfn;
    dev->host = host;
    object_ref(hiod);
    QLIST_INSERT_HEAD(&a->devices, dev, next);

    if (first) {
        pointers_to_hw(s);
    } else if (a->translating) {
        /* Its page of the table may be one that is not watched yet */
        amdvi_accel_devtab_start(s);
    }
    follow_guest(s);
    return true;
}

void amdvi_accel_unset_device(PCIBus *bus, void *opaque, int devfn)
{
    AMDVIState *s = opaque;
    AMDVIAccel *a = &s->accel;
    AMDVIAccelDevice *dev;

    QLIST_FOREACH(dev, &a->devices, next) {
        if (dev->bus == bus && dev->devfn == devfn) {
            break;
        }
    }
    if (!dev) {
        return;
    }
    amdvi_accel_device_remove(s, dev);
    QLIST_REMOVE(dev, next);
    object_unref(OBJECT(dev->host));
    g_free(dev);
    if (QLIST_EMPTY(&a->devices)) {
        amdvi_accel_devtab_stop(s);
        amdvi_accel_queue_free(s, AMDVI_ACCEL_CMD);
        pointers_from_hw(s);
        free_viommu(s);
    }
}

void amdvi_accel_reset(AMDVIState *s)
{
    AMDVIAccel *a = &s->accel;

    if (!a->live) {
        return;
    }
    amdvi_accel_devtab_stop(s);
    for (int type = 0; type < AMDVI_ACCEL_QUEUES; type++) {
        amdvi_accel_queue_free(s, type);
    }
    s->enabled = false;
    amdvi_accel_queues_update(s);
}

/*
 * Registers
 */

/* Behind the trap: the page itself, while the guest does not have it */
bool amdvi_accel_read(AMDVIState *s, hwaddr addr, unsigned size, uint64_t *val)
{
    hwaddr reg = addr & ~3;

    if (addr < AMDVI_VF_OFFSET || addr >= AMDVI_VF_OFFSET + AMDVI_VF_SIZE) {
        return false;
    }
    *val = amdvi_accel_vf_read(s, reg);
    if (size == 8) {
        *val |= (uint64_t)amdvi_accel_vf_read(s, reg + 4) << 32;
    } else if (size < 4) {
        *val = extract32(*val, (addr & 3) * 8, size * 8);
    }
    return true;
}

bool amdvi_accel_write(AMDVIState *s, hwaddr addr, unsigned size, uint64_t val)
{
    if (addr < AMDVI_VF_OFFSET || addr >= AMDVI_VF_OFFSET + AMDVI_VF_SIZE) {
        return false;
    }
    /* Nobody writes a part of a pointer */
    if (size < 4 || (addr & 3)) {
        return true;
    }
    amdvi_accel_vf_write(s, addr, val);
    if (size == 8) {
        amdvi_accel_vf_write(s, addr + 4, val >> 32);
    }
    if (addr == AMDVI_MMIO_COMMAND_TAIL) {
        amdvi_accel_run(s);
    }
    return true;
}

/* The other registers: what they hold now is for the hardware, too */
void amdvi_accel_written(AMDVIState *s, hwaddr addr)
{
    switch (addr) {
    case AMDVI_MMIO_CONTROL:
        follow_guest(s);
        break;
    case AMDVI_MMIO_DEVICE_TABLE:
        if (s->accel.translating) {
            amdvi_accel_devtab_start(s);
            amdvi_accel_run(s);
        }
        break;
    case AMDVI_MMIO_COMMAND_BASE:
        amdvi_accel_queue_alloc(s, AMDVI_ACCEL_CMD);
        amdvi_accel_run(s);
        break;
    case AMDVI_MMIO_EVENT_BASE:
        amdvi_accel_queue_alloc(s, AMDVI_ACCEL_EVT);
        break;
    }
}
