// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues of guests that the hardware could not reach.
 *
 * The guest, or its VMM, has put a queue or what a command stores where nothing
 * is mapped. The hardware tells the host, in records that name the guest, or the
 * requester ID of its buffers; which queue it was follows from the address.
 */

#include "amd_iommu.h"
#include "viommu.h"

#include <trace/events/amd_viommu.h>

#define EVENT_DW0_DEVICE_ID	GENMASK(15, 0)
/* Which kind of access of the vIOMMU raised it */
#define EVENT_DW0_VFLAG_CMD	BIT(31)

static u8 event_code(const struct amd_iommu_event *event)
{
	return event->data[1] >> EVENT_TYPE_SHIFT;
}

static u64 event_address(const struct amd_iommu_event *event)
{
	return (u64)event->data[3] << 32 | event->data[2];
}

/*
 * An access of the vIOMMU, not one of a device. Whether the requester ID of a
 * guest's buffers or that of the IOMMU is in the record is not documented.
 */
static bool is_access(struct amd_iommu_viommu *aviommu,
		      const struct amd_iommu_event *event)
{
	u16 devid = FIELD_GET(EVENT_DW0_DEVICE_ID, event->data[0]);

	switch (event_code(event)) {
	case EVENT_TYPE_GUEST_EVENT_FAULT:
	case EVENT_TYPE_VIOMMU_HW_ERR:
		return true;
	case EVENT_TYPE_IO_FAULT:
	case EVENT_TYPE_PAGE_TAB_ERR:
		return devid == READ_ONCE(aviommu->trans_devid) ||
		       devid == aviommu->iommu->devid;
	default:
		return false;
	}
}

static enum amd_viommu_queue_type queue_at(struct amd_iommu_viommu *aviommu,
					   u64 address)
{
	int type;

	for (type = 0; type < AMD_VIOMMU_NR_QUEUES; type++) {
		struct amd_viommu_queue *queue = &aviommu->queues[type];

		if (address - queue->base < queue->size)
			break;
	}
	return type;
}

/* The record does not say which of its logs the guest could not be told in */
static enum amd_viommu_queue_type only_log(struct amd_iommu_viommu *aviommu)
{
	u64 evt = aviommu->queues[AMD_VIOMMU_EVT].reg & AMD_VIOMMU_QUEUE_ENABLE;
	u64 ppr = aviommu->queues[AMD_VIOMMU_PPR].reg & AMD_VIOMMU_QUEUE_ENABLE;

	if (evt && !ppr)
		return AMD_VIOMMU_EVT;
	if (ppr && !evt)
		return AMD_VIOMMU_PPR;
	return AMD_VIOMMU_NR_QUEUES;
}

static enum amd_viommu_queue_type
faulting_queue(struct amd_iommu_viommu *aviommu,
	       const struct amd_iommu_event *event)
{
	enum amd_viommu_queue_type type = AMD_VIOMMU_NR_QUEUES;

	switch (event_code(event)) {
	case EVENT_TYPE_GUEST_EVENT_FAULT:
		return only_log(aviommu);
	case EVENT_TYPE_IO_FAULT:
		type = queue_at(aviommu, event_address(event));
		break;
	/* PAGE_TAB_ERR has the address of an entry of a table, perhaps the host's */
	}
	/* What a command needs beside the buffer: a table's entry, a store */
	if (type == AMD_VIOMMU_NR_QUEUES && event->data[0] & EVENT_DW0_VFLAG_CMD)
		type = AMD_VIOMMU_CMD;
	return type;
}

/**
 * amd_viommu_queue_fault() - Tell of a queue that the hardware could not reach
 * @iommu:  IOMMU that wrote the record
 * @serial: serial of the vIOMMU that it concerns, which may be gone by now
 * @event:  any record of the host event log
 *
 * Called by the thread that empties the log; sleeps.
 */
void amd_viommu_queue_fault(struct amd_iommu *iommu, u64 serial,
			    const struct amd_iommu_event *event)
{
	struct amd_iommu_viommu *aviommu;
	enum amd_viommu_queue_type type;

	guard(mutex)(&amd_viommu_lock);

	aviommu = xa_load(&amd_viommus, serial);
	if (!aviommu || aviommu->iommu != iommu || !is_access(aviommu, event))
		return;

	guard(mutex)(&aviommu->queue_lock);

	type = faulting_queue(aviommu, event);
	if (type != AMD_VIOMMU_NR_QUEUES)
		aviommu->queues[type].nr_fault++;
	trace_viommu_queue_fault(aviommu, type, event);
}

#ifdef CONFIG_AMD_IOMMU_VIOMMU_KUNIT_TEST
#include "viommu_queue_fault_kunit.c"
#endif
