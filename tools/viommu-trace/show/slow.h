/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands that took long, one by one.
 */
#ifndef TRACE_SHOW_SLOW_H
#define TRACE_SHOW_SLOW_H

#include "event/select.h"
#include "lib/text/exitcode.h"

/**
 * struct slow_options - Which commands
 * @select: of whom, and for how long
 * @ns:     those that took longer
 * @count:  end after so many, 0 for any number
 * @buffer: room in the kernel in MiB: a power of two
 */
struct slow_options {
	const struct select *select;
	uint64_t ns;
	uint64_t count;
	unsigned int buffer;
};

/** slow_follow() - Print them as they end */
enum exit_code slow_follow(const struct slow_options *options);

#endif /* TRACE_SHOW_SLOW_H */
