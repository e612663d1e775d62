/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CLOCK_MONOTONIC as time of day.
 */
#ifndef LIB_SYS_CLOCK_H
#define LIB_SYS_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/**
 * clock_set_real() - Whose times are shown, if not this machine's now
 * @real_ns: CLOCK_REALTIME less CLOCK_MONOTONIC there and then
 */
void clock_set_real(int64_t real_ns);

/** clock_real_offset() - CLOCK_REALTIME less CLOCK_MONOTONIC, of this machine now */
int64_t clock_real_offset(void);

/**
 * clock_real_ns() - Time since 1970
 * @ns: CLOCK_MONOTONIC
 */
uint64_t clock_real_ns(uint64_t ns);

/**
 * clock_format() - Time of day, in microseconds
 * @real_ns: since 1970
 */
void clock_format(char *buf, size_t len, uint64_t real_ns);

#endif /* LIB_SYS_CLOCK_H */
