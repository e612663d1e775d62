/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU vIOMMU: what it reports, to the host and to guests
 *
 * Records in a guest's own log have the format of the host's, with the IDs the
 * guest knows.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "amd_iommu.h"
#include "amd_viommu_regs.h"
#include "trace.h"

#define EVENT_IO_PAGE_FAULT     0x2
#define EVENT_ILLEGAL_COMMAND   0x5
#define EVENT_GUEST_FAULT       0xb
#define EVENT_VIOMMU_HW_ERROR   0xc

/* PPR log */
#define PPR_FAULT               0x1
#define PPR_EXEC                BIT(1)
#define PPR_READ                BIT(2)
#define PPR_WRITE               BIT(5)
#define PPR_USER                BIT(6)
#define PPR_GN                  BIT(8)

/* dw1[31:28] code, dw1[27:16] flags */
static uint64_t code_and_flags(unsigned code, uint16_t flags)
{
    return (uint64_t)code << 60 | (uint64_t)flags << 48;
}

/* dw0[31:27] */
static uint64_t vflags(uint8_t flags)
{
    return (uint64_t)flags << 27;
}

/* dw0[15:0] GuestID, [17:16] source; dw2-3 address */
void amdvi_viommu_log_hw_error(AMDVIState *s, uint16_t guest_id,
                               AMDVIMapKind source, hwaddr ipa,
                               uint16_t flags, uint8_t vflag)
{
    uint64_t evt[2] = {
        guest_id | (uint64_t)source << 16 | vflags(vflag) |
        code_and_flags(EVENT_VIOMMU_HW_ERROR, flags),
        ipa,
    };

    amdvi_log_event(s, evt);
}

/*
 * IO_PAGE_FAULT of an access to a guest's buffer. Who it is that faulted is
 * the translation device ID, or the IOMMU itself [open question 12].
 */
void amdvi_viommu_log_buffer_fault(AMDVIState *s, uint16_t devid,
                                   uint16_t domid, hwaddr gpa, uint16_t flags,
                                   uint8_t vflag)
{
    uint64_t evt[2] = { vflags(vflag) | (uint64_t)domid << 32 |
                        code_and_flags(EVENT_IO_PAGE_FAULT, flags), gpa };

    evt[0] |= s->viommu.buffer_fault_own_id ? pci_requester_id(&s->pci->dev)
                                            : devid;
    amdvi_log_event(s, evt);
}

/* GUEST_EVENT_FAULT: dw1[15:0] GuestID */
static void log_guest_fault(AMDVIState *s, uint16_t guest_id)
{
    uint64_t evt[2] = { vflags(AMDVI_VFLAG_EVENT) | (uint64_t)guest_id << 32 |
                        code_and_flags(EVENT_GUEST_FAULT,
                                       AMDVI_EVENT_IOPF_RW), 0 };

    amdvi_log_event(s, evt);
}

/* One of a guest's two logs */
typedef struct Log {
    unsigned ctrl;
    unsigned head;
    unsigned tail;
    uint64_t overflow;
    uint64_t interrupt;
    uint64_t run;
    unsigned base_shift;        /* the PPR log's base lies 4 bits further up */
    AMDVIIrqKind irq;
} Log;

static const Log event_log = {
    VFCTRL_EVT, VF_EVT_HEAD, VF_EVT_TAIL, VF_STATUS_EVT_OVERFLOW,
    VF_STATUS_EVT_INT, VF_STATUS_EVT_RUN, 0, AMDVI_IRQ_EVENT,
};

static const Log ppr_log = {
    VFCTRL_PPR, VF_PPR_HEAD, VF_PPR_TAIL, VF_STATUS_PPR_OVERFLOW,
    VF_STATUS_PPR_INT, VF_STATUS_PPR_RUN, 4, AMDVI_IRQ_PPR,
};

/*
 * A log that is full, or that cannot be written, overflows and stops, until
 * software has restarted it [open question 11].
 */
static void overflow(AMDVIState *s, AMDVIGuest *guest, const Log *log)
{
    guest->vf[VF_STATUS / 8] |= log->overflow;
    if (!s->viommu.overflow_keeps_run) {
        guest->vf[VF_STATUS / 8] &= ~log->run;
    }
    amdvi_viommu_interrupt(s, guest, log->irq, false);
}

static bool runs(AMDVIGuest *guest, const Log *log)
{
    return (guest->vf[VF_STATUS / 8] & (log->run | log->overflow)) == log->run;
}

static bool append(AMDVIState *s, AMDVIGuest *guest, const Log *log,
                   const uint64_t *record)
{
    uint64_t ctrl = guest->vfctrl[log->ctrl / 8];
    uint32_t tail = guest->vf[log->tail / 8] % queue_size(ctrl);
    uint32_t next = (tail + QUEUE_ENTRY_SIZE) % queue_size(ctrl);
    uint64_t entry[2] = { cpu_to_le64(record[0]), cpu_to_le64(record[1]) };

    if (!runs(guest, log)) {
        return false;
    }
    if (next == guest->vf[log->head / 8]) {
        overflow(s, guest, log);
        return false;
    }
    if (!amdvi_viommu_buffer(s, guest,
                             queue_base(ctrl >> log->base_shift) + tail, entry,
                             sizeof(entry), true, AMDVI_VFLAG_EVENT)) {
        log_guest_fault(s, guest->id);
        overflow(s, guest, log);
        return false;
    }
    guest->vf[log->tail / 8] = next;
    amdvi_viommu_interrupt(s, guest, log->irq,
                           guest->vf[VF_STATUS / 8] & log->interrupt);
    guest->vf[VF_STATUS / 8] |= log->interrupt;
    return true;
}

