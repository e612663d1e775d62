/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU of a guest, backed by the host's hardware vIOMMU: device table
 *
 * The hardware never reads the guest's device table: the host's kernel puts
 * what the guest's entries say into its own. A guest tells of a change with
 * INVALIDATE_DEVTAB_ENTRY, which nobody sees as long as the hardware serves the
 * command buffer. So the pages of the table that have entries of the host's
 * devices are write-protected in our own page tables. A processor that stores
 * there comes back from KVM with EFAULT, takes the command buffer back and tries
 * again: its store may be of whatever size, and the invalidation comes to us.
 */

#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "hw/pci/pci_bus.h"
#include "system/kvm.h"
#include "system/ramblock.h"
#include "amd_iommu.h"
#include "trace.h"

/* How often in a row a fault that no page explains is tried again */
#define SPURIOUS_MAX            64

/* A device that may access nothing */
static const uint64_t blocked[4] = {
    AMDVI_DEV_VALID | AMDVI_DEV_TRANSLATION_VALID
};

static uint16_t devid_of(const AMDVIAccelDevice *dev)
{
    return PCI_BUILD_BDF(pci_bus_num(dev->bus), dev->devfn);
}

/*
 * What the entries say
 */

static void read_dte(AMDVIState *s, uint16_t devid, uint64_t *dte)
{
    memset(dte, 0, AMDVI_DEVTAB_ENTRY_SIZE);
    if (devid < s->devtab_len) {
        dma_memory_read(&address_space_memory,
                        s->devtab + devid * AMDVI_DEVTAB_ENTRY_SIZE, dte,
                        AMDVI_DEVTAB_ENTRY_SIZE, MEMTXATTRS_UNSPECIFIED);
    }
    for (int i = 0; i < 4; i++) {
        le64_to_cpus(&dte[i]);
    }
}

/* The guest's commands name the device by the ID that it has now */
static bool name_device(AMDVIState *s, AMDVIAccelDevice *dev, Error **errp)
{
    AMDVIAccel *a = &s->accel;
    uint16_t devid = devid_of(dev);

    if (dev->vdev_id && dev->devid == devid) {
        return true;
    }
    if (dev->vdev_id) {
        iommufd_backend_free_id(a->iommufd, dev->vdev_id);
        dev->vdev_id = 0;
    }
    dev->devid = devid;
    return iommufd_backend_alloc_vdev(a->iommufd, dev->host->devid,
                                      a->viommu_id, devid, &dev->vdev_id,
                                      errp);
}

static void set_hwpt(AMDVIState *s, AMDVIAccelDevice *dev, uint32_t hwpt_id)
{
    if (dev->hwpt_id) {
        iommufd_backend_free_id(s->accel.iommufd, dev->hwpt_id);
    }
    dev->hwpt_id = hwpt_id;
}

/* Guest memory as it is: what a guest sees without an IOMMU */
static bool attach_parent(AMDVIState *s, AMDVIAccelDevice *dev, Error **errp)
{
    if (dev->hwpt_id &&
        !host_iommu_device_iommufd_attach_hwpt(dev->host, s->accel.parent_id,
                                               errp)) {
        return false;
    }
    set_hwpt(s, dev, 0);
    return true;
}

static bool attach_nested(AMDVIState *s, AMDVIAccelDevice *dev,
                          const uint64_t *dte, Error **errp)
{
    AMDVIAccel *a = &s->accel;
    struct iommu_hwpt_amd_guest data = { { dte[0], dte[1], dte[2], dte[3] } };
    uint32_t hwpt_id;

    if (!iommufd_backend_alloc_hwpt(a->iommufd, dev->host->devid,
                                    a->viommu_id, 0, IOMMU_HWPT_DATA_AMD_GUEST,
                                    sizeof(data), &data, &hwpt_id, errp)) {
        return false;
    }
    if (!host_iommu_device_iommufd_attach_hwpt(dev->host, hwpt_id, errp)) {
        iommufd_backend_free_id(a->iommufd, hwpt_id);
        return false;
    }
    set_hwpt(s, dev, hwpt_id);
    return true;
}

