/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What batch and JSON output have in common.
 */
#ifndef TOP_OUT_STREAM_H
#define TOP_OUT_STREAM_H

#include "view/session.h"

/**
 * struct stream_ops - One kind of output
 * @busy:  with true before a sample is taken, with false once its rows are written: other
 *         threads may read the session then only; or NULL
 * @ready: the programs run, the first sample is taken; not with --once; or NULL
 * @rows:  another interval is over
 * @end:   the run is over; not with --once; or NULL
 */
struct stream_ops {
	void (*busy)(bool busy);
	void (*ready)(const struct session *s);
	void (*rows)(const struct session *s);
	void (*end)(const struct session *s);
};

/**
 * stream_run() - Write one interval after the other
 * @s:   as started
 * @ops: how
 *
 * Everything is flushed as it is written. When nobody reads any more, that is
 * the end, and no failure.
 */
enum exit_code stream_run(struct session *s, const struct stream_ops *ops);

#endif /* TOP_OUT_STREAM_H */
