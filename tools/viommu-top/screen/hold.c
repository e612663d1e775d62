// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages while the screen is in use: they would be drawn over, and be gone
 * with it. They are kept, and shown when the screen is left.
 */
#include <stdio.h>
#include <unistd.h>

#include "screen/ui.h"

static FILE *held;
static int real = -1;

void hold_messages(void)
{
	/* Into a file or another program they go at once */
	if (!isatty(STDERR_FILENO))
		return;
	held = tmpfile();
	if (!held)
		return;
	fflush(stderr);
	real = dup(STDERR_FILENO);
	if (real >= 0)
		dup2(fileno(held), STDERR_FILENO);
}

void release_messages(void)
{
	char line[512];

	if (!held)
		return;
	fflush(stderr);
	if (real >= 0) {
		dup2(real, STDERR_FILENO);
		close(real);
		real = -1;
		rewind(held);
		while (fgets(line, sizeof(line), held))
			fputs(line, stderr);
	}
	fclose(held);
	held = NULL;
}
