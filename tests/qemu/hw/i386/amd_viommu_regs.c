/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU vIOMMU: guest registers (VF page) and their set-up by the host
 * (VF control entry)
 *
 * Guest IDs that nobody wrote to have no state and read as zero.
 */

#include "qemu/osdep.h"
#include "qemu/lockable.h"
#include "amd_iommu.h"
#include "amd_viommu_regs.h"
#include "trace.h"

#define VF_PAGE_SIZE            0x1000
#define VFCTRL_ENTRY_SIZE       0x40

/*
 * Bits of each VF control register that exist: the rest reads 0.
 * VF control entry, guest DeviceID map control ... PPR log B base
 */
static const uint64_t vfctrl_mask[] = {
    [VFCTRL_DEVID_MAP / 8] = 0x3fffc0003fffc001ULL,
    [VFCTRL_DOMID_MAP / 8] = 0x3fffc0003fffc001ULL,
    [VFCTRL_MISC / 8]      = MAKE_64BIT_MASK(16, 16),
    [VFCTRL_EVTB_BASE / 8] = MAKE_64BIT_MASK(12, 40),
    [VFCTRL_CMD / 8]       = MAKE_64BIT_MASK(12, 40) | 0x30f,
    [VFCTRL_EVT / 8]       = MAKE_64BIT_MASK(12, 40) | 0xfff,
    [VFCTRL_PPR / 8]       = MAKE_64BIT_MASK(16, 40) | 0xffff,
    [VFCTRL_PPRB_BASE / 8] = MAKE_64BIT_MASK(12, 40),
};

/* What a write to one of the three queue registers means for the VF page */
static const struct {
    unsigned reg;
    uint64_t base;
    unsigned head;
    unsigned tail;
    uint64_t run;
} queues[] = {
    { VFCTRL_CMD, MAKE_64BIT_MASK(12, 40),
      VF_CMD_HEAD, VF_CMD_TAIL, VF_STATUS_CMD_RUN },
    { VFCTRL_EVT, MAKE_64BIT_MASK(12, 40),
      VF_EVT_HEAD, VF_EVT_TAIL, VF_STATUS_EVT_RUN },
    { VFCTRL_PPR, MAKE_64BIT_MASK(16, 40),
      VF_PPR_HEAD, VF_PPR_TAIL, VF_STATUS_PPR_RUN },
};

/* State of a guest ID; NULL if it has none and @create is false */
AMDVIGuest *amdvi_viommu_guest(AMDVIState *s, uint16_t guest_id, bool create)
{
    gpointer key = GUINT_TO_POINTER(guest_id);
    AMDVIGuest *guest = g_hash_table_lookup(s->viommu.guests, key);

    if (!guest && create) {
        guest = g_new0(AMDVIGuest, 1);
        guest->id = guest_id;
        g_hash_table_insert(s->viommu.guests, key, guest);
    }
    return guest;
}

/* Merge a 4- or 8-byte write at @addr into the 64-bit register around it */
static uint64_t merge(uint64_t old, hwaddr addr, uint64_t val, unsigned size)
{
    return deposit64(old, (addr & 7) * 8, size * 8, val);
}

static uint64_t part(uint64_t reg, hwaddr addr, unsigned size)
{
    return extract64(reg, (addr & 7) * 8, size * 8);
}

/* VF pages are served while the vIOMMU is enabled [open question 9] */
static bool vf_served(AMDVIState *s)
{
    uint64_t need = AMDVI_CONTROL_VIOMMUEN;

    if (s->viommu.vf_needs_vcmd) {
        need |= AMDVI_CONTROL_VCMDEN;
    }
    return amdvi_viommu_control(s, need);
}

/*
 * VF page (guest offset 2000h...2FFFh)
 */

static uint64_t vf_read(void *opaque, hwaddr addr, unsigned size)
{
    AMDVIState *s = opaque;
    uint16_t guest_id = addr / VF_PAGE_SIZE;
    hwaddr offset = addr % VF_PAGE_SIZE;
    AMDVIGuest *guest;
    uint64_t val = 0;

    QEMU_LOCK_GUARD(&s->lock);
    guest = amdvi_viommu_guest(s, guest_id, false);
    if (guest && offset < VF_END && vf_served(s)) {
        val = part(guest->vf[offset / 8], offset, size);
    }
    trace_amdvi_viommu_vf_read(guest_id, offset, val, size);
    return val;
}

