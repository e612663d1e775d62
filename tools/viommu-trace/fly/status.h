/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a flight recorder has done so far.
 */
#ifndef TRACE_FLY_STATUS_H
#define TRACE_FLY_STATUS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "event/triggers.h"

struct json_object;

/**
 * struct fly_status - Counts
 * @begun_ns:   since when it runs, CLOCK_MONOTONIC
 * @events:     that it has seen
 * @lost:       that it has not
 * @fired:      triggers, by kind
 * @limited:    of these, those without a file as there had been one shortly before
 * @files:      that it has written
 * @deleted:    older files that it has deleted for want of room
 * @bundles:    that were made
 * @errors:     files and bundles that could not be made
 * @last_file:  the last file, without what its name ends with
 * @last_error: why the last of those could not be made
 */
struct fly_status {
	uint64_t begun_ns;
	uint64_t events;
	uint64_t lost;
	uint64_t fired[NR_TRIGGERS];
	uint64_t limited[NR_TRIGGERS];
	uint64_t files;
	uint64_t deleted;
	uint64_t bundles;
	uint64_t errors;
	char last_file[NAME_MAX + 1];
	char last_error[256];
};

/**
 * struct fly_now - And how it is now
 * @directory:    of the files
 * @directory_fd: likewise, a descriptor
 * @kept_ns:      how far the past goes back
 * @past_bytes:   its size
 * @in_files:     it is in files, not in memory
 * @past_errors:  parts of it that could not be written
 * @writing:      a file is being written
 * @bundling:     a bundle is being made
 * @on:           triggers that are looked for
 */
struct fly_now {
	const char *directory;
	int directory_fd;
	uint64_t kept_ns;
	uint64_t past_bytes;
	bool in_files;
	uint64_t past_errors;
	bool writing;
	bool bundling;
	const bool *on;
};

/** fly_status_error() - A file or a bundle could not be made */
void fly_status_error(struct fly_status *status, const char *why);

/** fly_status_to_json() - As others get it */
struct json_object *fly_status_to_json(const struct fly_status *status, const struct fly_now *now);

/** fly_status_print() - For people */
void fly_status_print(struct json_object *status);

#endif /* TRACE_FLY_STATUS_H */
