/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An archive with a manifest.
 */
#ifndef TRACE_BUNDLE_ARCHIVE_H
#define TRACE_BUNDLE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

struct bundle_archive;

/**
 * bundle_archive_open() - Begin an archive
 * @file: its name: of what ends in .gz or .tgz, gzip, otherwise zstd; "-" is
 *        standard output
 * @top:  directory that all members are in
 *
 * Until bundle_archive_close() it has another name. Only its owner may read it.
 *
 * Return: NULL on failure, which is told.
 */
struct bundle_archive *bundle_archive_open(const char *file, const char *top);

/**
 * bundle_archive_add() - Add a member
 * @name: below the top
 * @data: its content
 * @size: of that
 * @note: what is wrong with it, NULL for nothing: it is not all there
 */
void bundle_archive_add(struct bundle_archive *archive, const char *name, const void *data,
			size_t size, const char *note);

/** bundle_archive_missing() - What should be there is not; as of printf() */
void bundle_archive_missing(struct bundle_archive *archive, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * bundle_archive_close() - Write the manifest, end and rename
 * @about: what it says about the whole, which is released
 * @bytes: size of the archive, 0 if unknown
 *
 * Return: false if anything could not be written, which is told; there is no
 * file then.
 */
bool bundle_archive_close(struct bundle_archive *archive, struct json_object *about, size_t *bytes);

/** bundle_archive_counts() - Members that are whole, and all others */
void bundle_archive_counts(const struct bundle_archive *archive, size_t *whole, size_t *others);

#endif /* TRACE_BUNDLE_ARCHIVE_H */
