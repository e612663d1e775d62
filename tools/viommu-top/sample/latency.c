// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histograms of vIOMMUs, which snapshots share as long as they do not change.
 */
#include <stdlib.h>

#include "sample/latency.h"

struct latency *latency_new(void)
{
	struct latency *latency = calloc(1, sizeof(*latency));

	return latency_get(latency);
}

struct latency *latency_get(struct latency *latency)
{
	if (latency)
		latency->refs++;
	return latency;
}

void latency_put(struct latency *latency)
{
	if (latency && !--latency->refs)
		free(latency);
}

const struct hist *latency_hist(const struct latency *latency)
{
	static const struct hist none;

	return latency ? &latency->hist : &none;
}
