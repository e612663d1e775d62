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

const struct vm *vms_find_life(const struct vms *vms, uint32_t iommu, uint16_t guest_id,
			       uint32_t life)
{
	const struct vm *vm = vms_find(vms, iommu, guest_id);

	if (!vm || vm->life == life)
		return vm;
	/* The last ones are the most likely */
	for (size_t i = vms->nr_past; i--;) {
		vm = &vms->past[i];
		if (vm->life == life && vm->iommu == iommu && vm->guest_id == guest_id)
			return vm;
	}
	return NULL;
}

/*
 * A process that makes one after the other cannot be told apart but by what ended. Its
 * name may be another by now: who has gone since has none in /proc.
 */
static bool is_same(const struct vm *vm, const struct vm *who)
{
	if (who->life)
		return vm->life == who->life;
	if (vm->serial && who->serial)
		return vm->serial == who->serial;
	return !vm->ended && vm->pid == who->pid;
}

static void keep_past(struct vms *vms, const struct vm *vm)
{
	struct vm *past = array_add(&vms->past, &vms->nr_past, &vms->past_room, sizeof(*past));

	if (past)
		*past = *vm;
}

void vms_put(struct vms *vms, const struct vm *who)
{
	struct vm *vm = find(vms, who->iommu, who->guest_id);

	if (vm && is_same(vm, who)) {
		if (who->serial)
			vm->serial = who->serial;
		return;
	}
	if (vm)
		keep_past(vms, vm);
	else
		vm = insert(vms, who->iommu, who->guest_id);
	/* Without memory, it has no name */
	if (!vm)
		return;
	*vm = *who;
	if (!vm->life)
		vm->life = ++vms->lives;
}

void vms_end(struct vms *vms, uint32_t iommu, uint16_t guest_id)
{
	struct vm *vm = find(vms, iommu, guest_id);

	if (vm)
		vm->ended = true;
}

void vms_set(struct vms *vms, uint32_t iommu, uint16_t guest_id, int pid, const char *name)
{
	struct vm who = {.iommu = iommu, .guest_id = guest_id, .pid = pid};

	snprintf(who.name, sizeof(who.name), "%s", name);
	vms_put(vms, &who);
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
	struct vm who = {
		.iommu = viommu->iommu,
		.guest_id = viommu->guest_id,
		.serial = viommu->serial,
		.pid = viommu->pid,
	};

	if (vm && vm->serial == viommu->serial)
		return;
	vmname_lookup(who.name, sizeof(who.name), who.pid, viommu->comm, viommu->created_ns);
	vms_put(vms, &who);
	vm = find(vms, viommu->iommu, viommu->guest_id);
	if (vm)
		vm->life = 0;
}

bool vms_list(struct vms *vms, const struct bpf_program *iterator)
{
	return list_objects(iterator, sizeof(struct vtr_viommu), add_listed, vms);
}

void vms_free(struct vms *vms)
{
	free(vms->vm);
	free(vms->past);
	memset(vms, 0, sizeof(*vms));
}
