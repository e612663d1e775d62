/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An iterator program that lists who has which guest ID.
 */
#ifndef VIOMMU_LIST_BPF_H
#define VIOMMU_LIST_BPF_H

#include "viommu_trace.h"

/* The compiler must see which one it is, for the loader to find it */
#define FILL_QUEUE(record, viommu, i)                               \
	do {                                                        \
		(record)->queue_reg[i] = (viommu)->queues[i].reg;   \
		(record)->queue_size[i] = (viommu)->queues[i].size; \
	} while (0)

/* A driver without these is fine, too */
static __always_inline void fill_queues(struct vtr_viommu *record,
					const struct amd_iommu_viommu *viommu)
{
	if (!bpf_core_field_exists(viommu->queues) || !bpf_core_field_exists(viommu->control))
		return;
	record->control = viommu->control;
	FILL_QUEUE(record, viommu, 0);
	FILL_QUEUE(record, viommu, 1);
	FILL_QUEUE(record, viommu, 2);
}

SEC("iter/amd_viommu")
int list_owners(struct bpf_iter__amd_viommu *ctx)
{
	struct amd_iommu_viommu *viommu = ctx->viommu;
	struct vtr_viommu record = {};

	if (!viommu)
		return 0;
	record.serial = viommu->serial;
	record.created_ns = viommu->owner.created_ns;
	record.cmds = viommu->stats.cmds.counter;
	record.events = viommu->stats.events.counter;
	record.iommu = viommu->iommu->index;
	record.pid = viommu->owner.tgid;
	record.guest_id = viommu->guest_id;
	record.domain_id = viommu->parent->id;
	if (bpf_core_field_exists(viommu->trans_devid))
		record.trans_devid = viommu->trans_devid;
	fill_queues(&record, viommu);
#pragma unroll
	for (int i = 0; i < (int)sizeof(record.comm); i++)
		record.comm[i] = viommu->owner.comm[i];
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

#endif /* VIOMMU_LIST_BPF_H */
