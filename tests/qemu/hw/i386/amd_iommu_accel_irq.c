/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU of a guest, backed by the host's hardware vIOMMU: interrupts
 *
 * The hardware interrupts for what it logs and for COMPLETION_WAIT; the host
 * makes an eventfd of that. The guest gets it as it has programmed its IOMMU:
 * by the message of the MSI capability, or by the register at 0170h.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "amd_iommu.h"
#include "trace.h"

/* Value of IOMMU_OPTION_VIOMMU_IRQ: 59:56 which interrupt, 31:0 eventfd or none */
#define IRQ_EVENT               (0ULL << 56)
#define IRQ_NONE                0xffffffffULL

static bool set_irq(AMDVIState *s, uint64_t val, Error **errp)
{
    return iommufd_backend_set_option(s->accel.iommufd,
                                      IOMMU_OPTION_VIOMMU_IRQ,
                                      s->accel.viommu_id, val, errp);
}

static void signalled(EventNotifier *irq)
{
    AMDVIState *s = container_of(irq, AMDVIState, accel.irq);

    if (event_notifier_test_and_clear(irq)) {
        s->accel.irqs++;
        trace_amdvi_accel_interrupt(s->accel.irqs);
        qemu_bh_schedule(s->interrupt);
    }
}

/* Without it the guest polls for COMPLETION_WAIT, and never sees its event log */
void amdvi_accel_irq_init(AMDVIState *s)
{
    AMDVIAccel *a = &s->accel;
    Error *err = NULL;

    if (event_notifier_init(&a->irq, false) < 0) {
        warn_report("amd-iommu: no eventfd for the guest's event log");
        return;
    }
    if (!set_irq(s, IRQ_EVENT | event_notifier_get_fd(&a->irq), &err)) {
        warn_reportf_err(err, "amd-iommu: the guest is not interrupted for its "
                         "event log: ");
        event_notifier_cleanup(&a->irq);
        return;
    }
    event_notifier_set_handler(&a->irq, signalled);
    a->has_irq = true;
}

void amdvi_accel_irq_cleanup(AMDVIState *s)
{
    AMDVIAccel *a = &s->accel;

    if (!a->has_irq) {
        return;
    }
    a->has_irq = false;
    set_irq(s, IRQ_EVENT | IRQ_NONE, NULL);
    event_notifier_set_handler(&a->irq, NULL);
    event_notifier_cleanup(&a->irq);
}
