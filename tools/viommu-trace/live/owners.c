// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who got guest IDs since tracing began.
 */
#include <bpf/bpf.h>

#include "live/owners.h"
#include "viommu_trace.h"

static void put(struct vms *vms, uint32_t life, const struct vtr_owner *owner)
{
	const struct vm *known = vms_find_life(vms, owner->iommu, owner->guest_id, life);
	struct vm who = {
		.iommu = owner->iommu,
		.guest_id = owner->guest_id,
		.life = life,
		.serial = owner->serial,
		.pid = owner->pid,
	};

	if (known && known->life == life && known->serial == owner->serial)
		return;
	vmname_lookup(who.name, sizeof(who.name), who.pid, owner->comm, owner->ns);
	vms_put(vms, &who);
}

void owners_read(struct vms *vms, int owners)
{
	uint32_t life, next, *at = NULL;
	struct vtr_owner owner;
	bool more = !bpf_map_get_next_key(owners, NULL, &next);

	while (more) {
		life = next;
		at = &life;
		/* Of one that is deleted there is none that comes next */
		more = !bpf_map_get_next_key(owners, at, &next);
		if (bpf_map_lookup_elem(owners, &life, &owner))
			continue;
		put(vms, life, &owner);
		if (owner.freed)
			bpf_map_delete_elem(owners, &life);
	}
}
