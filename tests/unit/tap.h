/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Just enough of the Test Anything Protocol for one program.
 */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_tests, tap_failures;

/**
 * ok() - One test
 * @good: whether it passed
 * @fmt:  what was tested
 */
static inline __attribute__((format(printf, 2, 3))) bool ok(bool good, const char *fmt, ...)
{
	va_list args;

	printf("%sok %d - ", good ? "" : "not ", ++tap_tests);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	tap_failures += !good;
	return good;
}

/**
 * is_string() - A test for equal strings
 * @got:  what came out
 * @want: what should have
 * @what: what was tested
 */
static inline void is_string(const char *got, const char *want, const char *what)
{
	if (!ok(!strcmp(got, want), "%s", what))
		printf("# got \"%s\", expected \"%s\"\n", got, want);
}

/**
 * is_number() - A test for equal numbers
 * @got:  what came out
 * @want: what should have
 * @what: what was tested
 */
static inline void is_number(unsigned long long got, unsigned long long want, const char *what)
{
	if (!ok(got == want, "%s", what))
		printf("# got %llu, expected %llu\n", got, want);
}

/**
 * tap_end() - Print the plan
 *
 * Return: exit status of the program.
 */
static inline int tap_end(void)
{
	printf("1..%d\n", tap_tests);
	return !!tap_failures;
}

#endif /* TAP_H */
