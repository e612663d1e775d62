// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histograms as people look at them: a line per power of two.
 */
#include <string.h>

#include "lib/text/octaves.h"
#include "lib/text/text.h"

void octaves_count(struct octaves *octaves, const struct hist *hist)
{
	memset(octaves, 0, sizeof(*octaves));
	octaves->first = NR_OCTAVES;
	octaves->last = -1;
	for (int i = 0; i < VIOMMU_HIST_BUCKETS; i++) {
		int octave = i / VIOMMU_HIST_STEPS;

		octaves->count[octave] += hist->bucket[i];
		if (!hist->bucket[i])
			continue;
		if (octave < octaves->first)
			octaves->first = octave;
		octaves->last = octave;
	}
	for (int i = 0; i < NR_OCTAVES; i++)
		if (octaves->count[i] > octaves->most)
			octaves->most = octaves->count[i];
}

uint64_t octaves_from(int i)
{
	return viommu_hist_floor(i * VIOMMU_HIST_STEPS);
}

void octaves_bar(char *buf, size_t len, const struct octaves *octaves, int i, int width)
{
	text_bar(buf, len, octaves->count[i], octaves->most, width);
}