static void vf_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    AMDVIState *s = opaque;
    uint16_t guest_id = addr / VF_PAGE_SIZE;
    hwaddr offset = addr % VF_PAGE_SIZE;
    AMDVIGuest *guest;
    uint64_t *reg;

    trace_amdvi_viommu_vf_write(guest_id, offset, val, size);
    QEMU_LOCK_GUARD(&s->lock);
    if (offset >= VF_END || !vf_served(s)) {
        return;
    }

    guest = amdvi_viommu_guest(s, guest_id, true);
    reg = &guest->vf[offset / 8];
    switch (offset & ~7ULL) {
    case VF_CMD_HEAD:
    case VF_CMD_TAIL:
    case VF_EVT_HEAD:
    case VF_EVT_TAIL:
    case VF_PPR_HEAD:
    case VF_PPR_TAIL:
    case VF_PPRB_HEAD:
    case VF_PPRB_TAIL:
    case VF_EVTB_HEAD:
    case VF_EVTB_TAIL:
        *reg = merge(*reg, offset, val, size) & VF_POINTER_MASK;
        amdvi_viommu_kick(s, guest);
        break;
    case VF_STATUS:
        *reg &= ~(merge(0, offset, val, size) & VF_STATUS_W1C);
        break;
    default:
        break;
    }
}

const MemoryRegionOps amdvi_viommu_vf_ops = {
    .read = vf_read,
    .write = vf_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 8 },
};

/*
 * VF control entry
 */

static uint64_t vfctrl_read(void *opaque, hwaddr addr, unsigned size)
{
    AMDVIState *s = opaque;
    uint16_t guest_id = addr / VFCTRL_ENTRY_SIZE;
    hwaddr offset = addr % VFCTRL_ENTRY_SIZE;
    AMDVIGuest *guest;
    uint64_t val = 0;

    QEMU_LOCK_GUARD(&s->lock);
    guest = amdvi_viommu_guest(s, guest_id, false);
    if (guest && !(offset <= VFCTRL_DOMID_MAP + 7 &&
                   s->viommu.map_reads_zero)) {
        val = part(guest->vfctrl[offset / 8], offset, size);
    }
    trace_amdvi_viommu_vfctrl_read(guest_id, offset, val, size);
    return val;
}

/*
 * Run bits follow the enables: what stopped a queue that is enabled is over
 * when it is disabled and enabled again. A new base starts at its first entry.
 */
static void queue_written(AMDVIState *s, AMDVIGuest *guest, unsigned reg,
                          uint64_t old)
{
    uint64_t new = guest->vfctrl[reg / 8];

    for (int i = 0; i < ARRAY_SIZE(queues); i++) {
        if (queues[i].reg != reg) {
            continue;
        }
        if (((old ^ new) & queues[i].base) && !s->viommu.base_keeps_pointers) {
            guest->vf[queues[i].head / 8] = 0;
            guest->vf[queues[i].tail / 8] = 0;
        }
        if (!(new & VFCTRL_QUEUE_EN)) {
            guest->vf[VF_STATUS / 8] &= ~queues[i].run;
        } else if (!(old & VFCTRL_QUEUE_EN)) {
            guest->vf[VF_STATUS / 8] |= queues[i].run;
        }
    }
    amdvi_viommu_interrupt_enabled(s, guest, reg, old);
    amdvi_viommu_kick(s, guest);
}

/* VF control 00h, 08h: a write with the strobe stores one table entry */
static void map_written(AMDVIState *s, uint16_t guest_id, AMDVIGuest *guest,
                        unsigned reg, uint64_t val, unsigned size)
{
    guest->vfctrl[reg / 8] = val & vfctrl_mask[reg / 8];

    /* One 64-bit write; in two halves it is no command */
    if (size == 8 && (val & VFCTRL_MAP_STROBE) &&
        amdvi_viommu_control(s, AMDVI_CONTROL_VIOMMUEN)) {
        amdvi_viommu_map_store(s, guest_id, reg == VFCTRL_DOMID_MAP ?
                               AMDVI_MAP_DOMID : AMDVI_MAP_DEVID, val);
    }
}

