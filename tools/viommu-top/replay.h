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
