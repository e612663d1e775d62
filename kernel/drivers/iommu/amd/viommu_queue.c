// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests' queues in hardware: command buffer, event log and PPR log.
 *
 * A guest programs a queue in two registers that the VMM traps: for the base
 * register it calls IOMMU_HW_QUEUE_ALLOC, for the control register
 * IOMMU_OPTION_VIOMMU_CONTROL. One register of the VF control entry for each
 * queue gets its value from both. Head, tail
 * and status are in the VF page, between the guest and the hardware.
 */

#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/log2.h>

#include "viommu_internal.h"

#include <trace/events/amd_viommu.h>

#define QUEUE_ENTRY_SIZE	16
#define QUEUE_SIZE_MIN		SZ_4K
#define QUEUE_SIZE_MAX		SZ_512K

/* Field of the register for the queue's size: log2 of the entries */
#define QUEUE_LENGTH		GENMASK_ULL(3, 0)

/* Bits of the guest's control register that no other file knows */
#define CONTROL_PPR_AUTO_RSP_EN		39
#define CONTROL_BLK_STOP_MRK_EN		41
#define CONTROL_PPR_AUTO_RSP_AON	42

/**
 * struct viommu_hw_queue - A queue that user space holds
 * @core: iommufd's part
 *
 * &amd_iommu_viommu.queues has what the driver knows of it.
 */
struct viommu_hw_queue {
	struct iommufd_hw_queue core;
};

/**
 * struct viommu_queue_enable - One bit of the guest's control register
 * @control: its number there
 * @reg:     its number in the register of the VF control entry
 * @feature: bit of the extended features that it needs, or 0
 */
struct viommu_queue_enable {
	u8 control;
	u8 reg;
	u64 feature;
};

static const struct viommu_queue_enable cmd_enables[] = {
	{ CONTROL_CMDBUF_EN, 8 },
	{ CONTROL_COMWAIT_EN, 9 },
	{ }
};

static const struct viommu_queue_enable evt_enables[] = {
	{ CONTROL_EVT_LOG_EN, 8 },
	{ CONTROL_EVT_INT_EN, 9 },
	{ }
};

static const struct viommu_queue_enable ppr_enables[] = {
	{ CONTROL_PPRLOG_EN, 8, FEATURE_PPR },
	{ CONTROL_PPRINT_EN, 9, FEATURE_PPR },
	{ CONTROL_PPR_EN, 10, FEATURE_PPR },
	{ CONTROL_PPR_AUTO_RSP_EN, 13, FEATURE_PPR_AUTO_RSP },
	{ CONTROL_BLK_STOP_MRK_EN, 14, FEATURE_BLK_STOP_MRK },
	{ CONTROL_PPR_AUTO_RSP_AON, 15, FEATURE_PPR_AUTO_RSP },
	{ }
};

static const struct viommu_queue_enable *const enables[] = {
	[AMD_VIOMMU_CMD] = cmd_enables,
	[AMD_VIOMMU_EVT] = evt_enables,
	[AMD_VIOMMU_PPR] = ppr_enables,
};

/*
 * Registers
 */

/* What the VF control register must hold for base, size and enables */
static u64 viommu_queue_reg_value(const struct amd_viommu_queue *queue,
				  enum amd_viommu_queue_type type, u64 control)
{
	u64 reg;

	if (!queue->size)
		return 0;

	reg = (queue->base >> PAGE_SHIFT)
		      << __ffs64(amd_viommu_queue_regs[type].base) |
	      FIELD_PREP(QUEUE_LENGTH, ilog2(queue->size / QUEUE_ENTRY_SIZE));
	for (const struct viommu_queue_enable *bit = enables[type];
	     bit->control; bit++)
		if (control & BIT_ULL(bit->control))
			reg |= BIT_ULL(bit->reg);
	return reg;
}

/* The guest's devices may ask for pages once the log is on, and until it goes off */
static void viommu_queue_set_ppr_runs(struct amd_iommu_viommu *aviommu, bool runs)
{
	struct amd_iommu_vdevice *vdev;
	unsigned long hdev_id;

	guard(mutex)(&aviommu->vdevices_lock);

	if (aviommu->ppr_runs == runs)
		return;
	aviommu->ppr_runs = runs;
	xa_for_each(&aviommu->vdevices, hdev_id, vdev)
		amd_iommu_set_ppr_answered(vdev->dev, runs);
}

