// SPDX-License-Identifier: GPL-2.0-only
/*
 * An archive with a manifest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <nettle/sha2.h>

#include "bundle/archive.h"
#include "lib/text/jsonline.h"
#include "lib/text/message.h"

/**
 * struct bundle_archive - While it is written
 * @out:     libarchive's
 * @file:    its name
 * @temp:    the name that it has until it is complete; NULL if it is no regular file
 * @fd:      of that
 * @top:     directory of all members
 * @now:     their time
 * @members: list for the manifest
 * @sums:    for sha256sum -c
 * @whole:   members that are whole
 * @others:  those that are not, or missing
 * @failed:  something could not be written, which has been told
 */
struct bundle_archive {
	struct archive *out;
	char *file;
	char *temp;
	int fd;
	char *top;
	time_t now;
	struct json_object *members;
	char *sums;
	size_t whole;
	size_t others;
	bool failed;
};

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && !strcmp(name + n - m, end);
}

static void fail(struct bundle_archive *a, const char *why)
{
	if (!a->failed)
		msg("cannot write %s: %s", a->file, why);
	a->failed = true;
}

static void check(struct bundle_archive *a, int result)
{
	if (result < ARCHIVE_WARN)
		fail(a, archive_error_string(a->out));
}

/* A device or a pipe must not be replaced by a file */
static bool open_special(struct bundle_archive *a)
{
	a->fd = open(a->file, O_WRONLY | O_CLOEXEC);
	if (a->fd < 0)
		fail(a, strerror(errno));
	return a->fd >= 0;
}

static bool open_file(struct bundle_archive *a)
{
	struct stat st;

	if (!strcmp(a->file, "-")) {
		a->fd = STDOUT_FILENO;
		if (!isatty(a->fd))
			return true;
		fail(a, "refusing to write to a terminal: use --output FILE, or a pipe");
		return false;
	}
	if (!stat(a->file, &st) && !S_ISREG(st.st_mode))
		return open_special(a);
	if (asprintf(&a->temp, "%s.XXXXXX", a->file) < 0) {
		a->temp = NULL;
		fail(a, strerror(ENOMEM));
		return false;
	}
	/* With mode 0600 */
	a->fd = mkstemp(a->temp);
	if (a->fd >= 0)
		return true;
	fail(a, strerror(errno));
	free(a->temp);
	a->temp = NULL;
	return false;
}

static bool open_archive(struct bundle_archive *a)
{
	bool gzip = ends_in(a->file, ".gz") || ends_in(a->file, ".tgz");

	a->out = archive_write_new();
	if (!a->out) {
		fail(a, strerror(ENOMEM));
		return false;
	}
	check(a,
	      gzip ? archive_write_add_filter_gzip(a->out) : archive_write_add_filter_zstd(a->out));
	check(a, archive_write_set_format_pax_restricted(a->out));
	/* Nothing but the archive to a pipe */
	check(a, archive_write_set_bytes_in_last_block(a->out, 1));
	check(a, archive_write_open_fd(a->out, a->fd));
	return !a->failed;
}

static void archive_drop(struct bundle_archive *a)
{
	archive_write_free(a->out);
	if (a->temp) {
		close(a->fd);
		unlink(a->temp);
	}
	json_object_put(a->members);
	free(a->file);
	free(a->temp);
	free(a->top);
	free(a->sums);
	free(a);
}

struct bundle_archive *bundle_archive_open(const char *file, const char *top)
{
	struct bundle_archive *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->file = strdup(file);
	a->top = strdup(top);
	a->sums = strdup("");
	a->members = json_object_new_array();
	a->now = time(NULL);
	if (!a->file || !a->top || !a->sums || !open_file(a) || !open_archive(a)) {
		archive_drop(a);
		return NULL;
	}
	return a;
}

static void write_member(struct bundle_archive *a, const char *name, const void *data, size_t size)
{
	struct archive_entry *entry = archive_entry_new();
	char *path;

	if (!entry || asprintf(&path, "%s/%s", a->top, name) < 0) {
		archive_entry_free(entry);
		fail(a, strerror(ENOMEM));
		return;
	}
	archive_entry_set_pathname(entry, path);
	archive_entry_set_size(entry, size);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_mtime(entry, a->now, 0);
	check(a, archive_write_header(a->out, entry));
	if (!a->failed && size && archive_write_data(a->out, data, size) != (ssize_t)size)
		fail(a, archive_error_string(a->out));
	archive_entry_free(entry);
	free(path);
}

static void sha256(char hex[2 * SHA256_DIGEST_SIZE + 1], const void *data, size_t size)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, size, data);
	sha256_digest(&ctx, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
}

static void add_sum(struct bundle_archive *a, const char *hex, const char *name)
{
	char *sums;

	if (asprintf(&sums, "%s%s  %s\n", a->sums, hex, name) < 0) {
		fail(a, strerror(ENOMEM));
		return;
	}
	free(a->sums);
	a->sums = sums;
}

static struct json_object *add_member(struct bundle_archive *a, const char *name,
				      const char *status, const char *note)
{
	struct json_object *member = json_object_new_object();

	json_add_string(member, "name", name);
	json_add_string(member, "status", status);
	if (note)
		json_add_string(member, "note", note);
	json_object_array_add(a->members, member);
	return member;
}

void bundle_archive_add(struct bundle_archive *a, const char *name, const void *data, size_t size,
			const char *note)
{
	struct json_object *member = add_member(a, name, note ? "partial" : "ok", note);
	char hex[2 * SHA256_DIGEST_SIZE + 1];

	sha256(hex, data, size);
	json_add_u64(member, "bytes", size);
	json_add_string(member, "sha256", hex);
	add_sum(a, hex, name);
	write_member(a, name, data, size);
	if (note)
		a->others++;
	else
		a->whole++;
}

void bundle_archive_missing(struct bundle_archive *a, const char *name, const char *fmt, ...)
{
	va_list args;
	char *note;

	va_start(args, fmt);
	if (vasprintf(&note, fmt, args) < 0)
		note = NULL;
	va_end(args);
	add_member(a, name, "missing", note);
	free(note);
	a->others++;
}

void bundle_archive_counts(const struct bundle_archive *archive, size_t *whole, size_t *others)
{
	*whole = archive->whole;
	*others = archive->others;
}

static void write_manifest(struct bundle_archive *a, struct json_object *about)
{
	const char *text;
	char hex[2 * SHA256_DIGEST_SIZE + 1];

	json_object_object_add(about, "members", json_object_get(a->members));
	text = json_object_to_json_string_ext(about, JSON_C_TO_STRING_PRETTY |
							     JSON_C_TO_STRING_NOSLASHESCAPE);
	write_member(a, "manifest.json", text, strlen(text));
	sha256(hex, text, strlen(text));
	add_sum(a, hex, "manifest.json");
	write_member(a, "SHA256SUMS", a->sums, strlen(a->sums));
}

static void finish(struct bundle_archive *a, size_t *bytes)
{
	struct stat st;

	check(a, archive_write_close(a->out));
	*bytes = !fstat(a->fd, &st) && S_ISREG(st.st_mode) ? st.st_size : 0;
	if (!a->temp || a->failed)
		return;
	if (fsync(a->fd) || rename(a->temp, a->file)) {
		fail(a, strerror(errno));
		return;
	}
	close(a->fd);
	free(a->temp);
	a->temp = NULL;
}

bool bundle_archive_close(struct bundle_archive *a, struct json_object *about, size_t *bytes)
{
	bool good;

	write_manifest(a, about);
	json_object_put(about);
	finish(a, bytes);
	good = !a->failed;
	archive_drop(a);
	return good;
}
