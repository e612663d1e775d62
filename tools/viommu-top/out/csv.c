// SPDX-License-Identifier: GPL-2.0-only
/*
 * CSV output (RFC 4180): a line per vIOMMU and interval, below one of headings.
 *
 * Times are in nanoseconds. A latency is empty where there was no completion
 * wait in the interval.
 */
#include <inttypes.h>
#include <stdio.h>

#include "out/out.h"
#include "out/stream.h"
#include "sample/totals.h"

static void print_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	fputs("\",", stdout);
}

static void print_u64(uint64_t value)
{
	printf("%" PRIu64 ",", value);
}

static void print_latency(bool known, uint64_t ns)
{
	if (known)
		print_u64(ns);
	else
		putchar(',');
}

static void print_identity(const struct row *row)
{
	bool is_viommu = !(row->known & VT_KNOWS_HOST);

	print_latency(is_viommu, row->guest_id);
	print_text(row->name);
	print_u64(row->pid);
	print_text(row->comm);
	print_u64(row->iommu);
	print_latency(is_viommu, row->serial);
	print_latency(is_viommu, row->domain_id);
}

/* Without a queue, all three are empty */
static void print_queue(const struct model *model, const struct queues *queues,
			enum vt_queue_type type)
{
	if (queues->state[type] == QUEUE_NONE)
		printf(",,,");
	else
		printf("%s,%u,%.3f,", queue_state_name(queues->state[type]), queues->fill[type],
		       model_rate(model, queues->gained[type]));
}

/* What is not known is empty */
static void print_known(bool known, uint64_t value)
{
	putchar(',');
	if (known)
		printf("%" PRIu64, value);
}

static void print_parts(const struct parts *parts, const struct row *row)
{
	size_t nr;

	print_known(row->known & VT_KNOWS_TRANS, row->trans_devid);
	print_known(row->known & VT_KNOWS_TABLES, row->table_bytes);
	parts_vdevices(parts, row->serial, &nr);
	print_known(parts->known & PART_VDEVICES, nr);
	parts_domains(parts, row->serial, &nr);
	print_known(parts->known & PART_DOMAINS, nr);
	print_known(row->known & VT_KNOWS_TRAPPED, row->forwarded);
	print_known(row->known & VT_KNOWS_TRAPPED, row->delivered);
	print_known(row->known & VT_KNOWS_TRAPPED, row->takebacks);
	putchar('\n');
}

static void print_viommu(const struct model *model, const struct row *row)
{
	const struct snapshot *now = model->now;

	print_u64(now->real_ns);
	print_u64(model->interval_ns);
	print_identity(row);
	print_latency(!now->host.on,
		      now->mono_ns > row->created_ns ? now->mono_ns - row->created_ns : 0);
	print_u64(row->cmds);
	printf("%.3f,", model_rate(model, row->cmds_gained));
	print_u64(row->samples);
	print_latency(row->samples, row->p50);
	print_latency(row->samples, row->p99);
	print_latency(totals_known(now, VT_WAIT), row->waits);
	print_latency(totals_known(now, VT_WAIT_ERROR), row->wait_errors);
	print_latency(totals_known(now, VT_WAIT), row->wait_ns_total);
	print_latency(totals_known(now, VT_EVENT), row->events);
	if (totals_known(now, VT_EVENT))
		printf("%.3f", model_rate(model, row->events_gained));
	putchar(',');
	for (int i = 0; i < VT_NR_QUEUES; i++)
		print_queue(model, &row->queues, i);
	print_u64(row->lost);
	fputs(snapshot_complete(now) ? "true" : "false", stdout);
	print_parts(&now->parts, row);
}

static void print_headings(const struct session *s __attribute__((unused)))
{
	puts("time_ns,interval_ns,guest_id,vm,pid,comm,iommu,serial,domain_id,age_ns,cmds,"
	     "cmd_rate,latency_samples,latency_p50_ns,latency_p99_ns,waits,wait_errors,"
	     "wait_total_ns,events,event_rate,cmdq,cmdq_percent,guest_cmd_rate,evtq,"
	     "evtq_percent,guest_evt_rate,pprq,pprq_percent,guest_ppr_rate,lost,complete,"
	     "trans_devid,table_bytes,vdevices,domains,forwarded,delivered,takebacks");
}

static void print_rows(const struct session *s)
{
	/* With --once nobody was ready before */
	if (s->opts->once)
		print_headings(s);
	for (size_t i = 0; i < s->model.nr_viommus; i++)
		print_viommu(&s->model, &s->model.viommu[i]);
}

enum exit_code csv_run(struct session *s)
{
	static const struct stream_ops ops = {
		.ready = print_headings,
		.rows = print_rows,
	};

	return stream_run(s, &ops);
}
