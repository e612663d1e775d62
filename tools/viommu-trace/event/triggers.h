/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which events are a reason to keep what led to them.
 */
#ifndef TRACE_EVENT_TRIGGERS_H
#define TRACE_EVENT_TRIGGERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/pairs.h"
#include "viommu_trace.h"

/**
 * enum trigger_kind - Reasons
 * @TRIGGER_WAIT_TIMEOUT: the driver's wait for a COMPLETION_WAIT timed out
 * @TRIGGER_P99:          more than one in a hundred commands took longer than a limit
 * @TRIGGER_QUEUE_STUCK:  a guest's queue is stuck
 * @TRIGGER_LOG_OVERFLOW: the host's event log was full, or one of a guest's logs
 * @TRIGGER_FAULT_STORM:  more records of the event log a second than a limit name a guest
 * @TRIGGER_SIGNAL:       SIGUSR1
 * @TRIGGER_COMMAND:      somebody asked
 */
enum trigger_kind {
	TRIGGER_WAIT_TIMEOUT,
	TRIGGER_P99,
	TRIGGER_QUEUE_STUCK,
	TRIGGER_LOG_OVERFLOW,
	TRIGGER_FAULT_STORM,
	TRIGGER_SIGNAL,
	TRIGGER_COMMAND,
	NR_TRIGGERS,
};

/* trigger_names - As one types them */
extern const char *const trigger_names[NR_TRIGGERS];

#define TRIGGER_TEXT_MAX 160

/**
 * struct triggers_faults - Records that name a guest
 * @iommu:    index of the IOMMU
 * @guest_id: guest ID, 0 for the host
 * @nr:       how many in this second
 */
struct triggers_faults {
	uint32_t iommu;
	uint16_t guest_id;
	uint64_t nr;
};

/**
 * struct triggers - What is looked for, and what was seen; set the first five, and zero
 * the others
 * @on:        which are looked for
 * @p99_ns:    limit of TRIGGER_P99
 * @window_ns: over how long that is
 * @faults:    limit of TRIGGER_FAULT_STORM
 * @fire:      is called for each, at most once a second for one kind; @event is what
 *             led to it
 * @context:   its first argument
 * @pairs:     commands under way
 * @window:    begin of the window of commands
 * @commands:  that ended in it
 * @slow:      of these, those that took longer than the limit
 * @slowest:   the slowest of them
 * @slowest_ns: how long it took
 * @second:    begin of the second of @guest
 * @guest:     who was named in it, in order of IOMMU and guest ID
 * @nr:        how many
 * @room:      how many fit
 * @fired:     when each was last, 0 for never
 * @failed:    out of memory: something was not looked at
 */
struct triggers {
	bool on[NR_TRIGGERS];
	uint64_t p99_ns;
	uint64_t window_ns;
	uint64_t faults;
	void (*fire)(void *context, enum trigger_kind kind, const struct vtr_event *event,
		     const char *text);
	void *context;
	struct pairs pairs;
	uint64_t window;
	uint64_t commands;
	uint64_t slow;
	struct vtr_event slowest;
	uint64_t slowest_ns;
	uint64_t second;
	struct triggers_faults *guest;
	size_t nr;
	size_t room;
	uint64_t fired[NR_TRIGGERS];
	bool failed;
};

/**
 * triggers_parse() - Which are wanted
 * @on:   result
 * @list: names with commas, or "all"
 *
 * Return: false if one has no such name.
 */
bool triggers_parse(bool on[NR_TRIGGERS], const char *list);

/** triggers_event() - An event happened */
void triggers_event(struct triggers *t, const struct vtr_event *event);

/** triggers_lost() - Events were lost: latencies of what is under way are not known */
void triggers_lost(struct triggers *t);

/** triggers_time() - So late it is, CLOCK_MONOTONIC, if no event tells */
void triggers_time(struct triggers *t, uint64_t ns);

/** triggers_ask() - Somebody asks; false if that is not looked for, or asked too often */
bool triggers_ask(struct triggers *t, enum trigger_kind kind, uint64_t ns, const char *text);

/** triggers_free() - Release the memory */
void triggers_free(struct triggers *t);

#endif /* TRACE_EVENT_TRIGGERS_H */