static void vfctrl_write(void *opaque, hwaddr addr, uint64_t val,
                         unsigned size)
{
    AMDVIState *s = opaque;
    uint16_t guest_id = addr / VFCTRL_ENTRY_SIZE;
    hwaddr offset = addr % VFCTRL_ENTRY_SIZE;
    unsigned reg = offset & ~7;
    AMDVIGuest *guest;
    uint64_t old, new;

    trace_amdvi_viommu_vfctrl_write(guest_id, offset, val, size);
    QEMU_LOCK_GUARD(&s->lock);
    guest = amdvi_viommu_guest(s, guest_id, true);
    old = guest->vfctrl[reg / 8];
    new = merge(old, offset, val, size);
    if (reg == VFCTRL_DEVID_MAP || reg == VFCTRL_DOMID_MAP) {
        map_written(s, guest_id, guest, reg, new, size);
        return;
    }
    guest->vfctrl[reg / 8] = new & vfctrl_mask[reg / 8];
    queue_written(s, guest, reg, old);
}

const MemoryRegionOps amdvi_viommu_vfctrl_ops = {
    .read = vfctrl_read,
    .write = vfctrl_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 8 },
};

/*
 * Commands: RESET_VMMIO
 *
 * dw0[15:0] GuestID, dw0[28] all, dw0[31] vCmd. With vCmd the command buffer is
 * reset: its VF control register and what is of it on the VF page. With all it
 * is all else that a guest has, from VF control 10h on. Which bit does what is
 * not known beyond that both reset everything; either alone leaves something,
 * so that software that forgets one notices. With the reset-scope choice the
 * VF page stays [open question 4]. The ID tables are memory and stay.
 *
 * It wants vCmdEn, as the vIOMMU's commands do.
 */

#define RESET_ALL               BIT(28)
#define RESET_VCMD              BIT(31)

static void reset_cmd(AMDVIState *s, AMDVIGuest *guest)
{
    guest->vfctrl[VFCTRL_CMD / 8] = 0;
    if (s->viommu.reset_keeps_vf) {
        /* Not enabled any more, so it does not run */
        guest->vf[VF_STATUS / 8] &= ~VF_STATUS_CMD_RUN;
        return;
    }
    guest->vf[VF_CMD_HEAD / 8] = 0;
    guest->vf[VF_CMD_TAIL / 8] = 0;
    guest->vf[VF_STATUS / 8] &= ~(VF_STATUS_CMD_RUN | VF_STATUS_COMWAIT_INT);
}

static void reset_all_else(AMDVIState *s, AMDVIGuest *guest)
{
    uint64_t cmd = VF_STATUS_CMD_RUN | VF_STATUS_COMWAIT_INT;

    guest->irqs = 0;
    for (unsigned reg = VFCTRL_MISC; reg < sizeof(guest->vfctrl); reg += 8) {
        if (reg != VFCTRL_CMD) {
            guest->vfctrl[reg / 8] = 0;
        }
    }
    if (s->viommu.reset_keeps_vf) {
        guest->vf[VF_STATUS / 8] &= ~(VF_STATUS_EVT_RUN | VF_STATUS_PPR_RUN);
        return;
    }
    for (unsigned reg = VF_EVT_HEAD; reg < VF_END; reg += 8) {
        guest->vf[reg / 8] &= reg == VF_STATUS ? cmd : 0;
    }
}

/* False if the command is illegal */
bool amdvi_viommu_reset_vmmio(AMDVIState *s, const uint64_t *cmd)
{
    uint16_t guest_id = extract64(cmd[0], 0, 16);
    uint32_t flags = extract64(cmd[0], 16, 16) << 16;
    AMDVIGuest *guest = amdvi_viommu_guest(s, guest_id, false);

    trace_amdvi_viommu_reset(guest_id, flags);
    if (!s->viommu.vcmd_ignored &&
        !amdvi_viommu_control(s, AMDVI_CONTROL_VCMDEN)) {
        return false;
    }
    if (guest && (flags & RESET_VCMD)) {
        reset_cmd(s, guest);
    }
    if (guest && (flags & RESET_ALL)) {
        reset_all_else(s, guest);
    }
    return true;
}
