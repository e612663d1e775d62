// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batch output: one table per interval.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/text/text.h"
#include "out/out.h"
#include "out/stream.h"
#include "sample/totals.h"
#include "view/columns.h"
#include "view/host_text.h"

/* Where there is no terminal there is room for every column */
#define WIDTH_OF_PIPE 200

#define BOLD "\033[1m"
#define RED "\033[31m"
#define NORMAL "\033[m"

static int width(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return WIDTH_OF_PIPE;
}

static void print_in(const struct session *s, const char *color, const char *text)
{
	if (s->opts->color && *color)
		printf("%s%s%s", color, text, NORMAL);
	else
		fputs(text, stdout);
}

/* Above the first table: what not to look for in it */
static void print_mode(const struct session *s)
{
	const struct host_view *host = &session_now(s)->host;
	char text[HOST_TEXT_MAX];

	if (!host->on)
		return;
	host_text_mode(text, sizeof(text), host);
	puts(text);
}

/* Below a table: the IOMMUs, and who makes them work */
static void print_host(const struct session *s)
{
	const struct host_view *host = &session_now(s)->host;
	char text[HOST_TEXT_MAX];

	for (size_t i = 0; i < host->nr_iommus; i++) {
		host_text_iommu(text, sizeof(text), &s->model, &host->iommu[i]);
		puts(text);
	}
	host_text_devices(text, sizeof(text), &s->model);
	if (*text)
		printf("most flushes, by device: %s\n", text);
	host_text_tasks(text, sizeof(text), &s->model);
	if (*text)
		printf("most flushes, by process: %s\n", text);
}

static void print_summary(const struct session *s)
{
	const struct model *model = &s->model;
	const struct snapshot *now = model->now;
	char clock[16], cmds[16], events[16], text[128];
	time_t seconds = now->real_ns / 1000000000;
	struct tm tm;

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&seconds, &tm));
	text_rate(cmds, sizeof(cmds), model_rate(model, model_gained(model, VT_CMD)));
	text_rate(events, sizeof(events), model_rate(model, model_gained(model, VT_EVENT)));
	printf("%s  VMs %zu  ", clock, model->nr_vms);
	if (!now->host.on)
		printf("vIOMMUs %zu  ", model->nr_viommus);
	printf("commands %s/s  ", cmds);
	if (totals_known(now, VT_EVENT))
		printf("events %s/s  ", events);
	if (s->opts->bpf_cost)
		printf("BPF %.3f%% CPU  ",
		       model_rate(model, now->bpf_ns - model->then->bpf_ns) / 1e7);
	totals_completeness(text, sizeof(text), now);
	print_in(s, snapshot_complete(now) ? "" : RED, text);
	putchar('\n');
}

static void print_row(const struct session *s, const struct layout *layout, const struct row *row)
{
	char cell[TEXT_MAX * 2];

	for (size_t i = 0; i < layout->nr; i++) {
		if (i)
			putchar(' ');
		columns_cell(cell, sizeof(cell), layout, i, row, &s->model);
		print_in(s, row ? "" : BOLD, cell);
	}
	putchar('\n');
}

static void print_vm(const struct session *s, const struct layout *layout, const struct row *vm)
{
	const struct model *model = &s->model;
	size_t first = model->first[vm - model->vm];

	print_row(s, layout, vm);
	if (!s->opts->expand || vm->nr == 1)
		return;
	for (size_t i = first; i < first + vm->nr; i++)
		print_row(s, layout, &model->viommu[i]);
}

static void print_table(const struct session *s)
{
	const struct model *model = &s->model;
	const struct row **rows;
	struct layout layout;

	if (!model->nr_vms) {
		puts(session_now(s)->host.on ? "no VMs" : "no vIOMMUs");
		return;
	}
	rows = calloc(model->nr_vms, sizeof(*rows));
	if (!rows)
		return;
	for (size_t i = 0; i < model->nr_vms; i++)
		rows[i] = &model->vm[i];
	columns_sort(rows, model->nr_vms, s->opts->sort, s->opts->reverse);

	columns_layout(&layout, width());
	print_row(s, &layout, NULL);
	for (size_t i = 0; i < model->nr_vms; i++)
		print_vm(s, &layout, rows[i]);
	free(rows);
}

static void print_ready(const struct session *s)
{
	print_mode(s);
	printf("ready: VMs %zu  ", s->model.nr_vms);
	if (!session_now(s)->host.on)
		printf("vIOMMUs %zu  ", s->model.nr_viommus);
	printf("IOMMUs %zu  interval %g s\n\n", session_iommus(s), s->opts->interval_ns / 1e9);
}

static void print_rows(const struct session *s)
{
	if (s->opts->once)
		print_mode(s);
	print_summary(s);
	print_table(s);
	print_host(s);
	if (!s->opts->once)
		putchar('\n');
}

static void print_end(const struct session *s)
{
	totals_print(stdout, session_now(s));
}

enum exit_code batch_run(struct session *s)
{
	static const struct stream_ops ops = {
		.ready = print_ready,
		.rows = print_rows,
		.end = print_end,
	};

	return stream_run(s, &ops);
}
