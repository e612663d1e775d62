/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a kernel without our driver can be watched: functions of its own driver.
 */
#ifndef LIB_SYS_PROBES_H
#define LIB_SYS_PROBES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/text/exitcode.h"

/**
 * enum probe_id - What is watched
 * @PROBE_COMMAND: a command is queued
 * @PROBE_WAIT:    the driver waits for the completion of commands
 * @PROBE_TIMEOUT: the kernel says that this took too long
 * @PROBE_FLUSH:   a domain is flushed, which tells a device of it
 * @PROBE_RECORD:  a record of the event log is read
 * @PROBE_RESTART: the event log was full
 * @PROBE_THREAD:  interrupts of the IOMMU are handled, among them of its event log
 * @PROBE_EVENTS:  of the event log alone
 * @NR_PROBES:     how many there are
 */
enum probe_id {
	PROBE_COMMAND,
	PROBE_WAIT,
	PROBE_TIMEOUT,
	PROBE_FLUSH,
	PROBE_RECORD,
	PROBE_RESTART,
	PROBE_THREAD,
	PROBE_EVENTS,
	NR_PROBES,
};

/**
 * struct probe - One of them, in the running kernel
 * @symbol: function as it is called there, or tracepoint; "" if it is not there
 * @btf:    its arguments are known: a faster kind of probe will do
 */
struct probe {
	char symbol[64];
	bool btf;
};

/**
 * struct probes - All of them
 * @probe: by &enum probe_id
 */
struct probes {
	struct probe probe[NR_PROBES];
};

/**
 * probes_find() - Look for them in kallsyms and BTF, whatever the kernel's version
 * @probes: result
 */
void probes_find(struct probes *probes);

/** probes_has() - Whether something can be watched, wherever that is */
bool probes_has(const struct probes *probes, enum probe_id id);

/** probes_enough() - Whether there is what all else depends on: commands */
bool probes_enough(const struct probes *probes);

/**
 * probes_missing() - Columns that this kernel does not tell, for a header line
 * @buf:    result
 * @len:    its size
 * @probes: as found
 */
void probes_missing(char *buf, size_t len, const struct probes *probes);

/**
 * probes_print() - Say for each column where it comes from, or that it does not
 * @probes: as found
 */
void probes_print(const struct probes *probes);

#endif /* LIB_SYS_PROBES_H */
