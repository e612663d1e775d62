/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that are there once they are whole.
 */
#ifndef LIB_SYS_NEWFILE_H
#define LIB_SYS_NEWFILE_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct newfile - A file that is being written
 * @fd:   where to write
 * @path: the name that it gets; what has it is replaced
 * @temp: the name that it has until then; NULL if it is no regular file, so that what is
 *        written is there at once
 */
struct newfile {
	int fd;
	const char *path;
	char *temp;
};

/**
 * newfile_open() - Begin a file
 * @file: result
 * @path: its name, which must stay; a device or a pipe is not replaced, but written to
 * @mode: who may read it, whatever the umask is
 *
 * Return: false on failure, with errno set.
 */
bool newfile_open(struct newfile *file, const char *path, mode_t mode);

/**
 * newfile_keep() - It is whole: close it, and give it its name
 *
 * Return: false on failure, with errno set: it is gone then.
 */
bool newfile_keep(struct newfile *file);

/** newfile_drop() - Close it, and leave nothing; errno stays */
void newfile_drop(struct newfile *file);

#endif /* LIB_SYS_NEWFILE_H */
