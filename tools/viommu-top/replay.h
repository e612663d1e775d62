/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recordings: what --json wrote, sample by sample.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include "collect.h"
#include "iommus.h"

/* Version of what --json writes; see docs/recording.md */
#define RECORDING_VERSION 1

struct replay;

/**
 * struct serials - Some vIOMMUs
 * @serial: of each, in order
 * @nr:     how many
 */
struct serials {
	const uint64_t *serial;
	size_t nr;
};

/**
 * replay_open() - Open a recording and find its samples
 * @replay: result
 * @path:   the file; it must be seekable
 *
 * Return: EXIT_OK, or how to exit; the reason is on stderr then.
 */
enum exit_code replay_open(struct replay **replay, const char *path);

/**
 * replay_nr() - How many complete samples there are; at least one
 * @replay: as opened
 */
size_t replay_nr(const struct replay *replay);

/**
 * replay_read() - Read one sample
 * @replay: as opened
 * @index:  which, below replay_nr()
 * @snap:   result; zeroed before its first use
 *
 * Return: false on failure; the reason is on stderr then.
 */
bool replay_read(struct replay *replay, size_t index, struct snapshot *snap);

/**
 * replay_read_of() - Read what one sample says of some vIOMMUs
 * @replay: as opened
 * @index:  which, below replay_nr()
 * @snap:   result; zeroed before its first use
 * @only:   which vIOMMUs
 *
 * Much faster than all of a large sample. Return: false if it cannot be read;
 * nothing is said then.
 */
bool replay_read_of(struct replay *replay, size_t index, struct snapshot *snap,
		    const struct serials *only);

/**
 * replay_back() - How far one can go back
 * @replay:  as opened
 * @index:   sample to start from
 * @samples: how many at most
 * @bytes:   of the file at most
 *
 * Return: index of the sample.
 */
size_t replay_back(const struct replay *replay, size_t index, size_t samples, uint64_t bytes);

/**
 * replay_iommus() - The IOMMUs of the machine that was recorded
 * @replay: as opened
 */
const struct iommus *replay_iommus(const struct replay *replay);

/**
 * replay_interval_ns() - Time between two samples, as it was asked for
 * @replay: as opened
 */
uint64_t replay_interval_ns(const struct replay *replay);

/**
 * replay_close() - Close a recording
 * @replay: as opened; NULL is fine
 */
void replay_close(struct replay *replay);

#endif /* REPLAY_H */
