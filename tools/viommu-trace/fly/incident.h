/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file of a trigger: what was before it, and a little of what came behind.
 */
#ifndef TRACE_FLY_INCIDENT_H
#define TRACE_FLY_INCIDENT_H

#include <stdbool.h>
#include <stdint.h>

#include "file/write.h"
#include "fly/past.h"

/**
 * struct incident - A file that is being written; zeroed at the beginning
 * @directory: descriptor of the directory
 * @name:      that it will have; NULL while there is none
 * @part:      that it has until then
 * @fd:        it
 * @writer:    writes it
 * @until_ns:  when it ends, CLOCK_MONOTONIC
 * @error:     what went wrong, an errno
 */
struct incident {
	int directory;
	char *name;
	char *part;
	int fd;
	struct trace_writer *writer;
	uint64_t until_ns;
	int error;
};

/**
 * incident_begin() - Begin a file
 * @kind:  of the trigger, for its name
 * @ns:    of the trigger
 * @since: what to have of what was, at least
 * @until: what to have of what comes
 *
 * Return: false with errno set.
 */
bool incident_begin(struct incident *incident, struct past *past, const char *kind, uint64_t ns,
		    uint64_t since, uint64_t until);

/** incident_open() - Whether there is one */
bool incident_open(const struct incident *incident);

/** incident_check() - What was written to its writer: whether that worked */
void incident_check(struct incident *incident, bool written);

/**
 * incident_end() - It is whole: give it its name
 * @now: CLOCK_MONOTONIC
 *
 * Return: the name, allocated; NULL with errno set: it is gone then.
 */
char *incident_end(struct incident *incident, uint64_t now);

#endif /* TRACE_FLY_INCIDENT_H */
