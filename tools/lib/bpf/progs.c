// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel counts of loaded BPF programs.
 */
#include <bpf/bpf.h>

#include "lib/bpf/progs.h"

void progs_stats(struct progs_stats *stats, const struct bpf_object *object)
{
	struct bpf_program *prog;

	*stats = (struct progs_stats){};
	bpf_object__for_each_program(prog, object)
	{
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		int fd = bpf_program__fd(prog);

		/* Those that were not wanted are not loaded */
		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
			continue;
		stats->missed += info.recursion_misses;
		stats->run_ns += info.run_time_ns;
	}
}

uint64_t progs_missed(const struct bpf_object *object)
{
	struct progs_stats stats;

	progs_stats(&stats, object);
	return stats.missed;
}
