// SPDX-License-Identifier: GPL-2.0-only
/*
 * Latencies of commands by VM and type, as a table and as JSON.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hw/names.h"
#include "lib/sys/array.h"
#include "lib/sys/clock.h"
#include "lib/text/event_text.h"
#include "lib/text/hist.h"
#include "lib/text/jsonline.h"
#include "lib/text/message.h"
#include "lib/text/numbers.h"
#include "lib/text/octaves.h"
#include "lib/text/text.h"
#include "show/event_print.h"
#include "show/latency_table.h"

#define BAR_WIDTH 40
/* Who queues them: the driver of the kernel that is traced */
#define PATH "host"

enum { OPT_LINEAR = 400 };

static const struct argp_option options[] = {
	{"histogram", 'H', NULL, 0, "Print a histogram of each, too, by powers of two", 2},
	{"linear", OPT_LINEAR, "WIDTH", 0,
	 "Print a histogram in steps of WIDTH instead, such as 10us", 2},
	{"exemplars", 'x', NULL, 0, "Print which command was the slowest, too", 2},
	{},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct latency_view *view = state->input;

	switch (key) {
	case 'H':
		view->bars = true;
		return 0;
	case OPT_LINEAR:
		view->linear_ns = span_parse(state, arg, "width");
		return 0;
	case 'x':
		view->exemplars = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp latency_view_argp = {.options = options, .parser = parse};

/*
 * What was measured
 */

static int by_key(const void *x, const void *y)
{
	const struct latency_entry *a = x, *b = y;

	if (a->key.iommu != b->key.iommu)
		return a->key.iommu < b->key.iommu ? -1 : 1;
	if (a->key.guest_id != b->key.guest_id)
		return a->key.guest_id < b->key.guest_id ? -1 : 1;
	if (a->key.life != b->key.life)
		return a->key.life < b->key.life ? -1 : 1;
	return (int)a->key.opcode - (int)b->key.opcode;
}

struct latency_entry *latency_table_entry(struct latency_table *table,
					  const struct vtr_latency_key *key)
{
	struct latency_entry *more;

	for (size_t i = 0; i < table->nr; i++)
		if (!memcmp(&table->entry[i].key, key, sizeof(*key)))
			return &table->entry[i];
	more = array_add(&table->entry, &table->nr, &table->room, sizeof(*more));
	if (more)
		more->key = *key;
	return more;
}

bool latency_table_add(struct latency_table *table, const struct vtr_latency_key *key, uint64_t ns,
		       const struct vtr_exemplar *this)
{
	struct latency_entry *entry = latency_table_entry(table, key);

	if (!entry)
		return false;
	entry->all.hist.bucket[viommu_hist_bucket(ns)]++;
	entry->all.total_ns += ns;
	if (ns >= entry->all.max_ns) {
		entry->all.max_ns = ns;
		entry->all.slowest = *this;
		/* The clock of a recording may be another one later */
		entry->slowest_real_ns = clock_real_ns(this->ns);
	}
	if (table->view.linear_ns)
		entry->linear.bucket[vtr_linear_bucket(ns, table->view.linear_ns)]++;
	return true;
}

/**
 * struct figures - What is printed of an entry
 * @hist:   in the interval
 * @linear: likewise
 * @count:  values in it
 * @mean:   of these
 * @p50:    percentile, as p90 and p99
 * @max:    the longest since the start
 */
struct figures {
	struct hist hist;
	struct vtr_linear linear;
	uint64_t count;
	uint64_t mean;
	uint64_t p50;
	uint64_t p90;
	uint64_t p99;
	uint64_t max;
};

static uint64_t percentile(const struct figures *f, double percent)
{
	uint64_t value = 0;

	hist_percentile_max(&f->hist, percent, f->max, &value);
	return value;
}

static void compute(struct figures *f, const struct latency_entry *entry)
{
	memset(f, 0, sizeof(*f));
	hist_delta(&f->hist, &entry->all.hist, &entry->shown.hist);
	for (int i = 0; i < VTR_LINEAR_BUCKETS; i++)
		f->linear.bucket[i] = entry->linear.bucket[i] - entry->linear_shown.bucket[i];
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
	printf("%-16s %5s %-6s %-4s %-26s %8s %6s %6s %6s %6s %6s\n", "VM", "GUEST", "IOMMU",
	       "PATH", "COMMAND", "COUNT", "MEAN", "P50", "P90", "P99", "MAX");
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

static void print_linear(const struct vtr_linear *linear, uint64_t width)
{
	int first = VTR_LINEAR_BUCKETS, last = -1;
	char from[16], to[16], bar[3 * BAR_WIDTH + 1];
	uint64_t most = 0;

	for (int i = 0; i < VTR_LINEAR_BUCKETS; i++) {
		if (!linear->bucket[i])
			continue;
		first = i < first ? i : first;
		last = i;
		most = linear->bucket[i] > most ? linear->bucket[i] : most;
	}
	for (int i = first; i <= last; i++) {
		text_duration(from, sizeof(from), i * width);
		text_duration(to, sizeof(to), (i + 1) * width);
		text_bar(bar, sizeof(bar), linear->bucket[i], most, BAR_WIDTH);
		printf("  %6s - %6s %8" PRIu64 "  %s\n", from, i < VTR_LINEAR_BUCKETS - 1 ? to : "",
		       (uint64_t)linear->bucket[i], bar);
	}
}

static uint64_t slowest_real_ns(const struct latency_entry *entry)
{
	return entry->slowest_real_ns ? entry->slowest_real_ns
				      : clock_real_ns(entry->all.slowest.ns);
}

static void print_exemplar(const struct latency_entry *entry)
{
	const struct vtr_exemplar *this = &entry->all.slowest;
	char when[32], span[16], words[64];

	clock_format(when, sizeof(when), slowest_real_ns(entry));
	event_format_words(words, sizeof(words), this->cmd[0], this->cmd[1]);
	text_duration(span, sizeof(span), entry->all.max_ns);
	printf("  slowest: %s until %s seq=%" PRIu64 " cmd=%s\n", span, when, (uint64_t)this->seq,
	       words);
}

static void print_text(const struct latency_view *view, const struct latency_entry *entry,
		       const struct vm *vm, const struct figures *f)
{
	const uint64_t spans[] = {f->mean, f->p50, f->p90, f->p99, f->max};
	char name[VMNAME_MAX * 4], span[16], padded[32];

	text_fit(name, sizeof(name), vm ? vm->name : "-", 16, false);
	printf("%s %5u ivhd%-2u %-4s %-26s %8" PRIu64, name, entry->key.guest_id, entry->key.iommu,
	       PATH, command_name(entry->key.opcode), f->count);
	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++) {
		text_duration(span, sizeof(span), spans[i]);
		text_fit(padded, sizeof(padded), span, 6, true);
		printf(" %s", padded);
	}
	putchar('\n');
	if (view->exemplars)
		print_exemplar(entry);
	if (view->linear_ns)
		print_linear(&f->linear, view->linear_ns);
	else if (view->bars)
		print_bars(&f->hist);
}

/*
 * JSON
 */

static void add_pair(struct json_object *pairs, uint64_t from, uint64_t count)
{
	struct json_object *pair;

	if (!count)
		return;
	pair = json_object_new_array_ext(2);
	json_object_array_add(pair, json_object_new_uint64(from));
	json_object_array_add(pair, json_object_new_uint64(count));
	json_object_array_add(pairs, pair);
}

static void add_buckets(struct json_object *object, const struct latency_view *view,
			const struct figures *f)
{
	struct json_object *pairs = json_object_new_array();

	for (int i = 0; i < VIOMMU_HIST_BUCKETS; i++)
		add_pair(pairs, viommu_hist_floor(i), f->hist.bucket[i]);
	json_object_object_add(object, "buckets", pairs);
	if (!view->linear_ns)
		return;
	pairs = json_object_new_array();
	for (int i = 0; i < VTR_LINEAR_BUCKETS; i++)
		add_pair(pairs, i * view->linear_ns, f->linear.bucket[i]);
	json_add_u64(object, "linear_width_ns", view->linear_ns);
	json_object_object_add(object, "linear_buckets", pairs);
}

static void add_exemplar(struct json_object *object, const struct latency_entry *entry)
{
	const struct vtr_exemplar *this = &entry->all.slowest;
	struct json_object *slowest = json_object_new_object();
	char words[64];

	event_format_words(words, sizeof(words), this->cmd[0], this->cmd[1]);
	json_add_u64(slowest, "latency_ns", entry->all.max_ns);
	json_add_digits(slowest, "time_ns", slowest_real_ns(entry));
	json_add_u64(slowest, "monotonic_ns", this->ns);
	json_add_u64(slowest, "seq", this->seq);
	json_add_string(slowest, "cmd", words);
	json_object_object_add(object, "slowest", slowest);
}

static void print_json(const struct latency_view *view, const struct latency_entry *entry,
		       const struct vm *vm, const struct figures *f)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "type", "latency");
	json_add_string(object, "vm", vm ? vm->name : NULL);
	json_add_u64(object, "guest_id", entry->key.guest_id);
	json_add_u64(object, "iommu", entry->key.iommu);
	if (vm && vm->serial)
		json_add_u64(object, "serial", vm->serial);
	json_add_string(object, "path", PATH);
	json_add_string(object, "command", command_name(entry->key.opcode));
	json_add_u64(object, "count", f->count);
	json_add_u64(object, "mean_ns", f->mean);
	json_add_u64(object, "p50_ns", f->p50);
	json_add_u64(object, "p90_ns", f->p90);
	json_add_u64(object, "p99_ns", f->p99);
	json_add_u64(object, "max_ns", f->max);
	add_exemplar(object, entry);
	add_buckets(object, view, f);
	json_print_line(object);
}

