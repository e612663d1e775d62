// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-trace latency: how long commands of the host take, by VM and type.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "bpflog.h"
#include "hist.h"
#include "jsonline.h"
#include "message.h"
#include "names.h"
#include "numbers.h"
#include "octaves.h"
#include "select.h"
#include "text.h"
#include "trace.h"
#include "viommu_trace.h"
#include "vms.h"
#include "wait.h"

/* Has what the skeleton needs before it */
#include "viommu_latency.skel.h"

#define NSEC_PER_SEC 1e9
#define BAR_WIDTH 40
/* How often to look who is there: who ends before it is printed has a name */
#define LOOK_NS 1000000000ull

/**
 * struct entry - Latencies of one type of command, of one VM
 * @key:   which
 * @all:   since the start
 * @shown: of these, what was printed in earlier intervals
 */
struct entry {
	struct vtr_latency_key key;
	struct vtr_latency all;
	struct vtr_latency shown;
};

/**
 * struct latency - The command while it runs
 * @select:      whose to show
 * @interval_ns: print what there was every so often; 0 for once, at the end
 * @count:       how often, 0 for any number
 * @bars:        print histograms, too
 * @skel:        the BPF programs
 * @vms:         who has which guest ID
 * @entry:       each, in order of its key
 * @nr:          how many
 */
struct latency {
	struct select select;
	uint64_t interval_ns;
	uint64_t count;
	bool bars;
	struct viommu_latency_bpf *skel;
	struct vms vms;
	struct entry *entry;
	size_t nr;
};

