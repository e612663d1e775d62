// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metrics in the format of OpenMetrics 1.0.
 *
 * node_exporter's textfile collector reads the older text format of
 * Prometheus, which these are, too: no types that it does not know.
 */
#include <inttypes.h>

#include "out/metrics.h"
#include "sample/totals.h"
#include "view/usage.h"

/* Every other power of two less 1 ns, as le="…": from 255 ns to 17 s */
#define FIRST_OCTAVE 8
#define LAST_OCTAVE 34
#define OCTAVE_STEP 2

/* Bytes of a command, or of a record of a log */
#define QUEUE_ENTRY_SIZE 16

static void head(FILE *file, const char *name, const char *type, const char *help)
{
	fprintf(file, "# TYPE amd_viommu_%s %s\n# HELP amd_viommu_%s %s\n", name, type, name, help);
}

static void put_escaped(FILE *file, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', file);
		fputc(*text, file);
	}
}

/* These three tell apart all vIOMMUs of one time */
static void put_labels(FILE *file, const struct row *row)
{
	fprintf(file, "iommu=\"ivhd%u\",guest_id=\"%u\",vm=\"", row->iommu, row->guest_id);
	put_escaped(file, row->name);
	fputc('"', file);
}

/*
 * Counters of each vIOMMU
 */

#define VALUE(member)                                       \
	static uint64_t get_##member(const struct row *row) \
	{                                                   \
		return row->member;                         \
	}

VALUE(cmds)
VALUE(waits)
VALUE(wait_errors)
VALUE(wait_ns_total)
VALUE(events)
VALUE(lost)

static const struct counter {
	const char *name;
	const char *help;
	uint64_t (*get)(const struct row *row);
	bool seconds;
} counters[] = {
	{"commands", "Commands the host queued for the vIOMMU since its creation.", get_cmds,
	 false},
	{"waits", "Completion waits of these that ended.", get_waits, false},
	{"wait_errors", "Completion waits of these that timed out.", get_wait_errors, false},
	{"wait_seconds", "Time spent in these completion waits.", get_wait_ns_total, true},
	{"events", "Records of the host's event log that name the vIOMMU.", get_events, false},
	{"latencies_lost", "Latencies missing from amd_viommu_latency_seconds.", get_lost, false},
};

static void put_value(FILE *file, uint64_t value, bool seconds)
{
	if (seconds)
		fprintf(file, "%" PRIu64 ".%09" PRIu64 "\n", value / 1000000000,
			value % 1000000000);
	else
		fprintf(file, "%" PRIu64 "\n", value);
}

static void write_counter(FILE *file, const struct model *model, const struct counter *counter)
{
	head(file, counter->name, "counter", counter->help);
	for (size_t i = 0; i < model->nr_viommus; i++) {
		const struct row *row = &model->viommu[i];

		fprintf(file, "amd_viommu_%s_total{", counter->name);
		put_labels(file, row);
		fputs("} ", file);
		put_value(file, counter->get(row), counter->seconds);
	}
}

static void write_info(FILE *file, const struct model *model)
{
	head(file, "owner", "gauge", "Always 1; labels tell to which process a vIOMMU belongs.");
	for (size_t i = 0; i < model->nr_viommus; i++) {
		const struct row *row = &model->viommu[i];

		fputs("amd_viommu_owner{", file);
		put_labels(file, row);
		fprintf(file, ",pid=\"%d\",comm=\"", row->pid);
		put_escaped(file, row->comm);
		fprintf(file, "\",serial=\"%" PRIu64 "\",domain_id=\"%u\"} 1\n", row->serial,
			row->domain_id);
	}
}

/*
 * What each vIOMMU is made of
 */

static bool get_table_bytes(const struct row *row, const struct parts *parts, uint64_t *value)
{
	(void)parts;
	*value = row->table_bytes;
	return row->known & VT_KNOWS_TABLES;
}

static bool get_vdevices(const struct row *row, const struct parts *parts, uint64_t *value)
{
	size_t nr;

	parts_vdevices(parts, row->serial, &nr);
	*value = nr;
	return parts->known & PART_VDEVICES;
}

static bool get_domains(const struct row *row, const struct parts *parts, uint64_t *value)
{
	size_t nr;

	parts_domains(parts, row->serial, &nr);
	*value = nr;
	return parts->known & PART_DOMAINS;
}

