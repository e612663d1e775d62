// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-trace latency: how long commands of the host take, by VM and type.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>

#include <bpf/bpf.h>

#include "cmd/cmd.h"
#include "event/select.h"
#include "event/vms.h"
#include "lib/bpf/bpflog.h"
#include "lib/bpf/host.h"
#include "lib/bpf/objects.h"
#include "lib/bpf/progs.h"
#include "lib/bpf/sections.h"
#include "lib/sys/require.h"
#include "lib/sys/wait.h"
#include "lib/text/hist.h"
#include "lib/text/message.h"
#include "lib/text/numbers.h"
#include "lib/text/output.h"
#include "live/owners.h"
#include "show/latency_table.h"

/* Has what the skeleton needs before it */
#include "viommu_latency.skel.h"

#define NSEC_PER_SEC 1e9
/* How often to look who is there: who ends before it is printed has a name */
#define LOOK_NS 1000000000ull

/**
 * struct latency - The command while it runs
 * @select:      whose to show
 * @interval_ns: print what there was every so often; 0 for once, at the end
 * @count:       how often, 0 for any number
 * @skel:        the BPF programs
 * @host:        instead of them, on a kernel without our driver
 * @missed:      runs of these that the kernel skipped before it began
 * @timeouts:    completion waits that timed out before it began
 * @vms:         who has which guest ID
 * @table:       what was measured
 */
struct latency {
	struct select select;
	uint64_t interval_ns;
	uint64_t count;
	struct viommu_latency_bpf *skel;
	struct viommu_host_bpf *host;
	uint64_t missed;
	uint64_t timeouts;
	struct vms vms;
	struct latency_table table;
};

static const struct argp_option options[] = {
	{"interval", 'i', "SECONDS", 0, "Print what there was, again and again", 1},
	{"count", 'n', "N", 0, "End after N intervals", 1},
	{},
};

static const char doc[] =
	"Measure how long the host's commands to AMD IOMMUs take, by VM and type.\v"
	"A command's latency is the time from when the driver queued it until it saw that a "
	"COMPLETION_WAIT behind it was done. Commands in a guest's own queue are served by the "
	"hardware and are not among them. What is the host's own, and no VM's, is shown as \"-\"."
	"\n\nWithout --interval the table comes at the end: interrupt it, or use --duration.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct latency *l = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &l->select;
		state->child_inputs[1] = &l->table.view;
		return 0;
	case 'i':
		l->interval_ns = NSEC_PER_SEC * number_parse(state, arg, "interval", 0.01, 86400);
		return 0;
	case 'n':
		l->count = integer_parse(state, arg, "count", 1, 1ul << 31);
		return 0;
	case ARGP_KEY_END:
		if (l->count && !l->interval_ns)
			argp_error(state, "--count counts intervals: give an --interval");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Whose they are is not told without our driver: all are the host's */
static struct latency_entry *host_entry(struct latency *l, const struct vh_latency_key *key)
{
	const struct vtr_latency_key all = {.iommu = key->iommu, .opcode = key->opcode};
	struct latency_entry *entry = latency_table_entry(&l->table, &all);

	if (!entry)
		msg("out of memory");
	return entry;
}

static void add_latency(struct vtr_latency *all, const struct vtr_latency *one)
{
	hist_add(&all->hist, &one->hist);
	all->total_ns += one->total_ns;
	if (one->max_ns > all->max_ns)
		all->max_ns = one->max_ns;
}

static bool read_host(struct latency *l)
{
	int fd = bpf_map__fd(host_map(l->host, "latencies"));
	struct vh_latency_key key, *previous;
	struct latency_entry *entry;
	struct vtr_latency value;

	for (previous = NULL; !bpf_map_get_next_key(fd, previous, &key); previous = &key) {
		entry = host_entry(l, &key);
		if (!entry)
			return false;
		entry->all = (struct vtr_latency){};
	}
	for (previous = NULL; !bpf_map_get_next_key(fd, previous, &key); previous = &key) {
		entry = host_entry(l, &key);
		if (!entry)
			return false;
		if (!bpf_map_lookup_elem(fd, &key, &value))
			add_latency(&entry->all, &value);
	}
	return true;
}

static uint64_t host_timeouts(const struct latency *l)
{
	int fd = bpf_map__fd(host_map(l->host, "iommus"));
	struct vh_iommu iommu;
	uint64_t sum = 0;
	__u32 key, *previous;

	for (previous = NULL; !bpf_map_get_next_key(fd, previous, &key); previous = &key)
		if (!bpf_map_lookup_elem(fd, &key, &iommu))
			sum += iommu.wait_errors;
	return sum;
}

/* As the map has it; what keeps it together is the kernel's */
static bool read_all(struct latency *l)
{
	int latencies, linears;
	struct vtr_latency_key key, *previous = NULL;
	struct vtr_locked_latency value;

	if (l->host)
		return read_host(l);
	latencies = bpf_map__fd(l->skel->maps.latencies);
	linears = bpf_map__fd(l->skel->maps.linears);
	while (!bpf_map_get_next_key(latencies, previous, &key)) {
		struct latency_entry *entry = latency_table_entry(&l->table, &key);

		if (!entry) {
			msg("out of memory");
			return false;
		}
		if (!bpf_map_lookup_elem_flags(latencies, &key, &value, BPF_F_LOCK))
			entry->all = value.latency;
		if (l->table.view.linear_ns)
			bpf_map_lookup_elem(linears, &key, &entry->linear);
		previous = &key;
	}
	return true;
}

