// SPDX-License-Identifier: GPL-2.0-only
/*
 * Latency histograms.
 */
#include "lib/text/hist.h"

void hist_add(struct hist *to, const struct hist *from)
{
	for (int i = 0; i < VIOMMU_HIST_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
}

void hist_delta(struct hist *delta, const struct hist *now, const struct hist *then)
{
	for (int i = 0; i < VIOMMU_HIST_BUCKETS; i++) {
		uint64_t a = now->bucket[i], b = then->bucket[i];

		delta->bucket[i] = a > b ? a - b : 0;
	}
}

uint64_t hist_count(const struct hist *hist)
{
	uint64_t count = 0;

	for (int i = 0; i < VIOMMU_HIST_BUCKETS; i++)
		count += hist->bucket[i];
	return count;
}

uint64_t hist_sum(const struct hist *hist)
{
	uint64_t sum = 0;

	for (int i = 0; i < VIOMMU_HIST_BUCKETS; i++) {
		uint64_t width = viommu_hist_floor(i + 1) - viommu_hist_floor(i);

		/* A bucket of one value has it, not one below it */
		sum += hist->bucket[i] * (viommu_hist_floor(i) + width / 2);
	}
	return sum;
}

/* The values of a bucket count as spread evenly over it */
static uint64_t interpolate(int bucket, uint64_t index, uint64_t count)
{
	uint64_t floor = viommu_hist_floor(bucket);
	uint64_t width = viommu_hist_floor(bucket + 1) - floor;

	/* The last bucket has no end */
	if (bucket == VIOMMU_HIST_BUCKETS - 1)
		return floor;
	return floor + (uint64_t)(width * ((index + 0.5) / count));
}

bool hist_percentile(const struct hist *hist, double percent, uint64_t *value)
{
	uint64_t count = hist_count(hist);
	double exact = count * percent / 100;
	uint64_t rank = exact, below = 0;

	if (!count)
		return false;
	/* Nearest rank: round up, and at least the first */
	if (rank < exact || !rank)
		rank++;
	if (rank > count)
		rank = count;

	for (int i = 0; i < VIOMMU_HIST_BUCKETS; i++) {
		uint64_t here = hist->bucket[i];

		if (below + here >= rank) {
			*value = interpolate(i, rank - below - 1, here);
			return true;
		}
		below += here;
	}
	return false;
}

bool hist_percentile_max(const struct hist *hist, double percent, uint64_t max, uint64_t *value)
{
	if (!hist_percentile(hist, percent, value))
		return false;
	if (max && *value > max)
		*value = max;
	return true;
}
