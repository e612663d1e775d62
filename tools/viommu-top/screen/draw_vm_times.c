// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen of one VM: what it does.
 */
#include <stdio.h>
#include <string.h>

#include "lib/hw/names.h"
#include "lib/text/octaves.h"
#include "lib/text/text.h"
#include "screen/draw_vm.h"

/*
 * Rates of the last minutes
 */

#define RATE_LABEL 26

static size_t rate_lines(const struct ui *ui __attribute__((unused)))
{
	return 2;
}

static size_t shown(const struct series *series, int width)
{
	size_t room = width > RATE_LABEL ? width - RATE_LABEL : 0;

	return series->nr < room ? series->nr : room;
}

static void rate_head(char *buf, size_t len, const struct ui *ui, int width)
{
	size_t nr = shown(&ui->vm.series, width);

	snprintf(buf, len, "%9s %6s %s%zu interval%s", "NOW", "MAX", nr ? "LAST " : "", nr,
		 nr == 1 ? "" : "s");
}

/* The bar of one value: one of eight heights, nothing for nothing */
static const char *level(double value, double max)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {" ", ".", ".", ":", "-", "=", "+", "*", "#"};
	int n = max > 0 ? value * 8 / max + 0.5 : 0;

	if (value > 0 && !n)
		n = 1;
	if (n > 8)
		n = 8;
	return text_unicode() ? blocks[n] : ascii[n];
}

static void draw_series(const char *name, const double *value, size_t nr, int y,
			const struct area *area)
{
	char now[16] = "-", most[16] = "-", bar[4 * HISTORY_MAX] = "";
	double max = 0;
	size_t used = 0;

	for (size_t i = 0; i < nr; i++)
		max = value[i] > max ? value[i] : max;
	if (nr) {
		text_rate(now, sizeof(now), value[nr - 1]);
		text_rate(most, sizeof(most), max);
	}
	for (size_t i = 0; i < nr; i++)
		used += snprintf(bar + used, sizeof(bar) - used, "%s", level(value[i], max));
	area_put(y, area, 0, STYLE_NORMAL, "%-12s %5s %6s", name, now, most);
	area_put(y, area, RATE_LABEL, STYLE_GOOD, "%s", bar);
}

static void rate_line(const struct ui *ui, size_t i, int y, const struct area *area)
{
	const struct series *series = &ui->vm.series;
	size_t nr = shown(series, area->width);
	size_t from = series->nr - nr;

	if (i)
		draw_series("events/s", series->events + from, nr, y, area);
	else
		draw_series("commands/s", series->cmds + from, nr, y, area);
}

const struct section section_rates = {"RATE", rate_lines, rate_head, rate_line};

/*
 * Queues
 */

#define QUEUE_ENTRY_SIZE 16

static size_t nr_queues(const struct ui *ui, const struct row *row)
{
	const struct viommu *viommu = snapshot_find(ui->vm.model.now, row->serial);
	size_t nr = 0;

	for (int i = 0; viommu && i < VT_NR_QUEUES; i++)
		nr += viommu->rec.queue[i].size > 0;
	return nr;
}

static size_t queue_lines(const struct ui *ui)
{
	size_t nr = vm_items(ui, nr_queues);

	return nr ? nr : 1;
}

static int bar_width(int width)
{
	return width > 100 ? 40 : 20;
}

static void queue_head(char *buf, size_t len, const struct ui *ui __attribute__((unused)),
		       int width)
{
	snprintf(buf, len, "%-5s %-*s %5s %6s %6s %6s %5s %5s", "STATE", bar_width(width) + 2,
		 "FILL", "", "USED", "SIZE", "PER S", "OVF", "STUCK");
}

static void fill_bar(char *buf, size_t len, unsigned int percent, int width)
{
	const char *full = text_unicode() ? "█" : "#", *empty = text_unicode() ? "░" : "-";
	int n = (percent * width + 50) / 100;
	size_t used = 0;

	if (percent && !n)
		n = 1;
	*buf = '\0';
	for (int i = 0; i < width && used + strlen(full) < len; i++)
		used += snprintf(buf + used, len - used, "%s", i < n ? full : empty);
}

static void draw_queue(const struct ui *ui, const struct row *row, const struct vt_queue *queue,
		       enum vt_queue_type type, int y, const struct area *area)
{
	enum queue_state state = row->queues.state[type];
	char gid[16], name[32], rate[16] = "-", bar[256];
	int x;