static const struct part_metric {
	const char *name;
	const char *help;
	bool (*get)(const struct row *row, const struct parts *parts, uint64_t *value);
} part_metrics[] = {
	{"table_bytes", "Memory behind the ID tables of the vIOMMU.", get_table_bytes},
	{"vdevices", "Host devices that are devices of the guest.", get_vdevices},
	{"domains", "Domain IDs that the guest uses.", get_domains},
};

/* Where nobody knows, there is no metric, rather than 0 */
static void write_part_metric(FILE *file, const struct model *model, const struct part_metric *m)
{
	bool any = false;

	for (size_t i = 0; i < model->nr_viommus; i++) {
		const struct row *row = &model->viommu[i];
		uint64_t value;

		if (!m->get(row, &model->now->parts, &value))
			continue;
		if (!any)
			head(file, m->name, "gauge", m->help);
		any = true;
		fprintf(file, "amd_viommu_%s{", m->name);
		put_labels(file, row);
		fprintf(file, "} %" PRIu64 "\n", value);
	}
}

/*
 * Queues of each vIOMMU
 */

static uint64_t get_entries(const struct vt_queue *queue)
{
	return queue->entries;
}

static uint64_t get_overflows(const struct vt_queue *queue)
{
	return queue->overflows;
}

static uint64_t get_stucks(const struct vt_queue *queue)
{
	return queue->stucks;
}

static uint64_t get_running(const struct vt_queue *queue)
{
	return !!(queue->flags & VT_QUEUE_RUNNING);
}

static uint64_t get_stuck(const struct vt_queue *queue)
{
	return !!(queue->flags & VT_QUEUE_STUCK);
}

static uint64_t get_size(const struct vt_queue *queue)
{
	return queue->size / QUEUE_ENTRY_SIZE;
}

static uint64_t get_used(const struct vt_queue *queue)
{
	return queue_used(queue) / QUEUE_ENTRY_SIZE;
}

static const struct queue_metric {
	const char *name;
	bool counter;
	const char *help;
	uint64_t (*get)(const struct vt_queue *queue);
} queue_metrics[] = {
	{"queue_entries", true,
	 "Entries of a guest's queue that the hardware read or wrote, or more: it is looked at "
	 "now and then.",
	 get_entries},
	{"queue_overflows", true, "Times a guest's log was found to have lost records.",
	 get_overflows},
	{"queue_stucks", true, "Times a guest's queue was found to be stuck.", get_stucks},
	{"queue_running", false, "1 if the hardware serves the guest's queue.", get_running},
	{"queue_stuck", false, "1 if there is work in it, and none was done for a second or more.",
	 get_stuck},
	{"queue_size", false, "Entries that the guest's queue has.", get_size},
	{"queue_used", false, "Entries that are in it.", get_used},
};

static void write_queue_metric(FILE *file, const struct model *model, const struct queue_metric *m)
{
	head(file, m->name, m->counter ? "counter" : "gauge", m->help);
	for (size_t i = 0; i < model->nr_viommus; i++) {
		const struct row *row = &model->viommu[i];
		const struct viommu *viommu = snapshot_find(model->now, row->serial);

		for (int type = 0; viommu && type < VT_NR_QUEUES; type++) {
			if (!viommu->rec.queue[type].size)
				continue;
			fprintf(file, "amd_viommu_%s%s{", m->name, m->counter ? "_total" : "");
			put_labels(file, row);
			fprintf(file, ",queue=\"%s\"} %" PRIu64 "\n", queue_name(type),
				m->get(&viommu->rec.queue[type]));
		}
	}
}

/*
 * Latency
 */

/* Up to and including @le_ns: buckets begin at powers of two, one more than that */
static uint64_t count_up_to(const struct hist *hist, uint64_t le_ns)
{
	int end = viommu_hist_bucket(le_ns + 1);
	uint64_t count = 0;

	for (int i = 0; i < end; i++)
		count += hist->bucket[i];
	return count;
}

static void write_bucket(FILE *file, const struct row *row, const char *le, uint64_t count)
{
	fputs("amd_viommu_latency_seconds_bucket{", file);
	put_labels(file, row);
	fprintf(file, ",le=\"%s\"} %" PRIu64 "\n", le, count);
}

