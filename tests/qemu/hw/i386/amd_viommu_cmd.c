/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU vIOMMU: the commands of guests
 *
 * A guest's command names devices and domains as the guest does. With these
 * replaced by what the guest's tables say, it is the host's command.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "amd_iommu.h"
#include "amd_viommu_regs.h"
#include "trace.h"

/*
 * What a command costs beside the one that each does, see
 * amdvi_viommu_charge(), and beside what it drops
 */
#define INVAL_ALL_COST          7
#define INVAL_EVERYTHING_COST   16
#define DROP_DTE_COST           1
#define DROP_INTERRUPTS_COST    4

typedef enum Outcome {
    DONE,
    DROPPED,            /* an error, but not the guest's */
    ILLEGAL,
} Outcome;

/* dw0[15:0]: an unmapped gDevID is illegal [open question 6] */
static Outcome to_host_device(AMDVIState *s, AMDVIGuest *guest, uint64_t *cmd)
{
    uint16_t host_id;

    switch (amdvi_viommu_map_load(s, guest->id, AMDVI_MAP_DEVID,
                                  extract64(cmd[0], 0, 16), &host_id)) {
    case AMDVI_MAP_VALID:
        cmd[0] = deposit64(cmd[0], 0, 16, host_id);
        return DONE;
    case AMDVI_MAP_INVALID:
        return ILLEGAL;
    default:
        return DROPPED;
    }
}

/*
 * dw1[15:0]: an unmapped gDomID is the host's error, or an illegal command
 * [open question 8]
 */
static Outcome to_host_domain(AMDVIState *s, AMDVIGuest *guest, uint64_t *cmd)
{
    uint16_t gdom_id = extract64(cmd[0], 32, 16);
    uint16_t host_id;

    switch (amdvi_viommu_map_load(s, guest->id, AMDVI_MAP_DOMID, gdom_id,
                                  &host_id)) {
    case AMDVI_MAP_VALID:
        cmd[0] = deposit64(cmd[0], 32, 16, host_id);
        return DONE;
    case AMDVI_MAP_INVALID:
        if (s->viommu.unmapped_domid_illegal) {
            return ILLEGAL;
        }
        amdvi_viommu_log_hw_error(s, guest->id, AMDVI_MAP_DOMID,
                                  amdvi_viommu_map_ipa(guest->id,
                                                       AMDVI_MAP_DOMID,
                                                       gdom_id),
                                  AMDVI_EVENT_IOPF_PR, AMDVI_VFLAG_CMD);
        return DROPPED;
    default:
        return DROPPED;
    }
}

static Outcome completion_wait(AMDVIState *s, AMDVIGuest *guest, uint64_t *cmd)
{
    hwaddr gpa = cmd[0] & MAKE_64BIT_MASK(3, 49);
    uint64_t data = cpu_to_le64(cmd[1]);

    if ((cmd[0] & BIT_ULL(0)) &&
        !amdvi_viommu_buffer(s, guest, gpa, &data, sizeof(data), true,
                             AMDVI_VFLAG_CMD)) {
        return DROPPED;
    }
    if (cmd[0] & BIT_ULL(1)) {
        amdvi_viommu_interrupt(s, guest, AMDVI_IRQ_COMWAIT,
                               guest->vf[VF_STATUS / 8] & VF_STATUS_COMWAIT_INT);
        guest->vf[VF_STATUS / 8] |= VF_STATUS_COMWAIT_INT;
    }
    return DONE;
}

/* The guest's own device table is nothing that hardware reads */
static Outcome inval_devtab_entry(AMDVIState *s, AMDVIGuest *guest,
                                  uint64_t *cmd)
{
    Outcome ret = to_host_device(s, guest, cmd);

    if (ret == DONE) {
        amdvi_drop_dte(s, extract64(cmd[0], 0, 16));
        amdvi_viommu_charge(s, DROP_DTE_COST);
    }
    return ret;
}

static Outcome inval_pages(AMDVIState *s, AMDVIGuest *guest, uint64_t *cmd)
{
    Outcome ret = to_host_domain(s, guest, cmd);

    if (ret == DONE) {
        amdvi_drop_pages(s, cmd);
    }
    return ret;
}

