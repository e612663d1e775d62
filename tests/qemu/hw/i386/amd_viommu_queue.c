/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU vIOMMU: guests' command buffers
 *
 * Writing the tail is the doorbell. Guests take turns, so that one with a long
 * queue does not keep the others waiting.
 */

#include "qemu/osdep.h"
#include "block/aio.h"
#include "qemu/main-loop.h"
#include "amd_iommu.h"
#include "amd_viommu_regs.h"
#include "trace.h"

/* Commands of a guest before it is the next one's turn */
#define TURN    16

/* Guest queues want vIommuEn and vCmdEn [open question 9] */
static bool queues_served(AMDVIState *s)
{
    uint64_t need = AMDVI_CONTROL_VIOMMUEN | AMDVI_CONTROL_GSTBUFTRPMODE;

    if (!s->viommu.vcmd_ignored) {
        need |= AMDVI_CONTROL_VCMDEN;
    }
    return s->enabled && amdvi_viommu_control(s, need);
}

static bool has_work(AMDVIState *s, AMDVIGuest *guest)
{
    return queues_served(s) &&
           (guest->vf[VF_STATUS / 8] & VF_STATUS_CMD_RUN) &&
           guest->vf[VF_CMD_HEAD / 8] != guest->vf[VF_CMD_TAIL / 8];
}

static void stop(AMDVIGuest *guest)
{
    guest->vf[VF_STATUS / 8] &= ~VF_STATUS_CMD_RUN;
}

/*
 * Something that cannot be executed stops the queue, with head where it is,
 * or is skipped [open question 6].
 */
static bool illegal(AMDVIState *s, AMDVIGuest *guest, hwaddr gpa)
{
    trace_amdvi_viommu_illegal_command(guest->id, gpa);
    amdvi_viommu_log_illegal_command(s, guest, gpa);
    if (!s->viommu.illegal_skipped) {
        stop(guest);
    }
    return s->viommu.illegal_skipped;
}

/* Fetch and execute the command at the head; false if the queue stops there */
static bool run_one(AMDVIState *s, AMDVIGuest *guest)
{
    uint64_t ctrl = guest->vfctrl[VFCTRL_CMD / 8];
    uint32_t head = guest->vf[VF_CMD_HEAD / 8];
    hwaddr gpa = queue_base(ctrl) + head;
    uint64_t cmd[2];

    if (!amdvi_viommu_buffer(s, guest, gpa, cmd, sizeof(cmd), false,
                             AMDVI_VFLAG_CMD)) {
        stop(guest);
        return false;
    }
    cmd[0] = le64_to_cpu(cmd[0]);
    cmd[1] = le64_to_cpu(cmd[1]);
    trace_amdvi_viommu_command(guest->id, head, cmd[0], cmd[1]);
    if (!amdvi_viommu_execute(s, guest, cmd) && !illegal(s, guest, gpa)) {
        return false;
    }
    guest->vf[VF_CMD_HEAD / 8] = (head + QUEUE_ENTRY_SIZE) % queue_size(ctrl);
    return true;
}

/* Head and tail must lie in the buffer, or the one never meets the other */
static bool pointers_legal(AMDVIGuest *guest)
{
    uint32_t size = queue_size(guest->vfctrl[VFCTRL_CMD / 8]);

    return guest->vf[VF_CMD_HEAD / 8] < size &&
           guest->vf[VF_CMD_TAIL / 8] < size;
}

static void run_turn(AMDVIState *s, AMDVIGuest *guest)
{
    if (has_work(s, guest) && !pointers_legal(guest)) {
        amdvi_viommu_log_illegal_command(
            s, guest, queue_base(guest->vfctrl[VFCTRL_CMD / 8]) +
                      guest->vf[VF_CMD_TAIL / 8]);
        stop(guest);
        return;
    }
    for (int i = 0; i < TURN && has_work(s, guest); i++) {
        if (!run_one(s, guest)) {
            break;
        }
    }
}

static void next_turn(void *opaque)
{
    AMDVIState *s = opaque;
    AMDVIGuest *guest = g_queue_pop_head(&s->viommu.ready);

    if (!guest) {
        return;
    }
    guest->ready = false;
    run_turn(s, guest);
    /* What is left waits until the others had theirs */
    amdvi_viommu_kick(s, guest);
    if (!g_queue_is_empty(&s->viommu.ready)) {
        qemu_bh_schedule(s->viommu.turn);
    }
}

/* The guest's queue may have work now */
void amdvi_viommu_kick(AMDVIState *s, AMDVIGuest *guest)
{
    if (guest->ready || !has_work(s, guest)) {
        return;
    }
    guest->ready = true;
    g_queue_push_tail(&s->viommu.ready, guest);
    qemu_bh_schedule(s->viommu.turn);
}

static void kick(gpointer key, gpointer value, gpointer data)
{
    amdvi_viommu_kick(data, value);
}

/* The control register was written */
void amdvi_viommu_kick_all(AMDVIState *s)
{
    g_hash_table_foreach(s->viommu.guests, kick, s);
}

void amdvi_viommu_queue_init(AMDVIState *s)
{
    g_queue_init(&s->viommu.ready);
    s->viommu.turn = qemu_bh_new(next_turn, s);
}

/* Before the guests are forgotten */
void amdvi_viommu_queue_reset(AMDVIState *s)
{
    g_queue_clear(&s->viommu.ready);
}
