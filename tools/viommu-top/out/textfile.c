// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metrics in a file, for node_exporter's textfile collector.
 *
 * A reader finds the old file or the new one, never half of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/text/message.h"
#include "out/metrics.h"
#include "out/out.h"
#include "out/stream.h"

/* Only what is a file, or not there yet, may be replaced: no device, no pipe */
static bool is_replaceable(const char *path)
{
	struct stat st;

	if (stat(path, &st) || S_ISREG(st.st_mode))
		return true;
	msg("refusing to replace %s, which is no plain file", path);
	return false;
}

/* A new one: nobody else has put a link there to what must not be overwritten */
static FILE *create(const char *path)
{
	FILE *file;
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return NULL;
	/* Its reader is another user, whatever the umask is */
	fchmod(fd, 0644);
	file = fdopen(fd, "w");
	if (!file)
		close(fd);
	return file;
}

static bool write_and_rename(const struct session *s, const char *tmp)
{
	FILE *file = create(tmp);
	bool done;

	if (!file)
		return false;
	metrics_write(file, EXPO_TEXT, s);
	done = !fflush(file) && !ferror(file);
	if (fclose(file) || !done)
		return false;
	return !rename(tmp, s->opts->metrics);
}

static bool write_file(const struct session *s)
{
	char *tmp;
	bool done;

	if (!is_replaceable(s->opts->metrics))
		return false;
	if (asprintf(&tmp, "%s.%d.tmp", s->opts->metrics, getpid()) < 0)
		return false;
	done = write_and_rename(s, tmp);
	if (!done) {
		msg("cannot write %s: %s: is its directory there and writable?", s->opts->metrics,
		    strerror(errno));
		unlink(tmp);
	}
	free(tmp);
	return done;
}

/* A full disk may have room again next time; the exit status tells */
static bool failed;

static void write_rows(const struct session *s)
{
	failed |= !write_file(s);
}

enum exit_code textfile_run(struct session *s)
{
	static const struct stream_ops ops = {
		.rows = write_rows,
	};
	enum exit_code code;

	/* What cannot be written at all is a mistake to tell at once */
	if (!write_file(s))
		return EXIT_FAIL;
	code = stream_run(s, &ops);
	return !code && failed ? EXIT_FAIL : code;
}
