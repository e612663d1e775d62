/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of the flight recorder: viommu-DATE[-TRIGGER][-N].trace, in a directory.
 *
 * The first part of a name is the time of day, so that their order is that of time.
 */
#ifndef TRACE_FLY_NAMES_H
#define TRACE_FLY_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLY_TRACE ".trace"
#define FLY_BUNDLE ".tar.zst"
/* While it is being written */
#define FLY_PART ".part"

/**
 * names_new() - Make a name that no file has
 * @directory: descriptor of the directory
 * @ns:        when it happened, CLOCK_MONOTONIC
 * @what:      follows the time; NULL for nothing
 *
 * Return: allocated; NULL without memory.
 */
char *names_new(int directory, uint64_t ns, const char *what);

/**
 * struct names_file - A file
 * @name:    its name
 * @bytes:   size
 * @real_ns: when it was written, since 1970
 */
struct names_file {
	char *name;
	uint64_t bytes;
	int64_t real_ns;
};

/**
 * struct names_list - Such files, the oldest first
 * @file: each
 * @nr:   how many
 * @room: how many fit
 */
struct names_list {
	struct names_file *file;
	size_t nr;
	size_t room;
};

/** names_read() - Which there are, whole ones only; false with errno set */
bool names_read(struct names_list *list, int directory);

/** names_bytes() - How large all are */
uint64_t names_bytes(const struct names_list *list);

/** names_free() - Release the memory */
void names_free(struct names_list *list);

/**
 * names_trim() - Delete the oldest, until all are small enough
 * @keep: not this one, or what begins alike; NULL for none
 *
 * Return: how many it has deleted.
 */
unsigned int names_trim(int directory, uint64_t max_bytes, const char *keep);

/** names_rescue() - Give those their names of which the writer was killed; how many */
unsigned int names_rescue(int directory);

#endif /* TRACE_FLY_NAMES_H */
