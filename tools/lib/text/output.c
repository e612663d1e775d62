// SPDX-License-Identifier: GPL-2.0-only
/*
 * Standard output, which is data: what cannot be written is lost.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/text/message.h"
#include "lib/text/output.h"

/* Why it failed first, as far as that is known */
static int error;

void output_failed(void)
{
	if (!error)
		error = errno;
}

bool output_flush(void)
{
	if (fflush(stdout))
		output_failed();
	return !ferror(stdout);
}

/* It may have failed where nobody looks at errno */
static bool is_closed(void)
{
	struct pollfd fd = {.fd = STDOUT_FILENO};

	return error == EPIPE || (poll(&fd, 1, 0) > 0 && fd.revents & (POLLERR | POLLHUP));
}

enum exit_code output_end(enum exit_code code)
{
	if (output_flush() || code || is_closed())
		return code;
	msg("cannot write to standard output%s%s", error ? ": " : "", error ? strerror(error) : "");
	return EXIT_FAIL;
}
