/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of the command line.
 */
#ifndef NUMBERS_H
#define NUMBERS_H

#include <argp.h>

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

#endif /* NUMBERS_H */
