/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of the AMD hardware-accelerated vIOMMU.
 *
 * Every record starts with the index of the IOMMU (N of ivhdN) and the guest
 * ID on it; guest ID 0 is the host itself, or nobody known. Fields are only
 * ever appended. See Documentation/trace/events-amd-viommu.rst.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM amd_viommu

#if !defined(_TRACE_AMD_VIOMMU_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_AMD_VIOMMU_H

#include <linux/tracepoint.h>

struct amd_iommu;
struct amd_iommu_event;
struct amd_iommu_vdevice;
struct amd_iommu_viommu;
struct iommu_cmd;

/* viommu_list.c */

TRACE_EVENT(viommu_guest_id_alloc,

	TP_PROTO(const struct amd_iommu *iommu, u16 guest_id, int ret),

	TP_ARGS(iommu, guest_id, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= iommu->index;
		__entry->guest_id	= guest_id;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u ret=%d",
		  __entry->iommu, __entry->guest_id, __entry->ret)
);

DECLARE_EVENT_CLASS(viommu_guest,

	TP_PROTO(const struct amd_iommu *iommu, u16 guest_id),

	TP_ARGS(iommu, guest_id),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
	),

	TP_fast_assign(
		__entry->iommu		= iommu->index;
		__entry->guest_id	= guest_id;
	),

	TP_printk("iommu=%u guest_id=%u", __entry->iommu, __entry->guest_id)
);

DEFINE_EVENT(viommu_guest, viommu_guest_id_free,
	TP_PROTO(const struct amd_iommu *iommu, u16 guest_id),
	TP_ARGS(iommu, guest_id)
);

/* viommu_cmd.c */

#define show_viommu_opcode(opcode)			\
	__print_symbolic(opcode,			\
		{ 0x1, "COMPLETION_WAIT" },		\
		{ 0x2, "INVALIDATE_DEVTAB_ENTRY" },	\
		{ 0x3, "INVALIDATE_IOMMU_PAGES" },	\
		{ 0x4, "INVALIDATE_IOTLB_PAGES" },	\
		{ 0x5, "INVALIDATE_INTERRUPT_TABLE" },	\
		{ 0x6, "PREFETCH_IOMMU_PAGES" },	\
		{ 0x7, "COMPLETE_PPR_REQUEST" },	\
		{ 0x8, "INVALIDATE_IOMMU_ALL" },	\
		{ 0x9, "INSERT_GUEST_EVENT" },		\
		{ 0xa, "RESET_VMMIO" })

TRACE_EVENT(viommu_reset,

	TP_PROTO(const struct amd_iommu_viommu *viommu, int ret),

	TP_ARGS(viommu, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u ret=%d",
		  __entry->iommu, __entry->guest_id, __entry->ret)
);

TRACE_EVENT(viommu_cmd_submit,

	TP_PROTO(const struct amd_iommu *iommu, u16 guest_id, u64 seq,
		 const struct iommu_cmd *cmd),

	TP_ARGS(iommu, guest_id, seq, cmd),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u64, seq)
		__field(u8, opcode)
		__field(u32, cmd0)
		__field(u32, cmd1)
		__field(u32, cmd2)
		__field(u32, cmd3)
	),

	TP_fast_assign(
		__entry->iommu		= iommu->index;
		__entry->guest_id	= guest_id;
		__entry->seq		= seq;
		__entry->opcode		= cmd->data[1] >> 28;
		__entry->cmd0		= cmd->data[0];
		__entry->cmd1		= cmd->data[1];
		__entry->cmd2		= cmd->data[2];
		__entry->cmd3		= cmd->data[3];
	),

	TP_printk("iommu=%u guest_id=%u seq=%llu opcode=%s cmd=%08x:%08x:%08x:%08x",
		  __entry->iommu, __entry->guest_id, __entry->seq,
		  show_viommu_opcode(__entry->opcode),
		  __entry->cmd0, __entry->cmd1, __entry->cmd2,
		  __entry->cmd3)
);

TRACE_EVENT(viommu_cmd_complete,

	TP_PROTO(const struct amd_iommu *iommu, u16 guest_id, u64 seq, int ret),

	TP_ARGS(iommu, guest_id, seq, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u64, seq)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= iommu->index;
		__entry->guest_id	= guest_id;
		__entry->seq		= seq;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u seq=%llu ret=%d",
		  __entry->iommu, __entry->guest_id, __entry->seq, __entry->ret)
);