static const struct argp_option options[] = {
	{"interval", 'i', "SECONDS", 0, "Print what there was, again and again", 1},
	{"count", 'n', "N", 0, "End after N intervals", 1},
	{"histogram", 'H', NULL, 0, "Print a histogram of each, too", 1},
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
		return 0;
	case 'i':
		l->interval_ns = NSEC_PER_SEC * number_parse(state, arg, "interval", 0.01, 86400);
		return 0;
	case 'n':
		l->count = integer_parse(state, arg, "count", 1, 1ul << 31);
		return 0;
	case 'H':
		l->bars = true;
		return 0;
	case ARGP_KEY_END:
		if (l->count && !l->interval_ns)
			argp_error(state, "--count counts intervals: give an --interval");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/*
 * What was measured
 */

static int by_key(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	if (a->key.iommu != b->key.iommu)
		return a->key.iommu < b->key.iommu ? -1 : 1;
	if (a->key.guest_id != b->key.guest_id)
		return a->key.guest_id < b->key.guest_id ? -1 : 1;
	return (int)a->key.opcode - (int)b->key.opcode;
}

static struct entry *entry_of(struct latency *l, const struct vtr_latency_key *key)
{
	struct entry *more;

	for (size_t i = 0; i < l->nr; i++)
		if (!memcmp(&l->entry[i].key, key, sizeof(*key)))
			return &l->entry[i];
	more = reallocarray(l->entry, l->nr + 1, sizeof(*more));
	if (!more)
		return NULL;
	l->entry = more;
	l->entry[l->nr] = (struct entry){.key = *key};
	return &l->entry[l->nr++];
}

static bool read_all(struct latency *l)
{
	int fd = bpf_map__fd(l->skel->maps.latencies);
	struct vtr_latency_key key, *previous = NULL;
	struct vtr_latency value;

	while (!bpf_map_get_next_key(fd, previous, &key)) {
		struct entry *entry = entry_of(l, &key);

		if (!entry) {
			msg("out of memory");
			return false;
		}
		if (!bpf_map_lookup_elem(fd, &key, &value))
			entry->all = value;
		previous = &key;
	}
	if (l->nr)
		qsort(l->entry, l->nr, sizeof(*l->entry), by_key);
	return true;
}

/**
 * struct figures - What is printed of an entry
 * @hist:  in the interval
 * @count: values in it
 * @mean:  of these
 * @p50:   percentile, as p90 and p99
 * @max:   the longest since the start
 */
struct figures {
	struct hist hist;
	uint64_t count;
	uint64_t mean;
	uint64_t p50;
	uint64_t p90;
	uint64_t p99;
	uint64_t max;
};

/* The end of a bucket may lie above all that is in it */
static uint64_t percentile(const struct figures *f, double percent)
{
	uint64_t value = 0;

	hist_percentile(&f->hist, percent, &value);
	return value < f->max ? value : f->max;
}

static void compute(struct figures *f, const struct entry *entry)
{
	memset(f, 0, sizeof(*f));
	hist_delta(&f->hist, &entry->all.hist, &entry->shown.hist);
	f->count = hist_count(&f->hist);
	f->max = entry->all.max_ns;
	if (!f->count)
		return;
	f->mean = (entry->all.total_ns - entry->shown.total_ns) / f->count;
	f->p50 = percentile(f, 50);
	f->p90 = percentile(f, 90);
	f->p99 = percentile(f, 99);
}

/*
 * Text
 */

static void print_headings(void)
{
	printf("%-16s %5s %-6s %-26s %8s %6s %6s %6s %6s %6s\n", "VM", "GUEST", "IOMMU", "COMMAND",
	       "COUNT", "MEAN", "P50", "P90", "P99", "MAX");
}

static void print_bars(const struct hist *hist)
{
	char from[16], to[16], bar[3 * BAR_WIDTH + 1];
	struct octaves octaves;

	octaves_count(&octaves, hist);
	for (int i = octaves.first; i <= octaves.last; i++) {
		text_duration(from, sizeof(from), octaves_from(i));
		text_duration(to, sizeof(to), octaves_from(i + 1));
		octaves_bar(bar, sizeof(bar), &octaves, i, BAR_WIDTH);
		printf("  %6s - %6s %8" PRIu64 "  %s\n", from, to, octaves.count[i], bar);
	}
}

static void print_text(const struct latency *l, const struct entry *entry, const struct vm *vm,
		       const struct figures *f)
{
	const uint64_t spans[] = {f->mean, f->p50, f->p90, f->p99, f->max};
	char name[VMNAME_MAX * 4], span[16], padded[32];

	text_fit(name, sizeof(name), vm ? vm->name : "-", 16, false);
	printf("%s %5u ivhd%-2u %-26s %8" PRIu64, name, entry->key.guest_id, entry->key.iommu,
	       command_name(entry->key.opcode), f->count);
	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++) {
		text_duration(span, sizeof(span), spans[i]);
		text_fit(padded, sizeof(padded), span, 6, true);
		printf(" %s", padded);
	}
	putchar('\n');
	if (l->bars)
		print_bars(&f->hist);
}

/*
 * JSON
 */

static void print_json(const struct entry *entry, const struct vm *vm, const struct figures *f)
{
	struct json_object *object = json_object_new_object();
	struct json_object *pairs = json_object_new_array();

	json_add_string(object, "type", "latency");
	json_add_string(object, "vm", vm ? vm->name : NULL);
	json_add_u64(object, "guest_id", entry->key.guest_id);
	json_add_u64(object, "iommu", entry->key.iommu);
	json_add_string(object, "command", command_name(entry->key.opcode));
	json_add_u64(object, "count", f->count);
	json_add_u64(object, "mean_ns", f->mean);
	json_add_u64(object, "p50_ns", f->p50);
	json_add_u64(object, "p90_ns", f->p90);
	json_add_u64(object, "p99_ns", f->p99);
	json_add_u64(object, "max_ns", f->max);
	for (int i = 0; i < VIOMMU_HIST_BUCKETS; i++) {
		struct json_object *pair;

		if (!f->hist.bucket[i])
			continue;
		pair = json_object_new_array_ext(2);
		json_object_array_add(pair, json_object_new_uint64(viommu_hist_floor(i)));
		json_object_array_add(pair, json_object_new_uint64(f->hist.bucket[i]));
		json_object_array_add(pairs, pair);
	}
	json_object_object_add(object, "buckets", pairs);
	json_print_line(object);
}

