/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recorded file without names of VMs and addresses.
 */
#ifndef TRACE_BUNDLE_REDACT_TRACE_H
#define TRACE_BUNDLE_REDACT_TRACE_H

#include <stdio.h>

#include "bundle/redact.h"

/**
 * struct redact_trace - What to do with a recorded file
 * @redact:   what is left out; names it finds are known from then on
 * @from:     file descriptor of the file, which can seek
 * @to:       of the new one
 * @viommus:  gets those that were there in the beginning, one JSON object a line
 * @vdevices: likewise
 */
struct redact_trace {
	struct redact *redact;
	int from;
	int to;
	FILE *viommus;
	FILE *vdevices;
};

/**
 * redact_trace() - Copy a file
 * @error: why that is not possible, or what is wrong with the file
 * @len:   its size
 *
 * Return: false if there is no new file. A damaged one is copied up to there; that
 * events were lost is wrong with a file, too.
 */
bool redact_trace(const struct redact_trace *job, char *error, size_t len);

/**
 * redact_event() - Addresses in an event
 * @type: what it tells, as its file describes it: not each version tells the same
 */
void redact_event(const struct redact *redact, const struct event_type *type,
		  struct vtr_event *event);

#endif /* TRACE_BUNDLE_REDACT_TRACE_H */