void latency_print_simple(const char *type, const struct latency_missing *missing)
{
	struct json_object *object = json_object_new_object();
	bool complete = !missing->commands && !missing->events && !missing->truncated;

	json_add_string(object, "type", type);
	json_add_u64(object, "version", JSON_VERSION);
	json_add_u64(object, "lost", missing->commands);
	json_add_u64(object, "events_lost", missing->events);
	json_add_u64(object, "timeouts", missing->timeouts);
	json_object_object_add(object, "complete", json_object_new_boolean(complete));
	json_object_object_add(object, "truncated", json_object_new_boolean(missing->truncated));
	json_print_line(object);
}

void latency_tell_missing(const struct latency_missing *missing)
{
	if (missing->commands)
		msg("the latencies of %" PRIu64 " commands are missing: they were not seen, as "
		    "those queued on a CPU that goes offline, or there was no room for them",
		    missing->commands);
	if (missing->events)
		msg("%" PRIu64 " events were lost, so latencies may be missing or too long",
		    missing->events);
	if (missing->timeouts)
		msg("%" PRIu64 " completion waits timed out", missing->timeouts);
}

/*
 * All
 */

void latency_table_print(struct latency_table *table, const struct select *select,
			 const struct vms *vms)
{
	bool headings = false;

	if (table->nr)
		qsort(table->entry, table->nr, sizeof(*table->entry), by_key);
	for (size_t i = 0; i < table->nr; i++) {
		struct latency_entry *entry = &table->entry[i];
		const struct vm *vm =
			vms_find_life(vms, entry->key.iommu, entry->key.guest_id, entry->key.life);
		struct figures f;

		compute(&f, entry);
		entry->shown = entry->all;
		entry->linear_shown = entry->linear;
		if (!f.count || !selected(select, entry->key.iommu, entry->key.guest_id, vm))
			continue;
		if (!headings && !table->json)
			print_headings();
		headings = true;
		if (table->json)
			print_json(&table->view, entry, vm, &f);
		else
			print_text(&table->view, entry, vm, &f);
	}
	if (!headings && !table->json)
		puts("no command was done");
}

void latency_table_free(struct latency_table *table)
{
	free(table->entry);
	table->entry = NULL;
	table->nr = table->room = 0;
}
