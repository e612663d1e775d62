/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands that are in no trace: sequence numbers tell.
 *
 * The kernel runs no tracepoint on a CPU that is not online any more, or not yet. What
 * the driver queues there is seen by nobody, and counted by nobody as lost.
 */
#ifndef TRACE_EVENT_GAPS_H
#define TRACE_EVENT_GAPS_H

#include <stddef.h>
#include <stdint.h>

#include "viommu_trace.h"

/**
 * struct gap_iommu - An IOMMU
 * @iommu: its index
 * @seq:   sequence number of the last command that was seen
 */
struct gap_iommu {
	uint32_t iommu;
	uint64_t seq;
};

/**
 * struct gaps - What was seen so far; zeroed at the beginning
 * @iommu: each
 * @nr:    how many
 * @room:  how many fit
 * @told:  commands missing that nobody else told of yet
 * @lost:  events lost that are no commands missing, as far as one knows
 */
struct gaps {
	struct gap_iommu *iommu;
	size_t nr;
	size_t room;
	uint64_t told;
	uint64_t lost;
};

/**
 * gaps_event() - An event was seen
 *
 * Return: commands missing before it that were not told as lost.
 */
uint64_t gaps_event(struct gaps *gaps, const struct vtr_event *event);

/**
 * gaps_lost() - Events are told as lost, before or after what is behind them is seen
 *
 * Return: how many of these no gap has told of yet.
 */
uint64_t gaps_lost(struct gaps *gaps, uint64_t lost);

/** gaps_free() - Release the memory */
void gaps_free(struct gaps *gaps);

#endif /* TRACE_EVENT_GAPS_H */
