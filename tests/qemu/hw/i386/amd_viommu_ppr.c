/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU vIOMMU: page requests (PRI) of guests' devices
 *
 * They go to the PPR log of the guest whose device asks, and are answered by
 * its COMPLETE_PPR. The host has no PPR log here.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/lockable.h"
#include "hw/pci/pci_bus.h"
#include "amd_iommu.h"
#include "trace.h"

#define DTE0_PPR                BIT_ULL(52)

/* Codes of COMPLETE_PPR, which are those of the PRG response message */
#define PPR_SUCCESS             0x0
#define PPR_INVALID_REQUEST     0x1

/*
 * Who waits for answers: a device, by its bus. The bus has a number that
 * software can change while one waits.
 */
typedef struct Waiter {
    PCIBus *bus;
    uint32_t devfn;
    uint32_t pasid;
} Waiter;

static guint waiter_hash(gconstpointer v)
{
    const Waiter *w = v;

    return g_direct_hash(w->bus) ^ w->devfn << 20 ^ w->pasid;
}

static gboolean waiter_equal(gconstpointer v1, gconstpointer v2)
{
    const Waiter *a = v1, *b = v2;

    return a->bus == b->bus && a->devfn == b->devfn && a->pasid == b->pasid;
}

void amdvi_ppr_init(AMDVIState *s)
{
    s->viommu.pri_waiters = g_hash_table_new_full(waiter_hash, waiter_equal,
                                                  g_free, NULL);
}

void amdvi_ppr_register_notifier(PCIBus *bus, void *opaque, int devfn,
                                 uint32_t pasid, IOMMUPRINotifier *notifier)
{
    AMDVIState *s = opaque;
    Waiter waiter = { bus, devfn, pasid };

    QEMU_LOCK_GUARD(&s->lock);
    g_hash_table_replace(s->viommu.pri_waiters,
                         g_memdup2(&waiter, sizeof(waiter)), notifier);
}

void amdvi_ppr_unregister_notifier(PCIBus *bus, void *opaque, int devfn,
                                   uint32_t pasid)
{
    AMDVIState *s = opaque;
    Waiter waiter = { bus, devfn, pasid };

    QEMU_LOCK_GUARD(&s->lock);
    g_hash_table_remove(s->viommu.pri_waiters, &waiter);
}

/* A request of a device that software lets ask */
int amdvi_ppr_request(PCIBus *bus, void *opaque, int devfn, uint32_t pasid,
                      bool priv_req, bool exec_req, hwaddr addr, bool lpig,
                      uint16_t prgi, bool is_read, bool is_write)
{
    AMDVIState *s = opaque;
    uint16_t devid = PCI_BUILD_BDF(pci_bus_num(bus), devfn);
    AMDVIPageRequest request = {
        .addr = addr,
        .pasid = pasid,
        .group = prgi & PCI_PRI_PRGI_MASK,
        .last = lpig,
        .read = is_read,
        .write = is_write,
        .exec = exec_req,
        .user = !priv_req,
    };
    uint64_t dte[4];
    bool logged;

    QEMU_LOCK_GUARD(&s->lock);
    if (!s->enabled || !amdvi_translating_dte(s, devid, dte) ||
        !(dte[0] & DTE0_PPR)) {
        return -EACCES;
    }
    logged = amdvi_viommu_log_ppr(s, dte, &request);
    trace_amdvi_ppr_request(devid, pasid, addr, request.group, logged);
    /* Nobody else could answer */
    return logged ? 0 : -ENOSPC;
}

static IOMMUPRINotifier *find_waiter(AMDVIState *s, uint16_t devid,
                                     uint32_t pasid)
{
    AMDVIAddressSpace *as = amdvi_get_as_by_devid(s, devid);
    Waiter waiter = { NULL, PCI_BDF_TO_DEVFN(devid), pasid };

    if (!as) {
        return NULL;
    }
    waiter.bus = amdvi_bus_of(as);
    return g_hash_table_lookup(s->viommu.pri_waiters, &waiter);
}

/* COMPLETE_PPR, with the host's device ID in @cmd */
void amdvi_ppr_complete(AMDVIState *s, const uint64_t *cmd)
{
    uint16_t devid = extract64(cmd[0], 0, 16);
    uint32_t pasid = cmd[1] & BIT_ULL(2) ? extract64(cmd[0], 32, 20)
                                         : AMDVI_NO_PASID;
    unsigned code = extract64(cmd[1], 44, 4);
    IOMMUPRINotifier *n = find_waiter(s, devid, pasid);
    IOMMUPRIResponse response = {
        .prgi = extract64(cmd[1], 32, 9),
        .response_code = code == PPR_SUCCESS ? IOMMU_PRI_RESP_SUCCESS :
                         code == PPR_INVALID_REQUEST ?
                         IOMMU_PRI_RESP_INVALID_REQUEST :
                         IOMMU_PRI_RESP_FAILURE,
    };

    trace_amdvi_ppr_complete(devid, pasid, response.prgi, code, n != NULL);
    if (n) {
        n->notify(n, &response);
    }
}
