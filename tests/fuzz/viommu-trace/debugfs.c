// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzing of what debugfs has of guests, as another version of the driver may write it:
 * read, and redacted.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle/redact_debugfs.h"
#include "diff/hardware_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const files[] = {"state", "vdevices",  "domains",   "tables",
				    "ipa",   "registers", "trans_dte", "queues"};

#define NR_FILES (sizeof(files) / sizeof(*files))

static char dir[] = "/tmp/viommu-fuzz-XXXXXX";

static void write_file(const char *name, const uint8_t *data, size_t size)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void clean_up(void)
{
	char path[64];

	for (size_t i = 0; i < NR_FILES; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
}

static void redact_file(const char *name, const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1), *out;
	struct redact redact;
	size_t length = size;

	/* Without a NUL: none may be read behind its end */
	memcpy(text, data, size);
	if (redact_init(&redact, true, true)) {
		redact_learn(&redact, "web-1");
		out = redact_debugfs(&redact, name, text, &length);
		free(out);
	}
	redact_free(&redact);
	free(text);
}

/* The first byte says which file it is */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hardware_guest guest = {};
	const char *name;

	if (strchr(dir, 'X') && (!mkdtemp(dir) || atexit(clean_up)))
		return 0;
	if (!size)
		return 0;
	name = files[data[0] % NR_FILES];
	write_file(name, data + 1, size - 1);
	hardware_read_guest(dir, &guest);
	hardware_free_guest(&guest);
	guest = (struct hardware_guest){};
	hardware_read_domains(dir, &guest);
	hardware_read_ipa(dir, &guest);
	hardware_free_guest(&guest);
	redact_file(name, data + 1, size - 1);
	return 0;
}
