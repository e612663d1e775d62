/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU vIOMMU: interrupts for what guests' logs get
 *
 * The device table entry of the IOMMU itself leads to an extended interrupt
 * remapping table of two levels. The index is (kind << 16) | guest ID: bits
 * 17:8 select one of 1024 entries of the first level, bits 7:0 one of 256
 * IRTEs of 128 bits. Host software fills it; an interrupt goes where the IRTE
 * says, or nowhere. COMPLETION_WAIT has no kind of its own: it shares that of the
 * event log, as it does where the host is interrupted, or interrupts nobody [open
 * question].
 *
 * Posting to a virtual processor (GuestMode of the IRTE) wants AVIC, which is
 * not modelled: such an interrupt is dropped, and traced.
 */

#include "qemu/osdep.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "hw/i386/apic-msidef.h"
#include "hw/i386/apic_internal.h"
#include "system/dma.h"
#include "amd_iommu.h"
#include "amd_viommu_regs.h"
#include "trace.h"

/* Entry of the first level: 0 valid, 51:12 table of the second */
#define LEVEL1_VALID            BIT_ULL(0)
#define LEVEL1_TABLE            MAKE_64BIT_MASK(12, 40)

/* Which enable an interrupt has, which status bits ask for it, and its kind */
static const struct {
    unsigned ctrl;
    uint64_t status;
    unsigned message;
} kinds[] = {
    [AMDVI_IRQ_EVENT] = { VFCTRL_EVT, VF_STATUS_EVT_INT | VF_STATUS_EVT_OVERFLOW,
                          0 },
    [AMDVI_IRQ_PPR] = { VFCTRL_PPR, VF_STATUS_PPR_INT | VF_STATUS_PPR_OVERFLOW,
                        1 },
    [AMDVI_IRQ_COMWAIT] = { VFCTRL_CMD, VF_STATUS_COMWAIT_INT, 0 },
};

static bool read_table(hwaddr addr, void *buf, size_t len)
{
    return dma_memory_read(&address_space_memory, addr, buf, len,
                           AMDVI_RAM_ONLY) == MEMTX_OK;
}

/* The IRTE of message @id; false if there is none */
static bool find_irte(AMDVIState *s, uint32_t id, struct irte_ga *irte)
{
    hwaddr step = s->viommu.irq_wide ? 16 : 8;
    uint64_t dte[4], entry;

    if (!amdvi_translating_dte(s, pci_requester_id(&s->pci->dev), dte) ||
        !(dte[2] & AMDVI_IR_REMAP_ENABLE) ||
        extract64(dte[2], AMDVI_IR_INTCTL_SHIFT, 2) != AMDVI_IR_INTCTL_REMAP ||
        !read_table((dte[2] & AMDVI_IR_PHYS_ADDR_MASK) +
                    extract32(id, 8, 10) * step, &entry, sizeof(entry))) {
        return false;
    }
    entry = le64_to_cpu(entry);
    if (!(entry & LEVEL1_VALID) ||
        !read_table((entry & LEVEL1_TABLE) +
                    extract32(id, 0, 8) * sizeof(*irte), irte,
                    sizeof(*irte))) {
        return false;
    }
    irte->lo.val = le64_to_cpu(irte->lo.val);
    irte->hi.val = le64_to_cpu(irte->hi.val);
    return irte->lo.fields_remap.valid;
}

static void deliver(AMDVIState *s, AMDVIGuest *guest, AMDVIIrqKind kind)
{
    uint32_t id = kinds[kind].message << 16 | guest->id;
    X86IOMMUIrq irq = {};
    struct irte_ga irte = {};
    MSIMessage msg;
    bool sent = find_irte(s, id, &irte) && !irte.lo.fields_remap.guest_mode &&
                irte.lo.fields_remap.int_type <=
                AMDVI_IOAPIC_INT_TYPE_ARBITRATED;

    trace_amdvi_viommu_interrupt(guest->id, kind, irte.hi.val, irte.lo.val,
                                 sent);
    if (!sent) {
        return;
    }
    irq.vector = irte.hi.fields.vector;
    irq.delivery_mode = irte.lo.fields_remap.int_type;
    irq.dest_mode = irte.lo.fields_remap.dm;
    irq.redir_hint = irte.lo.fields_remap.rq_eoi;
    irq.dest = irte.lo.fields_remap.destination;
    if (s->xtsup) {
        irq.dest |= (uint32_t)irte.hi.fields.destination_hi << 24;
    } else {
        irq.dest &= 0xff;
    }
    x86_iommu_irq_to_msi_message(&irq, &msg);
    apic_get_class(NULL)->send_msi(&msg);
}

static void send_pending(gpointer key, gpointer value, gpointer data)
{
    AMDVIGuest *guest = value;

    for (AMDVIIrqKind kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        if (guest->irqs & BIT(kind)) {
            guest->irqs &= ~BIT(kind);
            deliver(data, guest, kind);
        }
    }
}

/*
 * An interrupt is an access to a processor, which a device's own thread cannot
 * make: all are sent from the main loop.
 */
static void interrupt(void *opaque)
{
    AMDVIState *s = opaque;

    QEMU_LOCK_GUARD(&s->lock);
    g_hash_table_foreach(s->viommu.guests, send_pending, s);
}

/*
 * One of the guest's logs got an entry or overflowed, a COMPLETION_WAIT asked for
 * it, or the interrupt was enabled. @pending: its interrupt bit was set before, so
 * that the guest knows.
 */
void amdvi_viommu_interrupt(AMDVIState *s, AMDVIGuest *guest,
                            AMDVIIrqKind kind, bool pending)
{
    if (!(guest->vfctrl[kinds[kind].ctrl / 8] & VFCTRL_INT_EN) ||
        (pending && !s->viommu.irq_each_entry) ||
        (kind == AMDVI_IRQ_COMWAIT && s->viommu.comwait_silent)) {
        return;
    }
    guest->irqs |= BIT(kind);
    qemu_bh_schedule(s->viommu.interrupt);
}

/* VF control register @reg was written, and was @old before */
void amdvi_viommu_interrupt_enabled(AMDVIState *s, AMDVIGuest *guest,
                                    unsigned reg, uint64_t old)
{
    for (AMDVIIrqKind kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        if (kinds[kind].ctrl == reg && !(old & VFCTRL_INT_EN) &&
            (guest->vf[VF_STATUS / 8] & kinds[kind].status)) {
            amdvi_viommu_interrupt(s, guest, kind, false);
        }
    }
}

void amdvi_viommu_irq_init(AMDVIState *s)
{
    s->viommu.interrupt =
        qemu_bh_new_guarded(interrupt, s, &DEVICE(s)->mem_reentrancy_guard);
}
