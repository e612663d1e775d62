/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU: devices that do not answer
 *
 * A device that translates for itself answers INVALIDATE_IOTLB_PAGES when it
 * has dropped what it kept. The IOMMU has up to MaxPend of these on their way to
 * a device, and a COMPLETION_WAIT waits for all of them. After the time that
 * software has set (InvTimeOut) it gives one up, and says so in the event log.
 *
 * That is for the host's command buffer. What a guest's buffer has for a device
 * that does not answer is taken for answered.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/lockable.h"
#include "hw/pci/pci_bus.h"
#include "amd_iommu.h"
#include "trace.h"

#define CONTROL_INV_TIMEOUT_SHIFT   5
#define CONTROL_INV_TIMEOUT_LENGTH  3

/* An INVALIDATE_IOTLB_PAGES without an answer */
typedef struct AMDVIUnanswered {
    hwaddr command;             /* where it is */
    int64_t deadline;           /* QEMU_CLOCK_VIRTUAL in ns */
    uint16_t devid;
} AMDVIUnanswered;

static AMDVIUnanswered *unanswered(AMDVIState *s, guint i)
{
    return &g_array_index(s->unanswered, AMDVIUnanswered, i);
}

/* CONTROL[7:5] in ns, from 1 ms upwards; 0: the IOMMU waits for ever */
static int64_t inv_timeout(AMDVIState *s)
{
    unsigned code = extract64(ldq_le_p(&s->mmior[AMDVI_MMIO_CONTROL]),
                              CONTROL_INV_TIMEOUT_SHIFT,
                              CONTROL_INV_TIMEOUT_LENGTH);
    int64_t timeout = SCALE_MS;

    if (!code) {
        return INT64_MAX;
    }
    while (--code) {
        timeout *= 10;
    }
    return timeout;
}

static bool does_not_answer(AMDVIState *s, uint16_t devid)
{
    AMDVIAddressSpace *as = amdvi_get_as_by_devid(s, devid);
    PCIDevice *dev = as ? amdvi_bus_of(as)->devices[devid & 0xff] : NULL;

    return dev && object_property_get_bool(OBJECT(dev), AMDVI_ATC_HANGS, NULL);
}

/* The oldest one is the first that is given up, since the time is one for all */
static void arm(AMDVIState *s)
{
    if (s->unanswered->len && unanswered(s, 0)->deadline != INT64_MAX) {
        timer_mod_ns(s->inv_timer, unanswered(s, 0)->deadline);
    }
}

static void give_up(void *opaque)
{
    AMDVIState *s = opaque;

    QEMU_LOCK_GUARD(&s->lock);
    while (s->unanswered->len &&
           unanswered(s, 0)->deadline <=
           qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL)) {
        AMDVIUnanswered u = *unanswered(s, 0);

        g_array_remove_index(s->unanswered, 0);
        trace_amdvi_inv_timeout(u.devid, u.command);
        amdvi_log_inv_timeout(s, u.devid, u.command);
    }
    arm(s);
    amdvi_cmdbuf_run(s);
}

void amdvi_hang_init(AMDVIState *s)
{
    s->unanswered = g_array_new(false, false, sizeof(AMDVIUnanswered));
    s->inv_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, give_up, s);
}

void amdvi_hang_reset(AMDVIState *s)
{
    g_array_set_size(s->unanswered, 0);
    timer_del(s->inv_timer);
}

void amdvi_hang_note(AMDVIState *s, const uint64_t *cmd, hwaddr addr)
{
    int64_t timeout = inv_timeout(s);
    AMDVIUnanswered u = {
        .command = addr,
        .devid = extract64(cmd[0], 0, 16),
        .deadline = INT64_MAX,
    };

    if (!does_not_answer(s, u.devid)) {
        return;
    }
    if (timeout != INT64_MAX) {
        u.deadline = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + timeout;
    }
    g_array_append_val(s->unanswered, u);
    arm(s);
}

/* MaxPend: dw0[31:24] */
static bool has_room(AMDVIState *s, const uint64_t *cmd)
{
    uint16_t devid = extract64(cmd[0], 0, 16);
    unsigned pending = 0;

    for (guint i = 0; i < s->unanswered->len; i++) {
        pending += unanswered(s, i)->devid == devid;
    }
    return pending < MAX(extract64(cmd[0], 24, 8), 1);
}

bool amdvi_hang_blocks(AMDVIState *s, const uint64_t *cmd)
{
    if (!s->unanswered->len) {
        return false;
    }
    switch (extract64(cmd[0], 60, 4)) {
    case AMDVI_CMD_COMPLETION_WAIT:
        return true;
    case AMDVI_CMD_INVAL_IOTLB_PAGES:
        return !has_room(s, cmd);
    default:
        return false;
    }
}