	vm_gid(gid, sizeof(gid), ui, row);
	snprintf(name, sizeof(name), "%s %s", gid, queue_name(type));
	if (ui->vm.model.then)
		text_rate(rate, sizeof(rate), model_rate(&ui->vm.model, row->queues.gained[type]));
	fill_bar(bar, sizeof(bar), row->queues.fill[type], bar_width(area->width));
	x = area_put(y, area, 0, STYLE_NORMAL, "%-8s ", name);
	x = area_put(y, area, x, state > QUEUE_OK ? STYLE_BAD : STYLE_NORMAL, "%-5s ",
		     queue_state_name(state));
	x = area_put(y, area, x, state > QUEUE_OK ? STYLE_BAD : STYLE_GOOD, "[%s]", bar);
	area_put(y, area, x, STYLE_NORMAL, " %4u%% %6u %6u %6s %5llu %5llu", row->queues.fill[type],
		 queue_used(queue) / QUEUE_ENTRY_SIZE, queue->size / QUEUE_ENTRY_SIZE, rate,
		 (unsigned long long)queue->overflows, (unsigned long long)queue->stucks);
}

static void queue_line(const struct ui *ui, size_t i, int y, const struct area *area)
{
	const struct row *row = vm_item(ui, &i, nr_queues);
	const struct viommu *viommu = row ? snapshot_find(ui->vm.model.now, row->serial) : NULL;

	if (!viommu) {
		area_put(y, area, 0, STYLE_DIM, "none that the hardware serves");
		return;
	}
	for (int type = 0; type < VT_NR_QUEUES; type++) {
		const struct vt_queue *queue = &viommu->rec.queue[type];

		if (queue->size && !i--)
			draw_queue(ui, row, queue, type, y, area);
	}
}

const struct section section_queues = {"QUEUE", queue_lines, queue_head, queue_line};

/*
 * Latency by type of command
 */

/* Columns of the small histogram, a power of two each, the first from 256 ns */
#define FIRST_OCTAVE 7
#define SMALL_OCTAVES 14
#define NAME_WIDTH 26

static size_t command_lines(const struct ui *ui, const struct vtr_latency *latency)
{
	struct octaves octaves;

	octaves_count(&octaves, &latency->hist);
	if (octaves.last < octaves.first)
		return 0;
	return ui->vm.bars ? 2 + octaves.last - octaves.first : 1;
}

static size_t latency_lines(const struct ui *ui)
{
	size_t nr = 0;

	for (int i = 0; i < VTR_OPCODES; i++)
		nr += command_lines(ui, &ui->vm.command[i]);
	return nr ? nr : 1;
}

static void latency_head(char *buf, size_t len, const struct ui *ui __attribute__((unused)),
			 int width __attribute__((unused)))
{
	char from[16], to[16];

	text_duration(from, sizeof(from), octaves_from(FIRST_OCTAVE));
	text_duration(to, sizeof(to), octaves_from(FIRST_OCTAVE + SMALL_OCTAVES - 1));
	snprintf(buf, len, "%-*s %6s %6s %6s %6s %6s %s-%s", NAME_WIDTH - 9, "", "COUNT", "P50",
		 "P90", "P99", "MAX", from, to);
}

static void small_histogram(char *buf, size_t len, const struct octaves *octaves)
{
	uint64_t count[SMALL_OCTAVES] = {}, most = 0;
	size_t used = 0;

	for (int i = 0; i < NR_OCTAVES; i++) {
		int at = i - FIRST_OCTAVE;

		at = at < 0 ? 0 : at;
		at = at < SMALL_OCTAVES ? at : SMALL_OCTAVES - 1;
		count[at] += octaves->count[i];
		most = count[at] > most ? count[at] : most;
	}
	for (int i = 0; i < SMALL_OCTAVES; i++)
		used += snprintf(buf + used, len - used, "%s", level(count[i], most));
}

/* In six columns, also where a character has several bytes */
static void add_time(char *buf, size_t len, uint64_t ns)
{
	size_t used = strlen(buf);
	char text[16];

	text_duration(text, sizeof(text), ns);
	used += snprintf(buf + used, len - used, " ");
	text_fit(buf + used, len - used, text, 6, true);
}

static void add_percentile(char *buf, size_t len, const struct vtr_latency *latency, double percent)
{
	uint64_t ns = 0;

	hist_percentile_max(&latency->hist, percent, latency->max_ns, &ns);
	add_time(buf, len, ns);
}

