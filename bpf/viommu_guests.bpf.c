// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every vIOMMU, a line each, as text:
 *
 *	bpftool iter pin viommu_guests.bpf.o /sys/fs/bpf/guests
 *	cat /sys/fs/bpf/guests
 */
#include "viommu_kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("iter/amd_viommu")
int guests(struct bpf_iter__amd_viommu *ctx)
{
	struct amd_iommu_viommu *viommu = ctx->viommu;
	struct seq_file *seq = ctx->meta->seq;

	if (!viommu)
		return 0;
	BPF_SEQ_PRINTF(seq, "iommu=%d guest_id=%u serial=%llu\n", viommu->iommu->index,
		       viommu->guest_id, viommu->serial);
	return 0;
}

char _license[] SEC("license") = "GPL";
