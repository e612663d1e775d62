// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BPF programs, and snapshots of what they and the kernel count.
 *
 * Attach first, then list what exists: nothing can come into being unseen. A
 * vIOMMU that is created in between is in the list and in the counters, and
 * the serial says that it is one.
 */
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "lib/bpf/bpflog.h"
#include "lib/bpf/progs.h"
#include "lib/bpf/sections.h"
#include "lib/sys/array.h"
#include "lib/sys/file.h"
#include "lib/sys/iommus.h"
#include "lib/sys/kernelbtf.h"
#include "lib/sys/require.h"
#include "lib/text/message.h"
#include "sample/collector.h"

#define NSEC_PER_SEC 1000000000ull

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/*
 * Start
 */

/* Newer than the rest of the driver, nothing depends on them */
static bool is_missing(const char *section)
{
	static const char tracepoint[] = "tp_btf/", iterator[] = "iter/";

	if (!strncmp(section, tracepoint, strlen(tracepoint)))
		return !kernelbtf_tracepoint(section + strlen(tracepoint));
	return !kernelbtf_iterator(section + strlen(iterator));
}

static bool starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

/* For the details of a VM: those of the files that viommu-trace has, too */
static bool is_detail(const char *name)
{
	/* Which count, too */
	static const char *const totals[] = {"init", "reset", "event_record"};

	for (size_t i = 0; i < sizeof(totals) / sizeof(*totals); i++)
		if (!strcmp(name, totals[i]))
			return false;
	return !starts_with(name, "on_") && !starts_with(name, "list_");
}

/* Which the text format of a file does not have */
static bool wants_exemplars(const struct options *opts)
{
	return opts->mode == MODE_LISTEN && opts->level == LEVEL_QUEUE;
}

static bool shows_details(const struct options *opts)
{
	return opts->mode == MODE_SCREEN || opts->mode == MODE_JSON || wants_exemplars(opts);
}

/* Who only asks what there is needs no tracepoints, and few outputs have details */
static void choose_programs(struct viommu_top_bpf *skel, const struct options *opts)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, skel->obj)
	{
		const char *section = bpf_program__section_name(prog);

		if (is_missing(section) ||
		    (opts->mode == MODE_RESOLVE && starts_with(section, "tp_btf/")) ||
		    (!shows_details(opts) && is_detail(bpf_program__name(prog))))
			bpf_program__set_autoload(prog, false);
	}
}

static unsigned int nr_indices(void)
{
	struct iommus iommus = {};
	unsigned int nr;

	iommus_read(&iommus, IOMMUS_SYSFS);
	nr = iommus_indices(&iommus);
	free(iommus.info);
	return nr;
}

static enum exit_code load(struct collector *c, const struct options *opts)
{
	int err;

	sections_init();
	c->skel = viommu_top_bpf__open();
	if (!c->skel)
		return bpflog_load_error(-errno);
	choose_programs(c->skel, opts);
	c->skel->rodata->keep_recent = shows_details(opts);
	if (!shows_details(opts))
		bpf_map__set_max_entries(c->skel->maps.recent, 1);
	bpf_map__set_max_entries(c->skel->maps.totals, nr_indices());
	err = viommu_top_bpf__load(c->skel);
	/* Nobody asks any more, and it is megabytes */
	kernelbtf_free();
	malloc_trim(0);
	return err ? bpflog_load_error(err) : EXIT_OK;
}

static enum exit_code attach(struct collector *c)
{
	int err = viommu_top_bpf__attach(c->skel);

	if (err)
		return bpflog_load_error(err);
	c->skel->bss->counting = true;
	return EXIT_OK;
}

static void measure_cost(struct collector *c)
{
	c->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (c->stats_fd < 0)
		msg("--bpf-cost: cannot measure (%s): CAP_SYS_ADMIN is needed", strerror(errno));
}

/*
 * IOMMUs
 */