static void draw_command(const struct vtr_latency *latency, int opcode, int y,
			 const struct area *area)
{
	char times[64] = "", count[16], bar[8 * SMALL_OCTAVES];
	struct octaves octaves;

	octaves_count(&octaves, &latency->hist);
	text_count(count, sizeof(count), hist_count(&latency->hist));
	add_percentile(times, sizeof(times), latency, 50);
	add_percentile(times, sizeof(times), latency, 90);
	add_percentile(times, sizeof(times), latency, 99);
	add_time(times, sizeof(times), latency->max_ns);
	small_histogram(bar, sizeof(bar), &octaves);
	area_put(y, area, 0, STYLE_NORMAL, "%-*s %6s%s", NAME_WIDTH, command_name(opcode), count,
		 times);
	area_put(y, area, NAME_WIDTH + 36, STYLE_GOOD, "%s", bar);
}

static void draw_octave(const struct vtr_latency *latency, size_t i, int y, const struct area *area)
{
	char from[16], to[16], count[16], bar[TEXT_MAX];
	struct octaves octaves;

	octaves_count(&octaves, &latency->hist);
	i += octaves.first;
	text_duration(from, sizeof(from), octaves_from(i));
	text_duration(to, sizeof(to), octaves_from(i + 1));
	text_count(count, sizeof(count), octaves.count[i]);
	octaves_bar(bar, sizeof(bar), &octaves, i, 40);
	area_put(y, area, 4, STYLE_NORMAL, "%s", from);
	area_put(y, area, 11, STYLE_DIM, "-");
	area_put(y, area, 13, STYLE_NORMAL, "%s", to);
	area_put(y, area, NAME_WIDTH + 1, STYLE_NORMAL, "%6s", count);
	area_put(y, area, NAME_WIDTH + 8, STYLE_GOOD, "%s", bar);
}

static void latency_line(const struct ui *ui, size_t i, int y, const struct area *area)
{
	const char *why = vm_unknown(ui, PART_COMMANDS);

	for (int opcode = 0; opcode < VTR_OPCODES; opcode++) {
		const struct vtr_latency *latency = &ui->vm.command[opcode];
		size_t lines = command_lines(ui, latency);

		if (i >= lines) {
			i -= lines;
			continue;
		}
		if (i)
			draw_octave(latency, i - 1, y, area);
		else
			draw_command(latency, opcode, y, area);
		return;
	}
	area_put(y, area, 0, STYLE_DIM, "%s",
		 why ? why : "no command of the host's for it has ended");
}

const struct section section_latency = {"COMMAND", latency_lines, latency_head, latency_line};

/*
 * What happened
 */

static size_t event_lines(const struct ui *ui)
{
	return ui->vm.happened.nr ? ui->vm.happened.nr : 1;
}

static void event_head(char *buf, size_t len, const struct ui *ui,
		       int width __attribute__((unused)))
{
	snprintf(buf, len, "%s%s", ui->vm.vm->nr > 1 ? "GUEST ID " : "", "WHAT HAPPENED LAST");
}

static const struct row *row_of(const struct ui *ui, uint64_t serial)
{
	for (unsigned int i = 0; i < ui->vm.vm->nr; i++)
		if (ui->vm.viommu[i].serial == serial)
			return &ui->vm.viommu[i];
	return NULL;
}

static void event_line_draw(const struct ui *ui, size_t i, int y, const struct area *area)
{
	const struct happening *happening = ui->vm.happened.item;
	const char *why = vm_unknown(ui, PART_HAPPENED);
	uint64_t now = ui->vm.model.now->mono_ns;
	const struct row *row;
	char age[16], gid[16] = "-";
	int x;

	if (!ui->vm.happened.nr) {
		area_put(y, area, 0, STYLE_DIM, "%s", why ? why : "nothing since viommu-top runs");
		return;
	}
	happening += i;
	text_age(age, sizeof(age), now > happening->mono_ns ? now - happening->mono_ns : 0);
	x = area_put(y, area, 0, STYLE_DIM, "%5s ago", age);
	row = row_of(ui, happening->viommu);
	if (row)
		vm_gid(gid, sizeof(gid), ui, row);
	if (ui->vm.vm->nr > 1)
		x = area_put(y, area, x, STYLE_NORMAL, "%8s", gid);
	area_put(y, area, x, happening->bad ? STYLE_BAD : STYLE_NORMAL, " %s", happening->text);
}

const struct section section_events = {"AGE", event_lines, event_head, event_line_draw};
