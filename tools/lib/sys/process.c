// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes of the kernel's PIDs, as /proc shows them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/sys/file.h"
#include "lib/sys/process.h"

#define NSEC_PER_SEC 1000000000ull
#define STAT_MAX 4096
/* PROC_PID_INIT_INO of the kernel: part of its ABI, as tools rely on it */
#define INITIAL_NS 0xeffffffcu

bool process_ns_is_initial(const char *proc)
{
	static const char *const whose[] = {"1", "self"};
	struct stat st;
	char path[256];

	/* The first process may be looked at by root only; others are in the same, or below */
	for (size_t i = 0; i < sizeof(whose) / sizeof(*whose); i++) {
		snprintf(path, sizeof(path), "%s/%s/ns/pid", proc, whose[i]);
		if (!stat(path, &st))
			return st.st_ino == INITIAL_NS;
	}
	/* A kernel without PID namespaces */
	return errno == ENOENT;
}

bool process_start_from_stat(uint64_t *start_ns, const char *stat)
{
	/* The name, in parentheses, may have any characters, those among them */
	const char *at = strrchr(stat, ')');
	uint64_t ticks;

	/* Field 22, and the third is behind the name */
	if (!at || sscanf(at + 1,
			  " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			  "%*s %*s %" SCNu64,
			  &ticks) != 1)
		return false;
	*start_ns = ticks * (NSEC_PER_SEC / sysconf(_SC_CLK_TCK));
	return true;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

bool process_existed(pid_t pid, uint64_t ns)
{
	/* What the machine has slept so far is all that may be between the two clocks */
	uint64_t slept = clock_ns(CLOCK_BOOTTIME) - clock_ns(CLOCK_MONOTONIC), start_ns;
	bool known = false;
	char path[64];
	size_t size;
	char *stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	stat = file_read(path, STAT_MAX, &size, NULL);
	if (stat)
		known = process_start_from_stat(&start_ns, stat);
	free(stat);
	return known && (!ns || start_ns <= ns + slept);
}
