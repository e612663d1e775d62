// SPDX-License-Identifier: GPL-2.0-only
/*
 * What BPF iterators list.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "lib/bpf/objects.h"
#include "lib/sys/file.h"
#include "lib/text/message.h"

bool list_objects(const struct bpf_program *iterator, size_t size,
		  void (*each)(void *context, const void *record), void *context)
{
	struct bpf_link *link = bpf_program__attach_iter(iterator, NULL);
	char record[256] __attribute__((aligned(8)));
	ssize_t n = -1;
	int fd;

	fd = link ? bpf_iter_create(bpf_link__fd(link)) : -1;
	if (fd >= 0) {
		while (size <= sizeof(record) && (n = file_read_record(fd, record, size)) > 0)
			each(context, record);
		close(fd);
	}
	if (n < 0)
		msg("cannot list vIOMMUs: %s", strerror(errno));
	bpf_link__destroy(link);
	return !n;
}
