/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel counts of loaded BPF programs.
 */
#ifndef LIB_BPF_PROGS_H
#define LIB_BPF_PROGS_H

#include <stdint.h>

#include <bpf/libbpf.h>

/**
 * struct progs_stats - Of all programs of an object together
 * @missed: runs that the kernel skipped: it does so when a program is to run on a
 *          CPU where it is running already, and what it was for is not seen
 * @run_ns: time spent in them, while the kernel measures it (bpf_enable_stats())
 */
struct progs_stats {
	uint64_t missed;
	uint64_t run_ns;
};

/** progs_stats() - Of those programs of an object that are loaded, since they are */
void progs_stats(struct progs_stats *stats, const struct bpf_object *object);

/** progs_missed() - As that, but only how many runs were skipped */
uint64_t progs_missed(const struct bpf_object *object);

#endif /* LIB_BPF_PROGS_H */
