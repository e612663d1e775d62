/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events as text and as JSON.
 */
#ifndef TRACE_SHOW_EVENT_PRINT_H
#define TRACE_SHOW_EVENT_PRINT_H

#include <stdbool.h>
#include <stdint.h>

#include "event/vms.h"
#include "file/trace_file.h"
#include "lib/hw/event_table.h"
#include "viommu_trace.h"

struct json_object;

/**
 * event_add_args() - Add what an event tells to a JSON object
 * @object: is changed
 * @event:  the event
 * @type:   what it is
 */
void event_add_args(struct json_object *object, const struct vtr_event *event,
		    const struct event_type *type);

/**
 * event_print_begin() - Headings, if there are any
 * @json: there are none
 * @meta: of a recording: JSON tells when it began; NULL if there is none
 */
void event_print_begin(bool json, const struct trace_meta *meta);

/**
 * event_print() - Print one event
 * @event: it
 * @type:  what it is
 * @vm:    whose, NULL for the host's or nobody's
 * @json:  as JSON
 */
void event_print(const struct vtr_event *event, const struct event_type *type, const struct vm *vm,
		 bool json);

/**
 * event_print_lost() - Events were lost here
 * @lost: how many
 * @json: as JSON
 */
void event_print_lost(uint64_t lost, bool json);

/** event_print_trigger() - Why a flight recorder wrote the file */
void event_print_trigger(const struct trace_trigger *trigger, bool json);

/**
 * event_print_end() - What there was
 * @shown:     events printed
 * @lost:      events lost
 * @truncated: what was read ends too early
 * @json:      as JSON; as text it is up to the caller
 */
void event_print_end(uint64_t shown, uint64_t lost, bool truncated, bool json);

#endif /* TRACE_SHOW_EVENT_PRINT_H */
