/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recording events to a file.
 */
#ifndef TRACE_LIVE_RECORDER_H
#define TRACE_LIVE_RECORDER_H

#include "event/filter.h"
#include "event/select.h"
#include "file/trace_file.h"
#include "lib/text/exitcode.h"

/**
 * struct record_options - What to record
 * @select:    of whom, and for how long: 0 is until interrupted
 * @filter:    which events
 * @count:     end after so many, 0 for any number
 * @max_bytes: end before the file is larger, 0 for any size
 * @buffer:    room in the kernel in MiB: a power of two
 * @at_ns:     begin when the time of day is a multiple of this, 0 for now
 * @begin:     is called once events are seen; may be NULL
 */
struct record_options {
	struct select select;
	struct event_filter filter;
	uint64_t count;
	uint64_t max_bytes;
	unsigned int buffer;
	uint64_t at_ns;
	void (*begin)(void);
};

/** record_init() - All events, of all, until interrupted */
void record_init(struct record_options *options);

/**
 * record_to() - Record events
 * @open:    where to: called once everything is ready, returns a file descriptor
 *           that need not seek and stays the caller's; or -1, having told why
 * @context: its argument
 * @name:    what to call that when it cannot be written
 * @options: what to record
 * @end:     what there was
 *
 * The caller has found trace_ready() and called wait_init(). What goes wrong is
 * told; what is in the file until then can be read. Neither what was lost nor
 * what there was is told.
 */
enum exit_code record_to(int (*open)(void *context), void *context, const char *name,
			 const struct record_options *options, struct trace_end *end);

#endif /* TRACE_LIVE_RECORDER_H */
