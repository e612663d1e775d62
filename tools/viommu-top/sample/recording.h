/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recordings: what --json wrote, sample by sample.
 */
#ifndef TOP_SAMPLE_RECORDING_H
#define TOP_SAMPLE_RECORDING_H

#include "lib/sys/iommus.h"
#include "lib/text/jsonline.h"
#include "sample/snapshot.h"

/* Version of what --json writes, see docs/recording.md; older ones are read, too */
#define RECORDING_VERSION JSON_VERSION

struct recording;

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
 * recording_open() - Open a recording and find its samples
 * @replay: result
 * @path:   the file; it must be seekable
 *
 * Return: EXIT_OK, or how to exit; the reason is on stderr then.
 */
enum exit_code recording_open(struct recording **replay, const char *path);

/**
 * recording_nr() - How many complete samples there are; at least one
 * @replay: as opened
 */
size_t recording_nr(const struct recording *replay);

/**
 * recording_read() - Read one sample
 * @replay: as opened
 * @index:  which, below recording_nr()
 * @snap:   result; zeroed before its first use
 *
 * Return: false on failure; the reason is on stderr then.
 */
bool recording_read(struct recording *replay, size_t index, struct snapshot *snap);

/**
 * recording_read_of() - Read what one sample says of some vIOMMUs
 * @replay: as opened
 * @index:  which, below recording_nr()
 * @snap:   result; zeroed before its first use
 * @only:   which vIOMMUs
 *
 * Much faster than all of a large sample. Return: false if it cannot be read;
 * nothing is said then.
 */
bool recording_read_of(struct recording *replay, size_t index, struct snapshot *snap,
		       const struct serials *only);

/**
 * recording_back() - How far one can go back
 * @replay:  as opened
 * @index:   sample to start from
 * @samples: how many at most
 * @bytes:   of the file at most
 *
 * Return: index of the sample.
 */
size_t recording_back(const struct recording *replay, size_t index, size_t samples, uint64_t bytes);

/**
 * recording_iommus() - The IOMMUs of the machine that was recorded
 * @replay: as opened
 */
const struct iommus *recording_iommus(const struct recording *replay);

/**
 * recording_interval_ns() - Time between two samples, as it was asked for
 * @replay: as opened
 */
uint64_t recording_interval_ns(const struct recording *replay);

/**
 * recording_close() - Close a recording
 * @replay: as opened; NULL is fine
 */
void recording_close(struct recording *replay);

#endif /* TOP_SAMPLE_RECORDING_H */
