// SPDX-License-Identifier: GPL-2.0-only
/*
 * For a support case: what the kernel's log says of IOMMUs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

#include "bundle/bundle.h"

#define SYSLOG_ACTION_READ_ALL 3
#define SYSLOG_ACTION_SIZE_BUFFER 10
#define LOG_MAX (256u << 10)

static bool is_ours(const char *line)
{
	static const char *const words[] = {"AMD-Vi", "iommu", "ivhd", "IVRS", "vfio"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcasestr(line, words[i]))
			return true;
	return false;
}

/* The lines that are ours; returns how long they are, the text being replaced */
static size_t pick_lines(char *text)
{
	char *to = text;

	for (char *line = text, *next; line && *line; line = next) {
		size_t len;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!is_ours(line))
			continue;
		len = strlen(line);
		memmove(to, line, len);
		to += len;
		*to++ = '\n';
	}
	return to - text;
}

/* The last lines, if there are too many */
static const char *last_lines(const char *text, size_t *size)
{
	const char *from = text + *size - LOG_MAX, *newline;

	if (*size <= LOG_MAX)
		return text;
	newline = memchr(from, '\n', LOG_MAX);
	if (newline)
		from = newline + 1;
	*size -= from - text;
	return from;
}

void bundle_log(struct bundle *bundle)
{
	static const char name[] = "dmesg.txt";
	int room = klogctl(SYSLOG_ACTION_SIZE_BUFFER, NULL, 0), n;
	char *text = room > 0 ? malloc(room + 2) : NULL;
	const char *from;
	size_t size, all;

	n = text ? klogctl(SYSLOG_ACTION_READ_ALL, text, room) : -1;
	if (n < 0) {
		bundle_archive_missing(bundle->archive, name, "the kernel's log: %s",
				       strerror(errno));
		free(text);
		return;
	}
	/* Every line that is kept has a newline, the last one perhaps a new one */
	text[n] = '\0';
	all = size = pick_lines(text);
	from = last_lines(text, &size);
	bundle_text(bundle, name, from, size, size < all ? "only its end" : NULL);
	free(text);
}
