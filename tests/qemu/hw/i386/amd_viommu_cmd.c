/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU vIOMMU: the commands of guests
 *
 * A guest's command names devices and domains as the guest does. With these
 * replaced by what the guest's tables say, it is the host's command.
 */

#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "qemu/bitops.h"
#include "amd_iommu.h"
#include "amd_viommu_regs.h"
#include "trace.h"

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
    g_autofree int32_t *host_ids = NULL;
    g_autofree unsigned long *domains = NULL;

    if (s->viommu.inval_all_global) {
        amdvi_cache_reset(s);
        return DONE;
    }
    host_ids = amdvi_viommu_map_domains(s, guest->id, AMDVI_VFLAG_CMD);
    domains = bitmap_new(AMDVI_MAP_ENTRIES);
    for (int i = 0; i < AMDVI_MAP_ENTRIES; i++) {
        if (host_ids[i] >= 0) {
            set_bit(host_ids[i], domains);
        }
    }
    amdvi_cache_inval_guest(s, guest->id, domains);
    return DONE;
}

/* By opcode; the bits that must be 0 are those of the host's commands */
static const struct {
    Outcome (*run)(AMDVIState *s, AMDVIGuest *guest, uint64_t *cmd);
    uint64_t reserved[2];
} commands[16] = {
    [AMDVI_CMD_COMPLETION_WAIT] = {
        completion_wait, { MAKE_64BIT_MASK(52, 8), 0 },
    },
    [AMDVI_CMD_INVAL_DEVTAB_ENTRY] = {
        inval_devtab_entry, { MAKE_64BIT_MASK(16, 44), UINT64_MAX },
    },
    [AMDVI_CMD_INVAL_AMDVI_PAGES] = {
        inval_pages, { MAKE_64BIT_MASK(20, 12) | MAKE_64BIT_MASK(48, 12),
                       MAKE_64BIT_MASK(3, 9) },
    },
    [AMDVI_CMD_INVAL_IOTLB_PAGES] = {
        inval_iotlb, { 0, BIT_ULL(1) | BIT_ULL(3) | MAKE_64BIT_MASK(6, 6) },
    },
    [AMDVI_CMD_INVAL_INTR_TABLE] = {
        inval_interrupts, { MAKE_64BIT_MASK(16, 44), UINT64_MAX },
    },
    [AMDVI_CMD_PREFETCH_AMDVI_PAGES] = {
        prefetch, { MAKE_64BIT_MASK(16, 8) | MAKE_64BIT_MASK(52, 8),
                    BIT_ULL(1) | BIT_ULL(3) | MAKE_64BIT_MASK(5, 7) },
    },
    [AMDVI_CMD_COMPLETE_PPR_REQUEST] = {
        complete_ppr, { MAKE_64BIT_MASK(16, 16) | MAKE_64BIT_MASK(52, 8),
                        MAKE_64BIT_MASK(0, 2) | MAKE_64BIT_MASK(3, 29) |
                        MAKE_64BIT_MASK(48, 16) },
    },
    [AMDVI_CMD_INVAL_AMDVI_ALL] = {
        inval_all, { MAKE_64BIT_MASK(0, 60), UINT64_MAX },
    },
};

/* Execute a guest's command; false if it is illegal */
bool amdvi_viommu_execute(AMDVIState *s, AMDVIGuest *guest,
                          const uint64_t *cmd)
{
    unsigned opcode = extract64(cmd[0], 60, 4);
    uint64_t host_cmd[2] = { cmd[0], cmd[1] };

    if (!commands[opcode].run || (cmd[0] & commands[opcode].reserved[0]) ||
        (cmd[1] & commands[opcode].reserved[1])) {
        return false;
    }
    return commands[opcode].run(s, guest, host_cmd) != ILLEGAL;
}
