// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host event log: records that concern guests, and their way to VMMs.
 *
 * The hardware logs for the host what it cannot log for a guest. Such a record
 * counts for the guest. If the hardware could not reach a queue of the guest, the
 * driver finds the queue and counts the record for it. The VMM gets the record through a
 * vEVENTQ, with the guest's IDs in the place of the host's, to inject it as the
 * guest's own.
 */

#define pr_fmt(fmt)	"AMD-Vi: " fmt
#define dev_fmt(fmt)	pr_fmt(fmt)

#include <linux/iommufd.h>
#include <linux/ratelimit.h>

#include "viommu_internal.h"

#include <trace/events/amd_viommu.h>

/* The same bits in many records; what they mean depends on the code */
#define EVENT_DW0_ID			GENMASK(15, 0)
#define EVENT_DW1_ID			GENMASK(15, 0)
/* VIOMMU_HARDWARE_ERROR */
#define VIOMMU_HW_ERR_DW0_SOURCE	GENMASK(17, 16)
/* Records of translations: with GN, the domain ID is a PASID */
#define EVENT_DW1_FLAGS			GENMASK(27, 16)
#define   EVENT_DW1_FLAG_GN		BIT(16)
/* Which kind of access of the vIOMMU raised it */
#define EVENT_DW0_VFLAGS		GENMASK(31, 27)
#define   EVENT_DW0_VFLAG_CMD		BIT(31)

static u8 viommu_event_code(const struct amd_iommu_event *event)
{
	return event->data[1] >> EVENT_TYPE_SHIFT;
}

static u16 viommu_event_dw0_id(const struct amd_iommu_event *event)
{
	return FIELD_GET(EVENT_DW0_ID, event->data[0]);
}

static u16 viommu_event_dw1_id(const struct amd_iommu_event *event)
{
	return FIELD_GET(EVENT_DW1_ID, event->data[1]);
}

static u64 viommu_event_address(const struct amd_iommu_event *event)
{
	return (u64)event->data[3] << 32 | event->data[2];
}

/*
 * The guest that a record concerns
 */

static u16 viommu_event_guest_id(const struct amd_iommu_event *event)
{
	switch (viommu_event_code(event)) {
	case EVENT_TYPE_GUEST_EVENT_FAULT:
		return viommu_event_dw1_id(event);
	case EVENT_TYPE_VIOMMU_HW_ERR:
		return viommu_event_dw0_id(event);
	default:
		return 0;
	}
}

/* A guest's device that did something wrong */
static struct amd_iommu_vdevice *
viommu_event_vdevice(struct amd_viommu_hw *hw, const struct amd_iommu_event *event)
{
	switch (viommu_event_code(event)) {
	case EVENT_TYPE_ILL_DEV:
	case EVENT_TYPE_IO_FAULT:
	case EVENT_TYPE_DEV_TAB_ERR:
	case EVENT_TYPE_PAGE_TAB_ERR:
	case EVENT_TYPE_IOTLB_INV_TO:
	case EVENT_TYPE_INV_DEV_REQ:
	case EVENT_TYPE_INV_PPR_REQ:
		return xa_load(&hw->devices, viommu_event_dw0_id(event));
	default:
		return NULL;
	}
}

/*
 * By the guest ID in the record, else by the buffer, which has the translation
 * device ID, else by the domain that did not translate: guests with a common
 * parent have only that one.
 */
static struct amd_iommu_viommu *
viommu_event_viommu(struct amd_viommu_hw *hw, const struct amd_iommu_event *event)
{
	struct amd_iommu_viommu *aviommu;

	switch (viommu_event_code(event)) {
	case EVENT_TYPE_GUEST_EVENT_FAULT:
	case EVENT_TYPE_VIOMMU_HW_ERR:
		return xa_load(&hw->guests, viommu_event_guest_id(event));
	case EVENT_TYPE_IO_FAULT:
	case EVENT_TYPE_PAGE_TAB_ERR:
		aviommu = xa_load(&hw->buffers, viommu_event_dw0_id(event));
		if (aviommu)
			return aviommu;
		if (event->data[1] & EVENT_DW1_FLAG_GN)
			return NULL;
		return xa_load(&hw->domains, viommu_event_dw1_id(event));
	default:
		return NULL;
	}
}

