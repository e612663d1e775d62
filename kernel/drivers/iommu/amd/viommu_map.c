// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which host ID a guest's ID stands for: changes of guests' ID tables while
 * the guest runs.
 *
 * An entry of a shared page cannot change. The table gets a page of its own
 * there first, with the same entries as the shared one. The hardware finds
 * nothing in that part of the table for a moment: the guest's command buffer
 * pauses meanwhile.
 */

#include "viommu_internal.h"

#include <trace/events/amd_viommu.h>

static int viommu_map_unshare(struct amd_iommu_viommu *aviommu,
			      const struct amd_viommu_table_type *type,
			      struct amd_viommu_table *table, u16 id,
			      u16 default_id)
{
	struct page *page;
	u64 paused;
	int ret;

	if (!amd_viommu_table_is_shared(type, table, id))
		return 0;

	page = amd_viommu_table_alloc_page(aviommu, type, table, id, default_id);
	if (IS_ERR(page))
		return PTR_ERR(page);

	paused = amd_viommu_cmds_pause(aviommu);
	ret = amd_viommu_table_unshare_page(aviommu, type, table, id, page);
	amd_viommu_cmds_resume(aviommu, paused);
	return ret;
}

/*
 * @default_id is the host's ID that entries stand for by default. Cannot fail
 * for an entry that was changed before.
 */
static int viommu_map_set(struct amd_iommu_viommu *aviommu,
			  const struct amd_viommu_table_type *type,
			  struct amd_viommu_table *table, u16 id, u16 host_id,
			  u16 default_id)
{
	int ret;

	guard(mutex)(&aviommu->iommu->viommu_hw->table_lock);

	ret = viommu_map_unshare(aviommu, type, table, id, default_id);
	if (!ret)
		amd_viommu_table_set(aviommu, type, id, host_id);
	return ret;
}

/**
 * amd_viommu_devid_map_set() - Let a guest's device ID stand for a host's
 * @aviommu: vIOMMU with its tables
 * @gdev_id: guest device ID
 * @hdev_id: host device ID
 *
 * Return: 0, or -ENOMEM with the entry unchanged.
 */
int amd_viommu_devid_map_set(struct amd_iommu_viommu *aviommu, u16 gdev_id,
			     u16 hdev_id)
{
	int ret = viommu_map_set(aviommu, &amd_viommu_devid_type,
				 &aviommu->devid_table, gdev_id, hdev_id,
				 aviommu->iommu->viommu_hw->nobody_devid);

	trace_viommu_devid_map(aviommu, gdev_id, hdev_id, ret);
	return ret;
}

/**
 * amd_viommu_devid_map_clear() - Let a guest's device ID stand for none again
 * @aviommu: vIOMMU with its tables
 * @gdev_id: guest device ID that was set
 */
void amd_viommu_devid_map_clear(struct amd_iommu_viommu *aviommu, u16 gdev_id)
{
	u16 nobody = aviommu->iommu->viommu_hw->nobody_devid;

	viommu_map_set(aviommu, &amd_viommu_devid_type, &aviommu->devid_table,
		       gdev_id, nobody, nobody);
	trace_viommu_devid_unmap(aviommu, gdev_id, 0);
}

/**
 * amd_viommu_domid_map_set() - Let a guest's domain ID stand for a host's
 * @aviommu: vIOMMU with its tables
 * @gdom_id: guest domain ID
 * @hdom_id: host domain ID
 *
 * Return: 0, or -ENOMEM with the entry unchanged.
 */
int amd_viommu_domid_map_set(struct amd_iommu_viommu *aviommu, u16 gdom_id,
			     u16 hdom_id)
{
	int ret = viommu_map_set(aviommu, &amd_viommu_domid_type,
				 &aviommu->domid_table, gdom_id, hdom_id,
				 aviommu->parent->id);

	trace_viommu_domid_map(aviommu, gdom_id, hdom_id, ret);
	return ret;
}

/**
 * amd_viommu_domid_map_clear() - Let a guest's domain ID stand for the parent's
 * @aviommu: vIOMMU with its tables
 * @gdom_id: guest domain ID that was set
 */
void amd_viommu_domid_map_clear(struct amd_iommu_viommu *aviommu, u16 gdom_id)
{
	u16 host_id = aviommu->parent->id;

	viommu_map_set(aviommu, &amd_viommu_domid_type, &aviommu->domid_table,
		       gdom_id, host_id, host_id);
	trace_viommu_domid_unmap(aviommu, gdom_id, host_id);
}
