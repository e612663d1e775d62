/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding drift: what events say, what the driver says, what the hardware holds.
 */
#ifndef TRACE_DIFF_DRIFT_H
#define TRACE_DIFF_DRIFT_H

#include "diff/compare.h"
#include "diff/rebuild.h"
#include "live/event_source.h"

/**
 * struct drift - A comparison while it goes on
 * @source:    of events, and of what the driver says
 * @live:      events come while it goes on
 * @rebuild:   what events say
 * @traced:    there are events
 * @recorded:  which were looked for, by &enum vtr_event_id; NULL for all
 * @filtered:  events are of some VMs only
 * @dir:       DEBUGFS_DIR, or another for tests
 * @vms:       names
 * @unreadable: why the hardware cannot be read, or NULL
 * @settle:    guests whose differences are looked at once more
 * @result:    what came out
 */
struct drift {
	struct event_source *source;
	bool live;
	struct rebuild rebuild;
	bool traced;
	const bool *recorded;
	bool filtered;
	const char *dir;
	struct vms vms;
	const char *unreadable;
	const struct comparison *settle;
	struct comparison result;
};

/**
 * drift_follow() - Follow events
 * @duration_ns: for so long, 0 until interrupted
 * @begin:       is called once what exists is known
 */
enum exit_code drift_follow(struct drift *drift, uint64_t duration_ns, void (*begin)(void));

/**
 * drift_compare() - Compare now
 *
 * What is under way while the three are asked differs between them for a moment.
 * So differences count only if they stay, all the same, while they are asked again.
 *
 * Return: false if the driver cannot be asked, which is told.
 */
bool drift_compare(struct drift *drift);

/** drift_end() - No more events; drift_free() - Release the memory */
void drift_end(struct drift *drift);
void drift_free(struct drift *drift);

#endif /* TRACE_DIFF_DRIFT_H */
