/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Histograms as people look at them: a line per power of two.
 */
#ifndef LIB_TEXT_OCTAVES_H
#define LIB_TEXT_OCTAVES_H

#include <stddef.h>

#include "lib/text/hist.h"

#define NR_OCTAVES (VIOMMU_HIST_BUCKETS / VIOMMU_HIST_STEPS)

/**
 * struct octaves - A histogram by powers of two
 * @count: values in each
 * @most:  the largest of these
 * @first: the first that is not empty
 * @last:  the last that is not, less than @first if all are
 */
struct octaves {
	uint64_t count[NR_OCTAVES];
	uint64_t most;
	int first;
	int last;
};

/**
 * octaves_count() - Sum up a histogram
 * @octaves: result
 * @hist:    the histogram
 */
void octaves_count(struct octaves *octaves, const struct hist *hist);

/**
 * octaves_from() - Where one begins
 * @i: which; NR_OCTAVES gives the end of the last one
 *
 * Return: in ns.
 */
uint64_t octaves_from(int i);

/**
 * octaves_bar() - A bar as long as its share of the largest one
 * @buf:     result
 * @len:     its size, 3 * @width + 1 at least
 * @octaves: as counted
 * @i:       which
 * @width:   columns of the largest one
 */
void octaves_bar(char *buf, size_t len, const struct octaves *octaves, int i, int width);

#endif /* LIB_TEXT_OCTAVES_H */
