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

static bool note(struct track *track, size_t at, const struct viommu *now,
		 const struct viommu *then)
{
	uint32_t cmds = grown(now->rec.cmds, then ? then->rec.cmds : 0);
	uint32_t events = grown(now->rec.events, then ? then->rec.events : 0);

	if (!track->past && (cmds || events))
		track->past = calloc(1, sizeof(*track->past));
	if (!track->past)
		return !cmds && !events;
	track->past->cmds[at] = cmds;
	track->past->events[at] = events;
	return true;
}

static bool are_same(const struct history *h, const struct snapshot *now)
{
	size_t i;

	for (i = 0; i < h->nr_tracks && i < now->nr; i++)
		if (h->track[i].serial != now->viommu[i].rec.serial)
			return false;
	return h->nr_tracks == now->nr;
}

static void free_tracks(struct history *h)
{
	for (size_t i = 0; i < h->nr_tracks; i++)
		free(h->track[i].past);
	free(h->track);
}

/* One for each vIOMMU that there is now */
static bool renew_tracks(struct history *h, const struct snapshot *now)
{
	struct track *tracks;
	size_t old = 0;

	if (are_same(h, now))
		return true;
	tracks = calloc(now->nr + 1, sizeof(*tracks));
	if (!tracks)
		return false;
	for (size_t i = 0; i < now->nr; i++) {
		tracks[i].serial = now->viommu[i].rec.serial;
		while (old < h->nr_tracks && h->track[old].serial < tracks[i].serial)
			old++;
		if (old >= h->nr_tracks || h->track[old].serial != tracks[i].serial)
			continue;
		tracks[i].past = h->track[old].past;
		h->track[old].past = NULL;
	}
	free_tracks(h);
	h->track = tracks;
	h->nr_tracks = now->nr;
	return true;
}

bool history_add(struct history *h, const struct snapshot *now, const struct snapshot *then)
{
	size_t near = 0;

	if (!renew_tracks(h, now))
		return false;
	for (size_t i = 0; i < now->nr; i++) {
		const struct viommu *viommu = &now->viommu[i];

		if (!note(&h->track[i], h->next, viommu,
			  snapshot_find_near(then, viommu->rec.serial, &near)))
			return false;
	}
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
	for (size_t i = 0; track && track->past && i < h->nr; i++) {
		size_t at = (oldest(h) + i) % HISTORY_MAX;
		double seconds = h->interval_ns[at] / 1e9;

		if (seconds <= 0)
			continue;
		series->cmds[i] += track->past->cmds[at] / seconds;
		series->events[i] += track->past->events[at] / seconds;
	}
}

void history_free(struct history *h)
{
	free_tracks(h);
	memset(h, 0, sizeof(*h));
}