static void print_simple(const char *type, const struct latency *l)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "type", type);
	json_add_u64(object, "version", 1);
	json_add_u64(object, "lost", l->skel->bss->lost);
	json_add_u64(object, "timeouts", l->skel->bss->timeouts);
	json_print_line(object);
}

/*
 * Intervals
 */

static bool print_interval(struct latency *l)
{
	bool headings = false;

	/* Those that came since have names, too */
	if (!vms_list(&l->vms, l->skel->progs.list_owners) || !read_all(l))
		return false;
	for (size_t i = 0; i < l->nr; i++) {
		struct entry *entry = &l->entry[i];
		const struct vm *vm = vms_find(&l->vms, entry->key.iommu, entry->key.guest_id);
		struct figures f;

		compute(&f, entry);
		entry->shown = entry->all;
		if (!f.count || !selected(&l->select, entry->key.iommu, entry->key.guest_id, vm))
			continue;
		if (!headings && !l->select.json)
			print_headings();
		headings = true;
		if (l->select.json)
			print_json(entry, vm, &f);
		else
			print_text(l, entry, vm, &f);
	}
	if (!headings && !l->select.json)
		puts("no command was done");
	if (l->select.json)
		print_simple("interval", l);
	else if (l->interval_ns)
		putchar('\n');
	fflush(stdout);
	return true;
}

static enum exit_code measure(struct latency *l)
{
	uint64_t start, next, end;
	enum wait_result why = WAIT_TIME;

	l->skel->bss->tracing = true;
	start = wait_now_ns();
	end = l->select.duration_ns ? start + l->select.duration_ns : UINT64_MAX;
	next = l->interval_ns ? start + l->interval_ns : UINT64_MAX;
	if (l->select.json)
		print_simple("ready", l);
	else
		msg("measuring%s", end == UINT64_MAX && !l->count ? ", until interrupted" : "");
	fflush(stdout);

	for (uint64_t done = 0; why == WAIT_TIME || why == WAIT_OTHER;) {
		uint64_t now = wait_now_ns(), until = now + LOOK_NS;

		if (now >= end)
			break;
		if (now >= next) {
			if (!print_interval(l))
				return EXIT_FAIL;
			next += l->interval_ns;
			if (++done == l->count)
				break;
			continue;
		}
		if (!vms_list(&l->vms, l->skel->progs.list_owners))
			return EXIT_FAIL;
		if (until > next)
			until = next;
		why = wait_until(until < end ? until : end, false);
	}
	/* What is left of the last one */
	if (!l->count && !print_interval(l))
		return EXIT_FAIL;
	if (l->skel->bss->lost)
		msg("the latencies of %llu commands are missing", l->skel->bss->lost);
	if (l->skel->bss->timeouts)
		msg("%llu completion waits timed out", l->skel->bss->timeouts);
	return EXIT_OK;
}

static enum exit_code load(struct latency *l)
{
	int err;

	bpflog_init(l->select.verbose);
	l->skel = viommu_latency_bpf__open();
	if (!l->skel)
		return bpflog_load_error(-errno);
	err = viommu_latency_bpf__load(l->skel);
	if (!err)
		err = viommu_latency_bpf__attach(l->skel);
	return err ? bpflog_load_error(err) : EXIT_OK;
}

enum exit_code cmd_latency(int argc, char **argv)
{
	static const struct argp_child children[] = {{&select_argp, 0, NULL, 0}, {}};
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
	code = trace_ready();
	if (code)
		return code;
	wait_init();
	code = load(&l);
	if (!code)
		code = measure(&l);
	viommu_latency_bpf__destroy(l.skel);
	vms_free(&l.vms);
	free(l.entry);
	return code;
}
