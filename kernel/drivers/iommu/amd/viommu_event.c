// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host event log: records that the vIOMMU raises, and whose records are.
 */

#define pr_fmt(fmt)	"AMD-Vi: " fmt
#define dev_fmt(fmt)	pr_fmt(fmt)

#include "amd_iommu.h"
#include "viommu.h"

#include <trace/events/amd_viommu.h>

/* GUEST_EVENT_FAULT */
#define GUEST_EVENT_FAULT_DW1_GUEST_ID	GENMASK(15, 0)
/* VIOMMU_HARDWARE_ERROR */
#define VIOMMU_HW_ERR_DW0_GUEST_ID	GENMASK(15, 0)
#define VIOMMU_HW_ERR_DW0_SOURCE	GENMASK(17, 16)
/* Records of what a device did */
#define EVENT_DW0_DEVICE_ID		GENMASK(15, 0)
/* Records of translations: the domain ID is valid unless GN is set */
#define EVENT_DW1_DOMAIN_ID		GENMASK(15, 0)
#define EVENT_DW1_FLAGS			GENMASK(27, 16)
#define   EVENT_DW1_FLAG_GN		BIT(16)
#define EVENT_DW0_VFLAGS		GENMASK(31, 27)

static u8 event_code(const struct amd_iommu_event *event)
{
	return event->data[1] >> EVENT_TYPE_SHIFT;
}

static u64 event_address(const struct amd_iommu_event *event)
{
	return (u64)event->data[3] << 32 | event->data[2];
}

static u16 event_guest_id(const struct amd_iommu_event *event)
{
	switch (event_code(event)) {
	case EVENT_TYPE_GUEST_EVENT_FAULT:
		return FIELD_GET(GUEST_EVENT_FAULT_DW1_GUEST_ID, event->data[1]);
	case EVENT_TYPE_VIOMMU_HW_ERR:
		return FIELD_GET(VIOMMU_HW_ERR_DW0_GUEST_ID, event->data[0]);
	default:
		return 0;
	}
}

/* A guest's device that did something wrong */
static struct amd_iommu_vdevice *event_vdevice(struct amd_viommu_hw *hw,
					       const struct amd_iommu_event *event)
{
	switch (event_code(event)) {
	case EVENT_TYPE_ILL_DEV:
	case EVENT_TYPE_IO_FAULT:
	case EVENT_TYPE_DEV_TAB_ERR:
	case EVENT_TYPE_PAGE_TAB_ERR:
	case EVENT_TYPE_IOTLB_INV_TO:
	case EVENT_TYPE_INV_DEV_REQ:
	case EVENT_TYPE_INV_PPR_REQ:
		return xa_load(&hw->devices,
			       FIELD_GET(EVENT_DW0_DEVICE_ID, event->data[0]));
	default:
		return NULL;
	}
}

/* A buffer of a guest has the translation device ID, a device its own */
static struct amd_iommu_viommu *event_buffer(struct amd_viommu_hw *hw,
					     const struct amd_iommu_event *event)
{
	return xa_load(&hw->buffers,
		       FIELD_GET(EVENT_DW0_DEVICE_ID, event->data[0]));
}

/*
 * By the guest ID in the record, else by the buffer, else by the domain that did
 * not translate: guests with a common parent have only that one.
 */
static struct amd_iommu_viommu *event_viommu(struct amd_viommu_hw *hw,
					     const struct amd_iommu_event *event)
{
	struct amd_iommu_viommu *aviommu;

	switch (event_code(event)) {
	case EVENT_TYPE_GUEST_EVENT_FAULT:
	case EVENT_TYPE_VIOMMU_HW_ERR:
		return xa_load(&hw->guests, event_guest_id(event));
	case EVENT_TYPE_IO_FAULT:
	case EVENT_TYPE_PAGE_TAB_ERR:
		aviommu = event_buffer(hw, event);
		if (aviommu)
			return aviommu;
		if (event->data[1] & EVENT_DW1_FLAG_GN)
			return NULL;
		return xa_load(&hw->domains,
			       FIELD_GET(EVENT_DW1_DOMAIN_ID, event->data[1]));
	default:
		return NULL;
	}
}

