/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace in an archive that viommu-trace bundle made.
 */
#ifndef TRACE_FILE_BUNDLE_OPEN_H
#define TRACE_FILE_BUNDLE_OPEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Its name in there */
#define BUNDLE_TRACE "viommu.trace"

struct archive;

/** bundle_is_archive() - Whether a file is compressed, by its first bytes */
bool bundle_is_archive(int fd);

/**
 * bundle_open_trace() - Find the trace
 * @fd:    the archive, which must stay open
 * @error: why there is none, for people, without the file's name
 * @len:   its size
 *
 * Return: NULL if there is none; to be closed with bundle_close_trace().
 */
struct archive *bundle_open_trace(int fd, char *error, size_t len);

/** bundle_read_trace() - For trace_read_start(): @context is such an archive */
ssize_t bundle_read_trace(void *context, void *buf, size_t len);

/** bundle_close_trace() - Release it; NULL is fine */
void bundle_close_trace(struct archive *archive);

#endif /* TRACE_FILE_BUNDLE_OPEN_H */