static Outcome inval_iotlb(AMDVIState *s, AMDVIGuest *guest, uint64_t *cmd)
{
    Outcome ret = to_host_device(s, guest, cmd);

    if (ret == DONE) {
        amdvi_drop_iotlb(s, cmd);
    }
    return ret;
}

static Outcome inval_interrupts(AMDVIState *s, AMDVIGuest *guest,
                                uint64_t *cmd)
{
    Outcome ret = to_host_device(s, guest, cmd);

    if (ret == DONE) {
        amdvi_drop_interrupts(s);
        amdvi_viommu_charge(s, DROP_INTERRUPTS_COST);
    }
    return ret;
}

/* Nothing is fetched ahead */
static Outcome prefetch(AMDVIState *s, AMDVIGuest *guest, uint64_t *cmd)
{
    return to_host_device(s, guest, cmd);
}

static Outcome complete_ppr(AMDVIState *s, AMDVIGuest *guest, uint64_t *cmd)
{
    Outcome ret = to_host_device(s, guest, cmd);

    if (ret == DONE) {
        amdvi_ppr_complete(s, cmd);
    }
    return ret;
}

/* Of that guest only, or of all [open question] */
static Outcome inval_all(AMDVIState *s, AMDVIGuest *guest, uint64_t *cmd)
{
    unsigned events = s->events, dtes, translations = 0;
    const AMDVIDomains *d;

    amdvi_viommu_charge(s, INVAL_ALL_COST);
    if (s->viommu.inval_all_global) {
        amdvi_cache_reset(s);
        amdvi_viommu_charge(s, INVAL_EVERYTHING_COST);
        return DONE;
    }
    d = amdvi_viommu_domains(s, guest->id);
    for (guint i = 0; i < d->domains->len; i++) {
        uint16_t id = g_array_index(d->domains, AMDVIDomain, i).host_id;

        translations += amdvi_tlb_inval_domain(s, id);
    }
    dtes = amdvi_dte_cache_inval_guest(s, guest->id);
    amdvi_viommu_charge(s, (d->domains->len + translations + dtes) /
                           AMDVI_DROPPED_PER_UNIT);
    trace_amdvi_cache_inval_guest(guest->id, dtes, translations);
    if (d->hole && s->events == events) {
        amdvi_viommu_log_hw_error(s, guest->id, AMDVI_MAP_DOMID, d->hole_ipa,
                                  0, AMDVI_VFLAG_CMD);
    }
    return DONE;
}

/* By opcode */
static Outcome (*const run[16])(AMDVIState *s, AMDVIGuest *guest,
                                uint64_t *cmd) = {
    [AMDVI_CMD_COMPLETION_WAIT] = completion_wait,
    [AMDVI_CMD_INVAL_DEVTAB_ENTRY] = inval_devtab_entry,
    [AMDVI_CMD_INVAL_AMDVI_PAGES] = inval_pages,
    [AMDVI_CMD_INVAL_IOTLB_PAGES] = inval_iotlb,
    [AMDVI_CMD_INVAL_INTR_TABLE] = inval_interrupts,
    [AMDVI_CMD_PREFETCH_AMDVI_PAGES] = prefetch,
    [AMDVI_CMD_COMPLETE_PPR_REQUEST] = complete_ppr,
    [AMDVI_CMD_INVAL_AMDVI_ALL] = inval_all,
};

/* Execute a guest's command; false if it is illegal */
bool amdvi_viommu_execute(AMDVIState *s, AMDVIGuest *guest,
                          const uint64_t *cmd)
{
    unsigned opcode = extract64(cmd[0], 60, 4);
    uint64_t host_cmd[2] = { cmd[0], cmd[1] };

    if (!run[opcode] || (cmd[0] & amdvi_reserved_bits[opcode][0]) ||
        (cmd[1] & amdvi_reserved_bits[opcode][1])) {
        return false;
    }
    return run[opcode](s, guest, host_cmd) != ILLEGAL;
}
