/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands under way: which submit belongs to which complete.
 */
#ifndef TRACE_EVENT_PAIRS_H
#define TRACE_EVENT_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "viommu_trace.h"

/**
 * struct pairs_command - A command under way
 * @submit: that it was queued
 * @life:   which user of its guest ID that was
 */
struct pairs_command {
	struct vtr_event submit;
	uint32_t life;
};

/**
 * struct pairs_iommu - Commands under way on one IOMMU
 * @iommu:  its index
 * @submit: each, in order
 * @nr:     how many
 * @room:   how many fit
 */
struct pairs_iommu {
	uint32_t iommu;
	struct pairs_command *submit;
	size_t nr;
	size_t room;
};

/**
 * struct pairs - Commands under way
 * @iommu:    by IOMMU
 * @nr:       how many IOMMUs
 * @room:     how many fit
 * @missing:  commands whose end cannot be known
 * @timeouts: completion waits that timed out
 * @done:     is called with each that is done; latency in ns
 * @context:  its first argument
 */
struct pairs {
	struct pairs_iommu *iommu;
	size_t nr;
	size_t room;
	uint64_t missing;
	uint64_t timeouts;
	void (*done)(void *context, const struct pairs_command *command, uint64_t ns);
	void *context;
};

/**
 * pairs_event() - An event happened
 * @life: which user of its guest ID that is now
 *
 * A command ends with the first COMPLETION_WAIT behind it that is done.
 *
 * Return: false without memory.
 */
bool pairs_event(struct pairs *pairs, const struct vtr_event *event, uint32_t life);

/** pairs_lost() - Events were lost: what is under way may have ended */
void pairs_lost(struct pairs *pairs);

/** pairs_under_way() - How many commands are under way on an IOMMU */
size_t pairs_under_way(const struct pairs *pairs, uint32_t iommu);

/** pairs_free() - Release the memory */
void pairs_free(struct pairs *pairs);

#endif /* TRACE_EVENT_PAIRS_H */
