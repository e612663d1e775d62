// SPDX-License-Identifier: GPL-2.0-only
/*
 * What exists now, from what existed at the beginning and events since then.
 */
#include <stdlib.h>
#include <string.h>

#include "fly/present.h"
#include "lib/sys/array.h"

/* Where it is, or has to be */
static size_t place(const struct present *present, uint32_t iommu, uint16_t guest_id)
{
	size_t low = 0, high = present->nr_viommus;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct trace_viommu *viommu = &present->viommu[middle];

		if (viommu->iommu < iommu ||
		    (viommu->iommu == iommu && viommu->guest_id < guest_id))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct trace_viommu *find(const struct present *present, uint32_t iommu, uint16_t guest_id)
{
	size_t at = place(present, iommu, guest_id);
	struct trace_viommu *viommu = &present->viommu[at];

	if (at < present->nr_viommus && viommu->iommu == iommu && viommu->guest_id == guest_id)
		return viommu;
	return NULL;
}

static void remove_vdevices(struct present *present, uint32_t iommu, uint16_t guest_id)
{
	size_t kept = 0;

	for (size_t i = 0; i < present->nr_vdevices; i++) {
		const struct trace_vdevice *vdevice = &present->vdevice[i];

		if (vdevice->iommu != iommu || vdevice->guest_id != guest_id)
			present->vdevice[kept++] = *vdevice;
	}
	present->nr_vdevices = kept;
}

static void remove_viommu(struct present *present, struct trace_viommu *viommu)
{
	size_t at = viommu - present->viommu;

	remove_vdevices(present, viommu->iommu, viommu->guest_id);
	present->nr_viommus--;
	memmove(viommu, viommu + 1, (present->nr_viommus - at) * sizeof(*viommu));
}

static struct trace_viommu *insert(struct present *present, uint32_t iommu, uint16_t guest_id)
{
	size_t at = place(present, iommu, guest_id);

	if (!array_add(&present->viommu, &present->nr_viommus, &present->viommu_room,
		       sizeof(*present->viommu)))
		return NULL;
	memmove(&present->viommu[at + 1], &present->viommu[at],
		(present->nr_viommus - 1 - at) * sizeof(*present->viommu));
	return &present->viommu[at];
}

bool present_viommu(struct present *present, const struct trace_viommu *viommu)
{
	struct trace_viommu *own = find(present, viommu->iommu, viommu->guest_id);

	if (!own)
		own = insert(present, viommu->iommu, viommu->guest_id);
	if (!own)
		return false;
	*own = *viommu;
	own->existing = true;
	return true;
}

bool present_vdevice(struct present *present, const struct trace_vdevice *vdevice)
{
	struct trace_vdevice *own = array_add(&present->vdevice, &present->nr_vdevices,
					      &present->vdevice_room, sizeof(*own));

	if (own)
		*own = *vdevice;
	return own;
}

void present_who(struct present *present, const struct trace_viommu *who)
{
	present->who = *who;
}

static bool new_viommu(struct present *present, const struct vtr_event *event)
{
	struct trace_viommu new = {
		.iommu = event->iommu,
		.guest_id = event->guest_id,
		.pid = event->pid,
	};

	memcpy(new.comm, event->comm, sizeof(new.comm));
	if (present->who.iommu == event->iommu && present->who.guest_id == event->guest_id)
		new = present->who;
	remove_vdevices(present, event->iommu, event->guest_id);
	return present_viommu(present, &new);
}

static bool init(struct present *present, struct trace_viommu *viommu,
		 const struct vtr_event *event)
{
	if (event->arg[1])
		return true;
	if (!viommu && !new_viommu(present, event))
		return false;
	viommu = find(present, event->iommu, event->guest_id);
	viommu->serial = event->arg[0];
	viommu->created_ns = event->ns;
	return true;
}

static void remove_vdevice(struct present *present, const struct vtr_event *event)
{
	for (size_t i = 0; i < present->nr_vdevices; i++) {
		struct trace_vdevice *vdevice = &present->vdevice[i];

		if (vdevice->iommu == event->iommu && vdevice->guest_id == event->guest_id &&
		    vdevice->hdev_id == event->arg[1]) {
			*vdevice = present->vdevice[--present->nr_vdevices];
			return;
		}
	}
}

static bool vdevice_init(struct present *present, const struct vtr_event *event)
{
	const struct trace_vdevice vdevice = {
		.iommu = event->iommu,
		.guest_id = event->guest_id,
		.gdev_id = event->arg[0],
		.hdev_id = event->arg[1],
	};

	if (event->arg[2])
		return true;
	remove_vdevice(present, event);
	return present_vdevice(present, &vdevice);
}

/* As the VF control register has it, not enabled */
static uint64_t queue_reg(unsigned int queue, uint64_t base, uint64_t size)
{
	uint64_t length = 0;

	while ((uint64_t)VHW_QUEUE_ENTRY_SIZE << length < size && length < VHW_QUEUE_LENGTH)
		length++;
	return (queue == VHW_QUEUE_PPR ? base << VHW_QUEUE_PPR_SHIFT : base) | length;
}

static void queue_event(struct trace_viommu *viommu, const struct vtr_event *event)
{
	const __u64 *arg = event->arg;
	unsigned int queue = arg[0];

	if (queue >= VTR_NR_QUEUES)
		return;
	switch (event->id) {
	case VTR_queue_init:
		if (arg[3])
			return;
		viommu->queue_reg[queue] = queue_reg(queue, arg[1], arg[2]) |
					   (viommu->queue_reg[queue] & VHW_QUEUE_ENABLE);
		viommu->queue_size[queue] = arg[2];
		return;
	case VTR_queue_enable:
		/* Of a new queue, this comes first */
		viommu->queue_reg[queue] = arg[1];
		viommu->queue_size[queue] = VHW_QUEUE_ENTRY_SIZE << (arg[1] & VHW_QUEUE_LENGTH);
		return;
	case VTR_queue_disable:
		viommu->queue_reg[queue] &= ~VHW_QUEUE_ENABLE;
		return;
	case VTR_queue_destroy:
		viommu->queue_reg[queue] = 0;
		viommu->queue_size[queue] = 0;
		return;
	default:
		return;
	}
}

static void viommu_event(struct trace_viommu *viommu, const struct vtr_event *event)
{
	const __u64 *arg = event->arg;

	switch (event->id) {
	case VTR_destroy:
		if (viommu->serial == arg[0])
			viommu->serial = 0;
		return;
	case VTR_cmd_submit:
		viommu->cmds++;
		return;
	case VTR_event_record:
		viommu->events++;
		return;
	case VTR_control:
		if (!arg[1])
			viommu->control = arg[0];
		return;
	case VTR_trans_devid_alloc:
		if (!arg[1])
			viommu->trans_devid = arg[0];
		return;
	case VTR_trans_devid_relocate:
		if (!arg[2])
			viommu->trans_devid = arg[1];
		return;
	case VTR_trans_devid_free:
		viommu->trans_devid = 0;
		return;
	case VTR_trans_dte_set:
		viommu->domain_id = arg[1];
		return;
	default:
		queue_event(viommu, event);
	}
}

bool present_event(struct present *present, const struct vtr_event *event)
{
	struct trace_viommu *viommu;

	/* What is the host's own is nobody's */
	if (!event->guest_id)
		return true;
	viommu = find(present, event->iommu, event->guest_id);
	switch (event->id) {
	case VTR_guest_id_alloc:
		return event->arg[0] || new_viommu(present, event);
	case VTR_init:
		return init(present, viommu, event);
	case VTR_guest_id_free:
		if (viommu)
			remove_viommu(present, viommu);
		return true;
	case VTR_vdevice_init:
		return vdevice_init(present, event);
	case VTR_vdevice_destroy:
		remove_vdevice(present, event);
		return true;
	default:
		if (viommu)
			viommu_event(viommu, event);
		return true;
	}
}

bool present_write(const struct present *present, struct trace_writer *writer)
{
	bool good = true;

	for (size_t i = 0; good && i < present->nr_viommus; i++)
		good = trace_write_viommu(writer, &present->viommu[i]);
	for (size_t i = 0; good && i < present->nr_vdevices; i++)
		good = trace_write_vdevice(writer, &present->vdevice[i]);
	return good;
}

void present_free(struct present *present)
{
	free(present->viommu);
	free(present->vdevice);
	memset(present, 0, sizeof(*present));
}
