// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the BTF of the running kernel has for BPF programs to attach to.
 *
 * A type is found by its name only by looking at all of them, which are a hundred
 * thousand or so: done for each program, that is most of what a start takes. Here it
 * is done once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "lib/sys/array.h"
#include "lib/sys/kernelbtf.h"

#define TRACEPOINT "btf_trace_"
#define ITERATOR "bpf_iter_"

struct target {
	const char *name;
	int id;
};

static struct btf *kernel_btf;
static struct target *targets;
static size_t nr_targets, room;

static bool starts_with(const char *name, const char *prefix, size_t len)
{
	return !strncmp(name, prefix, len);
}

static bool is_target(const struct btf_type *type, const char *name)
{
	/* Few types get further */
	if (name[0] != 'b')
		return false;
	if (btf_is_typedef(type))
		return starts_with(name, TRACEPOINT, sizeof(TRACEPOINT) - 1);
	return starts_with(name, ITERATOR, sizeof(ITERATOR) - 1);
}

static int by_name(const void *x, const void *y)
{
	const struct target *a = x, *b = y;

	return strcmp(a->name, b->name);
}

static void find_targets(void)
{
	int end = btf__type_cnt(kernel_btf);

	for (int id = 1; id < end; id++) {
		const struct btf_type *type = btf__type_by_id(kernel_btf, id);
		struct target *target;
		const char *name;

		if (!btf_is_typedef(type) && !btf_is_func(type))
			continue;
		name = btf__name_by_offset(kernel_btf, type->name_off);
		if (!is_target(type, name))
			continue;
		target = array_add(&targets, &nr_targets, &room, sizeof(*target));
		if (!target)
			break;
		*target = (struct target){name, id};
	}
	if (nr_targets)
		qsort(targets, nr_targets, sizeof(*targets), by_name);
}

const struct btf *kernelbtf_get(void)
{
	if (kernel_btf)
		return kernel_btf;
	kernel_btf = btf__load_vmlinux_btf();
	if (kernel_btf)
		find_targets();
	return kernel_btf;
}

static int find(const char *prefix, const char *name)
{
	const struct target *found;
	struct target key;
	char full[96];

	if (!kernelbtf_get() || !nr_targets)
		return 0;
	snprintf(full, sizeof(full), "%s%s", prefix, name);
	key.name = full;
	found = bsearch(&key, targets, nr_targets, sizeof(*targets), by_name);
	return found ? found->id : 0;
}

int kernelbtf_tracepoint(const char *name)
{
	return find(TRACEPOINT, name);
}

int kernelbtf_iterator(const char *name)
{
	return find(ITERATOR, name);
}

bool kernelbtf_function(const char *name)
{
	const struct btf *btf = kernelbtf_get();

	return btf && btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

void kernelbtf_free(void)
{
	btf__free(kernel_btf);
	free(targets);
	kernel_btf = NULL;
	targets = NULL;
	nr_targets = 0;
	room = 0;
}
