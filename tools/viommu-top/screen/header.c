// SPDX-License-Identifier: GPL-2.0-only
/*
 * The live screen: the figures above the table.
 */
#include <ncurses.h>
#include <string.h>
#include <time.h>

#include "lib/text/text.h"
#include "sample/totals.h"
#include "screen/ui.h"
#include "view/host_text.h"
#include "view/usage.h"

#define GUEST_IDS_PER_IOMMU 32766

/* "name value", with the value standing out */
static int field(int y, int x, const char *name, const char *value)
{
	x = put(y, x, STYLE_TITLE, "%s ", name);
	return put(y, x, STYLE_VALUE, "%s", value) + 2;
}

static int count_field(int y, int x, const char *name, uint64_t value)
{
	char text[TEXT_MAX];

	text_count(text, sizeof(text), value);
	return field(y, x, name, text);
}

static int rate_field(const struct model *model, int y, int x, const char *name,
		      enum vt_counter which)
{
	char rate[TEXT_MAX] = "-", text[TEXT_MAX + 2];

	if (model->then)
		text_rate(rate, sizeof(rate), model_rate(model, model_gained(model, which)));
	snprintf(text, sizeof(text), "%s/s", rate);
	return field(y, x, name, text);
}

static int completeness(int x, const struct snapshot *now)
{
	char text[128];

	totals_completeness(text, sizeof(text), now);
	return put(0, x, snapshot_complete(now) ? STYLE_GOOD : STYLE_BAD, "%s", text) + 2;
}

void draw_state(const struct ui *ui)
{
	const struct snapshot *now = session_now(ui->session);
	time_t seconds = now->real_ns / 1000000000;
	char text[128];
	struct tm tm;
	int x;

	strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&seconds, &tm));
	x = put(0, 0, STYLE_VALUE, "viommu-top") + 1;
	x = put(0, x, STYLE_NORMAL, "%s", text) + 2;
	/* Must not be what a narrow screen has no room for */
	if (!snapshot_complete(now))
		x = completeness(x, now);
	x = put(0, x, STYLE_TITLE, "every ");
	x = put(0, x, STYLE_NORMAL, "%g s", ui->interval_ns / 1e9) + 2;
	if (!ui->vm.pid) {
		x = put(0, x, STYLE_TITLE, "by ");
		x = put(0, x, STYLE_NORMAL, "%s%s", ui->sort->key,
			ui->reverse ? ", reversed" : "") +
		    2;
	}
	if (snapshot_complete(now))
		x = completeness(x, now);
	if (ui->session->replay) {
		snprintf(text, sizeof(text), "replay %zu of %zu", ui->session->position + 1,
			 recording_nr(ui->session->replay));
		x = put(0, x, STYLE_SORTED, "%s", text) + 2;
	}
	if (ui->paused)
		x = put(0, x, STYLE_SORTED, "PAUSED") + 2;
	if (ui->filter[0])
		put(0, x, STYLE_BAD, "filter: %s", ui->filter);
}

/* What not to look for in the table */
static void draw_mode(const struct snapshot *now, int x)
{
	char mode[HOST_TEXT_MAX];

	host_text_mode(mode, sizeof(mode), &now->host);
	put(1, x, STYLE_SORTED, "%s", mode);
}

/* Instead of the life of vIOMMUs: who makes the IOMMUs work */
static void draw_causes(const struct ui *ui)
{
	const struct model *model = &ui->session->model;
	char device[HOST_TEXT_MAX], task[HOST_TEXT_MAX];
	int x;

	x = put(3, 0, STYLE_TITLE, "most flushes: ");
	host_text_devices(device, sizeof(device), model);
	host_text_tasks(task, sizeof(task), model);
	x = put(3, x, STYLE_VALUE, "%s", *device ? device : "-") + 2;
	put(3, x, STYLE_NORMAL, "%s", task);
}