static bool has_v1_table(const uint64_t *dte)
{
    return (dte[0] & AMDVI_DEV_VALID) &&
           (dte[0] >> AMDVI_DEV_MODE_RSHIFT & AMDVI_DEV_MODE_MASK);
}

static bool attach(AMDVIState *s, AMDVIAccelDevice *dev, const uint64_t *dte,
                   Error **errp)
{
    if (!name_device(s, dev, errp)) {
        return false;
    }
    if (!(dte[0] & AMDVI_DEV_VALID)) {
        return attach_parent(s, dev, errp);
    }
    if (has_v1_table(dte)) {
        error_setg(errp, "it has a host (v1) page table, which cannot be "
                   "nested: older Linux wants amd_iommu=pgtbl_v2");
        return false;
    }
    return attach_nested(s, dev, dte, errp);
}

/* Have the hardware do for a device what its entry says now */
static void follow(AMDVIState *s, AMDVIAccelDevice *dev)
{
    uint64_t dte[4];
    Error *err = NULL;

    read_dte(s, devid_of(dev), dte);
    if (dev->vdev_id && dev->devid == devid_of(dev) &&
        !memcmp(dte, dev->dte, sizeof(dte))) {
        return;
    }
    trace_amdvi_accel_attach(devid_of(dev), dte[0], dte[1], dte[2], dte[3]);
    memcpy(dev->dte, dte, sizeof(dte));
    if (attach(s, dev, dte, &err)) {
        return;
    }
    error_prepend(&err, "amd-iommu: device table entry of the guest's "
                  "%02x:%02x.%x, which is blocked now: ",
                  pci_bus_num(dev->bus), PCI_SLOT(dev->devfn),
                  PCI_FUNC(dev->devfn));
    error_report_err(err);
    err = NULL;
    if (!attach_nested(s, dev, blocked, &err)) {
        error_report_err(err);
        err = NULL;
        if (!host_iommu_device_iommufd_detach_hwpt(dev->host, &err)) {
            error_report_err(err);
        }
    }
}

static void pending_done(AMDVIState *s)
{
    QEMU_LOCK_GUARD(&s->accel.lock);
    s->accel.dte_pending = false;
}

/* INVALIDATE_DEVTAB_ENTRY of the guest's */
void amdvi_accel_devtab_inval(AMDVIState *s, uint16_t devid)
{
    AMDVIAccelDevice *dev;

    pending_done(s);
    QLIST_FOREACH(dev, &s->accel.devices, next) {
        if (devid_of(dev) == devid) {
            follow(s, dev);
        }
    }
}

/* INVALIDATE_IOMMU_ALL */
void amdvi_accel_devtab_inval_all(AMDVIState *s)
{
    AMDVIAccelDevice *dev;

    pending_done(s);
    QLIST_FOREACH(dev, &s->accel.devices, next) {
        follow(s, dev);
    }
}

/* Whether the entries still are what the hardware does */
bool amdvi_accel_devtab_untouched(AMDVIState *s)
{
    AMDVIAccelDevice *dev;
    uint64_t dte[4];

    QLIST_FOREACH(dev, &s->accel.devices, next) {
        read_dte(s, devid_of(dev), dte);
        if (memcmp(dte, dev->dte, sizeof(dte))) {
            trace_amdvi_accel_touched(devid_of(dev));
            return false;
        }
    }
    return true;
}

void amdvi_accel_device_remove(AMDVIState *s, AMDVIAccelDevice *dev)
{
    Error *err = NULL;

    if (!attach_parent(s, dev, &err)) {
        error_report_err(err);
    }
    if (dev->vdev_id) {
        iommufd_backend_free_id(s->accel.iommufd, dev->vdev_id);
        dev->vdev_id = 0;
    }
}

/*
 * Watching
 */

