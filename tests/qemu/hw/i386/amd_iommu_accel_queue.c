/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU of a guest, backed by the host's hardware vIOMMU: queues
 *
 * The hardware serves the event log all the time, and the command buffer
 * unless a device table entry changes. Then the buffer is disabled in the
 * hardware, the guest's accesses to the VF page are trapped, and the commands
 * are executed here, until the table is what the hardware knows. Heads and tails
 * stay in the VF page, whoever moves them.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "amd_iommu.h"
#include "trace.h"

/* Bits of the guest's control register that queues of the hardware know */
#define CONTROL_HW \
    (AMDVI_MMIO_CONTROL_EVENTLOGEN | AMDVI_MMIO_CONTROL_EVENTINTEN | \
     AMDVI_MMIO_CONTROL_COMWAITINTEN)

#define CMD_COMPLETION_STORE    BIT(0)
#define CMD_COMPLETION_INT      BIT(1)

typedef enum Result {
    DONE,
    FOR_HARDWARE,                       /* it has to say what is wrong with it */
} Result;

static const uint32_t queue_types[] = {
    [AMDVI_ACCEL_CMD] = IOMMU_HW_QUEUE_TYPE_AMD_CMD,
    [AMDVI_ACCEL_EVT] = IOMMU_HW_QUEUE_TYPE_AMD_EVT,
};

/*
 * Registers
 */

static volatile uint32_t *vf_reg(AMDVIState *s, hwaddr reg)
{
    return (volatile uint32_t *)s->accel.vf +
           (reg - AMDVI_VF_OFFSET) / sizeof(uint32_t);
}

/* The guest has a command buffer, and the hardware knows it */
static bool has_commands(AMDVIState *s)
{
    return s->enabled && s->cmdbuf_enabled &&
           s->accel.queue_id[AMDVI_ACCEL_CMD];
}

uint32_t amdvi_accel_vf_read(AMDVIState *s, hwaddr reg)
{
    uint32_t val = *vf_reg(s, reg);

    /* It runs, though not where the hardware could see it */
    if (reg == AMDVI_MMIO_STATUS && has_commands(s)) {
        val |= AMDVI_MMIO_STATUS_CMDBUF_RUN;
    }
    return val;
}

void amdvi_accel_vf_write(AMDVIState *s, hwaddr reg, uint32_t val)
{
    *vf_reg(s, reg) = val;
}

/* With the lock; an error is in the log then */
static bool tell_control(AMDVIState *s, bool cmd)
{
    AMDVIAccel *a = &s->accel;
    uint32_t control = a->control | (cmd ? AMDVI_MMIO_CONTROL_CMDBUFLEN : 0);
    Error *err = NULL;

    if (!iommufd_backend_set_option(a->iommufd, IOMMU_OPTION_VIOMMU_CONTROL,
                                    a->viommu_id, control, &err)) {
        error_report_err(err);
        return false;
    }
    return true;
}

/*
 * Queues
 */

void amdvi_accel_queue_free(AMDVIState *s, AMDVIAccelQueueType type)
{
    AMDVIAccel *a = &s->accel;

    if (!a->queue_id[type]) {
        return;
    }
    if (type == AMDVI_ACCEL_CMD) {
        WITH_QEMU_LOCK_GUARD(&a->lock) {
            amdvi_accel_take_locked(s);
        }
        memory_region_set_enabled(&a->vf_mr, false);
    }
    iommufd_backend_free_id(a->iommufd, a->queue_id[type]);
    a->queue_id[type] = 0;
}

/* The guest has written a base register: one that it had is gone */
void amdvi_accel_queue_alloc(AMDVIState *s, AMDVIAccelQueueType type)
{
    AMDVIAccel *a = &s->accel;
    hwaddr base = type == AMDVI_ACCEL_CMD ? s->cmdbuf : s->evtlog;
    uint64_t entries = type == AMDVI_ACCEL_CMD ? s->cmdbuf_len : s->evtlog_len;
    Error *err = NULL;

    amdvi_accel_queue_free(s, type);
    if (!iommufd_backend_alloc_hw_queue(a->iommufd, a->viommu_id,
                                        queue_types[type], 0, base,
                                        entries * AMDVI_COMMAND_SIZE,
                                        &a->queue_id[type], &err)) {
        error_prepend(&err, "amd-iommu: the guest's %s at 0x%" PRIx64 ": ",
                      type == AMDVI_ACCEL_CMD ? "command buffer" : "event log",
                      base);
        error_report_err(err);
        a->queue_id[type] = 0;
    }
}

/* The guest has written the control register */
void amdvi_accel_queues_update(AMDVIState *s)
{
    AMDVIAccel *a = &s->accel;
    bool served;

    WITH_QEMU_LOCK_GUARD(&a->lock) {
        a->control = s->enabled ?
                     ldq_le_p(&s->mmior[AMDVI_MMIO_CONTROL]) & CONTROL_HW : 0;
        if (!has_commands(s)) {
            amdvi_accel_take_locked(s);
        }
        tell_control(s, a->cmd_in_hw);
        served = a->cmd_in_hw;
    }
    if (!served) {
        memory_region_set_enabled(&a->vf_mr, false);
    }
}

/* Have the hardware fetch no more commands. What it had begun is done then. */
void amdvi_accel_take_locked(AMDVIState *s)
{
    AMDVIAccel *a = &s->accel;

    if (a->cmd_in_hw) {
        a->cmd_in_hw = false;
        a->takebacks++;
        tell_control(s, false);
        trace_amdvi_accel_take(a->takebacks);
    }
}

/*
 * Have the hardware serve the command buffer, if it knows all that the guest
 * means it to know of the device table.
 */