static bool read_iommus(struct collector *c)
{
	int fd = bpf_iter_create(bpf_link__fd(c->skel->links.list_iommus));
	struct vt_iommu iommu;
	ssize_t n = -1;

	while (fd >= 0 && (n = file_read_record(fd, &iommu, sizeof(iommu))) > 0) {
		if (!traffic_read(&c->meter, &iommu)) {
			errno = ENOMEM;
			n = -1;
			break;
		}
	}
	if (n < 0)
		msg("cannot list IOMMUs: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return !n;
}

enum exit_code collect_start(struct collector **collector, const struct options *opts)
{
	struct collector *c = calloc(1, sizeof(*c));
	enum exit_code code;

	*collector = c;
	if (!c)
		return EXIT_FAIL;
	c->stats_fd = -1;
	c->nr_cpus = libbpf_num_possible_cpus();
	if (c->nr_cpus > 0)
		c->per_cpu = calloc(c->nr_cpus, sizeof(*c->per_cpu));
	if (!c->per_cpu) {
		msg("cannot count the CPUs, or out of memory");
		return EXIT_FAIL;
	}

	if (opts->probes)
		return host_collect_start(&c->host, opts);
	bpflog_init(opts->verbose);
	code = load(c, opts);
	if (!code)
		code = attach(c);
	if (!code && opts->bpf_cost)
		measure_cost(c);
	if (!code && !read_iommus(c))
		code = EXIT_FAIL;
	return code;
}

void collect_stop(struct collector *c)
{
	if (!c)
		return;
	host_collect_stop(c->host);
	if (c->stats_fd >= 0)
		close(c->stats_fd);
	viommu_top_bpf__destroy(c->skel);
	traffic_meter_free(&c->meter);
	free(c->per_cpu);
	free(c);
}

/*
 * vIOMMUs
 */

/* Whose latencies do not follow had none since the snapshot before */
static ssize_t read_latency(struct file_records *records, struct viommu *viommu)
{
	ssize_t n;

	viommu->listed = viommu->rec.known & VT_LATENCY_FOLLOWS;
	viommu->rec.known &= ~VT_LATENCY_FOLLOWS;
	if (!viommu->listed)
		return 1;
	viommu->latency = latency_new();
	if (!viommu->latency) {
		errno = ENOMEM;
		return -1;
	}
	n = file_records_next(records, &viommu->latency->hist, sizeof(viommu->latency->hist));
	viommu->latency->count = hist_count(&viommu->latency->hist);
	return n ?: -1;
}

static ssize_t read_records(int fd, struct snapshot *snap)
{
	struct file_records records;
	struct vt_record rec;
	ssize_t n;

	file_records_start(&records, fd);
	while ((n = file_records_next(&records, &rec, sizeof(rec))) > 0) {
		struct viommu *viommu =
			array_add(&snap->viommu, &snap->nr, &snap->room, sizeof(*viommu));

		if (!viommu) {
			errno = ENOMEM;
			return -1;
		}
		viommu->rec = rec;
		n = read_latency(&records, viommu);
		if (n < 0)
			break;
	}
	return n;
}

static bool read_viommus(struct collector *c, struct snapshot *snap)
{
	int fd = bpf_iter_create(bpf_link__fd(c->skel->links.list_viommus));
	ssize_t n = -1;

	snapshot_empty(snap);
	if (fd >= 0)
		n = read_records(fd, snap);
	if (n < 0)
		msg("cannot list vIOMMUs: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return n >= 0;
}

static void copy_identity(struct viommu *to, const struct viommu *from)
{
	memcpy(to->name, from->name, sizeof(to->name));
	to->id = from->id;
}

static void look_up(struct viommu *viommu)
{
	vmname_lookup(viommu->name, sizeof(viommu->name), viommu->rec.tgid, viommu->rec.comm,
		      viommu->rec.created_ns);
	vmid_lookup(&viommu->id, viommu->rec.tgid, viommu->rec.created_ns);
}

/*
 * Once per vIOMMU: the name outlives the process, and PIDs are reused. Those of
 * one process that come together are looked up together.
 */
static void introduce(struct viommu *viommu, const struct viommu *before)
{
	if (before && before->rec.tgid == viommu->rec.tgid &&
	    !memcmp(before->rec.comm, viommu->rec.comm, sizeof(before->rec.comm)))
		copy_identity(viommu, before);
	else
		look_up(viommu);
}

/* False if latencies are missing: one was counted while the list before was made */
static bool recognize(struct snapshot *snap, const struct snapshot *prev)
{
	const struct viommu *introduced = NULL;
	bool whole = true;
	size_t near = 0;

	for (size_t i = 0; i < snap->nr; i++) {
		struct viommu *viommu = &snap->viommu[i];
		const struct viommu *known;

		known = snapshot_find_near(prev, viommu->rec.serial, &near);
		if (!known) {
			introduce(viommu, introduced);
			introduced = viommu;
			continue;
		}
		copy_identity(viommu, known);
		if (viommu->listed)
			continue;
		viommu->latency = latency_get(known->latency);
		whole = whole && viommu->rec.waits == (known->latency ? known->latency->count : 0);
	}
	return whole;
}

/*
 * Totals
 */

/* What programs counted of an IOMMU, on all processors */
static bool add_totals(struct collector *c, struct traffic *traffic)
{
	__u32 index = traffic->index;

	if (bpf_map_lookup_elem(bpf_map__fd(c->skel->maps.totals), &index, c->per_cpu)) {
		msg("cannot read counters: %s", strerror(errno));
		return false;
	}
	for (int cpu = 0; cpu < c->nr_cpus; cpu++)
		for (int i = 0; i < VT_NR_COUNTERS; i++)
			traffic->count[i] += c->per_cpu[cpu].count[i];
	return true;
}

/* Like all else that is not of a vIOMMU, since the tool runs */
static bool read_totals(struct collector *c, struct snapshot *snap)
{
	const struct traffic_list *read = &c->meter.sum;

	traffic_empty(&snap->traffic);
	if (!read_iommus(c))
		return false;
	for (size_t i = 0; i < read->nr; i++) {
		struct traffic *traffic = traffic_add(&snap->traffic, read->item[i].index);

		if (!traffic) {
			msg("out of memory");
			return false;
		}
		*traffic = read->item[i];
		if (!add_totals(c, traffic))
			return false;
	}
	snapshot_sum(snap);
	return true;
}

static void read_program_stats(struct collector *c, struct snapshot *snap)
{
	struct progs_stats stats;

	progs_stats(&stats, c->skel->obj);
	snap->missed = stats.missed;
	snap->bpf_ns = stats.run_ns;
}

/* Of all that were idle since the snapshot before, latencies need not be read */
static bool list_viommus(struct collector *c, struct snapshot *snap, const struct snapshot *prev)
{
	c->skel->bss->list_all = !prev;
	if (!read_viommus(c, snap))
		return false;
	if (recognize(snap, prev))
		return true;
	c->skel->bss->list_all = true;
	if (!read_viommus(c, snap))
		return false;
	recognize(snap, prev);
	return true;
}

bool collect_snapshot(struct collector *c, struct snapshot *snap, const struct snapshot *prev)
{
	if (c->host)
		return host_collect_snapshot(c->host, snap) && collect_own_cost(snap);
	if (!list_viommus(c, snap, prev) || !read_totals(c, snap))
		return false;
	snap->mono_ns = now_ns(CLOCK_MONOTONIC);
	snap->real_ns = now_ns(CLOCK_REALTIME);
	read_program_stats(c, snap);
	return collect_parts(c, snap, prev);
}
