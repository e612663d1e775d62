/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events of the running kernel.
 */
#ifndef TRACE_LIVE_EVENT_SOURCE_H
#define TRACE_LIVE_EVENT_SOURCE_H

#include <argp.h>

#include "event/filter.h"
#include "event/select.h"
#include "event/vms.h"
#include "lib/sys/wait.h"
#include "lib/text/exitcode.h"
#include "viommu_trace.h"

/* Room in the kernel for events that are not read yet, in MiB */
#define EVENT_BUFFER_MIB 8
#define EVENT_BUFFER_MAX 1024

/**
 * struct event_sink - Who wants the events
 * @context: first argument of all of these
 * @event:   an event that is wanted, and whose it is, NULL for the host's or nobody's
 * @whose:   it wants to be told that
 * @lost:    so many were lost since the one before
 * @missed:  so many more were, not longer than a second ago, or since the last
 *           event_source_poll_lost(): programs that would have seen them were skipped
 * @unseen:  so many commands more were queued since the one before: no tracepoint told
 * @viommu:  a vIOMMU that exists at the start; may be NULL
 * @vdevice: a guest's device that exists at the start; may be NULL
 * @begin:   events are seen from here on, and what exists has been listed; may be NULL
 * @vm:      somebody has a guest ID now; may be NULL
 * @tick:    all there was has been delivered, which happens many times a
 *           second; false for enough
 */
struct event_sink {
	void *context;
	void (*event)(void *context, const struct vtr_event *event, const struct vm *vm);
	bool whose;
	void (*lost)(void *context, uint64_t lost);
	void (*missed)(void *context, uint64_t missed);
	void (*unseen)(void *context, uint64_t unseen);
	void (*viommu)(void *context, const struct vtr_viommu *viommu, const struct vm *vm);
	void (*vdevice)(void *context, const struct vtr_vdevice *vdevice);
	void (*begin)(void *context);
	void (*vm)(void *context, const struct vm *vm, const char *comm);
	bool (*tick)(void *context);
};

/**
 * struct event_source_options - Which events
 * @select: of whom, and for how long
 * @filter: by their names
 * @buffer: in MiB: a power of two
 */
struct event_source_options {
	const struct select *select;
	const struct event_filter *filter;
	unsigned int buffer;
};

/** buffer_parse() - A size of the buffer, or a complaint about wrong usage */
unsigned int buffer_parse(struct argp_state *state, const char *arg);

struct event_source;

/**
 * event_source_open() - Load the BPF programs
 * @source:  result
 * @options: which events; must stay where it is
 *
 * Return: why not, if it fails, which is told.
 */
enum exit_code event_source_open(struct event_source **source,
				 const struct event_source_options *options);

/** event_source_wanted() - Which events are looked for, by &enum vtr_event_id */
const bool *event_source_wanted(const struct event_source *source);

/**
 * event_source_follow() - Deliver events as they come
 * @why: why it ended: WAIT_TIME for its duration, WAIT_INPUT for enough
 *
 * Return: EXIT_FAIL if the kernel's state cannot be read, which is told.
 */
enum exit_code event_source_follow(struct event_source *source, const struct event_sink *sink,
				   enum wait_result *why);

/*
 * The parts of event_source_follow(), for who wants to do something else at the
 * same time. @tick is not called by these.
 */

/** event_source_start() - Begin, and list what exists; EXIT_FAIL is told */
enum exit_code event_source_start(struct event_source *source, const struct event_sink *sink);

/** event_source_poll() - Deliver what there is now */
void event_source_poll(struct event_source *source);

/** event_source_poll_lost() - As that; @lost and @missed have been told all there is */
void event_source_poll_lost(struct event_source *source);

/** event_source_stop() - End, and deliver the rest */
void event_source_stop(struct event_source *source);

/** event_source_vms() - Who has which guest ID, up to the event that was delivered */
const struct vms *event_source_vms(const struct event_source *source);

/**
 * event_source_list() - List what exists
 * @sink: only its @context, @viommu and @vdevice are used
 *
 * Return: false if it cannot be read, which is told.
 */
bool event_source_list(struct event_source *source, const struct event_sink *sink);

/**
 * event_source_sample() - Have the driver look at all queues of guests
 *
 * It finds that a queue is stuck or has overflowed when somebody asks, and not before.
 *
 * Return: false if that is not possible, which is told.
 */
bool event_source_sample(struct event_source *source);

/** event_source_lost() - Events lost so far, missed ones included */
uint64_t event_source_lost(const struct event_source *source);

/**
 * tell_lost() - Say that events were lost, if any, and what to do
 * @lost:   for want of room
 * @missed: as of struct event_sink
 * @unseen: likewise
 * @buffer: size of it, in MiB
 */
void tell_lost(uint64_t lost, uint64_t missed, uint64_t unseen, unsigned int buffer);

/** event_source_tell_lost() - As that, of all so far */
void event_source_tell_lost(const struct event_source *source);

/** event_source_close() - Unload and release */
void event_source_close(struct event_source *source);

#endif /* TRACE_LIVE_EVENT_SOURCE_H */
