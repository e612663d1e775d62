// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BPF programs for kernels without our driver.
 */
#include <errno.h>
#include <string.h>

#include "lib/bpf/bpflog.h"
#include "lib/bpf/host.h"
#include "viommu_host.skel.h"

/**
 * struct place - Where a program goes
 * @fentry: its name, where the arguments are known; or NULL
 * @kprobe: its name otherwise; or NULL
 * @probe:  where to
 * @ret:    at the end of the function
 */
static const struct place {
	const char *fentry;
	const char *kprobe;
	enum probe_id probe;
	bool ret;
} places[] = {
	/* The end of things before their beginning */
	{NULL, "wait_end", PROBE_WAIT, true},
	{NULL, "wait_begin", PROBE_WAIT, false},
	{"flush_fentry", "flush_kprobe", PROBE_FLUSH, false},
	{"poll_fentry", "poll_kprobe", PROBE_RECORD, false},
	{"thread_fentry", "thread_kprobe", PROBE_THREAD, false},
	{"thread_fexit", NULL, PROBE_THREAD, true},
	{"events_thread_fentry", "events_thread_kprobe", PROBE_EVENTS, false},
	{"events_thread_fexit", NULL, PROBE_EVENTS, true},
	{NULL, "restart", PROBE_RESTART, false},
	{"command_fentry", "command_kprobe", PROBE_COMMAND, false},
};

#define NR_PLACES (sizeof(places) / sizeof(*places))

/* Here, and not where the same could be seen as well */
static bool is_there(const struct probes *probes, enum probe_id id)
{
	return probes->probe[id].symbol[0];
}

static bool takes_fentry(const struct place *place, const struct probes *probes, bool fentry)
{
	return fentry && place->fentry && probes->probe[place->probe].btf;
}

static int choose(struct viommu_host_bpf *skel, const struct place *place,
		  const struct probes *probes, bool fentry)
{
	struct bpf_program *kprobe =
		place->kprobe ? bpf_object__find_program_by_name(skel->obj, place->kprobe) : NULL;
	struct bpf_program *other =
		place->fentry ? bpf_object__find_program_by_name(skel->obj, place->fentry) : NULL;
	bool is_fentry = takes_fentry(place, probes, fentry);

	if (kprobe) {
		bpf_program__set_autoload(kprobe, is_there(probes, place->probe) && !is_fentry);
		/* It needs the name to find the function when it is loaded */
		bpf_program__set_autoattach(kprobe, false);
	}
	if (other)
		bpf_program__set_autoload(other, is_fentry);
	return is_fentry ? bpf_program__set_attach_target(other, 0,
							  probes->probe[place->probe].symbol)
			 : 0;
}

static int load(struct viommu_host_bpf **skel, const struct host_options *options, bool fentry)
{
	struct viommu_host_bpf *s = *skel = viommu_host_bpf__open();
	int err = 0;

	if (!s)
		return -errno;
	s->rodata->send_events = options->send_events;
	if (options->send_events)
		bpf_map__set_max_entries(s->maps.events, options->buffer);
	bpf_map__set_max_entries(s->maps.owners, options->max_owners);
	bpf_map__set_max_entries(s->maps.latencies, 4 * options->max_owners);
	bpf_program__set_autoload(s->progs.timed_out, probes_has(options->probes, PROBE_TIMEOUT));
	for (size_t i = 0; i < NR_PLACES && !err; i++)
		err = choose(s, &places[i], options->probes, fentry);
	return err ? err : viommu_host_bpf__load(s);
}

/* The skeleton ends it with the others */
static void keep_link(struct viommu_host_bpf *skel, const char *program, struct bpf_link *link)
{
	struct bpf_object_skeleton *all = skel->skeleton;

	for (int i = 0; i < all->prog_cnt; i++)
		if (!strcmp(all->progs[i].name, program))
			*all->progs[i].link = link;
}

static int attach_kprobes(struct viommu_host_bpf *skel, const struct host_options *options)
{
	for (size_t i = 0; i < NR_PLACES; i++) {
		const struct place *place = &places[i];
		struct bpf_program *prog;
		struct bpf_link *link;

		if (!place->kprobe)
			continue;
		prog = bpf_object__find_program_by_name(skel->obj, place->kprobe);
		if (!bpf_program__autoload(prog))
			continue;
		link = bpf_program__attach_kprobe(prog, place->ret,
						  options->probes->probe[place->probe].symbol);
		if (!link)
			return -errno;
		keep_link(skel, place->kprobe, link);
	}
	return 0;
}

enum exit_code host_load(struct viommu_host_bpf **skel, const struct host_options *options)
{
	int err = load(skel, options, true);

	/* A kernel may refuse to have its functions entered so, and take kprobes */
	if (err && err != -EPERM) {
		viommu_host_bpf__destroy(*skel);
		err = load(skel, options, false);
	}
	if (!err)
		err = attach_kprobes(*skel, options);
	if (!err)
		err = viommu_host_bpf__attach(*skel);
	if (err) {
		viommu_host_bpf__destroy(*skel);
		*skel = NULL;
		return bpflog_load_error(err);
	}
	host_count(*skel, true);
	return EXIT_OK;
}

void host_unload(struct viommu_host_bpf *skel)
{
	viommu_host_bpf__destroy(skel);
}

struct bpf_map *host_map(const struct viommu_host_bpf *skel, const char *name)
{
	return bpf_object__find_map_by_name(skel->obj, name);
}

struct bpf_object *host_object(const struct viommu_host_bpf *skel)
{
	return skel->obj;
}

const __u64 *host_lost(const struct viommu_host_bpf *skel)
{
	return skel->bss->lost;
}

__u64 host_events_lost(const struct viommu_host_bpf *skel)
{
	return skel->bss->events_lost;
}

void host_count(struct viommu_host_bpf *skel, bool on)
{
	skel->bss->counting = on;
}
