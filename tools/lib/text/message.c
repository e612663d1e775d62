// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages for people.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/text/message.h"

void msg(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}
