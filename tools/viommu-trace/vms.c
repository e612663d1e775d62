// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which VM has which guest ID.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "message.h"
#include "readwhole.h"
#include "viommu_trace.h"
#include "vms.h"

static struct vm *find(const struct vms *vms, uint32_t iommu, uint16_t guest_id)
{
	for (size_t i = 0; i < vms->nr; i++)
		if (vms->vm[i].iommu == iommu && vms->vm[i].guest_id == guest_id)
			return &vms->vm[i];
	return NULL;
}

const struct vm *vms_find(const struct vms *vms, uint32_t iommu, uint16_t guest_id)
{
	return guest_id ? find(vms, iommu, guest_id) : NULL;
}

static struct vm *append(struct vms *vms)
{
	if (vms->nr == vms->room) {
		size_t room = vms->room ? 2 * vms->room : 16;
		struct vm *more = reallocarray(vms->vm, room, sizeof(*more));

		if (!more)
			return NULL;
		vms->vm = more;
		vms->room = room;
	}
	return &vms->vm[vms->nr++];
}

void vms_add(struct vms *vms, uint32_t iommu, uint16_t guest_id, int pid, const char *comm)
{
	struct vm *vm = find(vms, iommu, guest_id);

	if (!vm)
		vm = append(vms);
	/* Without memory, it has no name */
	if (!vm)
		return;
	*vm = (struct vm){.iommu = iommu, .guest_id = guest_id, .pid = pid};
	vmname_lookup(vm->name, sizeof(vm->name), pid, comm);
}

bool vms_list(struct vms *vms, const struct bpf_program *iterator)
{
	struct bpf_link *link = bpf_program__attach_iter(iterator, NULL);
	struct vtr_viommu record;
	ssize_t n = -1;
	int fd;

	fd = link ? bpf_iter_create(bpf_link__fd(link)) : -1;
	if (fd >= 0) {
		while ((n = read_whole(fd, &record, sizeof(record))) > 0)
			vms_add(vms, record.iommu, record.guest_id, record.pid, record.comm);
		close(fd);
	}
	if (n < 0)
		msg("cannot list vIOMMUs: %s", strerror(errno));
	bpf_link__destroy(link);
	return !n;
}

void vms_free(struct vms *vms)
{
	free(vms->vm);
	memset(vms, 0, sizeof(*vms));
}
