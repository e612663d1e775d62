// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of debugfs without names of VMs and addresses.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/redact_debugfs.h"
#include "viommu_hw.h"

#define DTE_LENGTH (4 * 16 + 3)

/* Four quadwords with colons in between, the highest first; NULL if there are none */
static char *find_dte(char *line)
{
	for (char *at = line; (at = strchr(at, ':')); at++) {
		char *from = at - 16;

		if (from >= line && strspn(from, "0123456789abcdef:") >= DTE_LENGTH &&
		    from[33] == ':' && from[50] == ':')
			return from;
	}
	return NULL;
}

static void replace_dte(const struct redact *redact, char *at)
{
	char text[DTE_LENGTH + 1];
	uint64_t dte[4];

	if (sscanf(at, "%16" SCNx64 ":%16" SCNx64 ":%16" SCNx64 ":%16" SCNx64, &dte[3], &dte[2],
		   &dte[1], &dte[0]) != 4)
		return;
	redact_dte(redact, dte);
	snprintf(text, sizeof(text), "%016" PRIx64 ":%016" PRIx64 ":%016" PRIx64 ":%016" PRIx64,
		 dte[3], dte[2], dte[1], dte[0]);
	memcpy(at, text, DTE_LENGTH);
}

/* A number of 16 digits at a place in a line */
static void replace_number(char *at, uint64_t value)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, value);
	memcpy(at, text, 16);
}

static void replace_register(const struct redact *redact, char *line)
{
	unsigned int offset;
	uint64_t value;
	int at = 0;

	if (sscanf(line, "vfctrl %x %*s %n%16" SCNx64, &offset, &at, &value) != 2)
		return;
	if (offset >= VHW_VFCTRL_QUEUE && offset < VHW_VFCTRL_QUEUE + 8 * VHW_NR_QUEUES)
		value = redact_queue(redact, (offset - VHW_VFCTRL_QUEUE) / 8, value);
	else if (offset == 0x18 || offset == 0x38)
		value = redact_address(redact, value);
	replace_number(line + at, value);
}

static void replace_queue(const struct redact *redact, char *line)
{
	uint64_t value;
	int at = 0;

	if (!strncmp(line, "control", 7) || !strncmp(line, "queue ", 6))
		return;
	if (sscanf(line, "%*s %n%16" SCNx64, &at, &value) == 1)
		replace_number(line + at, redact_address(redact, value));
}

static void replace_line(const struct redact *redact, const char *file, char *line)
{
	char *dte = find_dte(line);

	if (dte)
		replace_dte(redact, dte);
	else if (!strcmp(file, "registers"))
		replace_register(redact, line);
	else if (!strcmp(file, "queues"))
		replace_queue(redact, line);
}

char *redact_debugfs(const struct redact *redact, const char *file, const char *text, size_t *size)
{
	char *copy = strndup(text, *size), *result;

	if (!copy)
		return NULL;
	for (char *line = copy, *next; redact->addresses && line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next = '\0';
		replace_line(redact, file, line);
		if (next)
			*next++ = '\n';
	}
	result = redact_text(redact, copy, size);
	free(copy);
	return result;
}
