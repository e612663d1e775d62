/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events by name, and what they tell.
 */
#ifndef LIB_HW_EVENT_TABLE_H
#define LIB_HW_EVENT_TABLE_H

#include "viommu_trace.h"

/**
 * enum arg_kind - How to show an argument of an event
 * @ARG_END:     there is none
 * @ARG_NUMBER:  decimal
 * @ARG_HEX:     address, size or register
 * @ARG_RET:     0, or a negative errno
 * @ARG_BDF:     requester ID
 * @ARG_QUEUE:   queue
 * @ARG_NS:      time span
 * @ARG_COMMAND: 128 bits of a command: this argument and the next
 * @ARG_RECORD:  128 bits of an event log record, likewise
 */
enum arg_kind {
	ARG_END,
	ARG_NUMBER,
	ARG_HEX,
	ARG_RET,
	ARG_BDF,
	ARG_QUEUE,
	ARG_NS,
	ARG_COMMAND,
	ARG_RECORD,
};

/**
 * struct event_type - A kind of event
 * @name: as in the kernel, with "viommu_"
 * @arg:  name and kind of each argument
 */
struct event_type {
	const char *name;
	struct {
		const char *name;
		enum arg_kind kind;
	} arg[VTR_ARGS];
};

/** event_types - All, by &enum vtr_event_id */
extern const struct event_type event_types[VTR_NR_EVENTS];

/** event_words() - How many words of &vtr_event.arg an event has */
unsigned int event_words(const struct event_type *type);

/** event_command() - Which of them is the first of a command or a record; VTR_ARGS if none is */
unsigned int event_command(const struct event_type *type);

#endif /* LIB_HW_EVENT_TABLE_H */