/* Once the driver has seen that a command is done, whoever it was for */
TRACE_EVENT_FN(viommu_cmd_latency,

	TP_PROTO(const struct amd_iommu *iommu, u16 guest_id, u64 seq,
		 const struct iommu_cmd *cmd, u64 now, u64 ns),

	TP_ARGS(iommu, guest_id, seq, cmd, now, ns),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u8, opcode)
		__field(u64, seq)
		__field(u64, ns)
	),

	TP_fast_assign(
		__entry->iommu		= iommu->index;
		__entry->guest_id	= guest_id;
		__entry->opcode		= cmd->data[1] >> 28;
		__entry->seq		= seq;
		__entry->ns		= ns;
	),

	TP_printk("iommu=%u guest_id=%u seq=%llu opcode=%s ns=%llu",
		  __entry->iommu, __entry->guest_id, __entry->seq,
		  show_viommu_opcode(__entry->opcode), __entry->ns),

	amd_viommu_latency_trace_reg, amd_viommu_latency_trace_unreg
);

TRACE_EVENT(viommu_device_cut_off,

	TP_PROTO(const struct amd_iommu *iommu, u16 guest_id, u16 hdev_id),

	TP_ARGS(iommu, guest_id, hdev_id),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u16, hdev_id)
	),

	TP_fast_assign(
		__entry->iommu		= iommu->index;
		__entry->guest_id	= guest_id;
		__entry->hdev_id	= hdev_id;
	),

	TP_printk("iommu=%u guest_id=%u hdev_id=%02x:%02x.%x",
		  __entry->iommu, __entry->guest_id,
		  __entry->hdev_id >> 8, __entry->hdev_id >> 3 & 0x1f,
		  __entry->hdev_id & 7)
);

/* viommu_latency.c */

int amd_viommu_latency_trace_reg(void);
void amd_viommu_latency_trace_unreg(void);

/* viommu_ipa.c */

TRACE_EVENT(viommu_ipa_map,

	TP_PROTO(const struct amd_iommu *iommu, u16 guest_id, u64 ipa, u64 size,
		 int ret),

	TP_ARGS(iommu, guest_id, ipa, size, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u64, ipa)
		__field(u64, size)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= iommu->index;
		__entry->guest_id	= guest_id;
		__entry->ipa		= ipa;
		__entry->size		= size;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u ipa=0x%llx size=0x%llx ret=%d",
		  __entry->iommu, __entry->guest_id, __entry->ipa,
		  __entry->size, __entry->ret)
);

TRACE_EVENT(viommu_ipa_unmap,

	TP_PROTO(const struct amd_iommu *iommu, u16 guest_id, u64 ipa, u64 size),

	TP_ARGS(iommu, guest_id, ipa, size),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u64, ipa)
		__field(u64, size)
	),

	TP_fast_assign(
		__entry->iommu		= iommu->index;
		__entry->guest_id	= guest_id;
		__entry->ipa		= ipa;
		__entry->size		= size;
	),

	TP_printk("iommu=%u guest_id=%u ipa=0x%llx size=0x%llx",
		  __entry->iommu, __entry->guest_id, __entry->ipa,
		  __entry->size)
);

/* viommu_table.c */

TRACE_EVENT(viommu_tables_init,

	TP_PROTO(const struct amd_iommu_viommu *viommu, int ret),

	TP_ARGS(viommu, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(bool, whole)
		__field(u64, map_writes)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->whole		= viommu->devid_table.whole;
		__entry->map_writes	= atomic64_read(&viommu->stats.map_writes);
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u whole=%d map_writes=%llu ret=%d",
		  __entry->iommu, __entry->guest_id, __entry->whole,
		  __entry->map_writes, __entry->ret)
);

TRACE_EVENT(viommu_tables_uninit,

	TP_PROTO(const struct amd_iommu_viommu *viommu),

	TP_ARGS(viommu),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u64, map_writes)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->map_writes	= atomic64_read(&viommu->stats.map_writes);
	),

	TP_printk("iommu=%u guest_id=%u map_writes=%llu",
		  __entry->iommu, __entry->guest_id, __entry->map_writes)
);

/* viommu_trans.c */

