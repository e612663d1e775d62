// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON output: one object a line.
 *
 * Times are in nanoseconds. A latency is null where there was no completion
 * wait in the interval.
 */
#include <stdio.h>

#include "lib/text/jsonline.h"
#include "lib/text/output.h"
#include "out/json_parts.h"
#include "out/out.h"
#include "out/stream.h"
#include "sample/totals.h"

/* Three decimals, whatever the value: enough for anybody, and no 0.1000000001 */
static void add_rate(struct json_object *object, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.3f", value);
	json_object_object_add(object, key, json_object_new_double_s(value, text));
}

static void add_latency(struct json_object *object, const char *key, bool known, uint64_t ns)
{
	json_object_object_add(object, key, known ? json_object_new_uint64(ns) : NULL);
}

static struct json_object *new_object(const char *type, const struct snapshot *snap)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "type", type);
	json_add_digits(object, "time_ns", snap->real_ns);
	return object;
}

/* A reader may wait for it */
static void print_object(struct json_object *object)
{
	json_print_line(object);
	output_flush();
}

/* Without our driver there is no vIOMMU, and rows are VMs */
static void add_identity(struct json_object *object, const struct row *row)
{
	bool is_viommu = !(row->known & VT_KNOWS_HOST);

	if (is_viommu)
		json_add_u64(object, "guest_id", row->guest_id);
	json_add_string(object, "vm", row->name);
	json_add_u64(object, "pid", row->pid);
	json_add_string(object, "comm", row->comm);
	json_add_u64(object, "iommu", row->iommu);
	if (!is_viommu) {
		json_add_u64(object, "pinned_bytes", row->pinned);
		return;
	}
	json_add_u64(object, "serial", row->serial);
	json_add_u64(object, "domain_id", row->domain_id);
}

/* Of those that nobody manages there is nothing to say */
static void add_vmid(struct json_object *object, const struct vmid *id)
{
	if (*id->uuid)
		json_add_string(object, "uuid", id->uuid);
	if (*id->namespace)
		json_add_string(object, "namespace", id->namespace);
	if (*id->vmi)
		json_add_string(object, "vmi", id->vmi);
}

static void add_latencies(struct json_object *object, const struct row *row,
			  const struct snapshot *now)
{
	if (!totals_known(now, VT_WAIT))
		return;
	json_add_u64(object, "latency_samples", row->samples);
	add_latency(object, "latency_p50_ns", row->samples, row->p50);
	add_latency(object, "latency_p99_ns", row->samples, row->p99);
	json_add_u64(object, "waits", row->waits);
	if (totals_known(now, VT_WAIT_ERROR))
		json_add_u64(object, "wait_errors", row->wait_errors);
	json_add_u64(object, "wait_total_ns", row->wait_ns_total);
}

