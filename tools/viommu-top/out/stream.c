// SPDX-License-Identifier: GPL-2.0-only
/*
 * What batch and JSON output have in common: time, signals, a closed pipe.
 */
#include <stdio.h>

#include "lib/sys/wait.h"
#include "lib/text/message.h"
#include "lib/text/output.h"
#include "out/stream.h"

/* Rates over less would be noise */
#define SHORTEST_NS 1000000

/* True when the output is gone, for whatever reason */
static bool flush(enum exit_code *code)
{
	if (output_flush())
		return false;
	*code = output_end(*code);
	return true;
}

static bool sample_due(const struct session *s, enum wait_result why)
{
	uint64_t since = wait_now_ns() - session_now(s)->mono_ns;

	/* With --once there is exactly one, however short */
	return why == WAIT_TIME || since >= SHORTEST_NS || s->opts->once;
}

/* A recording is written as fast as it is read */
static enum wait_result wait_for(const struct session *s, uint64_t deadline)
{
	enum wait_result why;

	if (s->replay)
		deadline = 0;
	do {
		why = wait_until(deadline, false);
	} while (why == WAIT_OTHER);
	return why;
}

/* After a long stop (SIGSTOP, suspend) the missed intervals are not made up */
static uint64_t next_deadline(uint64_t deadline, uint64_t interval)
{
	uint64_t now = wait_now_ns();

	deadline += interval;
	return deadline > now ? deadline : now + interval;
}

static bool take_sample(struct session *s, const struct stream_ops *ops)
{
	bool done;

	if (ops->busy)
		ops->busy(true);
	done = session_sample(s);
	if (done)
		ops->rows(s);
	if (ops->busy)
		ops->busy(false);
	return done;
}

enum exit_code stream_run(struct session *s, const struct stream_ops *ops)
{
	const struct options *opts = s->opts;
	uint64_t deadline = s->start_ns + opts->interval_ns;
	enum wait_result why = WAIT_TIME;
	enum exit_code code = EXIT_OK;

	if (!opts->once && ops->ready)
		ops->ready(s);
	if (flush(&code))
		return code;

	for (unsigned long n = 0; (!opts->count || n < opts->count) && !session_at_end(s); n++) {
		why = wait_for(s, deadline);
		if (why == WAIT_CLOSED)
			return code;
		if (sample_due(s, why) && !take_sample(s, ops))
			return EXIT_FAIL;
		if (flush(&code))
			return code;
		if (why == WAIT_STOP)
			break;
		deadline = next_deadline(deadline, opts->interval_ns);
	}

	if (!opts->once && ops->end)
		ops->end(s);
	flush(&code);
	return code;
}
