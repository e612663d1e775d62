// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event log records handed to the VMM of the guest they concern.
 *
 * What the hardware cannot log for the guest it logs for the host. The VMM
 * gets such records through a vEVENTQ, with the guest's IDs in the place of
 * the host's, to inject them as the guest's own.
 */

#include <linux/iommufd.h>

#include "amd_iommu.h"
#include "viommu.h"

#include <trace/events/amd_viommu.h>

#define EVENT_DW0_ID		GENMASK(15, 0)
#define EVENT_DW1_ID		GENMASK(15, 0)
#define EVENT_DW1_GN		BIT(16)

static void replace(u32 *word, u32 mask, u16 id)
{
	*word = (*word & ~mask) | FIELD_PREP(mask, id);
}

/* 0 for a domain that is none of the guest's own, its default among them */
static u16 gdom_id(struct amd_iommu_viommu *aviommu, u16 hdom_id)
{
	struct guest_domain_mapping_info *info;
	unsigned long index, found = 0;

	guard(mutex)(&aviommu->gdom_lock);
	xa_for_each(&aviommu->gdomid_array, index, info)
		if (info->hdom_id == hdom_id)
			found = index;
	return found;
}

/* The host's own or a private address: none that a guest could have used */
static void hide_address(struct amd_iommu_event *event)
{
	event->data[2] = 0;
	event->data[3] = 0;
}

static void to_guest_ids(struct amd_iommu_viommu *aviommu,
			 struct amd_iommu_event *event)
{
	struct amd_iommu_vdevice *vdev;

	switch (event->data[1] >> EVENT_TYPE_SHIFT) {
	case EVENT_TYPE_GUEST_EVENT_FAULT:
		replace(&event->data[1], EVENT_DW1_ID, 0);
		return;
	case EVENT_TYPE_VIOMMU_HW_ERR:
		replace(&event->data[0], EVENT_DW0_ID, 0);
		hide_address(event);
		return;
	case EVENT_TYPE_DEV_TAB_ERR:
		hide_address(event);
		break;
	case EVENT_TYPE_PAGE_TAB_ERR:
		hide_address(event);
		fallthrough;
	case EVENT_TYPE_IO_FAULT:
		/* With GN it is a PASID, which is the guest's own */
		if (!(event->data[1] & EVENT_DW1_GN))
			replace(&event->data[1], EVENT_DW1_ID,
				gdom_id(aviommu, event->data[1]));
		break;
	}
	/* A guest's buffer names the translation device ID: no device */
	vdev = xa_load(&aviommu->vdevices,
		       FIELD_GET(EVENT_DW0_ID, event->data[0]));
	replace(&event->data[0], EVENT_DW0_ID, vdev ? vdev->gdev_id : 0);
}

static int deliver(struct amd_iommu_viommu *aviommu,
		   struct amd_iommu_event event)
{
	struct iommu_vevent_amd vevent;

	to_guest_ids(aviommu, &event);
	vevent.evt[0] = cpu_to_le64((u64)event.data[1] << 32 | event.data[0]);
	vevent.evt[1] = cpu_to_le64((u64)event.data[3] << 32 | event.data[2]);
	return iommufd_viommu_report_event(&aviommu->core,
					   IOMMU_VEVENTQ_TYPE_AMD, &vevent,
					   sizeof(vevent));
}

/**
 * amd_viommu_vevent_deliver() - Hand a record to the VMM of a guest
 * @iommu:  IOMMU that wrote it
 * @serial: serial of the vIOMMU that it concerns, which may be gone by now
 * @event:  the record, with the host's IDs
 *
 * A VMM without a vEVENTQ gets nothing; a full one loses the record and is
 * marked so by the core. Called by the thread that empties the log; sleeps.
 */
void amd_viommu_vevent_deliver(struct amd_iommu *iommu, u64 serial,
			       const struct amd_iommu_event *event)
{
	struct amd_iommu_viommu *aviommu;
	int ret;

	guard(mutex)(&amd_viommu_lock);

	aviommu = xa_load(&amd_viommus, serial);
	if (!aviommu || aviommu->iommu != iommu)
		return;
	ret = deliver(aviommu, *event);
	if (ret != -EOPNOTSUPP)
		trace_viommu_event_deliver(aviommu, event, ret);
}

#ifdef CONFIG_AMD_IOMMU_VIOMMU_KUNIT_TEST
#include "viommu_vevent_kunit.c"
#endif
