/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flight recorder: keeps the last events, and writes them to a file once there is a
 * reason to.
 */
#ifndef TRACE_FLY_FLY_H
#define TRACE_FLY_FLY_H

#include <signal.h>

#include "event/select.h"
#include "event/triggers.h"
#include "lib/text/exitcode.h"

/**
 * struct fly_options - How to
 * @select:     for how long; 0 is until interrupted
 * @directory:  of the files
 * @before_ns:  what files have of what was before the trigger
 * @after_ns:   and of what comes
 * @keep_ns:    keep the past in files, too, for so long; 0 for memory
 * @every_ns:   one file for each kind of trigger so often, not more
 * @max_bytes:  of all files of triggers
 * @past_bytes: of the past
 * @buffer:     room in the kernel in MiB: a power of two
 * @bundle:     have a bundle made with each
 * @on:         triggers that are wanted
 * @p99_ns:     limit of TRIGGER_P99
 * @faults:     limit of TRIGGER_FAULT_STORM, records a second
 * @signalled:  is set by SIGUSR1
 */
struct fly_options {
	struct select select;
	const char *directory;
	uint64_t before_ns;
	uint64_t after_ns;
	uint64_t keep_ns;
	uint64_t every_ns;
	uint64_t max_bytes;
	uint64_t past_bytes;
	unsigned int buffer;
	bool bundle;
	bool on[NR_TRIGGERS];
	uint64_t p99_ns;
	uint64_t faults;
	volatile sig_atomic_t *signalled;
};

/** fly_init() - As without any option */
void fly_init(struct fly_options *options);

/**
 * fly_run() - Record until interrupted
 *
 * The caller has found trace_ready() and called wait_init(). What goes wrong is told.
 */
enum exit_code fly_run(const struct fly_options *options);

#endif /* TRACE_FLY_FLY_H */
