/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An iterator program that lists who has which guest ID.
 */
#ifndef VIOMMU_LIST_BPF_H
#define VIOMMU_LIST_BPF_H

#include "viommu_trace.h"

SEC("iter/amd_viommu")
int list_owners(struct bpf_iter__amd_viommu *ctx)
{
	struct amd_iommu_viommu *viommu = ctx->viommu;
	struct vtr_viommu record = {};

	if (!viommu)
		return 0;
	record.iommu = viommu->iommu->index;
	record.guest_id = viommu->guest_id;
	record.pid = viommu->owner.tgid;
#pragma unroll
	for (int i = 0; i < (int)sizeof(record.comm); i++)
		record.comm[i] = viommu->owner.comm[i];
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

#endif /* VIOMMU_LIST_BPF_H */
