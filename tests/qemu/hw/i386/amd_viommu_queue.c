/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU vIOMMU: guests' command buffers
 *
 * Writing the tail is the doorbell. Guests take turns, so that one with a long
 * queue does not keep the others waiting, nor one with dear commands: a turn is
 * so much work, not so many commands. Who rings while others are at work comes
 * before their next turns. Between these the processors can have the BQL, which
 * is what their own doorbells wait for.
 */

#include "qemu/osdep.h"
#include "block/aio.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "amd_iommu.h"
#include "amd_viommu_regs.h"
#include "trace.h"

/* What a turn may cost: most commands cost one, see amdvi_viommu_charge() */
#define TURN            8

/* An event is written to memory, and may be an interrupt */
#define EVENT_COST      2

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

/*
 * What is being executed costs @cost more than the one that any command does.
 * The count is of work, never of time, so that turns are the same in each run.
 */
void amdvi_viommu_charge(AMDVIState *s, unsigned cost)
{
    s->viommu.spent += cost;
}

static void run_turn(AMDVIState *s, AMDVIGuest *guest)
{
    unsigned events = s->events;

    if (has_work(s, guest) && !pointers_legal(guest)) {
        amdvi_viommu_log_illegal_command(
            s, guest, queue_base(guest->vfctrl[VFCTRL_CMD / 8]) +
                      guest->vf[VF_CMD_TAIL / 8]);
        stop(guest);
        return;
    }
    s->viommu.spent = 0;
    while (s->viommu.spent < TURN && has_work(s, guest)) {
        amdvi_viommu_charge(s, 1);
        if (!run_one(s, guest)) {
            break;
        }
        amdvi_viommu_charge(s, (s->events - events) * EVENT_COST);
        events = s->events;
    }
    trace_amdvi_viommu_turn(guest->id, s->viommu.spent);
}

static void take_turn(AMDVIState *s, GQueue *queue)
{
    AMDVIViommu *v = &s->viommu;
    AMDVIGuest *guest = g_queue_pop_head(queue);

    if (!guest) {
        return;
    }
    run_turn(s, guest);
    guest->ready = has_work(s, guest);
    if (guest->ready) {
        g_queue_push_tail(&v->unfinished, guest);
    }
    if (!g_queue_is_empty(&v->fresh)) {
        qemu_bh_schedule(v->turn);
    }
    if (!g_queue_is_empty(&v->unfinished) && !timer_pending(v->pause)) {
        timer_mod_ns(v->pause, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) +
                               v->pause_ns);
    }
}

static void turn_of_fresh(void *opaque)
{
    AMDVIState *s = opaque;

    QEMU_LOCK_GUARD(&s->lock);
    take_turn(s, &s->viommu.fresh);
}

static void turn_of_unfinished(void *opaque)
{
    AMDVIState *s = opaque;

    QEMU_LOCK_GUARD(&s->lock);
    /* Bottom halves come in any order */
    take_turn(s, &s->viommu.fresh);
    take_turn(s, &s->viommu.unfinished);
}

/* A timer has no guard against re-entry, a bottom half does */
static void pause_over(void *opaque)
{
    AMDVIState *s = opaque;

    qemu_bh_schedule(s->viommu.next_turn);
}

/* The guest's queue may have work now */
void amdvi_viommu_kick(AMDVIState *s, AMDVIGuest *guest)
{
    if (guest->ready || !has_work(s, guest)) {
        return;
    }
    guest->ready = true;
    g_queue_push_tail(&s->viommu.fresh, guest);
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
    MemReentrancyGuard *guard = &DEVICE(s)->mem_reentrancy_guard;
    AMDVIViommu *v = &s->viommu;

    g_queue_init(&v->fresh);
    g_queue_init(&v->unfinished);
    v->turn = qemu_bh_new_guarded(turn_of_fresh, s, guard);
    v->next_turn = qemu_bh_new_guarded(turn_of_unfinished, s, guard);
    v->pause = timer_new_ns(QEMU_CLOCK_REALTIME, pause_over, s);
}

/* Before the guests are forgotten */
void amdvi_viommu_queue_reset(AMDVIState *s)
{
    g_queue_clear(&s->viommu.fresh);
    g_queue_clear(&s->viommu.unfinished);
    timer_del(s->viommu.pause);
}