/* Make the hardware do what base, size and control register say now */
static int viommu_queue_update(struct amd_iommu_viommu *aviommu,
			       enum amd_viommu_queue_type type)
{
	struct amd_viommu_queue *queue = &aviommu->queues[type];
	u64 control = aviommu->cut_off ? 0 : aviommu->control;
	u64 new = viommu_queue_reg_value(queue, type, control);
	const u64 ppr_on = AMD_VIOMMU_QUEUE_ENABLE | AMD_VIOMMU_QUEUE_PPR_ENABLE;
	bool ppr_runs = type == AMD_VIOMMU_PPR && (new & ppr_on) == ppr_on;
	u64 old = queue->reg;
	int ret = 0;

	if (old == new)
		return 0;

	if (type == AMD_VIOMMU_PPR && !ppr_runs)
		viommu_queue_set_ppr_runs(aviommu, false);

	if (old & ~new & AMD_VIOMMU_QUEUE_ENABLE) {
		ret = amd_viommu_queue_disable(aviommu, type);
		trace_viommu_queue_disable(aviommu, type, ret);
	}
	if (queue->reg != new)
		amd_viommu_queue_write(aviommu, type, new);
	if (new & ~old & AMD_VIOMMU_QUEUE_ENABLE) {
		amd_viommu_queue_sample(aviommu, type);
		queue->progress_ns = queue->seen_ns;
		trace_viommu_queue_enable(aviommu, type, new);
	}
	if (ppr_runs)
		viommu_queue_set_ppr_runs(aviommu, true);
	return ret;
}

/* It is not known whether the hardware does this itself for a new base */
static void viommu_queue_reset_pointers(struct amd_iommu_viommu *aviommu,
					enum amd_viommu_queue_type type)
{
	const struct amd_viommu_queue_regs *regs = &amd_viommu_queue_regs[type];
	u8 __iomem *vf = amd_viommu_vf(aviommu);

	writel(0, vf + regs->tail);
	writel(0, vf + regs->head);
	if (regs->overflow)
		writel(regs->overflow, vf + AMD_VIOMMU_VF_STATUS);
}

/*
 * Queues of user space
 */

static enum amd_viommu_queue_type
viommu_queue_type(enum iommu_hw_queue_type type)
{
	switch (type) {
	case IOMMU_HW_QUEUE_TYPE_AMD_CMD:
		return AMD_VIOMMU_CMD;
	case IOMMU_HW_QUEUE_TYPE_AMD_EVT:
		return AMD_VIOMMU_EVT;
	case IOMMU_HW_QUEUE_TYPE_AMD_PPR:
		return AMD_VIOMMU_PPR;
	default:
		return AMD_VIOMMU_NR_QUEUES;
	}
}

/**
 * amd_viommu_queue_size() - Size of the driver's structure of a queue
 * @core: vIOMMU
 * @type: type that user space asks for
 *
 * Return: size in bytes, 0 if the hardware has no such queue.
 */
size_t amd_viommu_queue_size(struct iommufd_viommu *core,
			     enum iommu_hw_queue_type type)
{
	enum amd_viommu_queue_type queue = viommu_queue_type(type);

	if (queue == AMD_VIOMMU_NR_QUEUES ||
	    (queue == AMD_VIOMMU_PPR && !check_feature(FEATURE_PPR)))
		return 0;
	return HW_QUEUE_STRUCT_SIZE(struct viommu_hw_queue, core);
}

/* Keeps the counters, which cover the vIOMMU's life */
static void viommu_queue_clear_state(struct amd_viommu_queue *queue)
{
	WRITE_ONCE(queue->base, 0);
	queue->head = 0;
	queue->tail = 0;
	queue->running = false;
	queue->overflow = false;
	queue->stuck = false;
	queue->seen_ns = 0;
	queue->progress_ns = 0;
}

static void viommu_queue_destroy(struct iommufd_hw_queue *core)
{
	struct amd_iommu_viommu *aviommu = container_of(core->viommu,
							struct amd_iommu_viommu,
							core);
	enum amd_viommu_queue_type type = viommu_queue_type(core->type);

	guard(mutex)(&aviommu->queue_lock);

	amd_viommu_queue_sample(aviommu, type);
	WRITE_ONCE(aviommu->queues[type].size, 0);
	viommu_queue_update(aviommu, type);
	trace_viommu_queue_destroy(aviommu, type);
	viommu_queue_clear_state(&aviommu->queues[type]);
}

