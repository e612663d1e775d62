/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a recorded file of events, from anything that can be read once.
 */
#ifndef TRACE_FILE_READ_H
#define TRACE_FILE_READ_H

#include <sys/types.h>

#include "file/trace_file.h"

/**
 * typedef trace_read_fn - Where the bytes come from, as read(2)
 *
 * Return: bytes read, 0 at the end, -1 on failure with errno set.
 */
typedef ssize_t (*trace_read_fn)(void *context, void *buf, size_t len);

/**
 * enum trace_item_type - What comes next
 * @TRACE_EVENT:     an event
 * @TRACE_VIOMMU:    a vIOMMU exists
 * @TRACE_VDEVICE:   a guest's device exists
 * @TRACE_LOST:      events were lost here, as the file says or as it turns out
 * @TRACE_CLOCK:     the time of day was set, or the machine slept
 * @TRACE_TRIGGER:   why a flight recorder wrote this
 * @TRACE_WHOLE:     the end of a whole file
 * @TRACE_TRUNCATED: the file ends here, and its recorder did not mean it to
 * @TRACE_DAMAGED:   nothing behind this can be trusted, or read;
 *                   trace_read_error() says why
 */
enum trace_item_type {
	TRACE_EVENT,
	TRACE_VIOMMU,
	TRACE_VDEVICE,
	TRACE_LOST,
	TRACE_CLOCK,
	TRACE_TRIGGER,
	TRACE_WHOLE,
	TRACE_TRUNCATED,
	TRACE_DAMAGED,
};

/**
 * struct trace_item - Something in a file
 * @type:       which of the following there is
 * @event:      its id is this program's, VTR_NR_EVENTS if it does not know it
 * @event_type: what it is, as the file says
 * @viommu:     a vIOMMU
 * @vdevice:    a guest's device
 * @lost:       how many events
 * @trigger:    why a flight recorder wrote this
 * @unseen:     these are commands that no tracepoint told of, as sequence numbers tell
 * @real_ns:    CLOCK_REALTIME less CLOCK_MONOTONIC from here on
 * @end:        with TRACE_WHOLE
 */
struct trace_item {
	enum trace_item_type type;
	struct vtr_event event;
	const struct event_type *event_type;
	struct trace_viommu viommu;
	struct trace_vdevice vdevice;
	uint64_t lost;
	struct trace_trigger trigger;
	bool unseen;
	int64_t real_ns;
	struct trace_end end;
};

struct trace_reader;

/**
 * trace_read_start() - Begin to read
 * @read:    where from
 * @context: its first argument
 * @error:   why not, for people, without the file's name
 * @len:     its size
 *
 * Return: NULL if that is no such file, or not one that this program can read.
 */
struct trace_reader *trace_read_start(trace_read_fn read, void *context, char *error, size_t len);

/** trace_read_fd() - For trace_read_start(): @context points to a file descriptor */
ssize_t trace_read_fd(void *context, void *buf, size_t len);

/** trace_read_meta() - What is true of the whole file */
const struct trace_meta *trace_read_meta(const struct trace_reader *r);

/**
 * trace_read_next() - What comes next
 *
 * Return: its type; from TRACE_WHOLE on it stays the same.
 */
enum trace_item_type trace_read_next(struct trace_reader *r, struct trace_item *item);

/** trace_read_error() - What is wrong with a damaged file */
const char *trace_read_error(const struct trace_reader *r);

/** trace_read_free() - Release the memory */
void trace_read_free(struct trace_reader *r);

#endif /* TRACE_FILE_READ_H */
