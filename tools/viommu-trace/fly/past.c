// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last events: a bounded ring of recordings.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/read.h"
#include "fly/names.h"
#include "fly/past.h"
#include "lib/sys/array.h"
#include "lib/sys/clock.h"

/* What is lost when the recorder is killed is not older than this */
#define FLUSH_NS 1000000000ull
/* No recording has a larger share of what all may have */
#define SHARE 8

static struct past_part *last(const struct past *past)
{
	return &past->part[past->nr - 1];
}

/* The first error counts until the next recording begins */
static void check(struct past *past, bool written)
{
	if (!written && !past->error)
		past->error = errno;
}

/*
 * Beginning and ending recordings
 */

static bool open_part(struct past *past, uint64_t now, bool in_file)
{
	struct past_part *part = array_add(&past->part, &past->nr, &past->room, sizeof(*part));

	if (!part) {
		errno = ENOMEM;
		return false;
	}
	part->own = true;
	part->begin_ns = part->end_ns = now;
	if (!in_file) {
		part->fd = memfd_create("viommu-past", MFD_CLOEXEC);
	} else {
		part->name = names_new(past->options.directory, now, NULL);
		/* It tells of VMs, and their processes: for its owner only */
		part->fd = part->name ? openat(past->options.directory, part->name,
					       O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
				      : -1;
	}
	if (part->fd >= 0)
		return true;
	free(part->name);
	past->nr--;
	return false;
}

static void drop_part(struct past *past, size_t i, bool unlink_file)
{
	struct past_part *part = &past->part[i];

	if (part->fd >= 0)
		close(part->fd);
	if (part->name && unlink_file)
		unlinkat(past->options.directory, part->name, 0);
	free(part->name);
	past->nr--;
	memmove(part, part + 1, (past->nr - i) * sizeof(*part));
}

static bool start_writer(struct past *past)
{
	struct trace_meta meta;
	bool good;

	if (!trace_meta_now(&meta, past->options.wanted)) {
		errno = ENOMEM;
		return false;
	}
	past->writer = trace_write_start(last(past)->fd, &meta);
	trace_meta_free(&meta);
	good = past->writer && present_write(&past->present, past->writer) &&
	       trace_write_flush(past->writer);
	if (!good) {
		trace_write_free(past->writer);
		past->writer = NULL;
	}
	return good;
}

static bool begin_part(struct past *past, uint64_t now, bool in_file)
{
	int error;

	if (!open_part(past, now, in_file))
		return false;
	past->begun = past->flushed = now;
	past->events = 0;
	past->error = 0;
	if (start_writer(past))
		return true;
	error = errno;
	drop_part(past, past->nr - 1, true);
	errno = error;
	return false;
}

static void close_writer(struct past *past, uint64_t now, const char *why)
{
	struct trace_end end = {.ns = now};

	snprintf(end.why, sizeof(end.why), "%s", why);
	check(past, trace_write_end(past->writer, &end));
	last(past)->bytes = trace_write_bytes(past->writer);
	trace_write_free(past->writer);
	past->writer = NULL;
	last(past)->end_ns = now;
	/* It can be opened again: there may be more than descriptors */
	if (last(past)->name) {
		close(last(past)->fd);
		last(past)->fd = -1;
	}
}

/* Tries a file first, if there are any; without either there is nothing to keep */
static bool next_part(struct past *past, uint64_t now)
{
	if (past->options.directory >= 0) {
		if (begin_part(past, now, true))
			return true;
		past->errors++;
		past->last_error = errno;
	}
	return begin_part(past, now, false);
}

static void rotate(struct past *past, uint64_t now)
{
	close_writer(past, now, "continued");
	past->bytes += last(past)->bytes;
	next_part(past, now);
}

/* What is in it is lost, since it cannot be read as a whole */
static void give_up(struct past *past, uint64_t now)
{
	uint64_t lost = past->events;

	past->last_error = past->error;
	trace_write_free(past->writer);
	past->writer = NULL;
	drop_part(past, past->nr - 1, true);
	past->errors++;
	if (begin_part(past, now, false) && lost)
		check(past, trace_write_lost(past->writer, lost));
}

static void drop_old(struct past *past, uint64_t now)
{
	while (past->nr > 1) {
		const struct past_part *oldest = &past->part[0];

		if (past->bytes <= past->options.max_bytes &&
		    oldest->end_ns >= (int64_t)(now - past->options.keep_ns))
			return;
		past->bytes -= oldest->bytes;
		drop_part(past, 0, true);
	}
}

/* Those of earlier runs count, and go as the others do */
static void adopt_files(struct past *past)
{
	int64_t real_ns = clock_real_offset();
	struct names_list list;

	names_rescue(past->options.directory);
	names_read(&list, past->options.directory);
	for (size_t i = 0; i < list.nr; i++) {
		struct past_part *part =
			array_add(&past->part, &past->nr, &past->room, sizeof(*part));

		if (!part)
			break;
		part->fd = -1;
		part->name = list.file[i].name;
		part->bytes = list.file[i].bytes;
		part->end_ns = list.file[i].real_ns - real_ns;
		past->bytes += part->bytes;
		list.file[i].name = NULL;
	}
	names_free(&list);
}

bool past_begin(struct past *past, const struct past_options *options, uint64_t now)
{
	past->options = *options;
	if (options->directory >= 0)
		adopt_files(past);
	return next_part(past, now);
}

/*
 * What happens
 */

void past_viommu(struct past *past, const struct trace_viommu *viommu)
{
	present_viommu(&past->present, viommu);
}

void past_vdevice(struct past *past, const struct trace_vdevice *vdevice)
{
	present_vdevice(&past->present, vdevice);
}

void past_event(struct past *past, const struct vtr_event *event)
{
	present_event(&past->present, event);
	past->events++;
	if (past->writer)
		check(past, trace_write_event(past->writer, event));
}

void past_who(struct past *past, const struct trace_viommu *who)
{
	present_who(&past->present, who);
	if (past->writer)
		check(past, trace_write_viommu(past->writer, who));
}

void past_lost(struct past *past, uint64_t lost)
{
	if (past->writer)
		check(past, trace_write_lost(past->writer, lost));
}

void past_clock(struct past *past, int64_t real_ns)
{
	if (past->writer)
		check(past, trace_write_clock(past->writer, real_ns));
}

void past_trigger(struct past *past, const struct trace_trigger *trigger)
{
	if (past->writer)
		check(past, trace_write_trigger(past->writer, trigger));
}

static bool is_full(const struct past *past, uint64_t now)
{
	return now - past->begun >= past->options.part_ns ||
	       trace_write_bytes(past->writer) > past->options.max_bytes / SHARE;
}

void past_tick(struct past *past, uint64_t now)
{
	bool full;

	if (!past->writer) {
		next_part(past, now);
		return;
	}
	full = is_full(past, now);
	if (full || (last(past)->name && now - past->flushed >= FLUSH_NS)) {
		check(past, trace_write_flush(past->writer));
		past->flushed = now;
	}
	if (past->error)
		give_up(past, now);
	else if (full)
		rotate(past, now);
	drop_old(past, now);
}

uint64_t past_bytes(const struct past *past)
{
	return past->bytes + (past->writer ? trace_write_bytes(past->writer) : 0);
}

uint64_t past_kept_ns(const struct past *past, uint64_t now)
{
	for (size_t i = 0; i < past->nr; i++)
		if (past->part[i].own)
			return now - past->part[i].begin_ns;
	return 0;
}

/*
 * Copies
 */

/**
 * struct source - A recording that is being read while it is written
 * @fd: it
 * @at: what comes next
 */
struct source {
	int fd;
	off_t at;
};

static ssize_t read_part(void *context, void *buf, size_t len)
{
	struct source *source = context;
	ssize_t n = pread(source->fd, buf, len, source->at);

	if (n > 0)
		source->at += n;
	return n;
}

static bool copy_item(struct trace_writer *writer, const struct trace_item *item, bool first)
{
	switch (item->type) {
	case TRACE_EVENT:
		return trace_write_event(writer, &item->event);
	case TRACE_VIOMMU:
		/* What exists is told once, at the beginning */
		return (item->viommu.existing && !first) ||
		       trace_write_viommu(writer, &item->viommu);
	case TRACE_VDEVICE:
		return !first || trace_write_vdevice(writer, &item->vdevice);
	case TRACE_LOST:
		return trace_write_lost(writer, item->lost);
	case TRACE_CLOCK:
		return trace_write_clock(writer, item->real_ns);
	case TRACE_TRIGGER:
		return trace_write_trigger(writer, &item->trigger);
	default:
		return true;
	}
}

/* Begins the file with the first one */
static bool copy_part(int from, struct trace_writer **writer, int fd)
{
	struct source source = {.fd = from};
	bool first = !*writer, good = true;
	struct trace_reader *reader;
	struct trace_item item;
	char error[160];

	reader = trace_read_start(read_part, &source, error, sizeof(error));
	if (!reader) {
		errno = EIO;
		return false;
	}
	if (first)
		*writer = trace_write_start(fd, trace_read_meta(reader));
	good = *writer;
	while (good && trace_read_next(reader, &item) < TRACE_WHOLE)
		good = copy_item(*writer, &item, first);
	trace_read_free(reader);
	return good;
}

/* A file that somebody has deleted is no reason to have none of the others */
static bool copy_file(const struct past *past, const struct past_part *part,
		      struct trace_writer **writer, int fd)
{
	int from = part->fd;
	bool good;

	if (from >= 0)
		return copy_part(from, writer, fd);
	from = openat(past->options.directory, part->name, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return true;
	good = copy_part(from, writer, fd);
	close(from);
	return good;
}

struct trace_writer *past_copy(struct past *past, uint64_t since, int fd)
{
	struct trace_writer *writer = NULL;
	bool good = true;
	int error;

	if (past->writer)
		check(past, trace_write_flush(past->writer));
	for (size_t i = 0; good && i < past->nr; i++) {
		const struct past_part *part = &past->part[i];
		bool is_last = i == past->nr - 1;

		if (part->own && (is_last || part->end_ns >= (int64_t)since))
			good = copy_file(past, part, &writer, fd);
	}
	if (good && writer)
		return writer;
	error = good ? ENODATA : errno;
	trace_write_free(writer);
	errno = error;
	return NULL;
}

void past_end(struct past *past, uint64_t now)
{
	if (past->writer)
		close_writer(past, now, "interrupted");
	while (past->nr)
		drop_part(past, past->nr - 1, false);
	free(past->part);
	present_free(&past->present);
	memset(past, 0, sizeof(*past));
}
