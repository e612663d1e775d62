/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs for what happens to a vIOMMU, for people to read.
 *
 * Who includes this says before what becomes of an event:
 *
 *	static int emit(enum vtr_event_id id, const struct amd_iommu *iommu,
 *			__u16 guest_id, __u64 arg0, __u64 arg1, __u64 arg2, __u64 arg3);
 */
#ifndef VIOMMU_EVENTS_BPF_H
#define VIOMMU_EVENTS_BPF_H

#include "viommu_trace.h"

/* Of an IOMMU, or of a vIOMMU on one */
#define IOMMU_EVENT(name, a, b, c, d) return emit(VTR_##name, iommu, guest_id, a, b, c, d)
#define VIOMMU_EVENT(name, a, b, c, d) \
	return emit(VTR_##name, viommu->iommu, viommu->guest_id, a, b, c, d)

/* Two 64-bit words of four 32-bit ones */
#define Q0(words) ((words)[0] | (__u64)(words)[1] << 32)
#define Q1(words) ((words)[2] | (__u64)(words)[3] << 32)

SEC("tp_btf/viommu_init")
int BPF_PROG(init, const struct amd_iommu_viommu *viommu, int ret)
{
	VIOMMU_EVENT(init, viommu->serial, ret, 0, 0);
}

SEC("tp_btf/viommu_reset")
int BPF_PROG(reset, const struct amd_iommu_viommu *viommu, int ret)
{
	VIOMMU_EVENT(reset, ret, 0, 0, 0);
}

SEC("tp_btf/viommu_event_record")
int BPF_PROG(event_record, const struct amd_iommu *iommu, __u16 guest_id,
	     const struct amd_iommu_event *event)
{
	IOMMU_EVENT(event_record, Q0(event->data), Q1(event->data), 0, 0);
}

SEC("tp_btf/viommu_domain_alloc")
int BPF_PROG(domain_alloc, const struct amd_iommu_viommu *viommu, __u16 gdom_id, __u16 hdom_id,
	     int ret)
{
	VIOMMU_EVENT(domain_alloc, gdom_id, hdom_id, ret, 0);
}

SEC("tp_btf/viommu_domain_free")
int BPF_PROG(domain_free, const struct amd_iommu_viommu *viommu, __u16 gdom_id, __u16 hdom_id)
{
	VIOMMU_EVENT(domain_free, gdom_id, hdom_id, 0, 0);
}

SEC("tp_btf/viommu_domain_attach")
int BPF_PROG(domain_attach, const struct amd_iommu_viommu *viommu, __u16 hdev_id, __u16 gdom_id,
	     __u16 hdom_id, int ret)
{
	VIOMMU_EVENT(domain_attach, hdev_id, gdom_id, hdom_id, ret);
}

SEC("tp_btf/viommu_vdevice_init")
int BPF_PROG(vdevice_init, const struct amd_iommu_vdevice *vdev, int ret)
{
	return emit(VTR_vdevice_init, vdev->viommu->iommu, vdev->viommu->guest_id, vdev->gdev_id,
		    vdev->hdev_id, ret, 0);
}

SEC("tp_btf/viommu_vdevice_destroy")
int BPF_PROG(vdevice_destroy, const struct amd_iommu_vdevice *vdev)
{
	return emit(VTR_vdevice_destroy, vdev->viommu->iommu, vdev->viommu->guest_id, vdev->gdev_id,
		    vdev->hdev_id, 0, 0);
}

SEC("tp_btf/viommu_trans_devid_relocate")
int BPF_PROG(trans_devid_relocate, const struct amd_iommu_viommu *viommu, __u16 from, __u16 to,
	     int ret)
{
	VIOMMU_EVENT(trans_devid_relocate, from, to, ret, 0);
}

SEC("tp_btf/viommu_queue_init")
int BPF_PROG(queue_init, const struct amd_iommu_viommu *viommu, __u8 queue, __u64 base, __u64 size,
	     int ret)
{
	VIOMMU_EVENT(queue_init, queue, base, size, ret);
}

SEC("tp_btf/viommu_control")
int BPF_PROG(control, const struct amd_iommu_viommu *viommu, __u64 value, int ret)
{
	VIOMMU_EVENT(control, value, ret, 0, 0);
}

SEC("tp_btf/viommu_queue_enable")
int BPF_PROG(queue_enable, const struct amd_iommu_viommu *viommu, __u8 queue, __u64 reg)
{
	VIOMMU_EVENT(queue_enable, queue, reg, 0, 0);
}

SEC("tp_btf/viommu_queue_disable")
int BPF_PROG(queue_disable, const struct amd_iommu_viommu *viommu, __u8 queue, int ret)
{
	VIOMMU_EVENT(queue_disable, queue, ret, 0, 0);
}

SEC("tp_btf/viommu_queue_destroy")
int BPF_PROG(queue_destroy, const struct amd_iommu_viommu *viommu, __u8 queue)
{
	VIOMMU_EVENT(queue_destroy, queue, 0, 0, 0);
}

SEC("tp_btf/viommu_queue_overflow")
int BPF_PROG(queue_overflow, const struct amd_iommu_viommu *viommu, __u8 queue)
{
	VIOMMU_EVENT(queue_overflow, queue, 0, 0, 0);
}

SEC("tp_btf/viommu_queue_stuck")
int BPF_PROG(queue_stuck, const struct amd_iommu_viommu *viommu, __u8 queue, __u32 queue_head,
	     __u32 queue_tail, __u64 stuck_ns)
{
	VIOMMU_EVENT(queue_stuck, queue, queue_head, queue_tail, stuck_ns);
}

SEC("tp_btf/viommu_queue_fault")
int BPF_PROG(queue_fault, const struct amd_iommu_viommu *viommu, __u8 queue,
	     const struct amd_iommu_event *event)
{
	VIOMMU_EVENT(queue_fault, queue, Q0(event->data), Q1(event->data), 0);
}

/* Numbered like queues, of which a command buffer has no interrupt of its own */
SEC("tp_btf/viommu_irq_set")
int BPF_PROG(irq_set, const struct amd_iommu_viommu *viommu, __u8 irq, bool on, int ret)
{
	VIOMMU_EVENT(irq_set, irq + 1, on, ret, 0);
}

#endif /* VIOMMU_EVENTS_BPF_H */
