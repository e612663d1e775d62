// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that are there once they are whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sys/newfile.h"

static void forget(struct newfile *file)
{
	free(file->temp);
	file->temp = NULL;
	file->fd = -1;
}

bool newfile_open(struct newfile *file, const char *path, mode_t mode)
{
	struct stat st;

	*file = (struct newfile){.fd = -1, .path = path};
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		file->fd = open(path, O_WRONLY | O_CLOEXEC);
		return file->fd >= 0;
	}
	/* A new one: nobody has put a link there to what must not be overwritten */
	if (asprintf(&file->temp, "%s.XXXXXX", path) < 0) {
		file->temp = NULL;
		errno = ENOMEM;
		return false;
	}
	file->fd = mkostemp(file->temp, O_CLOEXEC);
	if (file->fd >= 0 && !fchmod(file->fd, mode))
		return true;
	if (file->fd >= 0)
		newfile_drop(file);
	else
		forget(file);
	return false;
}

bool newfile_keep(struct newfile *file)
{
	bool kept = !close(file->fd);

	file->fd = -1;
	if (file->temp && (!kept || rename(file->temp, file->path))) {
		newfile_drop(file);
		return false;
	}
	forget(file);
	return kept;
}

void newfile_drop(struct newfile *file)
{
	int error = errno;

	if (file->fd >= 0)
		close(file->fd);
	if (file->temp)
		unlink(file->temp);
	forget(file);
	errno = error;
}