static void add_flag(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

/* Those that there are */
static void add_queues(struct json_object *object, const struct viommu *viommu)
{
	struct json_object *queues = json_object_new_array();

	for (int i = 0; viommu && i < VT_NR_QUEUES; i++) {
		const struct vt_queue *queue = &viommu->rec.queue[i];
		struct json_object *member;

		if (!queue->size)
			continue;
		member = json_object_new_object();
		json_add_string(member, "queue", queue_name(i));
		json_add_u64(member, "size", queue->size);
		json_add_u64(member, "head", queue->head);
		json_add_u64(member, "tail", queue->tail);
		add_flag(member, "enabled", queue->flags & VT_QUEUE_ENABLED);
		add_flag(member, "running", queue->flags & VT_QUEUE_RUNNING);
		add_flag(member, "overflow", queue->flags & VT_QUEUE_OVERFLOW);
		add_flag(member, "stuck", queue->flags & VT_QUEUE_STUCK);
		json_add_u64(member, "entries", queue->entries);
		json_add_u64(member, "overflows", queue->overflows);
		json_add_u64(member, "stucks", queue->stucks);
		json_object_array_add(queues, member);
	}
	if (json_object_array_length(queues))
		json_object_object_add(object, "queues", queues);
	else
		json_object_put(queues);
}

static void print_viommu(const struct session *s, const struct row *row)
{
	const struct model *model = &s->model;
	const struct snapshot *now = model->now;
	const struct viommu *viommu = snapshot_find(now, row->serial);
	struct json_object *object = new_object(model->then ? "viommu" : "existing", now);

	add_identity(object, row);
	if (viommu)
		add_vmid(object, &viommu->id);
	if (!now->host.on)
		json_add_u64(object, "age_ns",
			     now->mono_ns > row->created_ns ? now->mono_ns - row->created_ns : 0);
	json_add_u64(object, "interval_ns", model->interval_ns);
	json_add_u64(object, "cmds", row->cmds);
	add_rate(object, "cmd_rate", model_rate(model, row->cmds_gained));
	add_latencies(object, row, now);
	if (totals_known(now, VT_EVENT)) {
		json_add_u64(object, "events", row->events);
		add_rate(object, "event_rate", model_rate(model, row->events_gained));
	}
	json_add_u64(object, "lost", row->lost);
	add_queues(object, viommu);
	if (viommu)
		json_add_parts(object, s, viommu);
	if (!s->opts->once)
		json_add_hist(object, latency_hist(row->latency));
	print_object(object);
}

static void add_totals(struct json_object *object, const struct snapshot *now)
{
	if (now->parts.known & PART_COMMANDS)
		json_add_u64(object, "latencies_lost", now->latencies_lost);
	if (now->parts.known & PART_HAPPENED_LOST)
		json_add_u64(object, "happened_lost", now->parts.happened_lost);
	for (int i = 0; i < VT_NR_COUNTERS; i++)
		if (totals_known(now, i))
			json_add_u64(object, totals_name(i), now->count[i]);
	json_add_u64(object, "missed_runs", now->missed);
	json_add_u64(object, "lost", snapshot_lost(now));
	json_object_object_add(object, "complete", json_object_new_boolean(snapshot_complete(now)));
}

/* Of each IOMMU; a recording that has none of that stays as it is */
static void add_traffic(struct json_object *object, const struct snapshot *now)
{
	struct json_object *list = json_object_new_array();

	for (size_t n = 0; n < now->traffic.nr; n++) {
		const struct traffic *traffic = &now->traffic.item[n];
		struct json_object *member = json_object_new_object();

		json_add_u64(member, "iommu", traffic->index);
		for (int i = 0; i < VT_NR_COUNTERS; i++)
			if (totals_known(now, i))
				json_add_u64(member, totals_name(i), traffic->count[i]);
		if (traffic->typed)
			json_add_types(member, traffic->cmds);
		json_add_hist(member, &traffic->latency);
		json_object_array_add(list, member);
	}
	if (now->traffic.nr)
		json_object_object_add(object, "iommus", list);
	else
		json_object_put(list);
}

/* Closes a sample: a reader that has this has all of it */
static void print_interval(const struct session *s)
{
	const struct snapshot *now = session_now(s);
	struct json_object *object = new_object("interval", now);

	json_add_u64(object, "monotonic_ns", now->mono_ns);
	json_add_u64(object, "interval_ns", s->model.interval_ns);
	json_add_u64(object, "viommus", s->model.nr_viommus);
	if (s->opts->bpf_cost || now->bpf_ns)
		json_add_u64(object, "bpf_ns", now->bpf_ns);
	if (now->parts.known & PART_CPU)
		json_add_u64(object, "cpu_ns", now->parts.cpu_ns);
	add_totals(object, now);
	add_traffic(object, now);
	json_add_hist(object, &now->latency);
	print_object(object);
}

static void print_rows(const struct session *s)
{
	for (size_t i = 0; i < s->model.nr_viommus; i++)
		print_viommu(s, &s->model.viommu[i]);
	if (session_now(s)->host.on)
		json_print_host(s);
	if (!s->opts->once)
		print_interval(s);
}

static void print_ready(const struct session *s)
{
	struct json_object *object = new_object("ready", session_now(s));

	json_add_u64(object, "version", RECORDING_VERSION);
	json_add_u64(object, "viommus", s->model.nr_viommus);
	json_add_u64(object, "iommus", session_iommus(s));
	json_add_u64(object, "interval_ns", s->opts->interval_ns);
	if (session_now(s)->host.on)
		json_add_string(object, "mode", "host");
	if (s->filter.active)
		json_object_object_add(object, "active_only", json_object_new_boolean(true));
	print_object(object);
	print_rows(s);
}

static void print_end(const struct session *s)
{
	const struct snapshot *now = session_now(s);
	struct json_object *object = new_object("totals", now);

	json_add_u64(object, "duration_ns", now->mono_ns - s->start_ns);
	add_totals(object, now);
	print_object(object);
}

enum exit_code json_run(struct session *s)
{
	static const struct stream_ops ops = {
		.ready = print_ready,
		.rows = print_rows,
		.end = print_end,
	};

	return stream_run(s, &ops);
}
