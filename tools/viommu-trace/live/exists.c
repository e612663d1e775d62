// SPDX-License-Identifier: GPL-2.0-only
/*
 * What exists, as recordings have it.
 */
#include <string.h>

#include "live/exists.h"

struct trace_viommu exists_viommu(const struct vtr_viommu *from, const struct vm *vm)
{
	struct trace_viommu viommu = {
		.iommu = from->iommu,
		.guest_id = from->guest_id,
		.pid = from->pid,
		.existing = true,
		.serial = from->serial,
		.created_ns = from->created_ns,
		.cmds = from->cmds,
		.events = from->events,
		.domain_id = from->domain_id,
		.trans_devid = from->trans_devid,
		.control = from->control,
	};

	memcpy(viommu.queue_reg, from->queue_reg, sizeof(viommu.queue_reg));
	memcpy(viommu.queue_size, from->queue_size, sizeof(viommu.queue_size));
	memcpy(viommu.comm, from->comm, sizeof(viommu.comm));
	memcpy(viommu.name, vm->name, sizeof(viommu.name));
	return viommu;
}

struct trace_vdevice exists_vdevice(const struct vtr_vdevice *from)
{
	return (struct trace_vdevice){
		.iommu = from->iommu,
		.guest_id = from->guest_id,
		.gdev_id = from->gdev_id,
		.hdev_id = from->hdev_id,
		.serial = from->serial,
	};
}

struct trace_viommu exists_new(const struct vm *vm, const char *comm)
{
	struct trace_viommu viommu = {.iommu = vm->iommu, .guest_id = vm->guest_id, .pid = vm->pid};

	memcpy(viommu.comm, comm, sizeof(viommu.comm));
	memcpy(viommu.name, vm->name, sizeof(viommu.name));
	return viommu;
}
