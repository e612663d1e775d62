// SPDX-License-Identifier: GPL-2.0-only
/*
 * libbpf's messages.
 *
 * A verifier log comes as one message of any length, and what matters is its
 * end: so the last part is kept, not the first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "lib/bpf/bpflog.h"
#include "lib/text/message.h"

#define VERIFIER_LOG_LINES 12

static char tail[8192];
static bool to_stderr;

static void keep(const char *text, size_t len)
{
	size_t used = strlen(tail);
	size_t room = sizeof(tail) - 1;

	if (len > room) {
		text += len - room;
		len = room;
	}
	if (used + len > room) {
		size_t drop = used + len - room;

		memmove(tail, tail + drop, used - drop);
		used -= drop;
	}
	memcpy(tail + used, text, len);
	tail[used + len] = '\0';
}

static int print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char *text;
	int len;

	if (to_stderr)
		return vfprintf(stderr, fmt, args);
	if (level > LIBBPF_WARN)
		return 0;

	len = vasprintf(&text, fmt, args);
	if (len < 0)
		return 0;
	keep(text, len);
	free(text);
	return len;
}

void bpflog_init(bool verbose)
{
	to_stderr = verbose;
	libbpf_set_print(print);
}

void bpflog_print_tail(int lines)
{
	const char *from = tail + strlen(tail);

	if (to_stderr)
		return;
	while (from > tail && (from[-1] != '\n' || lines-- > 0))
		from--;
	fputs(from, stderr);
	if (*from && from[strlen(from) - 1] != '\n')
		fputc('\n', stderr);
}

enum exit_code bpflog_load_error(int err)
{
	if (err == -EPERM) {
		msg("not permitted to load BPF programs: CAP_BPF and CAP_PERFMON are needed in the initial user namespace; run it as root on the host, outside of containers");
		bpflog_print_tail(VERIFIER_LOG_LINES);
		return EXIT_PERM;
	}
	msg("the kernel refused the BPF programs: %s", strerror(-err));
	bpflog_print_tail(VERIFIER_LOG_LINES);
	return EXIT_BPF;
}
