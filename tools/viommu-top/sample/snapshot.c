// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots: everything there is to know at one time.
 */
#include <stdlib.h>
#include <string.h>

#include "sample/snapshot.h"

static int by_serial(const void *a, const void *b)
{
	const uint64_t *key = a;
	const struct viommu *viommu = b;

	return (*key > viommu->rec.serial) - (*key < viommu->rec.serial);
}

const struct viommu *snapshot_find(const struct snapshot *snap, uint64_t serial)
{
	if (!snap || !snap->nr)
		return NULL;
	return bsearch(&serial, snap->viommu, snap->nr, sizeof(*snap->viommu), by_serial);
}

const struct viommu *snapshot_find_near(const struct snapshot *snap, uint64_t serial, size_t *near)
{
	const struct viommu *found;

	if (snap && *near < snap->nr && snap->viommu[*near].rec.serial == serial)
		found = &snap->viommu[*near];
	else
		found = snapshot_find(snap, serial);
	if (found)
		*near = found - snap->viommu + 1;
	return found;
}

uint64_t snapshot_lost(const struct snapshot *snap)
{
	return snap->missed + snap->latencies_lost + snap->parts.happened_lost;
}

bool snapshot_complete(const struct snapshot *snap)
{
	return !snapshot_lost(snap) && !snap->count[VT_EVENT_LOG_OVERFLOW];
}

void snapshot_sum(struct snapshot *snap)
{
	memset(snap->count, 0, sizeof(snap->count));
	memset(&snap->latency, 0, sizeof(snap->latency));
	for (size_t i = 0; i < snap->traffic.nr; i++) {
		const struct traffic *traffic = &snap->traffic.item[i];

		for (int which = 0; which < VT_NR_COUNTERS; which++)
			snap->count[which] += traffic->count[which];
		hist_add(&snap->latency, &traffic->latency);
	}
}

void snapshot_empty(struct snapshot *snap)
{
	for (size_t i = 0; i < snap->nr; i++)
		latency_put(snap->viommu[i].latency);
	snap->nr = 0;
}

void snapshot_free(struct snapshot *snap)
{
	snapshot_empty(snap);
	free(snap->viommu);
	traffic_free(&snap->traffic);
	parts_free(&snap->parts);
	host_view_free(&snap->host);
	memset(snap, 0, sizeof(*snap));
}