static int viommu_queue_check(const struct iommufd_hw_queue *core, u32 index)
{
	if (index)
		return -EOPNOTSUPP;
	if (!is_power_of_2(core->length) || core->length < QUEUE_SIZE_MIN ||
	    core->length > QUEUE_SIZE_MAX)
		return -EINVAL;
	if (core->base_addr & ~GENMASK_ULL(51, 12))
		return -EINVAL;
	return 0;
}

static int viommu_queue_init(struct amd_iommu_viommu *aviommu,
			     const struct iommufd_hw_queue *core, u32 index)
{
	enum amd_viommu_queue_type type = viommu_queue_type(core->type);
	struct amd_viommu_queue *queue = &aviommu->queues[type];
	int ret = viommu_queue_check(core, index);

	if (ret)
		return ret;
	if (queue->size)
		return -EEXIST;

	WRITE_ONCE(queue->base, core->base_addr);
	/* The thread that reads the event log finds base and size together */
	smp_store_release(&queue->size, core->length);
	amd_viommu_queue_write(aviommu, type,
			       viommu_queue_reg_value(queue, type, 0));
	viommu_queue_reset_pointers(aviommu, type);
	return viommu_queue_update(aviommu, type);
}

/**
 * amd_viommu_queue_init() - Have the hardware serve a guest's queue
 * @core:  iommufd's part, with type, guest physical address and length
 * @index: which of the queues of that type: 0, there is one
 *
 * It runs at once if the guest's control register asks for it. The second
 * buffer of a dual log would be index 1, which is not supported.
 *
 * Return: 0; -EEXIST if the guest has one; -EINVAL for a length or an address
 * that the hardware does not take; -EOPNOTSUPP for an index.
 */
int amd_viommu_queue_init(struct iommufd_hw_queue *core, u32 index)
{
	struct amd_iommu_viommu *aviommu = container_of(core->viommu,
							struct amd_iommu_viommu,
							core);
	int ret;

	guard(mutex)(&aviommu->queue_lock);

	ret = viommu_queue_init(aviommu, core, index);
	trace_viommu_queue_init(aviommu, viommu_queue_type(core->type),
				core->base_addr, core->length, ret);
	if (!ret)
		core->destroy = viommu_queue_destroy;
	return ret;
}

/*
 * The guest's control register
 */

static bool viommu_queue_is_known(u64 control)
{
	u64 known = 0;

	for (int type = 0; type < AMD_VIOMMU_NR_QUEUES; type++)
		for (const struct viommu_queue_enable *bit = enables[type];
		     bit->control; bit++)
			if (!bit->feature || check_feature(bit->feature))
				known |= BIT_ULL(bit->control);
	return !(control & ~known);
}

/* The hardware serves the command buffer no more, and it is the guest's still */
static bool viommu_queue_is_taken_back(const struct amd_iommu_viommu *aviommu,
				       u64 control)
{
	u64 gone = aviommu->control & ~control;

	return aviommu->queues[AMD_VIOMMU_CMD].size &&
	       (gone & BIT_ULL(CONTROL_CMDBUF_EN));
}

/**
 * amd_viommu_control_set() - Follow a write to the guest's control register
 * @core:    vIOMMU
 * @control: bits of the register that queues know
 *
 * Return: 0; -EOPNOTSUPP for other bits, without effect; -ETIMEDOUT if a queue
 * that is now disabled still runs.
 */
int amd_viommu_control_set(struct iommufd_viommu *core, u64 control)
{
	struct amd_iommu_viommu *aviommu =
		container_of(core, struct amd_iommu_viommu, core);
	int ret = 0;

	guard(mutex)(&aviommu->queue_lock);

	if (!viommu_queue_is_known(control)) {
		ret = -EOPNOTSUPP;
	} else {
		if (viommu_queue_is_taken_back(aviommu, control))
			atomic64_inc(&aviommu->stats.takebacks);
		aviommu->control = control;
		/* Commands last: the logs are on before commands provoke records */
		for (int type = AMD_VIOMMU_NR_QUEUES - 1; type >= 0; type--)
			ret = viommu_queue_update(aviommu, type) ?: ret;
	}
	trace_viommu_control(aviommu, control, ret);
	return ret;
}

/**
 * amd_viommu_control_get() - Get what amd_viommu_control_set() set last
 * @core: vIOMMU
 *
 * Return: the bits.
 */
u64 amd_viommu_control_get(struct iommufd_viommu *core)
{
	struct amd_iommu_viommu *aviommu =
		container_of(core, struct amd_iommu_viommu, core);

	guard(mutex)(&aviommu->queue_lock);
	return aviommu->control;
}

