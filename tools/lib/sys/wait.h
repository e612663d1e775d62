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
 * wait_init() - Let signals end waits, and nothing else
 *
 * From here on a signal is noticed in wait_until() only, so that nothing is
 * ever interrupted halfway.
 */
void wait_init(void);

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
