// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers of the command line.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/numbers.h"

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
	/* 010 is ten: octal is what nobody means */
	value = strtoul(arg, &end, strncasecmp(arg, "0x", 2) ? 10 : 16);
	if (errno || end == arg || *end || *arg == '-' || value < min || value > max)
		argp_error(state, "%s must be a whole number from %lu to %lu, not \"%s\"", what,
			   min, max, arg);
	return value;
}

uint64_t span_parse(struct argp_state *state, const char *arg, const char *what)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {{"ns", 1},	  {"us", 1e3},	 {"ms", 1e6},	{"s", 1e9},
		     {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}};
	double value;
	char *end;

	value = strtod(arg, &end);
	for (size_t i = 0; end != arg && i < sizeof(units) / sizeof(*units); i++) {
		double ns = value * units[i].ns;

		if (!strcmp(end, units[i].name) && ns >= 1 && ns <= 1e16)
			return ns;
	}
	argp_error(state, "%s must be a time span such as 500us or 1.5ms, not \"%s\"", what, arg);
	return 1;
}