/*
 * Pauses
 */

/**
 * amd_viommu_cmds_pause() - Let the hardware execute no command of a guest
 * @aviommu: vIOMMU
 *
 * Until amd_viommu_cmds_resume(), which must follow in the same thread.
 *
 * Return: what amd_viommu_cmds_resume() wants to know.
 */
u64 amd_viommu_cmds_pause(struct amd_iommu_viommu *aviommu)
	__acquires(&aviommu->queue_lock)
{
	u64 reg;

	mutex_lock(&aviommu->queue_lock);
	reg = aviommu->queues[AMD_VIOMMU_CMD].reg;
	/* One that an illegal command has stopped must not start again */
	if (!(reg & AMD_VIOMMU_QUEUE_ENABLE) ||
	    !amd_viommu_queue_is_running(aviommu, AMD_VIOMMU_CMD))
		return 0;
	amd_viommu_queue_disable(aviommu, AMD_VIOMMU_CMD);
	return reg;
}

/**
 * amd_viommu_cmds_resume() - Let the hardware go on with a guest's commands
 * @aviommu: vIOMMU
 * @paused:  what amd_viommu_cmds_pause() returned
 */
void amd_viommu_cmds_resume(struct amd_iommu_viommu *aviommu, u64 paused)
	__releases(&aviommu->queue_lock)
{
	if (paused)
		amd_viommu_queue_write(aviommu, AMD_VIOMMU_CMD, paused);
	mutex_unlock(&aviommu->queue_lock);
}

/**
 * amd_viommu_queues_cut_off() - Stop a guest's queues for good
 * @aviommu: vIOMMU that loses its translation device ID
 *
 * Base, size and control register are kept as the VMM set them, without effect.
 */
void amd_viommu_queues_cut_off(struct amd_iommu_viommu *aviommu)
{
	guard(mutex)(&aviommu->queue_lock);

	aviommu->cut_off = true;
	for (int type = 0; type < AMD_VIOMMU_NR_QUEUES; type++)
		viommu_queue_update(aviommu, type);
}

/**
 * amd_viommu_queues_suspend() - Stop a guest's queues before a loss of power
 * @aviommu: vIOMMU
 *
 * Takes no lock, since nothing else runs. Keeps the positions of the queues; only
 * the bits of the status register that tell of overflows are lost.
 */
void amd_viommu_queues_suspend(struct amd_iommu_viommu *aviommu)
{
	u8 __iomem *vf = amd_viommu_vf(aviommu);

	for (int type = 0; type < AMD_VIOMMU_NR_QUEUES; type++) {
		struct amd_viommu_queue *queue = &aviommu->queues[type];
		u64 reg = queue->reg;

		if (!queue->size)
			continue;
		queue->running = amd_viommu_queue_is_running(aviommu, type);
		amd_viommu_queue_disable(aviommu, type);
		queue->reg = reg;
		queue->head = readl(vf + amd_viommu_queue_regs[type].head);
		queue->tail = readl(vf + amd_viommu_queue_regs[type].tail);
	}
}

/**
 * amd_viommu_queues_resume() - Go on where amd_viommu_queues_suspend() stopped
 * @aviommu: vIOMMU whose translation device ID the hardware knows again
 */
void amd_viommu_queues_resume(struct amd_iommu_viommu *aviommu)
{
	u8 __iomem *vf = amd_viommu_vf(aviommu);

	for (int type = AMD_VIOMMU_NR_QUEUES - 1; type >= 0; type--) {
		struct amd_viommu_queue *queue = &aviommu->queues[type];
		u64 reg = queue->reg;

		if (!queue->size)
			continue;
		amd_viommu_queue_write(aviommu, type,
				       reg & ~AMD_VIOMMU_QUEUE_ENABLE);
		writel(queue->head, vf + amd_viommu_queue_regs[type].head);
		writel(queue->tail, vf + amd_viommu_queue_regs[type].tail);
		/*
		 * One that an illegal command has stopped must not start again:
		 * it has that one ahead. Whether the Run bit is set of one that
		 * has nothing to do is the hardware's business.
		 */
		if (type != AMD_VIOMMU_CMD || queue->running ||
		    !((queue->head ^ queue->tail) & AMD_VIOMMU_VF_POINTER))
			amd_viommu_queue_write(aviommu, type, reg);
		queue->reg = reg;
	}
}
