/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options that select events by their names.
 */
#ifndef TRACE_EVENT_FILTER_H
#define TRACE_EVENT_FILTER_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/hw/event_table.h"

#define EVENT_FILTER_MAX 32

/**
 * struct event_filter - Events that are wanted
 * @pattern: of names, any of them; all events if there is none
 * @nr:      how many
 */
struct event_filter {
	const char *pattern[EVENT_FILTER_MAX];
	int nr;
};

/** event_filter_argp - To be a child of a command's argp; its input is struct event_filter */
extern const struct argp event_filter_argp;

/** event_filter_wants() - Whether an event is wanted, by its name with "viommu_" */
bool event_filter_wants(const struct event_filter *filter, const char *name);

/**
 * event_filter_unknown() - A pattern that none of these events matches
 * @types: events
 * @nr:    how many
 *
 * Return: NULL if each pattern matches one.
 */
const char *event_filter_unknown(const struct event_filter *filter, const struct event_type *types,
				 size_t nr);

#endif /* TRACE_EVENT_FILTER_H */
