// SPDX-License-Identifier: GPL-2.0-only
/*
 * What guests' queues do, as far as the host can see it.
 *
 * The hardware tells nobody when it executes a guest's command or fills a
 * guest's log: that is the point of it. But the host can read heads, tails and
 * status in the VF page. A sample compares them with those of the sample
 * before. Iterators and debugfs take one when they are read, so that a stalled
 * queue is found at the reader's pace, and nothing is done for guests that
 * nobody looks at.
 */

#include <linux/iommufd.h>
#include <linux/timekeeping.h>

#include "viommu_internal.h"

#include <trace/events/amd_viommu.h>

#define ENTRY_SIZE	16
/*
 * How long the head must stand still before the tail. It seems to, too, if the
 * hardware did exactly whole turns of the ring between any two samples.
 */
#define STALLED_NS	NSEC_PER_SEC

/* What a sample finds in the VF page */
struct viommu_sample {
	u64 now;
	u32 head;
	u32 tail;
	u32 status;
};

static struct viommu_sample
viommu_sample_read(struct amd_iommu_viommu *aviommu,
		   const struct amd_viommu_queue_regs *regs)
{
	u8 __iomem *vf = amd_viommu_vf(aviommu);
	struct viommu_sample sample;

	/* The head first: a tail that is read later is not behind it */
	sample.head = readl(vf + regs->head) & AMD_VIOMMU_VF_POINTER;
	sample.tail = readl(vf + regs->tail) & AMD_VIOMMU_VF_POINTER;
	sample.status = readl(vf + AMD_VIOMMU_VF_STATUS);
	sample.now = ktime_get_ns();
	return sample;
}

/* The hardware moves the head of commands, and the tails of logs */
static u32 viommu_sample_moved(const struct amd_viommu_queue *queue,
			       enum amd_viommu_queue_type type,
			       const struct viommu_sample *sample)
{
	u32 from = type == AMD_VIOMMU_CMD ? queue->head : queue->tail;
	u32 to = type == AMD_VIOMMU_CMD ? sample->head : sample->tail;

	return (to - from) & (queue->size - 1);
}

static void viommu_sample_find_stalled(struct amd_iommu_viommu *aviommu,
				       enum amd_viommu_queue_type type, u32 bytes,
				       const struct viommu_sample *sample)
{
	struct amd_viommu_queue *queue = &aviommu->queues[type];
	bool waits = type == AMD_VIOMMU_CMD && sample->head != sample->tail &&
		     (queue->reg & AMD_VIOMMU_QUEUE_ENABLE);
	/* The previous sample may be old: a wait begins with the sample that finds it */
	bool waited = queue->head != queue->tail;

	if (bytes || !waits || !waited) {
		queue->progress_ns = sample->now;
		queue->stuck = false;
	} else if (!queue->stuck &&
		   sample->now - queue->progress_ns >= STALLED_NS) {
		queue->stuck = true;
		queue->nr_stuck++;
		trace_viommu_queue_stuck(aviommu, type, sample->head, sample->tail,
					 sample->now - queue->progress_ns);
	}
}

static void viommu_sample_find_overflow(struct amd_iommu_viommu *aviommu,
					enum amd_viommu_queue_type type,
					bool overflow)
{
	struct amd_viommu_queue *queue = &aviommu->queues[type];

	if (overflow && !queue->overflow) {
		queue->nr_overflow++;
		trace_viommu_queue_overflow(aviommu, type);
	}
	queue->overflow = overflow;
}

/**
 * amd_viommu_queue_sample() - Update what is known of one of a guest's queues
 * @aviommu: vIOMMU, its queue_lock held
 * @type:    queue that user space has allocated
 *
 * The guest writes to the VF page as it likes: the values there may be impossible.
 */
void amd_viommu_queue_sample(struct amd_iommu_viommu *aviommu,
			     enum amd_viommu_queue_type type)
{
	const struct amd_viommu_queue_regs *regs = &amd_viommu_queue_regs[type];
	struct amd_viommu_queue *queue = &aviommu->queues[type];
	struct viommu_sample sample = viommu_sample_read(aviommu, regs);
	u32 bytes = viommu_sample_moved(queue, type, &sample);

	lockdep_assert_held(&aviommu->queue_lock);
	queue->entries += bytes / ENTRY_SIZE;
	viommu_sample_find_stalled(aviommu, type, bytes, &sample);
	viommu_sample_find_overflow(aviommu, type, sample.status & regs->overflow);
	queue->head = sample.head;
	queue->tail = sample.tail;
	queue->running = sample.status & regs->run;
	queue->seen_ns = sample.now;
}

/**
 * amd_viommu_queues_sample() - Update what is known of all queues of a guest
 * @aviommu: vIOMMU
 */
void amd_viommu_queues_sample(struct amd_iommu_viommu *aviommu)
{
	guard(mutex)(&aviommu->queue_lock);

	for (int type = 0; type < AMD_VIOMMU_NR_QUEUES; type++)
		if (aviommu->queues[type].size)
			amd_viommu_queue_sample(aviommu, type);
}