/*
 * Guests can provoke records at will: each has a limit of its own. Records that
 * only a vIOMMU raises, and that concern no guest, share one.
 */
static bool viommu_event_may_print(struct amd_iommu_viommu *aviommu,
				   const struct amd_iommu_event *event)
{
	static struct ratelimit_state nobodys =
		RATELIMIT_STATE_INIT_FLAGS(nobodys, DEFAULT_RATELIMIT_INTERVAL,
					   DEFAULT_RATELIMIT_BURST,
					   RATELIMIT_MSG_ON_RELEASE);

	if (aviommu)
		return __ratelimit(&aviommu->log_rs);
	switch (viommu_event_code(event)) {
	case EVENT_TYPE_GUEST_EVENT_FAULT:
	case EVENT_TYPE_VIOMMU_HW_ERR:
		return __ratelimit(&nobodys);
	default:
		return true;
	}
}

/*
 * Finds the vIOMMU that the record counts for, or NULL. @may_print is set to
 * whether it is for the log.
 */
static struct amd_iommu_viommu *
viommu_event_count(struct amd_viommu_hw *hw, const struct amd_iommu_event *event,
		   bool *may_print)
{
	struct amd_iommu_viommu *aviommu;
	struct amd_iommu_vdevice *vdev;

	lockdep_assert_held(&hw->event_lock);
	vdev = viommu_event_vdevice(hw, event);
	if (vdev)
		atomic64_inc(&vdev->events);
	aviommu = vdev ? vdev->viommu : viommu_event_viommu(hw, event);
	if (aviommu)
		atomic64_inc(&aviommu->stats.events);
	*may_print = viommu_event_may_print(aviommu, event);
	return aviommu;
}

/*
 * Queues that the hardware could not reach: the guest, or its VMM, has put a
 * queue, or the target of a command's store, where nothing is mapped. The address
 * tells which queue it was.
 */

/*
 * An access of the vIOMMU, not one of a device. It is not documented whether the
 * record has the requester ID of the guest's buffers or that of the IOMMU.
 */
