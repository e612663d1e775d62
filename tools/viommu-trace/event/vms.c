// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which VM has which guest ID.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/vms.h"
#include "lib/bpf/objects.h"
#include "lib/sys/array.h"
#include "viommu_trace.h"

/* Where it is, or has to be: they are in order of IOMMU and guest ID */
static size_t place(const struct vms *vms, uint32_t iommu, uint16_t guest_id)
{
	size_t low = 0, high = vms->nr;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct vm *vm = &vms->vm[middle];

		if (vm->iommu < iommu || (vm->iommu == iommu && vm->guest_id < guest_id))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct vm *find(const struct vms *vms, uint32_t iommu, uint16_t guest_id)
{
	size_t at = place(vms, iommu, guest_id);

	if (at < vms->nr && vms->vm[at].iommu == iommu && vms->vm[at].guest_id == guest_id)
		return &vms->vm[at];
	return NULL;
}

const struct vm *vms_find(const struct vms *vms, uint32_t iommu, uint16_t guest_id)
{
	return guest_id ? find(vms, iommu, guest_id) : NULL;
}

static struct vm *insert(struct vms *vms, uint32_t iommu, uint16_t guest_id)
{
	size_t at = place(vms, iommu, guest_id);

	if (!array_add(&vms->vm, &vms->nr, &vms->room, sizeof(*vms->vm)))
		return NULL;
	memmove(&vms->vm[at + 1], &vms->vm[at], (vms->nr - 1 - at) * sizeof(*vms->vm));
	return &vms->vm[at];
}

void vms_set(struct vms *vms, uint32_t iommu, uint16_t guest_id, int pid, const char *name)
{
	struct vm *vm = find(vms, iommu, guest_id);

	if (!vm)
		vm = insert(vms, iommu, guest_id);
	/* Without memory, it has no name */
	if (!vm)
		return;
	*vm = (struct vm){.iommu = iommu, .guest_id = guest_id, .pid = pid};
	snprintf(vm->name, sizeof(vm->name), "%s", name);
}

void vms_add(struct vms *vms, uint32_t iommu, uint16_t guest_id, int pid, const char *comm,
	     uint64_t ns)
{
	char name[VMNAME_MAX];

	vmname_lookup(name, sizeof(name), pid, comm, ns);
	vms_set(vms, iommu, guest_id, pid, name);
}

/* Its name was looked up when it was new: /proc is slow, and vIOMMUs may be many */
static void add_listed(void *context, const void *record)
{
	const struct vtr_viommu *viommu = record;
	struct vms *vms = context;
	struct vm *vm = find(vms, viommu->iommu, viommu->guest_id);

	if (vm && vm->serial == viommu->serial)
		return;
	vms_add(vms, viommu->iommu, viommu->guest_id, viommu->pid, viommu->comm,
		viommu->created_ns);
	vm = find(vms, viommu->iommu, viommu->guest_id);
	if (vm)
		vm->serial = viommu->serial;
}

bool vms_list(struct vms *vms, const struct bpf_program *iterator)
{
	return list_objects(iterator, sizeof(struct vtr_viommu), add_listed, vms);
}

void vms_free(struct vms *vms)
{
	free(vms->vm);
	memset(vms, 0, sizeof(*vms));
}