static uint64_t skipped(const struct latency *l)
{
	return progs_missed(l->host ? host_object(l->host) : l->skel->obj);
}

static bool list_vms(struct latency *l)
{
	return l->host || vms_list(&l->vms, l->skel->progs.list_owners);
}

static void look_who_came(struct latency *l)
{
	if (!l->host)
		owners_read(&l->vms, bpf_map__fd(l->skel->maps.owners));
}

static void add_timeouts(void *context, const void *record)
{
	*(uint64_t *)context += *(const uint64_t *)record;
}

/* Of all IOMMUs so far */
static uint64_t timeouts(const struct latency *l)
{
	uint64_t sum = 0;

	if (l->host)
		return host_timeouts(l);
	list_objects(l->skel->progs.list_timeouts, sizeof(sum), add_timeouts, &sum);
	return sum;
}

static struct latency_missing missing(const struct latency *l)
{
	if (l->host)
		return (struct latency_missing){
			.commands =
				host_lost(l->host)[VH_TOO_MANY] + host_lost(l->host)[VH_NO_ROOM],
			.events = skipped(l) - l->missed,
			.timeouts = timeouts(l) - l->timeouts,
		};
	return (struct latency_missing){
		.commands = l->skel->bss->lost,
		.events = skipped(l) - l->missed,
		.timeouts = timeouts(l) - l->timeouts,
	};
}

static void print_missing(const struct latency *l, const char *type)
{
	const struct latency_missing now = missing(l);

	latency_print_simple(type, &now);
}

static bool print_interval(struct latency *l)
{
	/* Those that came since have names, too */
	look_who_came(l);
	if (!read_all(l))
		return false;
	latency_table_print(&l->table, &l->select, &l->vms);
	if (l->select.json)
		print_missing(l, "interval");
	else if (l->interval_ns)
		putchar('\n');
	output_flush();
	return true;
}

static void say_begin(const struct latency *l)
{
	if (l->select.json)
		print_missing(l, "ready");
	else
		msg("measuring%s", l->select.duration_ns || l->count ? "" : ", until interrupted");
	output_flush();
}

static enum exit_code measure(struct latency *l)
{
	uint64_t start, next, end;
	struct latency_missing lacking;
	enum wait_result why = WAIT_TIME;

	l->missed = skipped(l);
	l->timeouts = timeouts(l);
	start = wait_now_ns();
	if (!l->host)
		l->skel->bss->since_ns = start;
	/* Who is there already; whoever comes from here on has a life of its own */
	if (!list_vms(l))
		return EXIT_FAIL;
	end = l->select.duration_ns ? start + l->select.duration_ns : UINT64_MAX;
	next = l->interval_ns ? start + l->interval_ns : UINT64_MAX;
	say_begin(l);
	for (uint64_t done = 0; why == WAIT_TIME || why == WAIT_OTHER;) {
		uint64_t now = wait_now_ns(), until = now + LOOK_NS;

		if (now >= end)
			break;
		if (now >= next) {
			if (!print_interval(l))
				return EXIT_FAIL;
			next += l->interval_ns;
			if (++done == l->count || !output_flush())
				break;
			continue;
		}
		look_who_came(l);
		if (until > next)
			until = next;
		why = wait_until(until < end ? until : end, false);
	}
	/* What is left of the last one */
	if (!l->count && !print_interval(l))
		return EXIT_FAIL;
	lacking = missing(l);
	latency_tell_missing(&lacking);
	return EXIT_OK;
}

static enum exit_code load(struct latency *l)
{
	int err;

	bpflog_init(l->select.verbose);
	if (require_host_mode()) {
		const struct host_options options = {.probes = require_host_mode(),
						     .max_owners = VTR_MAX_LATENCIES / 4};

		return host_load(&l->host, &options);
	}
	sections_init();
	l->skel = viommu_latency_bpf__open();
	if (!l->skel)
		return bpflog_load_error(-errno);
	l->skel->rodata->linear_ns = l->table.view.linear_ns;
	bpf_map__set_max_entries(l->skel->maps.processes, 1);
	bpf_program__set_autoload(l->skel->progs.on_submit, false);
	if (l->table.view.linear_ns)
		bpf_map__set_max_entries(l->skel->maps.linears, VTR_MAX_LATENCIES);
	err = viommu_latency_bpf__load(l->skel);
	if (!err)
		err = viommu_latency_bpf__attach(l->skel);
	return err ? bpflog_load_error(err) : EXIT_OK;
}

enum exit_code cmd_latency(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&select_argp, 0, NULL, 0},
		{&latency_view_argp, 0, NULL, 0},
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = doc,
		.children = children,
	};
	struct latency l = {};
	enum exit_code code;

	select_init(&l.select);
	argp_parse(&argp, argc, argv, 0, NULL, &l);
	l.table.json = l.select.json;
	code = trace_ready();
	if (code)
		return code;
	if (l.table.view.linear_ns && !trace_has_driver("--linear"))
		return EXIT_KERNEL;
	wait_init();
	code = load(&l);
	if (!code)
		code = measure(&l);
	viommu_latency_bpf__destroy(l.skel);
	if (l.host)
		host_unload(l.host);
	vms_free(&l.vms);
	latency_table_free(&l.table);
	return code;
}
