// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands under way: which submit belongs to which complete.
 */
#include <stdlib.h>
#include <string.h>

#include "event/pairs.h"
#include "lib/sys/array.h"

static struct pairs_iommu *iommu_of(struct pairs *pairs, uint32_t iommu)
{
	struct pairs_iommu *more;

	for (size_t i = 0; i < pairs->nr; i++)
		if (pairs->iommu[i].iommu == iommu)
			return &pairs->iommu[i];
	more = array_add(&pairs->iommu, &pairs->nr, &pairs->room, sizeof(*more));
	if (more)
		more->iommu = iommu;
	return more;
}

static bool submit(struct pairs_iommu *iommu, const struct vtr_event *event, uint32_t life)
{
	struct pairs_command *new =
		array_add(&iommu->submit, &iommu->nr, &iommu->room, sizeof(*new));

	if (!new)
		return false;
	*new = (struct pairs_command){*event, life};
	return true;
}

static void complete(struct pairs *pairs, struct pairs_iommu *iommu, const struct vtr_event *event)
{
	size_t done = 0;

	/* What was before it counts later, or never */
	if (event->arg[1]) {
		pairs->timeouts++;
		return;
	}
	for (; done < iommu->nr && iommu->submit[done].submit.arg[0] <= event->arg[0]; done++) {
		const struct pairs_command *begin = &iommu->submit[done];
		uint64_t ns = begin->submit.ns;

		pairs->done(pairs->context, begin, event->ns > ns ? event->ns - ns : 0);
	}
	iommu->nr -= done;
	if (done)
		memmove(iommu->submit, iommu->submit + done, iommu->nr * sizeof(*iommu->submit));
}

bool pairs_event(struct pairs *pairs, const struct vtr_event *event, uint32_t life)
{
	struct pairs_iommu *iommu;

	if (event->id != VTR_cmd_submit && event->id != VTR_cmd_complete)
		return true;
	iommu = iommu_of(pairs, event->iommu);
	if (!iommu)
		return false;
	if (event->id == VTR_cmd_submit)
		return submit(iommu, event, life);
	complete(pairs, iommu, event);
	return true;
}

void pairs_lost(struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->nr; i++) {
		pairs->missing += pairs->iommu[i].nr;
		pairs->iommu[i].nr = 0;
	}
}

size_t pairs_under_way(const struct pairs *pairs, uint32_t iommu)
{
	for (size_t i = 0; i < pairs->nr; i++)
		if (pairs->iommu[i].iommu == iommu)
			return pairs->iommu[i].nr;
	return 0;
}

void pairs_free(struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->nr; i++)
		free(pairs->iommu[i].submit);
	free(pairs->iommu);
	memset(pairs, 0, sizeof(*pairs));
}
