// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading records that may come in pieces.
 */
#include <errno.h>
#include <unistd.h>

#include "lib/sys/readwhole.h"

ssize_t read_whole(int fd, void *buf, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, (char *)buf + used, size - used);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return n;
		used += n;
	}
	return used;
}
