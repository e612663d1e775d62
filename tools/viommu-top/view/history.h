/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last minutes of every vIOMMU: what it did in each interval.
 */
#ifndef TOP_VIEW_HISTORY_H
#define TOP_VIEW_HISTORY_H

#include "sample/snapshot.h"

/* Intervals that are kept */
#define HISTORY_MAX 180

/**
 * struct past - What a vIOMMU did
 * @cmds:   host commands by interval
 * @events: event log records by interval
 */
struct past {
	uint32_t cmds[HISTORY_MAX];
	uint32_t events[HISTORY_MAX];
};

/**
 * struct track - One vIOMMU's
 * @serial: which
 * @past:   what it did, NULL of one that never did anything
 */
struct track {
	uint64_t serial;
	struct past *past;
};

/**
 * struct history - All vIOMMUs'; zeroed when it is empty
 * @nr:          intervals that are kept
 * @next:        where in the rings the next goes
 * @interval_ns: how long each was
 * @track:       by serial
 * @nr_tracks:   how many
 */
struct history {
	size_t nr;
	size_t next;
	uint64_t interval_ns[HISTORY_MAX];
	struct track *track;
	size_t nr_tracks;
};

/**
 * struct series - What some vIOMMUs did together, per second
 * @nr:     intervals, the oldest first
 * @cmds:   host commands
 * @events: event log records
 */
struct series {
	size_t nr;
	double cmds[HISTORY_MAX];
	double events[HISTORY_MAX];
};

/**
 * history_add() - Another interval is over
 * @history: is changed
 * @now:     the snapshot at its end
 * @then:    the one at its beginning
 *
 * Return: false if out of memory.
 */
bool history_add(struct history *history, const struct snapshot *now, const struct snapshot *then);

/**
 * history_start() - Begin a sum
 * @history: of it
 * @series:  result: zero
 */
void history_start(const struct history *history, struct series *series);

/**
 * history_sum() - Add a vIOMMU to a sum
 * @history: of it
 * @series:  as started
 * @serial:  which
 */
void history_sum(const struct history *history, struct series *series, uint64_t serial);

/** history_free() - Forget all of it */
void history_free(struct history *history);

#endif /* TOP_VIEW_HISTORY_H */