static void give(AMDVIState *s)
{
    AMDVIAccel *a = &s->accel;

    WITH_QEMU_LOCK_GUARD(&a->lock) {
        if (a->dte_pending) {
            return;
        }
    }
    /* From here on a store comes to us first; none before it went unseen */
    if (!amdvi_accel_devtab_protect(s) || !amdvi_accel_devtab_untouched(s)) {
        return;
    }
    memory_region_set_enabled(&a->vf_mr, true);
    WITH_QEMU_LOCK_GUARD(&a->lock) {
        if (!a->dte_pending) {
            a->cmd_in_hw = tell_control(s, true);
        }
    }
    trace_amdvi_accel_give(a->cmd_in_hw, *vf_reg(s, AMDVI_MMIO_COMMAND_HEAD),
                           *vf_reg(s, AMDVI_MMIO_COMMAND_TAIL));
    if (!a->cmd_in_hw) {
        /* Doorbells that rang meanwhile were not heard */
        memory_region_set_enabled(&a->vf_mr, false);
        qemu_bh_schedule(a->stored);
    }
}

/*
 * Commands that are executed here
 */

static void complete(AMDVIState *s, const uint64_t *cmd)
{
    hwaddr addr = extract64(cmd[0], 3, 49) << 3;
    uint64_t data = cpu_to_le64(cmd[1]);

    if (cmd[0] & CMD_COMPLETION_STORE) {
        dma_memory_write(&address_space_memory, addr, &data, sizeof(data),
                         MEMTXATTRS_UNSPECIFIED);
    }
    if ((cmd[0] & CMD_COMPLETION_INT) &&
        (s->accel.control & AMDVI_MMIO_CONTROL_COMWAITINTEN)) {
        qemu_bh_schedule(s->interrupt);
    }
}

static Result forward(AMDVIState *s, const uint64_t *cmd)
{
    AMDVIAccel *a = &s->accel;
    struct iommu_viommu_amd_invalidate data = {
        .cmd = { cpu_to_le64(cmd[0]), cpu_to_le64(cmd[1]) },
    };
    uint32_t num = 1;
    Error *err = NULL;
    int ret;

    if (iommufd_backend_invalidate_cache(a->iommufd, a->viommu_id,
                                         IOMMU_VIOMMU_INVALIDATE_DATA_AMD,
                                         sizeof(data), &num, &data, &err)) {
        return DONE;
    }
    ret = errno;
    error_free(err);
    /* Emulated devices have nothing that could be stale */
    return ret == ENXIO ? DONE : FOR_HARDWARE;
}

static Result execute(AMDVIState *s, const uint64_t *cmd)
{
    unsigned op = extract64(cmd[0], 60, 4);

    trace_amdvi_accel_command(op, cmd[0], cmd[1]);
    switch (op) {
    case AMDVI_CMD_COMPLETION_WAIT:
        complete(s, cmd);
        return DONE;
    case AMDVI_CMD_INVAL_DEVTAB_ENTRY:
        amdvi_accel_devtab_inval(s, extract64(cmd[0], 0, 16));
        return DONE;
    case AMDVI_CMD_INVAL_AMDVI_ALL:
        amdvi_accel_devtab_inval_all(s);
        return forward(s, cmd);
    case AMDVI_CMD_INVAL_AMDVI_PAGES:
    case AMDVI_CMD_INVAL_IOTLB_PAGES:
        return forward(s, cmd);
    case AMDVI_CMD_INVAL_INTR_TABLE:
    case AMDVI_CMD_PREFETCH_AMDVI_PAGES:
        return DONE;
    default:
        return FOR_HARDWARE;
    }
}

/* Everything there is to do; false if the hardware must look at the next one */
static bool drain(AMDVIState *s)
{
    uint32_t mask = (s->cmdbuf_len - 1) * AMDVI_COMMAND_SIZE;
    uint32_t head = *vf_reg(s, AMDVI_MMIO_COMMAND_HEAD) & mask;
    uint64_t cmd[2];

    for (uint64_t n = 0; n < s->cmdbuf_len; n++) {
        if (head == (*vf_reg(s, AMDVI_MMIO_COMMAND_TAIL) & mask)) {
            return true;
        }
        if (dma_memory_read(&address_space_memory, s->cmdbuf + head, cmd,
                            sizeof(cmd), MEMTXATTRS_UNSPECIFIED)) {
            return false;
        }
        cmd[0] = le64_to_cpu(cmd[0]);
        cmd[1] = le64_to_cpu(cmd[1]);
        if (execute(s, cmd) == FOR_HARDWARE) {
            return false;
        }
        head = (head + AMDVI_COMMAND_SIZE) & mask;
        amdvi_accel_vf_write(s, AMDVI_MMIO_COMMAND_HEAD, head);
    }
    /* One that never ends must not keep everybody else waiting */
    qemu_bh_schedule(s->accel.stored);
    return true;
}

static bool is_empty(AMDVIState *s)
{
    uint32_t mask = (s->cmdbuf_len - 1) * AMDVI_COMMAND_SIZE;

    return !((*vf_reg(s, AMDVI_MMIO_COMMAND_HEAD) ^
              *vf_reg(s, AMDVI_MMIO_COMMAND_TAIL)) & mask);
}

/* Execute what the guest has queued, and see whether the hardware can go on */
void amdvi_accel_run(AMDVIState *s)
{
    AMDVIAccel *a = &s->accel;

    if (!has_commands(s) || qatomic_read(&a->cmd_in_hw)) {
        return;
    }
    if (!drain(s)) {
        /* It is the hardware's turn, whatever may come behind it */
        amdvi_accel_devtab_inval_all(s);
        give(s);
    } else if (is_empty(s)) {
        give(s);
    }
}
