// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that are in no trace: sequence numbers tell.
 */
#include <stdlib.h>
#include <string.h>

#include "event/gaps.h"
#include "lib/sys/array.h"

static struct gap_iommu *find(struct gaps *gaps, uint32_t iommu)
{
	for (size_t i = 0; i < gaps->nr; i++)
		if (gaps->iommu[i].iommu == iommu)
			return &gaps->iommu[i];
	return NULL;
}

/* As much of it as there is of the other, which is used up */
static uint64_t take(uint64_t *from, uint64_t most)
{
	uint64_t taken = *from < most ? *from : most;

	*from -= taken;
	return taken;
}

uint64_t gaps_event(struct gaps *gaps, const struct vtr_event *event)
{
	struct gap_iommu *last;
	uint64_t seq = event->arg[0], missing = 0;

	if (event->id != VTR_cmd_submit)
		return 0;
	last = find(gaps, event->iommu);
	if (last) {
		if (seq > last->seq)
			missing = seq - last->seq - 1;
	} else {
		/* What was before the first is none of ours */
		last = array_add(&gaps->iommu, &gaps->nr, &gaps->room, sizeof(*last));
		if (!last)
			return 0;
		last->iommu = event->iommu;
	}
	last->seq = seq;
	missing -= take(&gaps->lost, missing);
	gaps->told += missing;
	return missing;
}

uint64_t gaps_lost(struct gaps *gaps, uint64_t lost)
{
	lost -= take(&gaps->told, lost);
	gaps->lost += lost;
	return lost;
}

void gaps_free(struct gaps *gaps)
{
	free(gaps->iommu);
	memset(gaps, 0, sizeof(*gaps));
}
