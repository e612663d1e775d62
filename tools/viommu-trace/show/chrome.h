/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON of the trace event format, which Perfetto and Chrome show.
 */
#ifndef TRACE_SHOW_CHROME_H
#define TRACE_SHOW_CHROME_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "event/vms.h"
#include "file/trace_file.h"

struct chrome;

/** chrome_begin() - Begin a file; NULL without memory */
struct chrome *chrome_begin(FILE *out);

/**
 * chrome_command() - A command of the host
 * @submit: when it was queued
 * @ns:     time until it was done
 * @vm:     whose, or NULL
 *
 * Return: false without memory; likewise the others.
 */
bool chrome_command(struct chrome *chrome, const struct vtr_event *submit, uint64_t ns,
		    const struct vm *vm);

/** chrome_instant() - Something else happened */
bool chrome_instant(struct chrome *chrome, const struct vtr_event *event,
		    const struct event_type *type, const struct vm *vm);

/** chrome_lost() - Events were lost behind the last one */
bool chrome_lost(struct chrome *chrome, uint64_t lost);

/**
 * chrome_end() - Write what is left
 * @meta:       where it comes from
 * @incomplete: something is missing
 */
bool chrome_end(struct chrome *chrome, const struct trace_meta *meta, bool incomplete);

/** chrome_free() - Release the memory */
void chrome_free(struct chrome *chrome);

#endif /* TRACE_SHOW_CHROME_H */
