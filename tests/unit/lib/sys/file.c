// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of reading files.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/sys/file.h"
#include "tap.h"

static char path[64];

static int content(const char *text, size_t size)
{
	int fd = memfd_create("content", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		abort();
	lseek(fd, 0, SEEK_SET);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fd;
}

/* Sizes around those that memory is had for */
static void test_sizes(void)
{
	static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 8192, 8193, 16384, 16385, 70000};
	static char text[70000];
	size_t good = 0, nr = sizeof(sizes) / sizeof(*sizes);

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = 'a' + i % 23;
	for (size_t i = 0; i < nr; i++) {
		int fd = content(text, sizes[i]);
		bool more = true;
		size_t size;
		char *data = file_read(path, 1 << 20, &size, &more);

		good += data && size == sizes[i] && !more && !data[size] &&
			!memcmp(data, text, size);
		free(data);
		close(fd);
	}
	is_number(good, nr, "files of all sizes are read whole");
}

static void test_max(void)
{
	static const size_t maxima[] = {1, 3, 4096, 5000, 9999};
	static char text[10000];
	size_t good = 0, nr = sizeof(maxima) / sizeof(*maxima), size;
	int fd = content(text, sizeof(text));
	bool more;

	for (size_t i = 0; i < nr; i++) {
		char *data = file_read(path, maxima[i], &size, &more);

		good += data && size == maxima[i] && more && !data[size];
		free(data);
	}
	is_number(good, nr, "of larger ones the beginning, and that there is more");
	free(file_read(path, sizeof(text), &size, &more));
	ok(!more && size == sizeof(text), "one that just fits is whole");
	close(fd);
}

static void test_line(void)
{
	char line[8];
	int fd = content("enabled\nmore\n", 13);

	ok(file_read_line(line, sizeof(line), path) && !strcmp(line, "enabled"), "the first line");
	close(fd);
	fd = content("no newline, and too long", 24);
	ok(file_read_line(line, sizeof(line), path) && !strcmp(line, "no newl"), "cut to its room");
	close(fd);
	errno = 0;
	ok(!file_read_line(line, sizeof(line), "/nonexistent") && !*line && errno == ENOENT,
	   "a file that is not there has none, and errno tells");
}

static void test_record(void)
{
	int fds[2];
	char record[6];

	if (pipe(fds) || write(fds[1], "abcdefghi", 9) != 9)
		abort();
	close(fds[1]);
	is_number(file_read_record(fds[0], record, sizeof(record)), 6, "a whole record");
	is_number(file_read_record(fds[0], record, sizeof(record)), 0, "half of one is the end");
	close(fds[0]);
	is_number(file_read_record(-1, record, sizeof(record)), -1, "what cannot be read fails");
}

/* Pieces end where they like: a pipe hands out what there is */
static void test_records(void)
{
	static struct file_records records;
	char big[50000], record[7];
	size_t nr = 0;
	int fds[2];

	if (pipe(fds))
		abort();
	if (!fork()) {
		for (size_t i = 0; i < sizeof(big); i++)
			big[i] = i % 7;
		_exit(write(fds[1], big, sizeof(big)) < 0);
	}
	close(fds[1]);
	file_records_start(&records, fds[0]);
	while (file_records_next(&records, record, sizeof(record)) == sizeof(record) &&
	       !record[0] && record[6] == 6)
		nr++;
	is_number(nr, sizeof(big) / 7, "whole records, over the ends of pieces");
	is_number(file_records_next(&records, record, 1), 0, "and the end");
	close(fds[0]);
	file_records_start(&records, -1);
	is_number(file_records_next(&records, record, 1), -1, "what cannot be read fails");
}

int main(void)
{
	test_sizes();
	test_max();
	test_line();
	test_record();
	test_records();
	return tap_end();
}
