// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF side of `viommu-trace events`: each event as a record in a ring buffer.
 *
 * User space loads the programs of the events it wants, and no others.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "viommu_kernel.h"
#include "viommu_list.bpf.h"
#include "viommu_trace.h"

char LICENSE[] SEC("license") = "GPL";

/* User space sets the size */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Events for which there was no room */
__u64 lost;

/* Set once all are attached, so that all begin at the same time */
bool tracing;

static __always_inline int emit(enum vtr_event_id id, const struct amd_iommu *iommu, __u16 guest_id,
				__u64 arg0, __u64 arg1, __u64 arg2, __u64 arg3)
{
	const struct task_struct *task;
	struct vtr_event *event;

	if (!tracing)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&lost, 1);
		return 0;
	}
	task = bpf_get_current_task_btf();
	event->ns = bpf_ktime_get_ns();
	event->iommu = iommu->index;
	event->pid = task->tgid;
	event->guest_id = guest_id;
	event->id = id;
	event->lost = lost;
	/* Two loads rather than a helper: another thread may change it either way */
	((__u64 *)event->comm)[0] = ((const __u64 *)task->comm)[0];
	((__u64 *)event->comm)[1] = ((const __u64 *)task->comm)[1];
	event->arg[0] = arg0;
	event->arg[1] = arg1;
	event->arg[2] = arg2;
	event->arg[3] = arg3;
	/* The reader looks now and then, and waits for nobody */
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return 0;
}