TRACE_EVENT(viommu_trans_devid_alloc,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u16 trans_devid, int ret),

	TP_ARGS(viommu, trans_devid, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u16, trans_devid)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->trans_devid	= trans_devid;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u trans_devid=%02x:%02x.%x ret=%d",
		  __entry->iommu, __entry->guest_id,
		  __entry->trans_devid >> 8, (__entry->trans_devid >> 3) & 0x1f,
		  __entry->trans_devid & 7, __entry->ret)
);

DECLARE_EVENT_CLASS(viommu_trans_devid,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u16 trans_devid),

	TP_ARGS(viommu, trans_devid),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u16, trans_devid)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->trans_devid	= trans_devid;
	),

	TP_printk("iommu=%u guest_id=%u trans_devid=%02x:%02x.%x",
		  __entry->iommu, __entry->guest_id,
		  __entry->trans_devid >> 8, (__entry->trans_devid >> 3) & 0x1f,
		  __entry->trans_devid & 7)
);

DEFINE_EVENT(viommu_trans_devid, viommu_trans_devid_free,
	TP_PROTO(const struct amd_iommu_viommu *viommu, u16 trans_devid),
	TP_ARGS(viommu, trans_devid)
);

DEFINE_EVENT(viommu_trans_devid, viommu_trans_dte_clear,
	TP_PROTO(const struct amd_iommu_viommu *viommu, u16 trans_devid),
	TP_ARGS(viommu, trans_devid)
);

TRACE_EVENT(viommu_trans_dte_set,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u16 trans_devid,
		 u16 hdom_id),

	TP_ARGS(viommu, trans_devid, hdom_id),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u16, trans_devid)
		__field(u16, hdom_id)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->trans_devid	= trans_devid;
		__entry->hdom_id	= hdom_id;
	),

	TP_printk("iommu=%u guest_id=%u trans_devid=%02x:%02x.%x hdom_id=%u",
		  __entry->iommu, __entry->guest_id,
		  __entry->trans_devid >> 8, (__entry->trans_devid >> 3) & 0x1f,
		  __entry->trans_devid & 7, __entry->hdom_id)
);

TRACE_EVENT(viommu_trans_devid_relocate,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u16 from, u16 to, int ret),

	TP_ARGS(viommu, from, to, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u16, from)
		__field(u16, to)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->from		= from;
		__entry->to		= to;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u from=%02x:%02x.%x to=%02x:%02x.%x ret=%d",
		  __entry->iommu, __entry->guest_id,
		  __entry->from >> 8, (__entry->from >> 3) & 0x1f,
		  __entry->from & 7, __entry->to >> 8,
		  (__entry->to >> 3) & 0x1f, __entry->to & 7, __entry->ret)
);

/* viommu_queue_sample.c */

#define show_viommu_queue(queue)			\
	__print_symbolic(queue,				\
		{ 0, "cmd" },				\
		{ 1, "evt" },				\
		{ 2, "ppr" },			\
		{ 3, "unknown" })

DECLARE_EVENT_CLASS(viommu_queue,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u8 queue),

	TP_ARGS(viommu, queue),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u8, queue)
		__field(u64, entries)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->queue		= queue;
		__entry->entries	= viommu->queues[queue].entries;
	),

	TP_printk("iommu=%u guest_id=%u queue=%s entries=%llu",
		  __entry->iommu, __entry->guest_id,
		  show_viommu_queue(__entry->queue), __entry->entries)
);

DEFINE_EVENT(viommu_queue, viommu_queue_overflow,
	TP_PROTO(const struct amd_iommu_viommu *viommu, u8 queue),
	TP_ARGS(viommu, queue)
);

TRACE_EVENT(viommu_queue_stuck,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u8 queue,
		 u32 queue_head, u32 queue_tail, u64 stuck_ns),

	TP_ARGS(viommu, queue, queue_head, queue_tail, stuck_ns),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u8, queue)
		__field(u32, head)
		__field(u32, tail)
		__field(u64, stuck_ns)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->queue		= queue;
		__entry->head		= queue_head;
		__entry->tail		= queue_tail;
		__entry->stuck_ns	= stuck_ns;
	),

	TP_printk("iommu=%u guest_id=%u queue=%s head=0x%x tail=0x%x stuck_ns=%llu",
		  __entry->iommu, __entry->guest_id,
		  show_viommu_queue(__entry->queue), __entry->head,
		  __entry->tail, __entry->stuck_ns)
);

/* viommu_queue.c */

