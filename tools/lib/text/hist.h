/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Latency histograms: sums, differences and percentiles.
 */
#ifndef LIB_TEXT_HIST_H
#define LIB_TEXT_HIST_H

#include <stdbool.h>
#include <stdint.h>

#include "viommu_hist.h"

/**
 * hist_add() - Add one histogram to another
 * @to:   is changed
 * @from: what to add
 */
void hist_add(struct hist *to, const struct hist *from);

/**
 * hist_delta() - What a cumulative histogram gained
 * @delta: result
 * @now:   the later state
 * @then:  the earlier state; a bucket that shrank gained nothing
 */
void hist_delta(struct hist *delta, const struct hist *now, const struct hist *then);

/**
 * hist_count() - Number of values in a histogram
 * @hist: the histogram
 */
uint64_t hist_count(const struct hist *hist);

/**
 * hist_sum() - Sum of the values in a histogram
 * @hist: the histogram
 *
 * Each value counts as the middle of its bucket, so the sum is at most an eighth of the
 * truth away from it.
 */
uint64_t hist_sum(const struct hist *hist);

/**
 * hist_percentile() - Value below which a share of all values lies
 * @hist:    the histogram
 * @percent: the share, above 0 and up to 100
 * @value:   result; within the bucket that contains it, by interpolation
 *
 * Return: false if the histogram is empty.
 */
bool hist_percentile(const struct hist *hist, double percent, uint64_t *value);

/**
 * hist_percentile_max() - The same, of values of which the longest is known
 * @hist:    the histogram
 * @percent: the share, above 0 and up to 100
 * @max:     the longest; 0 if it is not known
 * @value:   result, at most @max: the end of a bucket may lie above all that is in it
 *
 * Return: false if the histogram is empty.
 */
bool hist_percentile_max(const struct hist *hist, double percent, uint64_t max, uint64_t *value);

#endif /* LIB_TEXT_HIST_H */
