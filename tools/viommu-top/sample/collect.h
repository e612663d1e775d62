/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF programs, and what they and the kernel count.
 */
#ifndef TOP_SAMPLE_COLLECT_H
#define TOP_SAMPLE_COLLECT_H

#include <stdbool.h>

#include "lib/sys/vmname.h"
#include "lib/text/exitcode.h"
#include "sample/options.h"
#include "sample/snapshot.h"

/**
 * struct want - Whose details to collect
 * @all:  everybody's
 * @pid:  else of the VM of this process
 * @name: that has this name
 */
struct want {
	bool all;
	int pid;
	char name[VMNAME_MAX];
};

struct collector;

/**
 * collect_start() - Load and attach the BPF programs
 * @collector: result
 * @opts:      command line
 *
 * Return: EXIT_OK, or how to exit; the reason is on stderr then.
 */
enum exit_code collect_start(struct collector **collector, const struct options *opts);

/**
 * collect_snapshot() - Take a snapshot
 * @collector: as started
 * @snap:      result; zeroed before its first use
 * @prev:      an earlier snapshot, for names already known; may be NULL
 *
 * Return: false on failure; the reason is on stderr then.
 */
bool collect_snapshot(struct collector *collector, struct snapshot *snap,
		      const struct snapshot *prev);

/**
 * collect_details() - Latencies by type of command, and what happened
 * @collector: as started
 * @snap:      the latest snapshot
 * @want:      whose
 *
 * Return: false on failure; the reason is on stderr then.
 */
bool collect_details(struct collector *collector, struct snapshot *snap, const struct want *want);

/**
 * collect_stop() - Detach the BPF programs
 * @collector: as started; NULL is fine
 */
void collect_stop(struct collector *collector);

#endif /* TOP_SAMPLE_COLLECT_H */
