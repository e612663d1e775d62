// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace in an archive that viommu-trace bundle made.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "file/bundle_open.h"

#define READ_SIZE 65536

bool bundle_is_archive(int fd)
{
	static const unsigned char zstd[] = {0x28, 0xb5, 0x2f, 0xfd}, gzip[] = {0x1f, 0x8b};
	unsigned char bytes[sizeof(zstd)];

	/* What cannot seek is none: its first bytes are the reader's */
	return pread(fd, bytes, sizeof(bytes), 0) == sizeof(bytes) &&
	       (!memcmp(bytes, zstd, sizeof(zstd)) || !memcmp(bytes, gzip, sizeof(gzip)));
}

static bool is_trace(const char *path)
{
	const char *slash = path ? strchr(path, '/') : NULL;

	return slash && !strcmp(slash + 1, BUNDLE_TRACE);
}

struct archive *bundle_open_trace(int fd, char *error, size_t len)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	int result;

	if (!archive) {
		snprintf(error, len, "cannot be read: %s", strerror(ENOMEM));
		return NULL;
	}
	archive_read_support_filter_zstd(archive);
	archive_read_support_filter_gzip(archive);
	archive_read_support_format_tar(archive);
	result = archive_read_open_fd(archive, fd, READ_SIZE);
	while (result == ARCHIVE_OK) {
		result = archive_read_next_header(archive, &entry);
		if (result == ARCHIVE_OK && is_trace(archive_entry_pathname(entry)))
			return archive;
	}
	if (result == ARCHIVE_EOF)
		snprintf(error, len, "has no " BUNDLE_TRACE ": its manifest.json says why");
	else
		snprintf(error, len, "is no bundle: %s", archive_error_string(archive));
	bundle_close_trace(archive);
	return NULL;
}

ssize_t bundle_read_trace(void *context, void *buf, size_t len)
{
	ssize_t n = archive_read_data(context, buf, len);

	if (n >= 0)
		return n;
	errno = archive_errno(context) ? archive_errno(context) : EIO;
	return -1;
}

void bundle_close_trace(struct archive *archive)
{
	archive_read_free(archive);
}
