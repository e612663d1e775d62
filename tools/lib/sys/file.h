/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading files.
 */
#ifndef LIB_SYS_FILE_H
#define LIB_SYS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * file_read() - Read a file, or its beginning
 * @path: of the file; its size need not be known, as in /proc
 * @max:  as many bytes at most
 * @size: gets how many there are
 * @more: gets whether the file has more than those; NULL if nobody wants to know
 *
 * Return: the bytes, with a NUL behind them, to be released with free(); NULL on
 * failure, with errno set.
 */
char *file_read(const char *path, size_t max, size_t *size, bool *more);

/**
 * file_read_line() - Read the first line of a file
 * @buf:  result, without the newline, cut if there is no room; empty on failure
 * @len:  its size
 * @path: of the file
 *
 * Return: false if there is none, with errno set.
 */
bool file_read_line(char *buf, size_t len, const char *path);

/**
 * file_read_record() - Read exactly one record, which may come in pieces
 * @fd:   where from
 * @buf:  result
 * @size: of the record
 *
 * Return: @size, 0 at the end, -1 on failure with errno set.
 */
ssize_t file_read_record(int fd, void *buf, size_t size);

/**
 * struct file_records - A file of many records, which is read in large pieces
 * @fd:    where from
 * @at:    of @piece, what comes next
 * @end:   of @piece, where it ends
 * @piece: read already
 */
struct file_records {
	int fd;
	size_t at;
	size_t end;
	char piece[32768];
};

/** file_records_start() - Begin to read @fd, which stays the caller's to close */
void file_records_start(struct file_records *records, int fd);

/**
 * file_records_next() - Read exactly one record
 * @records: as started
 * @buf:     result
 * @size:    of the record
 *
 * Return: @size, 0 at the end, -1 on failure with errno set.
 */
ssize_t file_records_next(struct file_records *records, void *buf, size_t size);

#endif /* LIB_SYS_FILE_H */