TRACE_EVENT(viommu_queue_init,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u8 queue, u64 base,
		 u64 size, int ret),

	TP_ARGS(viommu, queue, base, size, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u8, queue)
		__field(u64, base)
		__field(u64, size)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->queue		= queue;
		__entry->base		= base;
		__entry->size		= size;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u queue=%s base=0x%llx size=0x%llx ret=%d",
		  __entry->iommu, __entry->guest_id,
		  show_viommu_queue(__entry->queue), __entry->base,
		  __entry->size, __entry->ret)
);

TRACE_EVENT(viommu_control,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u64 control, int ret),

	TP_ARGS(viommu, control, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u64, control)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->control	= control;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u control=0x%llx ret=%d",
		  __entry->iommu, __entry->guest_id, __entry->control,
		  __entry->ret)
);

TRACE_EVENT(viommu_queue_enable,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u8 queue, u64 reg),

	TP_ARGS(viommu, queue, reg),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u8, queue)
		__field(u64, reg)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->queue		= queue;
		__entry->reg		= reg;
	),

	TP_printk("iommu=%u guest_id=%u queue=%s reg=0x%llx",
		  __entry->iommu, __entry->guest_id,
		  show_viommu_queue(__entry->queue), __entry->reg)
);

TRACE_EVENT(viommu_queue_disable,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u8 queue, int ret),

	TP_ARGS(viommu, queue, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u8, queue)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->queue		= queue;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u queue=%s ret=%d",
		  __entry->iommu, __entry->guest_id,
		  show_viommu_queue(__entry->queue), __entry->ret)
);

DEFINE_EVENT(viommu_queue, viommu_queue_destroy,
	TP_PROTO(const struct amd_iommu_viommu *viommu, u8 queue),
	TP_ARGS(viommu, queue)
);

/* viommu_irq.c */

#define show_viommu_irq(irq)				\
	__print_symbolic(irq,				\
		{ 0, "evt" },				\
		{ 1, "ppr" })

TRACE_EVENT(viommu_irq_set,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u8 irq, bool on, int ret),

	TP_ARGS(viommu, irq, on, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u8, irq)
		__field(bool, on)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->irq		= irq;
		__entry->on		= on;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u irq=%s on=%d ret=%d",
		  __entry->iommu, __entry->guest_id,
		  show_viommu_irq(__entry->irq), __entry->on, __entry->ret)
);

TRACE_EVENT(viommu_irq,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u8 irq, u64 count),

	TP_ARGS(viommu, irq, count),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u8, irq)
		__field(u64, count)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->irq		= irq;
		__entry->count		= count;
	),

	TP_printk("iommu=%u guest_id=%u irq=%s count=%llu",
		  __entry->iommu, __entry->guest_id,
		  show_viommu_irq(__entry->irq), __entry->count)
);

/* viommu_map.c and nested.c */

TRACE_EVENT(viommu_devid_map,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u16 gdev_id, u16 hdev_id, int ret),

	TP_ARGS(viommu, gdev_id, hdev_id, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u16, gdev_id)
		__field(u16, hdev_id)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->gdev_id	= gdev_id;
		__entry->hdev_id	= hdev_id;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u gdev_id=%02x:%02x.%x hdev_id=%02x:%02x.%x ret=%d",
		  __entry->iommu, __entry->guest_id,
		  __entry->gdev_id >> 8, (__entry->gdev_id >> 3) & 0x1f,
		  __entry->gdev_id & 7, __entry->hdev_id >> 8,
		  (__entry->hdev_id >> 3) & 0x1f, __entry->hdev_id & 7,
		  __entry->ret)
);

TRACE_EVENT(viommu_devid_unmap,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u16 gdev_id, u16 hdev_id),

	TP_ARGS(viommu, gdev_id, hdev_id),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u16, gdev_id)
		__field(u16, hdev_id)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->gdev_id	= gdev_id;
		__entry->hdev_id	= hdev_id;
	),

	TP_printk("iommu=%u guest_id=%u gdev_id=%02x:%02x.%x hdev_id=%02x:%02x.%x",
		  __entry->iommu, __entry->guest_id,
		  __entry->gdev_id >> 8, (__entry->gdev_id >> 3) & 0x1f,
		  __entry->gdev_id & 7, __entry->hdev_id >> 8,
		  (__entry->hdev_id >> 3) & 0x1f, __entry->hdev_id & 7)
);

