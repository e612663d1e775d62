/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events from a file.
 */
#ifndef TRACE_FILE_REPLAY_H
#define TRACE_FILE_REPLAY_H

#include "event/filter.h"
#include "event/select.h"
#include "event/vms.h"
#include "file/read.h"
#include "lib/text/exitcode.h"

/**
 * struct replay - Events from a file
 * @name:      of the file, for people
 * @reader:    reads it
 * @vms:       who has which guest ID, up to the event that was delivered
 * @events:    events that it has
 * @lost:      events lost while it was recorded
 * @unseen:    of these, commands that no tracepoint told of
 * @truncated: its end is missing
 */
struct replay {
	const char *name;
	struct trace_reader *reader;
	struct vms vms;
	uint64_t events;
	uint64_t lost;
	uint64_t unseen;
	bool truncated;
};

/**
 * struct replay_sink - Who wants the events
 * @context: first argument of all of these
 * @event:   an event that is wanted: item->event, and whose it is
 * @lost:    so many were lost since the one before; may be NULL
 * @vm:      a vIOMMU exists, or a VM has a guest ID now; may be NULL
 * @clock:   CLOCK_REALTIME less CLOCK_MONOTONIC from here on; may be NULL
 * @trigger: why a flight recorder wrote the file; may be NULL
 */
struct replay_sink {
	void *context;
	void (*event)(void *context, const struct trace_item *item, const struct vm *vm);
	void (*lost)(void *context, uint64_t lost);
	void (*vm)(void *context, const struct trace_viommu *viommu);
	void (*clock)(void *context, int64_t real_ns);
	void (*trigger)(void *context, const struct trace_trigger *trigger);
};

/**
 * replay_open() - Open a file
 * @file: its name, "-" for standard input
 *
 * Return: false if that is not possible, which is told.
 */
bool replay_open(struct replay *replay, const char *file);

/** replay_meta() - What is true of the whole file */
const struct trace_meta *replay_meta(const struct replay *replay);

/**
 * replay_all() - Deliver all of it
 * @select: of whom
 * @filter: which events
 *
 * Return: EXIT_FAIL if it is damaged; all before that has been delivered.
 */
enum exit_code replay_all(struct replay *replay, const struct select *select,
			  const struct event_filter *filter, const struct replay_sink *sink);

/** replay_tell() - Say whether it is complete, or what is missing */
void replay_tell(const struct replay *replay);

/** replay_close() - Release everything */
void replay_close(struct replay *replay);

#endif /* TRACE_FILE_REPLAY_H */
