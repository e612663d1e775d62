/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of the command line.
 */
#ifndef LIB_TEXT_NUMBERS_H
#define LIB_TEXT_NUMBERS_H

#include <argp.h>
#include <stdint.h>

/**
 * number_parse() - A number, or a complaint about wrong usage
 * @state: of argp
 * @arg:   as given
 * @what:  its name
 * @min:   smallest
 * @max:   largest
 */
double number_parse(struct argp_state *state, const char *arg, const char *what, double min,
		    double max);

/**
 * integer_parse() - A whole number, or a complaint about wrong usage
 * @state: of argp
 * @arg:   as given, decimal or as in C
 * @what:  its name
 * @min:   smallest
 * @max:   largest
 */
unsigned long integer_parse(struct argp_state *state, const char *arg, const char *what,
			    unsigned long min, unsigned long max);

/**
 * span_parse() - A time span with its unit, such as "1ms", or a complaint about wrong usage
 * @state: of argp
 * @arg:   as given: a number and ns, us, ms, s, m, h or d
 * @what:  its name
 *
 * Return: in nanoseconds, 1 at least.
 */
uint64_t span_parse(struct argp_state *state, const char *arg, const char *what);

#endif /* LIB_TEXT_NUMBERS_H */
