/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU: hardware-accelerated vIOMMU
 *
 * Discovery, enabling and reset. The registers of the guests are in
 * amd_viommu_regs.c, what the IOMMU keeps in memory in amd_viommu_ipa.c.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/i386/e820_memory_layout.h"
#include "hw/i386/x86.h"
#include "hw/pci/pci.h"
#include "amd_iommu.h"
#include "trace.h"

/* Vendor-specific capability: VF BAR, VF control BAR */
#define CAP_SIZE                0x18
#define CAP_VF_BAR_LOW          0x08
#define CAP_VF_BAR_HIGH         0x0c
#define CAP_VFCTRL_BAR_LOW      0x10
#define CAP_VFCTRL_BAR_HIGH     0x14
#define CAP_BAR_ENABLE          BIT(0)

/* Where firmware puts the regions of an IOMMU: each has a step of its own */
static hwaddr vf_base(AMDVIState *s)
{
    return AMDVI_VIOMMU_VF_BASE + s->index * AMDVI_VIOMMU_STEP;
}

static hwaddr vfctrl_base(AMDVIState *s)
{
    return vf_base(s) + AMDVI_VIOMMU_VF_SIZE;
}

/* Control register bits that exist beside those of the stock device */
uint64_t amdvi_viommu_control_mask(AMDVIState *s)
{
    uint64_t mask = 0;

    if (s->viommu.enabled && (s->efr & AMDVI_FEATURE_VIOMMUSUP)) {
        mask = AMDVI_CONTROL_VIOMMU_BITS;
        if (!s->viommu.gst_buf_trp) {
            mask &= ~AMDVI_CONTROL_GSTBUFTRPMODE;
        }
        if (!(s->efr2 & AMDVI_FEATURE2_GCR3TRPMODE)) {
            mask &= ~AMDVI_CONTROL_GCR3TRPMODE;
        }
        if (s->viommu.broken) {
            mask &= ~AMDVI_CONTROL_VIOMMUEN;
        }
    }
    return mask;
}

static bool get_broken(Object *obj, Error **errp)
{
    return AMD_IOMMU_DEVICE(obj)->viommu.broken;
}

/* At any time; the control register follows with the next reset */
static void set_broken(Object *obj, bool value, Error **errp)
{
    AMD_IOMMU_DEVICE(obj)->viommu.broken = value;
}

void amdvi_viommu_class_init(ObjectClass *klass)
{
    object_class_property_add_bool(klass, "x-viommu-broken", get_broken,
                                   set_broken);
    object_class_property_set_description(klass, "x-viommu-broken",
        "the vIOMMU cannot be enabled, from the next reset on");
}

/* Whether all of @bits are set in the control register */
bool amdvi_viommu_control(AMDVIState *s, uint64_t bits)
{
    return (ldq_le_p(&s->mmior[AMDVI_MMIO_CONTROL]) & bits) == bits;
}

/* The tables of the guest stage lie at guest physical addresses */
bool amdvi_gcr3_is_gpa(AMDVIState *s)
{
    return amdvi_viommu_control(s, AMDVI_CONTROL_GCR3TRPMODE);
}

static void set_bar(PCIDevice *pdev, int low, int high, uint64_t base,
                    bool enable)
{
    uint32_t en = enable ? CAP_BAR_ENABLE : 0;

    pci_set_long(pdev->config + low, (base & 0xffffffff) | en);
    pci_set_long(pdev->config + high, base >> 32);
}

/* The capability as firmware leaves it: read-only from here on */
static bool add_capability(AMDVIState *s, PCIDevice *pdev, Error **errp)
{
    int cap = pci_add_capability(pdev, PCI_CAP_ID_VNDR, 0, CAP_SIZE, errp);

    if (cap < 0) {
        return false;
    }
    pci_set_byte(pdev->config + cap + 2, CAP_SIZE);
    set_bar(pdev, cap + CAP_VF_BAR_LOW, cap + CAP_VF_BAR_HIGH,
            vf_base(s), s->viommu.bars);
    set_bar(pdev, cap + CAP_VFCTRL_BAR_LOW, cap + CAP_VFCTRL_BAR_HIGH,
            vfctrl_base(s), s->viommu.bars);
    return true;
}

static bool ram_in_the_way(void)
{
    X86MachineState *x86ms = X86_MACHINE(qdev_get_machine());

    return x86ms->above_4g_mem_start + x86ms->above_4g_mem_size >
           AMDVI_VIOMMU_VF_BASE;
}

bool amdvi_viommu_realize(AMDVIState *s, Error **errp)
{
    AMDVIViommu *v = &s->viommu;
    MemoryRegion *sysmem = get_system_memory();

    if (ram_in_the_way()) {
        error_setg(errp, "viommu=on: RAM reaches the vIOMMU's registers at "
                   "0x%" PRIx64 ", use less", (uint64_t)AMDVI_VIOMMU_VF_BASE);
        return false;
    }

    amdvi_cache_init(s);
    amdvi_viommu_queue_init(s);
    amdvi_viommu_irq_init(s);
    amdvi_ppr_init(s);
    v->guests = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    memory_region_init_io(&v->vf, OBJECT(s), &amdvi_viommu_vf_ops, s,
                          "amdvi-viommu-vf", AMDVI_VIOMMU_VF_SIZE);
    memory_region_init_io(&v->vfctrl, OBJECT(s), &amdvi_viommu_vfctrl_ops, s,
                          "amdvi-viommu-vfctrl", AMDVI_VIOMMU_VFCTRL_SIZE);
    if (!add_capability(s, &s->pci->dev, errp)) {
        return false;
    }
    if (v->bars) {
        memory_region_add_subregion(sysmem, vf_base(s), &v->vf);
        memory_region_add_subregion(sysmem, vfctrl_base(s), &v->vfctrl);
        e820_add_entry(vf_base(s),
                       AMDVI_VIOMMU_VF_SIZE + AMDVI_VIOMMU_VFCTRL_SIZE,
                       E820_RESERVED);
    }
    return true;
}

/* Machine reset: every guest ID is idle again */
void amdvi_viommu_reset(AMDVIState *s)
{
    amdvi_cache_reset(s);
    if (s->viommu.guests) {
        amdvi_viommu_queue_reset(s);
        g_hash_table_remove_all(s->viommu.guests);
    }
}
