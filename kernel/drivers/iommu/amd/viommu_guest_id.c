// SPDX-License-Identifier: GPL-2.0-only
/*
 * AMD vIOMMU guest IDs.
 *
 * A guest ID selects a guest's VF page, VF control entry and tables. It is
 * unique per IOMMU, not per system. It is the first thing a vIOMMU gets and
 * the last it gives back: hardware state is found through it.
 */

#include "viommu.h"

#include <trace/events/amd_viommu.h>

/**
 * amd_viommu_guest_id_alloc() - Give a vIOMMU the lowest free guest ID
 * @aviommu: vIOMMU with its IOMMU set; gets &amd_iommu_viommu.guest_id
 *
 * From here on host commands that carry the ID count for @aviommu.
 *
 * Return: 0, -ENOSPC when every ID is taken, or -ENOMEM.
 */
int amd_viommu_guest_id_alloc(struct amd_iommu_viommu *aviommu)
{
	struct amd_iommu *iommu = aviommu->iommu;
	struct xarray *guests = &iommu->viommu_hw->guests;
	u32 id = 0;
	int ret;

	/*
	 * Two steps, so that a command that looks its guest up never finds a
	 * vIOMMU that does not know its ID yet.
	 */
	ret = xa_alloc(guests, &id, NULL,
		       XA_LIMIT(AMD_VIOMMU_GUEST_ID_MIN, AMD_VIOMMU_GUEST_ID_MAX),
		       GFP_KERNEL);
	if (ret == -EBUSY)
		ret = -ENOSPC;
	if (!ret) {
		aviommu->guest_id = id;
		/* Fills the entry reserved above: needs no memory */
		xa_store(guests, id, aviommu, GFP_KERNEL);
	}

	trace_viommu_guest_id_alloc(iommu, aviommu->guest_id, ret);
	return ret;
}

/**
 * amd_viommu_guest_id_free() - Take a vIOMMU's guest ID back
 * @aviommu: vIOMMU whose hardware state is torn down already
 *
 * On return no command refers to @aviommu any more.
 */
void amd_viommu_guest_id_free(struct amd_iommu_viommu *aviommu)
{
	struct amd_iommu *iommu = aviommu->iommu;
	u16 guest_id = aviommu->guest_id;

	/*
	 * Traced before the ID can be handed out again, or the next owner's
	 * allocation could appear ahead of this.
	 */
	trace_viommu_guest_id_free(iommu, guest_id);
	xa_erase(&iommu->viommu_hw->guests, guest_id);
	amd_viommu_quiesce(iommu);
	aviommu->guest_id = 0;
}
