// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/sys/file.h"

#define CHUNK_MIN 4096

/* Up to as many bytes as there are; -1 on failure */
static ssize_t read_up_to(int fd, char *buf, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, buf + used, size - used);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return -1;
		if (!n)
			break;
		used += n;
	}
	return used;
}

static char *read_fd(int fd, size_t max, size_t *size, bool *more)
{
	size_t used = 0, room = CHUNK_MIN;
	char *data = NULL, *grown;
	ssize_t n;

	do {
		room = room < max / 2 ? 2 * room : max;
		/* One more tells whether there is more, and is a NUL in the end */
		grown = realloc(data, room + 1);
		n = grown ? read_up_to(fd, grown + used, room + 1 - used) : -1;
		data = grown ? grown : data;
		if (n < 0) {
			free(data);
			return NULL;
		}
		used += n;
	} while (used > room && room < max);
	*more = used > max;
	*size = *more ? max : used;
	data[*size] = '\0';
	return data;
}

char *file_read(const char *path, size_t max, size_t *size, bool *more)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;
	bool cut = false;
	char *data;

	*size = 0;
	data = fd < 0 ? NULL : read_fd(fd, max, size, &cut);
	error = errno;
	if (fd >= 0)
		close(fd);
	if (more)
		*more = cut;
	errno = error;
	return data;
}

bool file_read_line(char *buf, size_t len, const char *path)
{
	size_t size;
	char *data = file_read(path, len - 1, &size, NULL);

	*buf = '\0';
	if (!data)
		return false;
	memcpy(buf, data, strcspn(data, "\n"));
	buf[strcspn(data, "\n")] = '\0';
	free(data);
	return true;
}

ssize_t file_read_record(int fd, void *buf, size_t size)
{
	ssize_t n = read_up_to(fd, buf, size);

	return n < 0 || (size_t)n == size ? n : 0;
}

void file_records_start(struct file_records *records, int fd)
{
	records->fd = fd;
	records->at = 0;
	records->end = 0;
}

/* More of the file; 0 at its end, -1 on failure */
static ssize_t read_piece(struct file_records *records)
{
	ssize_t n;

	do {
		n = read(records->fd, records->piece, sizeof(records->piece));
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	records->at = 0;
	records->end = n > 0 ? n : 0;
	return n;
}

ssize_t file_records_next(struct file_records *records, void *buf, size_t size)
{
	size_t used = 0;

	while (used < size) {
		size_t left = records->end - records->at;
		size_t n = left < size - used ? left : size - used;
		ssize_t more = 1;

		memcpy((char *)buf + used, records->piece + records->at, n);
		records->at += n;
		used += n;
		if (used < size)
			more = read_piece(records);
		if (more <= 0)
			return more;
	}
	return used;
}