static bool viommu_event_is_access(struct amd_iommu_viommu *aviommu,
				   const struct amd_iommu_event *event)
{
	u16 devid = viommu_event_dw0_id(event);

	switch (viommu_event_code(event)) {
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

static enum amd_viommu_queue_type
viommu_event_queue_at(struct amd_iommu_viommu *aviommu, u64 address)
{
	int type;

	for (type = 0; type < AMD_VIOMMU_NR_QUEUES; type++) {
		struct amd_viommu_queue *queue = &aviommu->queues[type];
		/* The guest knows of a queue that comes or goes meanwhile */
		u32 size = smp_load_acquire(&queue->size);

		if (address - READ_ONCE(queue->base) < size)
			break;
	}
	return type;
}

/* The record does not say in which of its logs the guest should have got it */
static enum amd_viommu_queue_type
viommu_event_only_log(struct amd_iommu_viommu *aviommu)
{
	u64 evt = READ_ONCE(aviommu->queues[AMD_VIOMMU_EVT].reg) &
		  AMD_VIOMMU_QUEUE_ENABLE;
	u64 ppr = READ_ONCE(aviommu->queues[AMD_VIOMMU_PPR].reg) &
		  AMD_VIOMMU_QUEUE_ENABLE;

	if (evt && !ppr)
		return AMD_VIOMMU_EVT;
	if (ppr && !evt)
		return AMD_VIOMMU_PPR;
	return AMD_VIOMMU_NR_QUEUES;
}

static enum amd_viommu_queue_type
viommu_event_queue(struct amd_iommu_viommu *aviommu,
		   const struct amd_iommu_event *event)
{
	enum amd_viommu_queue_type type = AMD_VIOMMU_NR_QUEUES;

	switch (viommu_event_code(event)) {
	case EVENT_TYPE_GUEST_EVENT_FAULT:
		return viommu_event_only_log(aviommu);
	case EVENT_TYPE_IO_FAULT:
		type = viommu_event_queue_at(aviommu, viommu_event_address(event));
		break;
	/* PAGE_TAB_ERR has the address of an entry of a table, perhaps the host's */
	}
	/* What a command needs beside the buffer: a table's entry, a store */
	if (type == AMD_VIOMMU_NR_QUEUES && event->data[0] & EVENT_DW0_VFLAG_CMD)
		type = AMD_VIOMMU_CMD;
	return type;
}

static void viommu_event_queue_fault(struct amd_iommu_viommu *aviommu,
				     const struct amd_iommu_event *event)
{
	enum amd_viommu_queue_type type;

	if (!viommu_event_is_access(aviommu, event))
		return;

	type = viommu_event_queue(aviommu, event);
	if (type != AMD_VIOMMU_NR_QUEUES)
		WRITE_ONCE(aviommu->queues[type].nr_fault,
			   aviommu->queues[type].nr_fault + 1);
	trace_viommu_queue_fault(aviommu, type, event);
}

/*
 * Records for the VMM
 */

static void viommu_event_replace_id(u32 *word, u32 mask, u16 id)
{
	*word = (*word & ~mask) | FIELD_PREP(mask, id);
}

/* 0 for a domain that is none of the guest's own, its default among them */
static u16 viommu_event_gdom_id(struct amd_iommu_viommu *aviommu, u16 hdom_id)
{
	struct amd_viommu_hw *hw = aviommu->iommu->viommu_hw;
	void *gdom_id = xa_load(&hw->gdoms, hdom_id);

	if (!gdom_id || xa_load(&hw->domains, hdom_id) != aviommu)
		return 0;
	return xa_to_value(gdom_id);
}

/* An address of the host or a private one: no guest could have used it */
static void viommu_event_hide_address(struct amd_iommu_event *event)
{
	event->data[2] = 0;
	event->data[3] = 0;
}

/*
 * Replaces the IDs of the host. Returns false for a device that is attached to a
 * domain of the guest but has no vDevice: the guest has no ID for it, and 0 may be
 * the ID of another device.
 */
static bool viommu_event_to_guest_ids(struct amd_iommu_viommu *aviommu,
				      struct amd_iommu_event *event)
{
	bool is_access = viommu_event_is_access(aviommu, event);
	struct amd_iommu_vdevice *vdev;

	switch (viommu_event_code(event)) {
	case EVENT_TYPE_GUEST_EVENT_FAULT:
		viommu_event_replace_id(&event->data[1], EVENT_DW1_ID, 0);
		return true;
	case EVENT_TYPE_VIOMMU_HW_ERR:
		viommu_event_replace_id(&event->data[0], EVENT_DW0_ID, 0);
		viommu_event_hide_address(event);
		return true;
	case EVENT_TYPE_DEV_TAB_ERR:
	/* Where the host's command is, or perhaps what the device had translated */
	case EVENT_TYPE_IOTLB_INV_TO:
	case EVENT_TYPE_INV_DEV_REQ:
		viommu_event_hide_address(event);
		break;
	case EVENT_TYPE_PAGE_TAB_ERR:
		viommu_event_hide_address(event);
		fallthrough;
	case EVENT_TYPE_IO_FAULT:
		/* With GN it is a PASID, which the guest knows as it is */
		if (!(event->data[1] & EVENT_DW1_FLAG_GN))
			viommu_event_replace_id(&event->data[1], EVENT_DW1_ID,
						viommu_event_gdom_id(aviommu, event->data[1]));
		break;
	}
	vdev = xa_load(&aviommu->vdevices, viommu_event_dw0_id(event));
	viommu_event_replace_id(&event->data[0], EVENT_DW0_ID,
				vdev ? vdev->gdev_id : 0);
	return vdev || is_access;
}

/*
 * A VMM without a vEVENTQ gets nothing; a full one loses the record and is
 * marked so by the core.
 */
static void viommu_event_deliver(struct amd_iommu_viommu *aviommu,
				 const struct amd_iommu_event *event)
{
	struct amd_iommu_event guest = *event;
	struct iommu_vevent_amd vevent;
	int ret;

	if (!viommu_event_to_guest_ids(aviommu, &guest))
		return;

	vevent.evt[0] = cpu_to_le64((u64)guest.data[1] << 32 | guest.data[0]);
	vevent.evt[1] = cpu_to_le64((u64)guest.data[3] << 32 | guest.data[2]);
	ret = iommufd_viommu_report_event(&aviommu->core, IOMMU_VEVENTQ_TYPE_AMD,
					  &vevent, sizeof(vevent));
	if (!ret)
		atomic64_inc(&aviommu->stats.delivered);
	if (ret != -EOPNOTSUPP)
		trace_viommu_event_deliver(aviommu, event, ret);
}

/*
 * The thread that empties the log
 */

/**
 * amd_viommu_event_record() - Account for a record of the host event log
 * @iommu: IOMMU that wrote it
 * @event: the record, complete
 *
 * The one thread that empties the log calls this for every record. The guest that
 * the record concerns gets it, too, if its VMM listens. All other guests wait for
 * this thread: it does not sleep, and takes no lock that is held while anything is
 * done for a guest, only that of the IOMMU's event log, see struct amd_viommu_hw.
 *
 * Return: whether to print the record.
 */
bool amd_viommu_event_record(struct amd_iommu *iommu,
			     const struct amd_iommu_event *event)
{
	u16 guest_id = viommu_event_guest_id(event);
	struct amd_viommu_hw *hw = iommu->viommu_hw;
	struct amd_iommu_viommu *aviommu;
	bool may_print;

	if (!hw) {
		trace_viommu_event_record(iommu, guest_id, event);
		return true;
	}

	guard(spinlock)(&hw->event_lock);

	aviommu = viommu_event_count(hw, event, &may_print);
	trace_viommu_event_record(iommu, aviommu ? aviommu->guest_id : guest_id,
				  event);
	if (aviommu) {
		viommu_event_queue_fault(aviommu, event);
		viommu_event_deliver(aviommu, event);
	}
	return may_print;
}

/**
 * amd_viommu_report_event() - Print a record that only a vIOMMU raises
 * @iommu: IOMMU that wrote it
 * @event: GUEST_EVENT_FAULT or VIOMMU_HARDWARE_ERROR record
 *
 * Only when amd_viommu_event_record() said so: guests can provoke these at will.
 */
void amd_viommu_report_event(struct amd_iommu *iommu,
			     const struct amd_iommu_event *event)
{
	struct device *dev = iommu->iommu.dev;
	u32 flags = FIELD_GET(EVENT_DW1_FLAGS, event->data[1]);
	u32 vflags = FIELD_GET(EVENT_DW0_VFLAGS, event->data[0]);

	if (viommu_event_code(event) == EVENT_TYPE_GUEST_EVENT_FAULT)
		dev_err(dev, "Event logged [GUEST_EVENT_FAULT guest_id=%u flags=0x%03x vflags=0x%02x]\n",
			viommu_event_guest_id(event), flags, vflags);
	else
		dev_err(dev, "Event logged [VIOMMU_HARDWARE_ERROR guest_id=%u source=%u address=0x%llx flags=0x%03x vflags=0x%02x]\n",
			viommu_event_guest_id(event),
			(u32)FIELD_GET(VIOMMU_HW_ERR_DW0_SOURCE, event->data[0]),
			viommu_event_address(event), flags, vflags);
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
#include "viommu_queue_fault_kunit.c"
#include "viommu_vevent_kunit.c"
#endif
