// SPDX-License-Identifier: GPL-2.0-only
/*
 * What guests' queues do, as far as the host can see it.
 *
 * The hardware tells nobody when it executes a guest's command or fills a
 * guest's log: that is the point of it. But the host can read heads, tails and
 * status in the VF page. A look compares them with those of the look before:
 * iterators and debugfs look when they are read, and a work every second while
 * there is a queue, so that a stuck one is found when nobody reads.
 */

#include <linux/iommufd.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "amd_iommu.h"
#include "viommu.h"

#include <trace/events/amd_viommu.h>

#define ENTRY_SIZE	16
#define WATCH_INTERVAL	HZ
/*
 * How long the head must stand still before the tail. It seems to, too, if the
 * hardware did exactly whole turns of the ring between any two looks.
 */
#define STUCK_NS	NSEC_PER_SEC

static void watch(struct work_struct *work);
static DECLARE_DELAYED_WORK(watch_work, watch);

/* What a look finds in the VF page */
struct look {
	u64 now;
	u32 head;
	u32 tail;
	u32 status;
};

static struct look look_at(struct amd_iommu_viommu *aviommu,
			   const struct amd_viommu_queue_regs *regs)
{
	u8 __iomem *vf = amd_viommu_vf(aviommu);
	struct look look;

	/* The head first: a tail that is read later is not behind it */
	look.head = readl(vf + regs->head) & AMD_VIOMMU_VF_POINTER;
	look.tail = readl(vf + regs->tail) & AMD_VIOMMU_VF_POINTER;
	look.status = readl(vf + AMD_VIOMMU_VF_STATUS);
	look.now = ktime_get_ns();
	return look;
}

/* The hardware moves the head of commands, and the tails of logs */
static u32 moved(const struct amd_viommu_queue *queue,
		 enum amd_viommu_queue_type type, const struct look *look)
{
	u32 from = type == AMD_VIOMMU_CMD ? queue->head : queue->tail;
	u32 to = type == AMD_VIOMMU_CMD ? look->head : look->tail;

	return (to - from) & (queue->size - 1);
}

static void find_stuck(struct amd_iommu_viommu *aviommu,
		       enum amd_viommu_queue_type type, u32 bytes,
		       const struct look *look)
{
	struct amd_viommu_queue *queue = &aviommu->queues[type];
	bool waits = type == AMD_VIOMMU_CMD && look->head != look->tail &&
		     (queue->reg & AMD_VIOMMU_QUEUE_ENABLE);

	if (bytes || !waits) {
		queue->progress_ns = look->now;
		queue->stuck = false;
	} else if (!queue->stuck && look->now - queue->progress_ns >= STUCK_NS) {
		queue->stuck = true;
		queue->nr_stuck++;
		trace_viommu_queue_stuck(aviommu, type, look->head, look->tail,
					 look->now - queue->progress_ns);
	}
}

static void find_overflow(struct amd_iommu_viommu *aviommu,
			  enum amd_viommu_queue_type type, bool overflow)
{
	struct amd_viommu_queue *queue = &aviommu->queues[type];

	if (overflow && !queue->overflow) {
		queue->nr_overflow++;
		trace_viommu_queue_overflow(aviommu, type);
	}
	queue->overflow = overflow;
}

/**
 * amd_viommu_queue_look() - Update what is known of one of a guest's queues
 * @aviommu: vIOMMU, its queue_lock held
 * @type:    queue that user space has allocated
 *
 * The guest writes to the VF page as it likes: what is found there is what it
 * is, and may be impossible.
 */
void amd_viommu_queue_look(struct amd_iommu_viommu *aviommu,
			   enum amd_viommu_queue_type type)
{
	const struct amd_viommu_queue_regs *regs = &amd_viommu_queue_regs[type];
	struct amd_viommu_queue *queue = &aviommu->queues[type];
	struct look look = look_at(aviommu, regs);
	u32 bytes = moved(queue, type, &look);

	lockdep_assert_held(&aviommu->queue_lock);
	queue->entries += bytes / ENTRY_SIZE;
	find_stuck(aviommu, type, bytes, &look);
	find_overflow(aviommu, type, look.status & regs->overflow);
	queue->head = look.head;
	queue->tail = look.tail;
	queue->running = look.status & regs->run;
	queue->seen_ns = look.now;
}

/**
 * amd_viommu_queues_look() - Update what is known of all queues of a guest
 * @aviommu: vIOMMU
 */
void amd_viommu_queues_look(struct amd_iommu_viommu *aviommu)
{
	guard(mutex)(&aviommu->queue_lock);

	for (int type = 0; type < AMD_VIOMMU_NR_QUEUES; type++)
		if (aviommu->queues[type].size)
			amd_viommu_queue_look(aviommu, type);
}

/**
 * amd_viommu_queue_watch() - Look at queues every second from now on
 * @aviommu: vIOMMU, its queue_lock held
 * @type:    its queue that was enabled
 */
void amd_viommu_queue_watch(struct amd_iommu_viommu *aviommu,
			    enum amd_viommu_queue_type type)
{
	lockdep_assert_held(&aviommu->queue_lock);
	amd_viommu_queue_look(aviommu, type);
	aviommu->queues[type].progress_ns = ktime_get_ns();
	queue_delayed_work(system_freezable_power_efficient_wq, &watch_work,
			   WATCH_INTERVAL);
}

static bool has_queue(struct amd_iommu_viommu *aviommu)
{
	for (int type = 0; type < AMD_VIOMMU_NR_QUEUES; type++)
		if (READ_ONCE(aviommu->queues[type].reg) & AMD_VIOMMU_QUEUE_ENABLE)
			return true;
	return false;
}

static void watch(struct work_struct *work)
{
	struct amd_iommu_viommu *aviommu;
	unsigned long serial;
	bool any = false;

	guard(mutex)(&amd_viommu_lock);

	xa_for_each(&amd_viommus, serial, aviommu) {
		if (!has_queue(aviommu))
			continue;
		amd_viommu_queues_look(aviommu);
		any = true;
	}
	/* The next one that is enabled starts it again */
	if (any)
		queue_delayed_work(system_freezable_power_efficient_wq,
				   &watch_work, WATCH_INTERVAL);
}
