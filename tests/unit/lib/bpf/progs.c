// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of what the kernel counts of BPF programs, on one that gets in its own
 * way. Whoever may not load programs skips it.
 */
#include <errno.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "lib/bpf/progs.h"
#include "tap.h"
#include "unit/lib/bpf/progs.skel.h"

/* Prime, so that no other count comes out the same */
#define DELETED 13
#define TIMES 7

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static int load(struct progs_bpf **skel)
{
	libbpf_set_print(quiet);
	*skel = progs_bpf__open();
	if (!*skel)
		return -errno;
	(*skel)->rodata->tgid = getpid();
	(*skel)->rodata->times = TIMES;
	bpf_program__set_autoload((*skel)->progs.absent, false);
	return progs_bpf__load(*skel);
}

static void delete_some(int map, int times)
{
	__u32 key = 1;

	for (int i = 0; i < times; i++)
		bpf_map_delete_elem(map, &key);
}

static void test(struct progs_bpf *skel)
{
	int map = bpf_map__fd(skel->maps.table);
	struct progs_stats stats;
	int stats_fd;

	is_number(progs_missed(skel->obj), 0, "before it runs nothing is missed");
	if (!ok(!progs_bpf__attach(skel), "it attaches"))
		return;
	delete_some(map, DELETED);
	is_number(progs_missed(skel->obj), DELETED * TIMES, "each run that was skipped counts");
	delete_some(map, 1);
	is_number(progs_missed(skel->obj), (DELETED + 1) * TIMES, "and so does a later one");
	progs_stats(&stats, skel->obj);
	is_number(stats.missed, (DELETED + 1) * TIMES, "the same");
	stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	delete_some(map, 1);
	progs_stats(&stats, skel->obj);
	ok(stats_fd >= 0 && stats.run_ns, "and with their time, once it is measured");
	close(stats_fd);
}

int main(void)
{
	struct progs_bpf *skel = NULL;
	int err = load(&skel);

	if (err == -EPERM || err == -EACCES) {
		puts("1..0 # SKIP may not load BPF programs");
		progs_bpf__destroy(skel);
		return 0;
	}
	if (ok(!err, "the programs load"))
		test(skel);
	progs_bpf__destroy(skel);
	return tap_end();
}
