/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other commands of this program, as processes of their own: what goes wrong with
 * one of them goes wrong with nothing else.
 */
#ifndef TRACE_BUNDLE_CHILD_H
#define TRACE_BUNDLE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct bundle_child - A process
 * @pid:    0 once it has ended, or if it did not start
 * @pidfd:  it, -1 likewise
 * @out:    file with its standard output, likewise -1
 * @err:    file with its standard error
 * @status: as of waitpid(), -1 if it did not start, or nobody can know
 */
struct bundle_child {
	pid_t pid;
	int pidfd;
	int out;
	int err;
	int status;
};

/** bundle_child_start() - Run this program; the arguments end with NULL */
void bundle_child_start(struct bundle_child *child, char *const argv[]);

/** bundle_child_running() - Whether it still runs */
bool bundle_child_running(struct bundle_child *child);

/** bundle_child_stop() - Have it end, at once or in an orderly way */
void bundle_child_stop(struct bundle_child *child, bool at_once);

/** bundle_child_why() - What it said last, or how it ended; never empty */
void bundle_child_why(const struct bundle_child *child, char *buf, size_t len);

/** bundle_child_close() - Release its files */
void bundle_child_close(struct bundle_child *child);

#endif /* TRACE_BUNDLE_CHILD_H */
