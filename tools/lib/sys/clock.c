// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLOCK_MONOTONIC as time of day.
 */
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "lib/sys/clock.h"
#include "lib/sys/wait.h"

#define NSEC_PER_SEC 1000000000ull

/* Of a recording */
static int64_t recorded;
static bool is_recorded;

void clock_set_real(int64_t real_ns)
{
	recorded = real_ns;
	is_recorded = true;
}

int64_t clock_real_offset(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec - wait_now_ns();
}

/* It may be set at any time, and a machine that slept finds it ahead */
uint64_t clock_real_ns(uint64_t ns)
{
	return ns + (is_recorded ? recorded : clock_real_offset());
}

void clock_format(char *buf, size_t len, uint64_t real_ns)
{
	time_t seconds = real_ns / NSEC_PER_SEC;
	struct tm tm;
	char clock[16];

	localtime_r(&seconds, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	snprintf(buf, len, "%s.%06u", clock, (unsigned int)(real_ns % NSEC_PER_SEC / 1000));
}
