/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events as text.
 */
#ifndef LIB_TEXT_EVENT_TEXT_H
#define LIB_TEXT_EVENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/hw/event_table.h"

#define EVENT_TEXT_MAX 160

/**
 * event_get_arg() - An argument, and the one after it, which may be its other half
 * @q:     result
 * @event: the event
 * @i:     which
 */
void event_get_arg(uint64_t q[2], const struct vtr_event *event, int i);

/** event_format_words() - 128 bits as perf has them: words of 32, lowest first */
void event_format_words(char *buf, size_t len, uint64_t q0, uint64_t q1);

/**
 * event_format_arg() - An argument as text
 * @buf:  result
 * @len:  its size
 * @kind: of argument
 * @arg:  as of event_get_arg()
 */
void event_format_arg(char *buf, size_t len, enum arg_kind kind, const uint64_t *arg);

/** event_code() - Name of a command or record; NULL for other arguments */
const char *event_code(enum arg_kind kind, uint64_t q0);

/**
 * event_args() - All arguments as text, raw bits as they are
 * @buf:   result; begins with a space unless there are none
 * @len:   its size
 * @event: the event
 * @type:  what it is
 */
void event_args(char *buf, size_t len, const struct vtr_event *event,
		const struct event_type *type);

/**
 * event_line() - An event for people, in a line: records say what they mean
 * @buf:   result
 * @len:   its size
 * @event: the event
 */
void event_line(char *buf, size_t len, const struct vtr_event *event);

/** event_bad() - Whether an event is one of the kind that should not be */
bool event_bad(const struct vtr_event *event);

#endif /* LIB_TEXT_EVENT_TEXT_H */