DECLARE_EVENT_CLASS(viommu_domid_result,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u16 gdom_id, u16 hdom_id, int ret),

	TP_ARGS(viommu, gdom_id, hdom_id, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u16, gdom_id)
		__field(u16, hdom_id)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->gdom_id	= gdom_id;
		__entry->hdom_id	= hdom_id;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u gdom_id=%u hdom_id=%u ret=%d",
		  __entry->iommu, __entry->guest_id, __entry->gdom_id,
		  __entry->hdom_id, __entry->ret)
);

DEFINE_EVENT(viommu_domid_result, viommu_domid_map,
	TP_PROTO(const struct amd_iommu_viommu *viommu, u16 gdom_id, u16 hdom_id, int ret),
	TP_ARGS(viommu, gdom_id, hdom_id, ret)
);

DEFINE_EVENT(viommu_domid_result, viommu_domain_alloc,
	TP_PROTO(const struct amd_iommu_viommu *viommu, u16 gdom_id, u16 hdom_id, int ret),
	TP_ARGS(viommu, gdom_id, hdom_id, ret)
);

DECLARE_EVENT_CLASS(viommu_domid,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u16 gdom_id, u16 hdom_id),

	TP_ARGS(viommu, gdom_id, hdom_id),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u16, gdom_id)
		__field(u16, hdom_id)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->gdom_id	= gdom_id;
		__entry->hdom_id	= hdom_id;
	),

	TP_printk("iommu=%u guest_id=%u gdom_id=%u hdom_id=%u",
		  __entry->iommu, __entry->guest_id, __entry->gdom_id,
		  __entry->hdom_id)
);

DEFINE_EVENT(viommu_domid, viommu_domid_unmap,
	TP_PROTO(const struct amd_iommu_viommu *viommu, u16 gdom_id, u16 hdom_id),
	TP_ARGS(viommu, gdom_id, hdom_id)
);

DEFINE_EVENT(viommu_domid, viommu_domain_free,
	TP_PROTO(const struct amd_iommu_viommu *viommu, u16 gdom_id, u16 hdom_id),
	TP_ARGS(viommu, gdom_id, hdom_id)
);

TRACE_EVENT(viommu_domain_attach,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u16 hdev_id,
		 u16 gdom_id, u16 hdom_id, int ret),

	TP_ARGS(viommu, hdev_id, gdom_id, hdom_id, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u16, hdev_id)
		__field(u16, gdom_id)
		__field(u16, hdom_id)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->hdev_id	= hdev_id;
		__entry->gdom_id	= gdom_id;
		__entry->hdom_id	= hdom_id;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u hdev_id=%02x:%02x.%x gdom_id=%u hdom_id=%u ret=%d",
		  __entry->iommu, __entry->guest_id, __entry->hdev_id >> 8,
		  (__entry->hdev_id >> 3) & 0x1f, __entry->hdev_id & 7,
		  __entry->gdom_id, __entry->hdom_id, __entry->ret)
);

/* viommu_vdevice.c */

TRACE_EVENT(viommu_vdevice_init,

	TP_PROTO(const struct amd_iommu_vdevice *vdev, int ret),

	TP_ARGS(vdev, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u64, serial)
		__field(u16, gdev_id)
		__field(u16, hdev_id)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= vdev->viommu->iommu->index;
		__entry->guest_id	= vdev->viommu->guest_id;
		__entry->serial		= vdev->serial;
		__entry->gdev_id	= vdev->gdev_id;
		__entry->hdev_id	= vdev->hdev_id;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u serial=%llu gdev_id=%02x:%02x.%x hdev_id=%02x:%02x.%x ret=%d",
		  __entry->iommu, __entry->guest_id, __entry->serial,
		  __entry->gdev_id >> 8, (__entry->gdev_id >> 3) & 0x1f,
		  __entry->gdev_id & 7, __entry->hdev_id >> 8,
		  (__entry->hdev_id >> 3) & 0x1f, __entry->hdev_id & 7, __entry->ret)
);

