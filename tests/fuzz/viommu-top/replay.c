// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzing of what viommu-top --json wrote, as --replay reads it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sample/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SAMPLES 16

static void read_all(struct recording *replay)
{
	const uint64_t serial[] = {1, 2, 3};
	const struct serials only = {serial, 3};
	struct snapshot all = {}, some = {};

	for (size_t i = 0; i < recording_nr(replay) && i < SAMPLES; i++) {
		recording_read(replay, i, &all);
		recording_read_of(replay, i, &some, &only);
	}
	recording_back(replay, recording_nr(replay) - 1, SAMPLES, 4096);
	snapshot_free(&all);
	snapshot_free(&some);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("replay", 0);
	struct recording *replay = NULL;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, size) == (ssize_t)size && !recording_open(&replay, path))
		read_all(replay);
	recording_close(replay);
	close(fd);
	return 0;
}