static void draw_numbers(const struct ui *ui)
{
	const struct snapshot *now = session_now(ui->session);
	size_t iommus = session_iommus(ui->session);
	const struct model *model = &ui->session->model;
	struct usage usage;
	char text[TEXT_MAX];
	int x;

	x = count_field(1, 0, "IOMMUs", iommus);
	x = count_field(1, x, "VMs", model->nr_vms);
	if (now->host.on) {
		draw_mode(now, x);
		return;
	}
	x = count_field(1, x, "vIOMMUs", model->nr_viommus);
	snprintf(text, sizeof(text), "%zu of %zu", now->nr, iommus * GUEST_IDS_PER_IOMMU);
	x = field(1, x, "guest IDs", text);
	usage_get(&usage, now);
	if (usage.known & VT_KNOWS_FREE)
		snprintf(text, sizeof(text), "%llu of %llu", (unsigned long long)usage.trans_used,
			 (unsigned long long)usage.trans_all);
	else
		snprintf(text, sizeof(text), "%llu", (unsigned long long)usage.trans_used);
	/* Of how many matters less than how many */
	if (x + (int)strlen("TransDevIDs ") + text_width(text) > COLS)
		snprintf(text, sizeof(text), "%llu", (unsigned long long)usage.trans_used);
	if (usage.known & VT_KNOWS_TRANS)
		field(1, x, "TransDevIDs", text);
}

static int latency_field(const struct hist *hist, int x, const char *name, double percent)
{
	char text[TEXT_MAX] = "-";
	uint64_t ns;

	if (hist_percentile(hist, percent, &ns))
		text_duration(text, sizeof(text), ns);
	return field(2, x, name, text);
}

static void draw_traffic(const struct ui *ui)
{
	const struct model *model = &ui->session->model;
	struct hist latency = {};
	struct usage usage;
	char text[TEXT_MAX];
	int x;

	if (model->then)
		hist_delta(&latency, &model->now->latency, &model->then->latency);
	x = rate_field(model, 2, 0, "host cmds", VT_CMD);
	x = rate_field(model, 2, x, "events", VT_EVENT);
	x = put(2, x, STYLE_TITLE, "completion ");
	x = latency_field(&latency, x, "p50", 50);
	x = latency_field(&latency, x, "p99", 99);
	usage_get(&usage, model->now);
	if (usage.known & VT_KNOWS_TABLES) {
		text_bytes(text, sizeof(text), usage.table_bytes);
		x = field(2, x, "IPA", text);
	}
	snprintf(text, sizeof(text), "%llu of %llu", (unsigned long long)usage.domains_used,
		 (unsigned long long)usage.domains_all);
	/* Where there is room: few guests have many */
	if (usage.known & VT_KNOWS_QUOTA &&
	    x + (int)strlen("DomainIDs ") + text_width(text) <= COLS)
		field(2, x, "DomainIDs", text);
}

static int error_field(int x, const char *name, uint64_t count)
{
	if (!count)
		return x;
	return put(3, x, STYLE_BAD, "%s %llu", name, (unsigned long long)count) + 2;
}

static int share_field(int x, const char *name, double share)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), share < 0.0995 ? "%.2f%%" : "%.1f%%", share * 100);
	return field(3, x, name, text);
}

/* Nobody should have to wonder what watching costs */
static void draw_cost(const struct model *model, int x)
{
	double share;

	if (usage_cpu(model, &share))
		x = share_field(x, "own CPU", share);
	if (usage_bpf(model, &share))
		share_field(x, "BPF", share);
}

static void draw_life(const struct ui *ui)
{
	const uint64_t *count = session_now(ui->session)->count;
	int x;

	if (session_now(ui->session)->host.on) {
		draw_causes(ui);
		return;
	}
	x = put(3, 0, STYLE_TITLE, "so far: ");
	x = count_field(3, x, "created", count[VT_INIT]);
	x = count_field(3, x, "destroyed", count[VT_DESTROY]);
	x = count_field(3, x, "resets", count[VT_RESET]);
	x = count_field(3, x, "events", count[VT_EVENT]);
	x = error_field(x, "failed", count[VT_INIT_ERROR]);
	x = error_field(x, "reset errors", count[VT_RESET_ERROR]);
	x = error_field(x, "wait timeouts", count[VT_WAIT_ERROR]);
	draw_cost(&ui->session->model, x);
}

void draw_header(const struct ui *ui, int lines)
{
	draw_state(ui);
	if (lines > 1)
		draw_numbers(ui);
	if (lines > 2)
		draw_traffic(ui);
	if (lines > 3)
		draw_life(ui);
}
