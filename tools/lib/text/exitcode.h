/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exit codes of the tools, by class of failure.
 */
#ifndef LIB_TEXT_EXITCODE_H
#define LIB_TEXT_EXITCODE_H

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAIL = 1,
	EXIT_USAGE = 2,	 /* wrong option or argument */
	EXIT_KERNEL = 3, /* no BTF, tracepoint, iterator, or vIOMMU */
	EXIT_PERM = 4,	 /* capability missing, lockdown */
	EXIT_BPF = 5,	 /* BPF programs refused */
	EXIT_LOST = 6,	 /* data lost, and --fail-on-loss */
};

#endif /* LIB_TEXT_EXITCODE_H */
