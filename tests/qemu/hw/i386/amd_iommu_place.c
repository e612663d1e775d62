/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU: several in one machine
 *
 * As on servers, each root complex has its own: a PCI function on its root bus,
 * its own registers, its own part of the IVRS. The first serves the machine's
 * own root bus, and all root buses that have no IOMMU of their own; the
 * interrupt controllers and HPET are behind it.
 */

#include "qemu/osdep.h"
#include "hw/i386/e820_memory_layout.h"
#include "hw/pci/pci_bus.h"
#include "qapi/error.h"
#include "amd_iommu.h"

typedef struct Wanted {
    unsigned index;
    unsigned count;             /* of IOMMUs, if none has @index */
    AMDVIState *found;
} Wanted;

static int match(Object *obj, void *opaque)
{
    AMDVIState *s = (AMDVIState *)object_dynamic_cast(obj,
                                                      TYPE_AMD_IOMMU_DEVICE);
    Wanted *wanted = opaque;

    /* One that is not realized has no number yet */
    if (s && DEVICE(s)->realized) {
        wanted->count++;
        if (s->index == wanted->index) {
            wanted->found = s;
        }
    }
    return wanted->found != NULL;
}

static Wanted find(unsigned index)
{
    Wanted wanted = { .index = index };

    object_child_foreach_recursive(object_get_root(), match, &wanted);
    return wanted;
}

AMDVIState *amdvi_by_index(unsigned index)
{
    return find(index).found;
}

bool amdvi_serves(AMDVIState *s, PCIBus *bus)
{
    return bus->iommu_ops ? bus->iommu_opaque == s : s->index == 0;
}

static bool check_bus(AMDVIState *s, PCIBus *main, Error **errp)
{
    if (s->index == 0 && s->primary_bus != main) {
        error_setg(errp, "the first amd-iommu must serve the machine's own "
                   "root bus, behind which the interrupt controllers are");
    } else if (s->index >= AMDVI_MAX) {
        error_setg(errp, "at most %d amd-iommu", AMDVI_MAX);
    } else if (!pci_bus_is_root(s->primary_bus)) {
        error_setg(errp, "primary-bus must be a root bus");
    } else if (s->primary_bus->iommu_ops) {
        error_setg(errp, "the root bus has an IOMMU already; name another "
                   "with primary-bus");
    } else {
        return true;
    }
    return false;
}

bool amdvi_place(AMDVIState *s, PCIBus *main, Error **errp)
{
    s->index = find(UINT_MAX).count;
    s->mmio_addr = AMDVI_BASE_ADDR;
    if (!s->primary_bus) {
        s->primary_bus = main;
    }
    if (!check_bus(s, main, errp)) {
        return false;
    }
    if (s->index > 0) {
        s->mmio_addr = AMDVI_NEXT_BASE_ADDR +
                       (s->index - 1) * AMDVI_NEXT_BASE_STEP;
        e820_add_entry(s->mmio_addr, AMDVI_NEXT_BASE_STEP, E820_RESERVED);
    }
    return true;
}

void amdvi_place_bar(AMDVIState *s)
{
    uint8_t *cap = s->pci->dev.config + s->pci->capab_offset;

    pci_set_long(cap + AMDVI_CAPAB_BAR_LOW,
                 s->mmio_addr & MAKE_64BIT_MASK(14, 18));
    pci_set_long(cap + AMDVI_CAPAB_BAR_HIGH, s->mmio_addr >> 32);
}
