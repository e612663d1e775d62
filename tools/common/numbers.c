// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers of the command line.
 */
#include <errno.h>
#include <stdlib.h>

#include "numbers.h"

double number_parse(struct argp_state *state, const char *arg, const char *what, double min,
		    double max)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(arg, &end);
	if (errno || end == arg || *end || !(value >= min && value <= max))
		argp_error(state, "%s must be a number from %g to %.0f, not \"%s\"", what, min, max,
			   arg);
	return value;
}

unsigned long integer_parse(struct argp_state *state, const char *arg, const char *what,
			    unsigned long min, unsigned long max)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(arg, &end, 0);
	if (errno || end == arg || *end || *arg == '-' || value < min || value > max)
		argp_error(state, "%s must be a whole number from %lu to %lu, not \"%s\"", what,
			   min, max, arg);
	return value;
}
