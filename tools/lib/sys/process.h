/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes of the kernel's PIDs, as /proc shows them.
 */
#ifndef LIB_SYS_PROCESS_H
#define LIB_SYS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * process_ns_is_initial() - Whether /proc has the PIDs that the kernel's tracing has
 * @proc: "/proc", or another directory for tests
 *
 * In a PID namespace of its own, a container's, the same PID is another process.
 */
bool process_ns_is_initial(const char *proc);

/**
 * process_start_from_stat() - When a process began
 * @start_ns: result, CLOCK_BOOTTIME, rounded down to what the kernel tells
 * @stat:     content of /proc/PID/stat
 *
 * Return: false if that is not understood.
 */
bool process_start_from_stat(uint64_t *start_ns, const char *stat);

/**
 * process_existed() - Whether a process may be the one that did something
 * @pid: the process
 * @ns:  when it was done, CLOCK_MONOTONIC; 0 if that is not known
 *
 * PIDs are used again: whoever began later did not do it.
 *
 * Return: false if it is another, or there is none.
 */
bool process_existed(pid_t pid, uint64_t ns);

#endif /* LIB_SYS_PROCESS_H */