/* Those that exist, beside whose they are */
SEC("iter/amd_vdevice")
int list_vdevices(struct bpf_iter__amd_vdevice *ctx)
{
	struct amd_iommu_vdevice *vdev = ctx->vdevice;
	struct vtr_vdevice record = {};

	if (!vdev)
		return 0;
	record.serial = vdev->serial;
	record.iommu = vdev->viommu->iommu->index;
	record.guest_id = vdev->viommu->guest_id;
	record.gdev_id = vdev->gdev_id;
	record.hdev_id = vdev->hdev_id;
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

#include "viommu_events.bpf.h"

SEC("tp_btf/viommu_irq")
int BPF_PROG(irq, const struct amd_iommu_viommu *viommu, __u8 irq, __u64 count)
{
	VIOMMU_EVENT(irq, irq + 1, count, 0, 0);
}

SEC("tp_btf/viommu_guest_id_alloc")
int BPF_PROG(guest_id_alloc, const struct amd_iommu *iommu, __u16 guest_id, int ret)
{
	IOMMU_EVENT(guest_id_alloc, ret, 0, 0, 0);
}

SEC("tp_btf/viommu_guest_id_free")
int BPF_PROG(guest_id_free, const struct amd_iommu *iommu, __u16 guest_id)
{
	IOMMU_EVENT(guest_id_free, 0, 0, 0, 0);
}

SEC("tp_btf/viommu_destroy")
int BPF_PROG(destroy, const struct amd_iommu_viommu *viommu)
{
	VIOMMU_EVENT(destroy, viommu->serial, viommu->stats.cmds.counter,
		     viommu->stats.events.counter, 0);
}

SEC("tp_btf/viommu_vf_page_alloc")
int BPF_PROG(vf_page_alloc, const struct amd_iommu_viommu *viommu, __u64 offset, int ret)
{
	VIOMMU_EVENT(vf_page_alloc, offset, ret, 0, 0);
}

SEC("tp_btf/viommu_vf_page_free")
int BPF_PROG(vf_page_free, const struct amd_iommu_viommu *viommu, __u64 offset)
{
	VIOMMU_EVENT(vf_page_free, offset, 0, 0, 0);
}

SEC("tp_btf/viommu_cmd_submit")
int BPF_PROG(cmd_submit, const struct amd_iommu *iommu, __u16 guest_id, __u64 seq,
	     const struct iommu_cmd *cmd)
{
	IOMMU_EVENT(cmd_submit, seq, Q0(cmd->data), Q1(cmd->data), 0);
}

SEC("tp_btf/viommu_cmd_complete")
int BPF_PROG(cmd_complete, const struct amd_iommu *iommu, __u16 guest_id, __u64 seq, int ret)
{
	IOMMU_EVENT(cmd_complete, seq, ret, 0, 0);
}

SEC("tp_btf/viommu_event_log_overflow")
int BPF_PROG(event_log_overflow, const struct amd_iommu *iommu, __u16 guest_id)
{
	IOMMU_EVENT(event_log_overflow, 0, 0, 0, 0);
}

SEC("tp_btf/viommu_event_log_restart")
int BPF_PROG(event_log_restart, const struct amd_iommu *iommu, __u16 guest_id)
{
	IOMMU_EVENT(event_log_restart, 0, 0, 0, 0);
}

SEC("tp_btf/viommu_device_cut_off")
int BPF_PROG(device_cut_off, const struct amd_iommu *iommu, __u16 guest_id, __u16 hdev_id)
{
	IOMMU_EVENT(device_cut_off, hdev_id, 0, 0, 0);
}

SEC("tp_btf/viommu_ipa_map")
int BPF_PROG(ipa_map, const struct amd_iommu *iommu, __u16 guest_id, __u64 ipa, __u64 size, int ret)
{
	IOMMU_EVENT(ipa_map, ipa, size, ret, 0);
}

SEC("tp_btf/viommu_ipa_unmap")
int BPF_PROG(ipa_unmap, const struct amd_iommu *iommu, __u16 guest_id, __u64 ipa, __u64 size)
{
	IOMMU_EVENT(ipa_unmap, ipa, size, 0, 0);
}

SEC("tp_btf/viommu_tables_init")
int BPF_PROG(tables_init, const struct amd_iommu_viommu *viommu, int ret)
{
	VIOMMU_EVENT(tables_init, ret, 0, 0, 0);
}

SEC("tp_btf/viommu_tables_uninit")
int BPF_PROG(tables_uninit, const struct amd_iommu_viommu *viommu)
{
	VIOMMU_EVENT(tables_uninit, 0, 0, 0, 0);
}

SEC("tp_btf/viommu_devid_map")
int BPF_PROG(devid_map, const struct amd_iommu_viommu *viommu, __u16 gdev_id, __u16 hdev_id,
	     int ret)
{
	VIOMMU_EVENT(devid_map, gdev_id, hdev_id, ret, 0);
}

SEC("tp_btf/viommu_devid_unmap")
int BPF_PROG(devid_unmap, const struct amd_iommu_viommu *viommu, __u16 gdev_id, __u16 hdev_id)
{
	VIOMMU_EVENT(devid_unmap, gdev_id, hdev_id, 0, 0);
}

SEC("tp_btf/viommu_domid_map")
int BPF_PROG(domid_map, const struct amd_iommu_viommu *viommu, __u16 gdom_id, __u16 hdom_id,
	     int ret)
{
	VIOMMU_EVENT(domid_map, gdom_id, hdom_id, ret, 0);
}

SEC("tp_btf/viommu_domid_unmap")
int BPF_PROG(domid_unmap, const struct amd_iommu_viommu *viommu, __u16 gdom_id, __u16 hdom_id)
{
	VIOMMU_EVENT(domid_unmap, gdom_id, hdom_id, 0, 0);
}

SEC("tp_btf/viommu_trans_devid_alloc")
int BPF_PROG(trans_devid_alloc, const struct amd_iommu_viommu *viommu, __u16 trans_devid, int ret)
{
	VIOMMU_EVENT(trans_devid_alloc, trans_devid, ret, 0, 0);
}

SEC("tp_btf/viommu_trans_devid_free")
int BPF_PROG(trans_devid_free, const struct amd_iommu_viommu *viommu, __u16 trans_devid)
{
	VIOMMU_EVENT(trans_devid_free, trans_devid, 0, 0, 0);
}

SEC("tp_btf/viommu_trans_dte_clear")
int BPF_PROG(trans_dte_clear, const struct amd_iommu_viommu *viommu, __u16 trans_devid)
{
	VIOMMU_EVENT(trans_dte_clear, trans_devid, 0, 0, 0);
}

SEC("tp_btf/viommu_trans_dte_set")
int BPF_PROG(trans_dte_set, const struct amd_iommu_viommu *viommu, __u16 trans_devid, __u16 hdom_id)
{
	VIOMMU_EVENT(trans_dte_set, trans_devid, hdom_id, 0, 0);
}

SEC("tp_btf/viommu_event_deliver")
int BPF_PROG(event_deliver, const struct amd_iommu_viommu *viommu,
	     const struct amd_iommu_event *event, int ret)
{
	VIOMMU_EVENT(event_deliver, Q0(event->data), Q1(event->data), ret, 0);
}

SEC("tp_btf/viommu_invalidate")
int BPF_PROG(invalidate, const struct amd_iommu_viommu *viommu, const struct iommu_cmd *cmd,
	     int ret)
{
	VIOMMU_EVENT(invalidate, Q0(cmd->data), Q1(cmd->data), ret, 0);
}