static AMDVIAccelPage *page_at(AMDVIAccel *a, uintptr_t address)
{
    for (guint i = 0; i < a->pages->len; i++) {
        AMDVIAccelPage *page = &g_array_index(a->pages, AMDVIAccelPage, i);

        if (address - (uintptr_t)page->host < page->size) {
            return page;
        }
    }
    return NULL;
}

/* With the lock */
static void allow_stores(AMDVIAccelPage *page)
{
    if (page->protected) {
        mprotect(page->host, page->size, PROT_READ | PROT_WRITE);
        page->protected = false;
    }
}

/* With the lock: a store is on its way to some page of the table */
static bool stop_commands(AMDVIState *s)
{
    AMDVIAccel *a = &s->accel;
    bool explained = false;

    for (guint i = 0; i < a->pages->len; i++) {
        AMDVIAccelPage *page = &g_array_index(a->pages, AMDVIAccelPage, i);

        if (page->protected) {
            explained = true;
            a->dte_pending = true;
            amdvi_accel_take_locked(s);
            allow_stores(page);
        }
    }
    if (explained) {
        trace_amdvi_accel_store();
        qemu_bh_schedule(a->stored);
    }
    return explained;
}

/*
 * Another processor may have been faster, and this one only has to try again.
 * One that always fails is not ours.
 */
static bool processor_stores(AMDVIState *s)
{
    AMDVIAccel *a = &s->accel;

    QEMU_LOCK_GUARD(&a->lock);
    if (stop_commands(s)) {
        a->spurious = 0;
        return true;
    }
    return a->pages->len && a->spurious++ < SPURIOUS_MAX;
}

static bool memory_fault(void)
{
    AMDVIState *s;
    bool again = false;

    for (unsigned i = 0; (s = amdvi_by_index(i)); i++) {
        if (s->accel.enabled) {
            again |= processor_stores(s);
        }
    }
    return again;
}

/* The same of a thread of ours, on behalf of an emulated device */
static struct sigaction old_action;

static void segv(int sig, siginfo_t *info, void *context)
{
    AMDVIState *s;

    for (unsigned i = 0; (s = amdvi_by_index(i)); i++) {
        if (!s->accel.enabled) {
            continue;
        }
        QEMU_LOCK_GUARD(&s->accel.lock);
        if (page_at(&s->accel, (uintptr_t)info->si_addr)) {
            stop_commands(s);
            return;
        }
    }
    /* It happens again, and then it is whose it was */
    sigaction(SIGSEGV, &old_action, NULL);
}

/* The guest's processors go on already; its doorbells have to come to us */
static void stored(void *opaque)
{
    AMDVIState *s = opaque;
    AMDVIAccel *a = &s->accel;

    if (a->live && !qatomic_read(&a->cmd_in_hw)) {
        memory_region_set_enabled(&a->vf_mr, false);
        amdvi_accel_run(s);
    }
}

void amdvi_accel_devtab_init(AMDVIState *s)
{
    static bool once;
    struct sigaction action = {
        .sa_sigaction = segv,
        .sa_flags = SA_SIGINFO,
    };

    s->accel.stored = qemu_bh_new(stored, s);
    if (!once) {
        once = true;
        kvm_set_memory_fault_handler(memory_fault);
        sigaction(SIGSEGV, &action, &old_action);
    }
}

void amdvi_accel_devtab_cleanup(AMDVIState *s)
{
    qemu_bh_delete(s->accel.stored);
    s->accel.stored = NULL;
}

/* The page of our memory that has the entry of @devid; NULL if there is none */
static void *entry_page(AMDVIState *s, uint16_t devid, size_t *size)
{
    hwaddr addr = s->devtab + devid * AMDVI_DEVTAB_ENTRY_SIZE;
    hwaddr xlat, len = AMDVI_DEVTAB_ENTRY_SIZE;
    MemoryRegion *mr;
    uintptr_t host;

    RCU_READ_LOCK_GUARD();
    mr = address_space_translate(&address_space_memory, addr, &xlat, &len,
                                 false, MEMTXATTRS_UNSPECIFIED);
    if (!memory_region_is_ram(mr) || memory_region_is_ram_device(mr) ||
        devid >= s->devtab_len) {
        return NULL;
    }
    *size = qemu_ram_pagesize(mr->ram_block);
    host = (uintptr_t)memory_region_get_ram_ptr(mr) + xlat;
    return (void *)ROUND_DOWN(host, *size);
}