static void write_hist(FILE *file, const struct row *row)
{
	uint64_t all = hist_count(&row->latency_all);
	char le[32];

	for (int octave = FIRST_OCTAVE; octave <= LAST_OCTAVE; octave += OCTAVE_STEP) {
		uint64_t le_ns = (1ull << octave) - 1;

		snprintf(le, sizeof(le), "%" PRIu64 ".%09" PRIu64, le_ns / 1000000000,
			 le_ns % 1000000000);
		write_bucket(file, row, le, count_up_to(&row->latency_all, le_ns));
	}
	write_bucket(file, row, "+Inf", all);
	fputs("amd_viommu_latency_seconds_count{", file);
	put_labels(file, row);
	fprintf(file, "} %" PRIu64 "\n", all);
}

static void write_latency(FILE *file, const struct model *model)
{
	head(file, "latency_seconds", "histogram",
	     "Completion waits of the host, by duration, since viommu-top runs.");
	for (size_t i = 0; i < model->nr_viommus; i++)
		write_hist(file, &model->viommu[i]);
}

/*
 * The whole machine
 */

static void write_gauge(FILE *file, const char *name, const char *help, uint64_t value)
{
	head(file, name, "gauge", help);
	fprintf(file, "amd_viommu_%s %" PRIu64 "\n", name, value);
}

static void write_seconds(FILE *file, const char *name, const char *help, uint64_t ns)
{
	head(file, name, "counter", help);
	fprintf(file, "amd_viommu_%s_total ", name);
	put_value(file, ns, true);
}

static void write_usage(FILE *file, const struct snapshot *now)
{
	struct usage usage;

	usage_get(&usage, now);
	if (usage.known & VT_KNOWS_TRANS)
		write_gauge(file, "trans_devids_used", "Translation device IDs that vIOMMUs have.",
			    usage.trans_used);
	if (usage.known & VT_KNOWS_FREE)
		write_gauge(file, "trans_devids_available",
			    "These, and those that nobody has, in the PCI segments of vIOMMUs.",
			    usage.trans_all);
	if (now->parts.known & PART_CPU)
		write_seconds(file, "tool_cpu_seconds", "CPU time of viommu-top itself.",
			      now->parts.cpu_ns);
	if (now->bpf_ns)
		write_seconds(file, "tool_bpf_seconds",
			      "Time spent in BPF programs of viommu-top, with --bpf-cost.",
			      now->bpf_ns);
}

static void write_machine(FILE *file, const struct session *s)
{
	const struct snapshot *now = session_now(s);

	write_gauge(file, "iommus", "IOMMUs with vIOMMU enabled.", iommus_enabled(s->iommus));
	write_gauge(file, "vms", "VMs that have a vIOMMU.", s->model.nr_vms);
	write_gauge(file, "viommus", "vIOMMUs.", s->model.nr_viommus);
	write_gauge(file, "complete", "1 if nothing that should be counted was lost.",
		    snapshot_complete(now));
	head(file, "lost", "counter", "Events known to be lost since viommu-top runs.");
	fprintf(file, "amd_viommu_lost_total %" PRIu64 "\n", snapshot_lost(now));
	head(file, "operations", "counter",
	     "What happened on all IOMMUs since viommu-top runs, by kind.");
	for (int i = 0; i < VT_NR_COUNTERS; i++)
		fprintf(file, "amd_viommu_operations_total{kind=\"%s\"} %" PRIu64 "\n",
			totals_name(i), now->count[i]);
}

void metrics_write(FILE *file, const struct session *s)
{
	write_machine(file, s);
	write_usage(file, session_now(s));
	write_info(file, &s->model);
	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		write_counter(file, &s->model, &counters[i]);
	for (size_t i = 0; i < sizeof(queue_metrics) / sizeof(*queue_metrics); i++)
		write_queue_metric(file, &s->model, &queue_metrics[i]);
	for (size_t i = 0; i < sizeof(part_metrics) / sizeof(*part_metrics); i++)
		write_part_metric(file, &s->model, &part_metrics[i]);
	write_latency(file, &s->model);
	fputs("# EOF\n", file);
}
