// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sections of BPF programs whose targets we find ourselves.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/bpf/sections.h"
#include "lib/sys/kernelbtf.h"

#define NAME_OF(prefix, section) ((section) + sizeof(prefix) - 1)

/* What is not found has no other place: all that the tools watch is built in */
static int set_target(struct bpf_prog_load_opts *opts, int id)
{
	if (!id)
		return -ESRCH;
	opts->attach_btf_id = id;
	return 0;
}

static int prepare_tracepoint(struct bpf_program *prog, struct bpf_prog_load_opts *opts,
			      long cookie)
{
	const char *section = bpf_program__section_name(prog);

	(void)cookie;
	return set_target(opts, kernelbtf_tracepoint(NAME_OF("tp_btf/", section)));
}

static int prepare_iterator(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	const char *section = bpf_program__section_name(prog);

	(void)cookie;
	return set_target(opts, kernelbtf_iterator(NAME_OF("iter/", section)));
}

static int attach_tracepoint(const struct bpf_program *prog, long cookie, struct bpf_link **link)
{
	(void)cookie;
	*link = bpf_program__attach_trace(prog);
	return libbpf_get_error(*link);
}

static int attach_iterator(const struct bpf_program *prog, long cookie, struct bpf_link **link)
{
	(void)cookie;
	*link = bpf_program__attach_iter(prog, NULL);
	return libbpf_get_error(*link);
}

void sections_init(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, tracepoint,
		    .prog_prepare_load_fn = prepare_tracepoint,
		    .prog_attach_fn = attach_tracepoint);
	LIBBPF_OPTS(libbpf_prog_handler_opts, iterator, .prog_prepare_load_fn = prepare_iterator,
		    .prog_attach_fn = attach_iterator);
	static bool done;

	if (done)
		return;
	done = true;
	libbpf_register_prog_handler("tp_btf+", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP,
				     &tracepoint);
	libbpf_register_prog_handler("iter+", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, &iterator);
}
