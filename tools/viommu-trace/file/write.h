/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing a recorded file of events, to anything that can be written to.
 */
#ifndef TRACE_FILE_WRITE_H
#define TRACE_FILE_WRITE_H

#include "file/trace_file.h"

struct trace_writer;

/**
 * trace_write_start() - Begin a file
 * @fd:   where to; it need not seek, and stays the caller's
 * @meta: what is true of all of it
 *
 * Return: NULL on failure, with errno set.
 */
struct trace_writer *trace_write_start(int fd, const struct trace_meta *meta);

/*
 * What happened, in that order. Records are kept until a block is full or
 * flushed. All return false once something could not be written: errno says why,
 * and what is in the file up to there can be read.
 */
bool trace_write_event(struct trace_writer *w, const struct vtr_event *event);
bool trace_write_viommu(struct trace_writer *w, const struct trace_viommu *viommu);
bool trace_write_vdevice(struct trace_writer *w, const struct trace_vdevice *vdevice);
bool trace_write_trigger(struct trace_writer *w, const struct trace_trigger *trigger);

/**
 * trace_write_event_of() - One in the words of the file
 * @type: which of those that the file describes, by the place in its &struct trace_meta
 *
 * For a copy of a file of another version, which may describe others, in another order, and
 * what they tell in another one. trace_write_event() takes those of this program.
 */
bool trace_write_event_of(struct trace_writer *w, size_t type, const struct vtr_event *event);

/** trace_write_lost() - Events were lost since the last record */
bool trace_write_lost(struct trace_writer *w, uint64_t lost);

/**
 * trace_write_clock() - The time of day was set, or the machine slept
 * @real_ns: CLOCK_REALTIME less CLOCK_MONOTONIC from here on
 */
bool trace_write_clock(struct trace_writer *w, int64_t real_ns);

/** trace_write_flush() - Write what there is, so that it outlives this process */
bool trace_write_flush(struct trace_writer *w);

/** trace_write_bytes() - Size of the file, and about what is to be written yet */
uint64_t trace_write_bytes(const struct trace_writer *w);

/**
 * trace_write_end() - Close a file
 * @end: what there was; its events and lost are counted here
 */
bool trace_write_end(struct trace_writer *w, struct trace_end *end);

/** trace_write_free() - Release the memory */
void trace_write_free(struct trace_writer *w);

#endif /* TRACE_FILE_WRITE_H */