/*
 * Report @evt to the guest; false if it has no event log. One whose log does
 * not run loses it, as the host does.
 */
bool amdvi_viommu_log_event(AMDVIState *s, AMDVIGuest *guest,
                            const uint64_t *evt)
{
    bool logged;

    if (!(guest->vfctrl[VFCTRL_EVT / 8] & VFCTRL_QUEUE_EN)) {
        return false;
    }
    logged = append(s, guest, &event_log, evt);
    trace_amdvi_viommu_guest_event(guest->id, evt[0], evt[1], logged);
    return true;
}

/* Whose device it is that has a device table entry; NULL if no guest's */
static AMDVIGuest *owner_of(AMDVIState *s, const uint64_t *dte)
{
    if (!(dte[3] & AMDVI_DTE3_VIMUEN) ||
        !amdvi_viommu_control(s, AMDVI_CONTROL_VIOMMUEN)) {
        return NULL;
    }
    return amdvi_viommu_guest(s, AMDVI_DTE3_GUEST_ID(dte[3]), false);
}

/*
 * Page request of a guest's device; false if it cannot be had in the guest's
 * log. q0: [15:0] DeviceID, [31:16] and [45:42] PASID, [41:32] tag,
 * [59:48] flags, [63:60] code
 */
bool amdvi_viommu_log_ppr(AMDVIState *s, const uint64_t *dte,
                          const AMDVIPageRequest *request)
{
    AMDVIGuest *guest = owner_of(s, dte);
    uint16_t flags = (request->exec ? PPR_EXEC : 0) |
                     (request->read ? PPR_READ : 0) |
                     (request->write ? PPR_WRITE : 0) |
                     (request->user ? PPR_USER : 0);
    uint64_t record[2] = { 0, request->addr };
    bool logged;

    if (!guest || (guest->vfctrl[VFCTRL_PPR / 8] & VFCTRL_PPR_ON) !=
                  VFCTRL_PPR_ON) {
        return false;
    }
    if (request->pasid != AMDVI_NO_PASID) {
        flags |= PPR_GN;
        record[0] |= (uint64_t)extract32(request->pasid, 0, 16) << 16 |
                     (uint64_t)extract32(request->pasid, 16, 4) << 42;
    }
    record[0] |= AMDVI_DTE3_GDEV_ID(dte[3]) | (uint64_t)request->group << 32 |
                 (uint64_t)request->last << 41 |
                 code_and_flags(PPR_FAULT, flags);
    logged = append(s, guest, &ppr_log, record);
    trace_amdvi_viommu_guest_ppr(guest->id, record[0], record[1], logged);
    return logged;
}

/* The guest's name of the domain that a device table entry belongs to */
static AMDVIMapResult find_gdom_id(AMDVIState *s, uint16_t guest_id,
                                   uint16_t host_id, uint16_t *gdom_id)
{
    unsigned events = s->events;
    const AMDVIDomains *d = amdvi_viommu_domains(s, guest_id);

    for (guint i = 0; i < d->domains->len; i++) {
        const AMDVIDomain *domain = &g_array_index(d->domains, AMDVIDomain, i);

        if (domain->host_id == host_id) {
            *gdom_id = domain->guest_id;
            return AMDVI_MAP_VALID;
        }
    }
    if (!d->hole) {
        return AMDVI_MAP_INVALID;
    }
    /* It may be where the table cannot be read */
    if (s->events == events) {
        amdvi_viommu_log_hw_error(s, guest_id, AMDVI_MAP_DOMID, d->hole_ipa,
                                  0, AMDVI_VFLAG_EVENT);
    }
    return AMDVI_MAP_UNREADABLE;
}

/*
 * IO_PAGE_FAULT of a guest's device, whose @dte says whose it is and as what;
 * false if the guest cannot be told, and the host must be. That a table of the
 * guest's cannot be read the host is told already: one fault is one event.
 */
bool amdvi_viommu_log_fault(AMDVIState *s, const uint64_t *dte, uint32_t pasid,
                            hwaddr addr, uint16_t flags)
{
    AMDVIGuest *guest = owner_of(s, dte);
    AMDVIMapResult found = AMDVI_MAP_VALID;
    uint16_t id = pasid;
    uint64_t evt[2];

    if (!guest) {
        return false;
    }
    if (pasid == AMDVI_NO_PASID) {
        found = find_gdom_id(s, guest->id, dte[1], &id);
    }
    if (found != AMDVI_MAP_VALID) {
        return found == AMDVI_MAP_UNREADABLE;
    }
    evt[0] = AMDVI_DTE3_GDEV_ID(dte[3]) | (uint64_t)id << 32 |
             code_and_flags(EVENT_IO_PAGE_FAULT, flags);
    if (pasid != AMDVI_NO_PASID) {
        evt[0] |= (uint64_t)extract32(pasid, 16, 4) << 16;
    }
    evt[1] = addr;
    return amdvi_viommu_log_event(s, guest, evt);
}

/* dw2-3: guest physical address of the command */
void amdvi_viommu_log_illegal_command(AMDVIState *s, AMDVIGuest *guest,
                                      hwaddr gpa)
{
    uint64_t evt[2] = { code_and_flags(EVENT_ILLEGAL_COMMAND, 0), gpa };

    amdvi_viommu_log_event(s, guest, evt);
}
