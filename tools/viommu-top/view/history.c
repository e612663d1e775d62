// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last minutes of every vIOMMU.
 *
 * Both the snapshots and the tracks are in order of serials, so that a new
 * interval is one walk through both: also with thousands of vIOMMUs.
 */
#include <stdlib.h>
#include <string.h>

#include "view/history.h"

static uint32_t grown(uint64_t now, uint64_t then)
{
	uint64_t more = now > then ? now - then : 0;

	return more < UINT32_MAX ? more : UINT32_MAX;
}

static void note(struct track *track, size_t at, const struct viommu *now,
		 const struct viommu *then)
{
	track->cmds[at] = grown(now->rec.cmds, then ? then->rec.cmds : 0);
	track->events[at] = grown(now->rec.events, then ? then->rec.events : 0);
}

bool history_add(struct history *h, const struct snapshot *now, const struct snapshot *then)
{
	struct track *tracks = calloc(now->nr + 1, sizeof(*tracks));
	size_t old = 0;

	if (!tracks)
		return false;
	for (size_t i = 0; i < now->nr; i++) {
		const struct viommu *viommu = &now->viommu[i];

		while (old < h->nr_tracks && h->track[old].serial < viommu->rec.serial)
			old++;
		if (old < h->nr_tracks && h->track[old].serial == viommu->rec.serial)
			tracks[i] = h->track[old];
		tracks[i].serial = viommu->rec.serial;
		note(&tracks[i], h->next, viommu, snapshot_find(then, viommu->rec.serial));
	}
	free(h->track);
	h->track = tracks;
	h->nr_tracks = now->nr;
	h->interval_ns[h->next] = now->mono_ns - then->mono_ns;
	h->next = (h->next + 1) % HISTORY_MAX;
	if (h->nr < HISTORY_MAX)
		h->nr++;
	return true;
}

/* Index in the rings of the oldest interval */
static size_t oldest(const struct history *h)
{
	return (h->next + HISTORY_MAX - h->nr) % HISTORY_MAX;
}

void history_start(const struct history *h, struct series *series)
{
	memset(series, 0, sizeof(*series));
	series->nr = h->nr;
}

static int by_serial(const void *x, const void *y)
{
	const uint64_t *serial = x;
	const struct track *track = y;

	return (*serial > track->serial) - (*serial < track->serial);
}

void history_sum(const struct history *h, struct series *series, uint64_t serial)
{
	const struct track *track = NULL;

	if (h->nr_tracks)
		track = bsearch(&serial, h->track, h->nr_tracks, sizeof(*track), by_serial);
	for (size_t i = 0; track && i < h->nr; i++) {
		size_t at = (oldest(h) + i) % HISTORY_MAX;
		double seconds = h->interval_ns[at] / 1e9;

		if (seconds <= 0)
			continue;
		series->cmds[i] += track->cmds[at] / seconds;
		series->events[i] += track->events[at] / seconds;
	}
}

void history_free(struct history *h)
{
	free(h->track);
	memset(h, 0, sizeof(*h));
}
