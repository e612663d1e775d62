// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLOCK_MONOTONIC as time of day.
 */
#include <stdio.h>
#include <time.h>

#include "lib/sys/clock.h"
#include "lib/sys/wait.h"

#define NSEC_PER_SEC 1000000000ull

static int64_t offset;

void clock_set_real(int64_t real_ns)
{
	offset = real_ns;
}

/* Of this machine, as of the first call */
uint64_t clock_real_ns(uint64_t ns)
{
	struct timespec ts;

	if (!offset) {
		clock_gettime(CLOCK_REALTIME, &ts);
		offset = ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec - wait_now_ns();
	}
	return ns + offset;
}

void clock_format(char *buf, size_t len, uint64_t ns)
{
	uint64_t real = clock_real_ns(ns);
	time_t seconds = real / NSEC_PER_SEC;
	struct tm tm;
	char clock[16];

	localtime_r(&seconds, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	snprintf(buf, len, "%s.%06u", clock, (unsigned int)(real % NSEC_PER_SEC / 1000));
}
