/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for the next update, a key, or the end.
 */
#ifndef LIB_SYS_WAIT_H
#define LIB_SYS_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * enum wait_result - Why a wait ended
 * @WAIT_TIME:   the time has come
 * @WAIT_INPUT:  there is input
 * @WAIT_STOP:   SIGINT, SIGTERM or SIGHUP
 * @WAIT_CLOSED: nobody reads standard output any more
 * @WAIT_OTHER:  another signal, such as SIGWINCH
 */
enum wait_result {
	WAIT_TIME,
	WAIT_INPUT,
	WAIT_STOP,
	WAIT_CLOSED,
	WAIT_OTHER,
};

/**
 * wait_init() - Let signals end waits
 *
 * From here on a signal ends wait_until(), that which is under way and all that come
 * later, and nothing else, so that all ends in an orderly way. Only where nobody reads
 * what is to be written to standard output it ends the process, after a moment, as does
 * a second one at once: then as if there were no handler.
 */
void wait_init(void);

/**
 * wait_end_at_once() - Let a signal end the process, or not any more
 * @set: while something is waited for that has no end of its own, and nothing is begun
 */
void wait_end_at_once(bool set);

/**
 * wait_block() - Keep signals away, or not any more
 * @block: while threads are started, which inherit that
 */
void wait_block(bool block);

/**
 * wait_until() - Wait
 * @deadline_ns: CLOCK_MONOTONIC
 * @input:       also for input
 */
enum wait_result wait_until(uint64_t deadline_ns, bool input);

/**
 * wait_now_ns() - CLOCK_MONOTONIC
 */
uint64_t wait_now_ns(void);

#endif /* LIB_SYS_WAIT_H */
