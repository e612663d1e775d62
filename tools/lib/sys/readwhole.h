/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading records that may come in pieces.
 */
#ifndef LIB_SYS_READWHOLE_H
#define LIB_SYS_READWHOLE_H

#include <sys/types.h>

/**
 * read_whole() - Read exactly one record
 * @fd:   where from
 * @buf:  result
 * @size: of the record
 *
 * Return: @size, 0 at the end, -1 on failure with errno set.
 */
ssize_t read_whole(int fd, void *buf, size_t size);

#endif /* LIB_SYS_READWHOLE_H */
