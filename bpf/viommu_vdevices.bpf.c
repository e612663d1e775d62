// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every device of every guest, a line each, as text:
 *
 *	bpftool iter pin viommu_vdevices.bpf.o /sys/fs/bpf/vdevices
 *	cat /sys/fs/bpf/vdevices
 */
#include "viommu_kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("iter/amd_vdevice")
int vdevices(struct bpf_iter__amd_vdevice *ctx)
{
	struct amd_iommu_vdevice *vdev = ctx->vdevice;
	struct seq_file *seq = ctx->meta->seq;
	struct amd_iommu_viommu *viommu;

	if (!vdev)
		return 0;
	viommu = vdev->viommu;
	BPF_SEQ_PRINTF(
		seq,
		"iommu=%d guest_id=%u serial=%llu gdev_id=0x%04x hdev_id=0x%04x events=%lld tgid=%d\n",
		viommu->iommu->index, viommu->guest_id, vdev->serial, vdev->gdev_id, vdev->hdev_id,
		vdev->events.counter, viommu->owner.tgid);
	return 0;
}

char _license[] SEC("license") = "GPL";
