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
 * struct pairs_iommu - Commands under way on one IOMMU
 * @iommu:  its index
 * @submit: their submits, in order
 * @nr:     how many
 * @room:   how many fit
 */
struct pairs_iommu {
	uint32_t iommu;
	struct vtr_event *submit;
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
	void (*done)(void *context, const struct vtr_event *submit, uint64_t ns);
	void *context;
};

/**
 * pairs_event() - An event happened
 *
 * A command ends with the first COMPLETION_WAIT behind it that is done.
 *
 * Return: false without memory.
 */
bool pairs_event(struct pairs *pairs, const struct vtr_event *event);

/** pairs_lost() - Events were lost: what is under way may have ended */
void pairs_lost(struct pairs *pairs);

/** pairs_free() - Release the memory */
void pairs_free(struct pairs *pairs);

#endif /* TRACE_EVENT_PAIRS_H */