TRACE_EVENT(viommu_vdevice_destroy,

	TP_PROTO(const struct amd_iommu_vdevice *vdev),

	TP_ARGS(vdev),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u64, serial)
		__field(u16, gdev_id)
		__field(u16, hdev_id)
	),

	TP_fast_assign(
		__entry->iommu		= vdev->viommu->iommu->index;
		__entry->guest_id	= vdev->viommu->guest_id;
		__entry->serial		= vdev->serial;
		__entry->gdev_id	= vdev->gdev_id;
		__entry->hdev_id	= vdev->hdev_id;
	),

	TP_printk("iommu=%u guest_id=%u serial=%llu gdev_id=%02x:%02x.%x hdev_id=%02x:%02x.%x",
		  __entry->iommu, __entry->guest_id, __entry->serial,
		  __entry->gdev_id >> 8, (__entry->gdev_id >> 3) & 0x1f,
		  __entry->gdev_id & 7, __entry->hdev_id >> 8,
		  (__entry->hdev_id >> 3) & 0x1f, __entry->hdev_id & 7)
);

/* viommu_object.c */

TRACE_EVENT(viommu_init,

	TP_PROTO(const struct amd_iommu_viommu *viommu, int ret),

	TP_ARGS(viommu, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u64, serial)
		__field(pid_t, tgid)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->serial		= viommu->serial;
		__entry->tgid		= viommu->owner.tgid;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u serial=%llu tgid=%d ret=%d",
		  __entry->iommu, __entry->guest_id, __entry->serial,
		  __entry->tgid, __entry->ret)
);

TRACE_EVENT(viommu_destroy,

	TP_PROTO(const struct amd_iommu_viommu *viommu),

	TP_ARGS(viommu),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u64, serial)
		__field(pid_t, tgid)
		__field(u64, cmds)
		__field(u64, events)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->serial		= viommu->serial;
		__entry->tgid		= viommu->owner.tgid;
		__entry->cmds		= atomic64_read(&viommu->stats.cmds);
		__entry->events		= atomic64_read(&viommu->stats.events);
	),

	TP_printk("iommu=%u guest_id=%u serial=%llu tgid=%d cmds=%llu events=%llu",
		  __entry->iommu, __entry->guest_id, __entry->serial,
		  __entry->tgid, __entry->cmds, __entry->events)
);

TRACE_EVENT(viommu_vf_page_alloc,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u64 offset, int ret),

	TP_ARGS(viommu, offset, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u64, offset)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->offset		= offset;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u offset=0x%llx ret=%d",
		  __entry->iommu, __entry->guest_id, __entry->offset,
		  __entry->ret)
);

TRACE_EVENT(viommu_vf_page_free,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u64 offset),

	TP_ARGS(viommu, offset),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u64, offset)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->offset		= offset;
	),

	TP_printk("iommu=%u guest_id=%u offset=0x%llx",
		  __entry->iommu, __entry->guest_id, __entry->offset)
);

/* viommu_invalidate.c */

TRACE_EVENT(viommu_invalidate,

	TP_PROTO(const struct amd_iommu_viommu *viommu,
		 const struct iommu_cmd *cmd, int ret),

	TP_ARGS(viommu, cmd, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u8, opcode)
		__field(u32, cmd0)
		__field(u32, cmd1)
		__field(u32, cmd2)
		__field(u32, cmd3)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->opcode		= cmd->data[1] >> 28;
		__entry->cmd0		= cmd->data[0];
		__entry->cmd1		= cmd->data[1];
		__entry->cmd2		= cmd->data[2];
		__entry->cmd3		= cmd->data[3];
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u opcode=%s cmd=%08x:%08x:%08x:%08x ret=%d",
		  __entry->iommu, __entry->guest_id,
		  show_viommu_opcode(__entry->opcode),
		  __entry->cmd0, __entry->cmd1, __entry->cmd2,
		  __entry->cmd3, __entry->ret)
);

/* viommu_event.c */

#define show_viommu_event_code(code)			\
	__print_symbolic(code,				\
		{ 0x1, "ILLEGAL_DEV_TABLE_ENTRY" },	\
		{ 0x2, "IO_PAGE_FAULT" },		\
		{ 0x3, "DEV_TAB_HARDWARE_ERROR" },	\
		{ 0x4, "PAGE_TAB_HARDWARE_ERROR" },	\
		{ 0x5, "ILLEGAL_COMMAND_ERROR" },	\
		{ 0x6, "COMMAND_HARDWARE_ERROR" },	\
		{ 0x7, "IOTLB_INV_TIMEOUT" },		\
		{ 0x8, "INVALID_DEVICE_REQUEST" },	\
		{ 0x9, "INVALID_PPR_REQUEST" },		\
		{ 0xa, "EVENT_COUNTER_ZERO" },		\
		{ 0xb, "GUEST_EVENT_FAULT" },		\
		{ 0xc, "VIOMMU_HARDWARE_ERROR" },	\
		{ 0xd, "RMP_PAGE_FAULT" },		\
		{ 0xe, "RMP_HARDWARE_ERROR" })