/* Returns the serial of the vIOMMU it counts for, or 0 */
static u64 count_event(struct amd_iommu *iommu,
		       const struct amd_iommu_event *event, u16 *guest_id)
{
	struct amd_viommu_hw *hw = iommu->viommu_hw;
	struct amd_iommu_viommu *aviommu;
	struct amd_iommu_vdevice *vdev;
	unsigned long flags;
	u64 serial = 0;

	if (!hw)
		return 0;

	/* The lock keeps vIOMMU and vDevice, see struct amd_viommu_hw */
	raw_spin_lock_irqsave(&iommu->lock, flags);
	vdev = event_vdevice(hw, event);
	if (vdev)
		atomic64_inc(&vdev->events);
	aviommu = vdev ? vdev->viommu : event_viommu(hw, event);
	if (aviommu) {
		*guest_id = aviommu->guest_id;
		serial = aviommu->serial;
		atomic64_inc(&aviommu->stats.events);
	}
	raw_spin_unlock_irqrestore(&iommu->lock, flags);
	return serial;
}

/**
 * amd_viommu_event_record() - Account for a record of the host event log
 * @iommu: IOMMU that wrote it
 * @event: the record, complete
 *
 * Called for every record by the one thread that empties the log. The guest
 * that it concerns gets it, too, if its VMM listens.
 */
void amd_viommu_event_record(struct amd_iommu *iommu,
			     const struct amd_iommu_event *event)
{
	u16 guest_id = event_guest_id(event);
	u64 serial = count_event(iommu, event, &guest_id);

	trace_viommu_event_record(iommu, guest_id, event);
	if (!serial)
		return;
	amd_viommu_queue_fault(iommu, serial, event);
	amd_viommu_vevent_deliver(iommu, serial, event);
}

/**
 * amd_viommu_report_event() - Print a record that only a vIOMMU raises
 * @iommu: IOMMU that wrote it
 * @event: GUEST_EVENT_FAULT or VIOMMU_HARDWARE_ERROR record
 *
 * Guests can provoke these at will, so they are rate-limited.
 */
void amd_viommu_report_event(struct amd_iommu *iommu,
			     const struct amd_iommu_event *event)
{
	struct device *dev = iommu->iommu.dev;
	u32 flags = FIELD_GET(EVENT_DW1_FLAGS, event->data[1]);
	u32 vflags = FIELD_GET(EVENT_DW0_VFLAGS, event->data[0]);

	if (event_code(event) == EVENT_TYPE_GUEST_EVENT_FAULT)
		dev_err_ratelimited(dev, "Event logged [GUEST_EVENT_FAULT guest_id=%u flags=0x%03x vflags=0x%02x]\n",
				    event_guest_id(event), flags, vflags);
	else
		dev_err_ratelimited(dev, "Event logged [VIOMMU_HARDWARE_ERROR guest_id=%u source=%u address=0x%llx flags=0x%03x vflags=0x%02x]\n",
				    event_guest_id(event),
				    (u32)FIELD_GET(VIOMMU_HW_ERR_DW0_SOURCE, event->data[0]),
				    event_address(event), flags, vflags);
}

/**
 * amd_viommu_event_log_overflow() - The host event log lost records
 * @iommu: IOMMU whose log is full
 */
void amd_viommu_event_log_overflow(struct amd_iommu *iommu)
{
	trace_viommu_event_log_overflow(iommu, 0);
}

/**
 * amd_viommu_event_log_restart() - The host event log runs again
 * @iommu: IOMMU whose log overflowed
 */
void amd_viommu_event_log_restart(struct amd_iommu *iommu)
{
	trace_viommu_event_log_restart(iommu, 0);
}

#ifdef CONFIG_AMD_IOMMU_VIOMMU_KUNIT_TEST
#include "viommu_event_kunit.c"
#endif