static void unwatch(AMDVIState *s)
{
    AMDVIAccel *a = &s->accel;

    QEMU_LOCK_GUARD(&a->lock);
    for (guint i = 0; i < a->pages->len; i++) {
        AMDVIAccelPage *page = &g_array_index(a->pages, AMDVIAccelPage, i);

        allow_stores(page);
    }
    g_array_set_size(a->pages, 0);
}

static void watch_entry(AMDVIState *s, uint16_t devid)
{
    AMDVIAccel *a = &s->accel;
    AMDVIAccelPage page = {};

    page.host = entry_page(s, devid, &page.size);
    QEMU_LOCK_GUARD(&a->lock);
    if (!page.host || page_at(a, (uintptr_t)page.host)) {
        return;
    }
    g_array_append_val(a->pages, page);
}

/*
 * From now on a store to an entry comes to us first. False if one cannot be
 * seen: then the hardware must not have the command buffer.
 */
bool amdvi_accel_devtab_protect(AMDVIState *s)
{
    AMDVIAccel *a = &s->accel;
    AMDVIAccelDevice *dev;
    size_t size;
    void *host;

    QEMU_LOCK_GUARD(&a->lock);
    QLIST_FOREACH(dev, &a->devices, next) {
        host = entry_page(s, devid_of(dev), &size);
        if (!host || !page_at(a, (uintptr_t)host)) {
            return false;
        }
    }
    for (guint i = 0; i < a->pages->len; i++) {
        AMDVIAccelPage *page = &g_array_index(a->pages, AMDVIAccelPage, i);

        if (!page->protected && mprotect(page->host, page->size, PROT_READ)) {
            return false;
        }
        page->protected = true;
    }
    return true;
}

/*
 * Allow stores for a while, without one being due: pages that are protected cannot
 * be pinned. The hardware gets the command buffer back from the main loop.
 */
void amdvi_accel_devtab_release_all(void)
{
    AMDVIState *s;

    for (unsigned i = 0; (s = amdvi_by_index(i)); i++) {
        AMDVIAccel *a = &s->accel;

        if (!a->enabled || !a->live) {
            continue;
        }
        QEMU_LOCK_GUARD(&a->lock);
        amdvi_accel_take_locked(s);
        for (guint n = 0; n < a->pages->len; n++) {
            allow_stores(&g_array_index(a->pages, AMDVIAccelPage, n));
        }
        qemu_bh_schedule(a->stored);
    }
}

/* The guest's table is in use, or another one is, or there are other devices */
void amdvi_accel_devtab_start(AMDVIState *s)
{
    AMDVIAccel *a = &s->accel;
    AMDVIAccelDevice *dev;

    WITH_QEMU_LOCK_GUARD(&a->lock) {
        amdvi_accel_take_locked(s);
    }
    memory_region_set_enabled(&a->vf_mr, false);
    unwatch(s);
    a->translating = true;
    QLIST_FOREACH(dev, &a->devices, next) {
        watch_entry(s, devid_of(dev));
    }
    amdvi_accel_devtab_inval_all(s);
}

/* The IOMMU is off: devices see the guest's memory as it is */
void amdvi_accel_devtab_stop(AMDVIState *s)
{
    AMDVIAccel *a = &s->accel;
    AMDVIAccelDevice *dev;

    if (!a->translating) {
        return;
    }
    unwatch(s);
    a->translating = false;
    QLIST_FOREACH(dev, &a->devices, next) {
        amdvi_accel_device_remove(s, dev);
        memset(dev->dte, 0, sizeof(dev->dte));
    }
}
