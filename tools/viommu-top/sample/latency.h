/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Histograms of vIOMMUs, which snapshots share as long as they do not change.
 */
#ifndef TOP_SAMPLE_LATENCY_H
#define TOP_SAMPLE_LATENCY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/text/hist.h"

/**
 * struct latency - A histogram that several snapshots may have
 * @refs:  how many have it
 * @count: of what it was listed with; 0 if it was not listed
 * @hist:  the histogram
 */
struct latency {
	size_t refs;
	uint64_t count;
	struct hist hist;
};

/** latency_new() - An empty one with one user; NULL if out of memory */
struct latency *latency_new(void);

/** latency_get() - One more user of @latency, or of NULL; returns it */
struct latency *latency_get(struct latency *latency);

/** latency_put() - One user less; NULL is fine */
void latency_put(struct latency *latency);

/** latency_hist() - The histogram, an empty one of NULL */
const struct hist *latency_hist(const struct latency *latency);

#endif /* TOP_SAMPLE_LATENCY_H */