TRACE_EVENT(viommu_event_record,

	TP_PROTO(const struct amd_iommu *iommu, u16 guest_id,
		 const struct amd_iommu_event *event),

	TP_ARGS(iommu, guest_id, event),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u8, code)
		__field(u16, devid)
		__field(u32, pasid_domid)
		__field(u16, flags)
		__field(u8, vflags)
		__field(u64, address)
		__field(u32, event0)
		__field(u32, event1)
		__field(u32, event2)
		__field(u32, event3)
	),

	TP_fast_assign(
		__entry->iommu		= iommu->index;
		__entry->guest_id	= guest_id;
		__entry->code		= event->data[1] >> 28;
		__entry->devid		= event->data[0] & 0xffff;
		__entry->pasid_domid	= (event->data[0] & 0xf0000) |
					  (event->data[1] & 0xffff);
		__entry->flags		= (event->data[1] >> 16) & 0xfff;
		__entry->vflags		= event->data[0] >> 27;
		__entry->address	= (u64)event->data[3] << 32 |
					  event->data[2];
		__entry->event0		= event->data[0];
		__entry->event1		= event->data[1];
		__entry->event2		= event->data[2];
		__entry->event3		= event->data[3];
	),

	TP_printk("iommu=%u guest_id=%u code=%s devid=%02x:%02x.%x pasid_domid=0x%05x flags=0x%03x vflags=0x%02x address=0x%llx raw=%08x:%08x:%08x:%08x",
		  __entry->iommu, __entry->guest_id,
		  show_viommu_event_code(__entry->code),
		  __entry->devid >> 8, (__entry->devid >> 3) & 0x1f,
		  __entry->devid & 7, __entry->pasid_domid, __entry->flags,
		  __entry->vflags, __entry->address,
		  __entry->event0, __entry->event1, __entry->event2,
		  __entry->event3)
);

DEFINE_EVENT(viommu_guest, viommu_event_log_overflow,
	TP_PROTO(const struct amd_iommu *iommu, u16 guest_id),
	TP_ARGS(iommu, guest_id)
);

DEFINE_EVENT(viommu_guest, viommu_event_log_restart,
	TP_PROTO(const struct amd_iommu *iommu, u16 guest_id),
	TP_ARGS(iommu, guest_id)
);

TRACE_EVENT(viommu_event_deliver,

	TP_PROTO(const struct amd_iommu_viommu *viommu,
		 const struct amd_iommu_event *event, int ret),

	TP_ARGS(viommu, event, ret),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u8, code)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->code		= event->data[1] >> 28;
		__entry->ret		= ret;
	),

	TP_printk("iommu=%u guest_id=%u code=%s ret=%d",
		  __entry->iommu, __entry->guest_id,
		  show_viommu_event_code(__entry->code), __entry->ret)
);

TRACE_EVENT(viommu_queue_fault,

	TP_PROTO(const struct amd_iommu_viommu *viommu, u8 queue,
		 const struct amd_iommu_event *event),

	TP_ARGS(viommu, queue, event),

	TP_STRUCT__entry(
		__field(u32, iommu)
		__field(u16, guest_id)
		__field(u8, queue)
		__field(u8, code)
		__field(u64, address)
		__field(u32, event0)
		__field(u32, event1)
		__field(u32, event2)
		__field(u32, event3)
	),

	TP_fast_assign(
		__entry->iommu		= viommu->iommu->index;
		__entry->guest_id	= viommu->guest_id;
		__entry->queue		= queue;
		__entry->code		= event->data[1] >> 28;
		__entry->address	= (u64)event->data[3] << 32 |
					  event->data[2];
		__entry->event0		= event->data[0];
		__entry->event1		= event->data[1];
		__entry->event2		= event->data[2];
		__entry->event3		= event->data[3];
	),

	TP_printk("iommu=%u guest_id=%u queue=%s code=%s address=0x%llx raw=%08x:%08x:%08x:%08x",
		  __entry->iommu, __entry->guest_id,
		  show_viommu_queue(__entry->queue),
		  show_viommu_event_code(__entry->code), __entry->address,
		  __entry->event0, __entry->event1, __entry->event2,
		  __entry->event3)
);

#endif /* _TRACE_AMD_VIOMMU_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
