/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last events: a bounded ring of recordings, in memory or in files.
 *
 * Each of them can be read without the others, as it begins with what exists then. One
 * that cannot be written is given up, and the next one is in memory.
 */
#ifndef TRACE_FLY_PAST_H
#define TRACE_FLY_PAST_H

#include <sys/types.h>

#include "file/trace_file.h"
#include "file/write.h"
#include "fly/present.h"

/**
 * struct past_options - How much to keep
 * @directory: of files, a descriptor; -1 for memory
 * @keep_ns:   for how long
 * @part_ns:   how long each recording is
 * @max_bytes: no more than that in all, but for the one that is being written
 * @wanted:    which events there are, by &enum vtr_event_id
 */
struct past_options {
	int directory;
	uint64_t keep_ns;
	uint64_t part_ns;
	uint64_t max_bytes;
	const bool *wanted;
};

/**
 * struct past_part - One recording
 * @fd:     it; -1 for a file that is whole
 * @name:   of its file, NULL if it is in memory
 * @own:    of this run: others only count
 * @begin_ns: of its first event, or somewhat earlier; CLOCK_MONOTONIC
 * @end_ns: of its last event, or somewhat later; CLOCK_MONOTONIC
 * @bytes:  size
 */
struct past_part {
	int fd;
	char *name;
	bool own;
	int64_t begin_ns;
	int64_t end_ns;
	uint64_t bytes;
};

/**
 * struct past - The ring
 * @options: how much to keep
 * @part:    recordings, the oldest first; the last one is being written
 * @nr:      how many
 * @room:    how many fit
 * @writer:  writes the last one
 * @present: what exists
 * @begun:   when that began, CLOCK_MONOTONIC
 * @flushed: when it was flushed last
 * @events:  in that one
 * @bytes:   of all others
 * @errors:  recordings that were given up
 * @error:   what went wrong with the one that is being written, an errno
 * @last_error: of the last one that was given up, likewise
 */
struct past {
	struct past_options options;
	struct past_part *part;
	size_t nr;
	size_t room;
	struct trace_writer *writer;
	struct present present;
	uint64_t begun;
	uint64_t flushed;
	uint64_t events;
	uint64_t bytes;
	uint64_t errors;
	int error;
	int last_error;
};

/** past_begin() - Begin, once what exists has been told; false with errno set */
bool past_begin(struct past *past, const struct past_options *options, uint64_t now);

/* What is told before past_begin() existed then. Without memory, it is missing. */
void past_viommu(struct past *past, const struct trace_viommu *viommu);
void past_vdevice(struct past *past, const struct trace_vdevice *vdevice);

/* What happens, as of trace_write_event() and the like */
void past_event(struct past *past, const struct vtr_event *event);
void past_who(struct past *past, const struct trace_viommu *who);
void past_lost(struct past *past, uint64_t lost);
void past_clock(struct past *past, int64_t real_ns);
void past_trigger(struct past *past, const struct trace_trigger *trigger);

/** past_tick() - Flush, begin the next one and drop the oldest, as is due */
void past_tick(struct past *past, uint64_t now);

/** past_bytes() - How large it is */
uint64_t past_bytes(const struct past *past);

/** past_kept_ns() - How far it goes back */
uint64_t past_kept_ns(const struct past *past, uint64_t now);

/**
 * past_copy() - Begin a file with what was
 * @since: what is older may be left out
 * @fd:    of the file
 *
 * Return: to write what follows with; NULL with errno set.
 */
struct trace_writer *past_copy(struct past *past, uint64_t since, int fd);

/** past_end() - Release it; files stay */
void past_end(struct past *past, uint64_t now);

#endif /* TRACE_FLY_PAST_H */
