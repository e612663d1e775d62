// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen of one VM: sections below each other, or in two columns where there
 * is room. Lines are drawn when they are on the screen: a VM may have thousands
 * of vIOMMUs.
 */
#include <ncurses.h>
#include <stdarg.h>
#include <string.h>

#include "lib/text/text.h"
#include "screen/draw_vm.h"

/* From this width on there are two columns */
#define TWO_COLUMNS 160
#define HEADER_LINES 3
#define GENEROUS_LINES 14

static const struct section *const sections[] = {
	&section_rates,	 &section_viommus, &section_devices, &section_domains,
	&section_queues, &section_latency, &section_events,
};

#define NR_SECTIONS (sizeof(sections) / sizeof(*sections))
/* In two columns, the first of the right one */
#define RIGHT 4

/*
 * Lines of the whole
 */

static size_t section_lines(const struct ui *ui, size_t i)
{
	return 1 + sections[i]->nr(ui);
}

static size_t lines_before(const struct ui *ui, size_t first, size_t section)
{
	size_t lines = 0;

	for (size_t i = first; i < section; i++)
		lines += section_lines(ui, i);
	return lines;
}

static bool two_columns(void)
{
	return COLS >= TWO_COLUMNS;
}

static size_t all_lines(const struct ui *ui)
{
	size_t left, right;

	if (!two_columns())
		return lines_before(ui, 0, NR_SECTIONS);
	left = lines_before(ui, 0, RIGHT);
	right = lines_before(ui, RIGHT, NR_SECTIONS);
	return left > right ? left : right;
}

/* Where a section begins, which two columns count each for themselves */
static size_t section_top(const struct ui *ui, size_t section)
{
	return lines_before(ui, two_columns() && section >= RIGHT ? RIGHT : 0, section);
}

static void draw_heading(const struct ui *ui, size_t section, int y, const struct area *area)
{
	char rest[TEXT_MAX * 2] = "", text[PUT_MAX], fitted[PUT_MAX];

	sections[section]->head(rest, sizeof(rest), ui, area->width);
	snprintf(text, sizeof(text), "%-8s %s", sections[section]->title, rest);
	text_fit(fitted, sizeof(fitted), text, area->width, false);
	put(y, area->x, section == ui->vm.focus ? STYLE_SORTED : STYLE_BAR, "%s", fitted);
}

static void draw_column(const struct ui *ui, int y, int lines, size_t first, size_t end,
			const struct area *area)
{
	size_t skip = ui->vm.top;
	int bottom = y + lines;

	for (size_t i = first; i < end && y < bottom; i++) {
		size_t nr = section_lines(ui, i);

		if (skip >= nr) {
			skip -= nr;
			continue;
		}
		for (size_t n = skip; n < nr && y < bottom; n++, y++) {
			if (n)
				sections[i]->line(ui, n - 1, y, area);
			else
				draw_heading(ui, i, y, area);
		}
		skip = 0;
	}
}

static void draw_body(struct ui *ui, int y, int lines)
{
	size_t all = all_lines(ui);
	struct area area = {0, COLS};

	ui->page = lines > 1 ? lines : 1;
	if (ui->vm.top + ui->page > all)
		ui->vm.top = all > ui->page ? all - ui->page : 0;
	if (!two_columns()) {
		draw_column(ui, y, lines, 0, NR_SECTIONS, &area);
		return;
	}
	area.width = (COLS - 2) / 2;
	draw_column(ui, y, lines, 0, RIGHT, &area);
	area.x = area.width + 2;
	area.width = COLS - area.x;
	draw_column(ui, y, lines, RIGHT, NR_SECTIONS, &area);
}

/*
 * Header
 */

static int field(int y, int x, const char *name, const char *value)
{
	x = put(y, x, STYLE_TITLE, "%s ", name);
	return put(y, x, STYLE_VALUE, "%s", value) + 2;
}

static int number(int y, int x, const char *name, uint64_t value)
{
	char text[TEXT_MAX];

	text_count(text, sizeof(text), value);
	return field(y, x, name, text);
}

static void draw_who(const struct ui *ui, int y)
{
	const struct row *vm = ui->vm.vm;
	uint64_t now = session_now(ui->session)->mono_ns;
	char text[TEXT_MAX];
	int x;

	x = put(y, 0, STYLE_TITLE, "VM ");
	x = put(y, x, STYLE_VALUE, "%s", vm->name) + 2;
	snprintf(text, sizeof(text), "%d (%s)", vm->pid, vm->comm);
	x = field(y, x, "PID", text);
	if (!(vm->known & VT_KNOWS_HOST)) {
		text_age(text, sizeof(text), now > vm->created_ns ? now - vm->created_ns : 0);
		x = field(y, x, "age", text);
	}
	field(y, x, "IOMMU", vm->iommus);
}

static int lost(int x, const char *what, uint64_t nr)
{
	if (!nr)
		return x;
	return put(2, x, STYLE_BAD, "%s lost: %llu", what, (unsigned long long)nr) + 2;
}

static void draw_what(const struct ui *ui)
{
	const struct row *vm = ui->vm.vm;
	const struct parts *parts = &session_now(ui->session)->parts;
	char text[TEXT_MAX];
	int x = 0;

	if (!(vm->known & VT_KNOWS_HOST)) {
		x = number(2, x, "vIOMMUs", vm->nr);
		x = field(2, x, "guest IDs", vm->ids);
	}
	if (parts->known & PART_VDEVICES)
		x = number(2, x, "devices", vm_items(ui, vm_nr_devices));
	if (parts->known & PART_DOMAINS)
		x = number(2, x, "domains", vm_items(ui, vm_nr_domains));
	if (vm->known & VT_KNOWS_TABLES) {
		text_bytes(text, sizeof(text), vm->table_bytes);
		x = field(2, x, "IPA", text);
	}
	x = lost(x, "events", parts->happened_lost);
	lost(x, "latencies", vm->lost);
}

void draw_vm(struct ui *ui)
{
	int header = LINES >= GENEROUS_LINES ? HEADER_LINES : 1;

	if (header > 1)
		draw_state(ui);
	if (!ui->vm.vm) {
		put(2, 2, STYLE_DIM, "%s has no vIOMMU any more; Esc goes back", ui->vm.name);
		return;
	}
	if (header > 1) {
		draw_who(ui, 1);
		draw_what(ui);
	} else {
		draw_who(ui, 0);
	}
	draw_body(ui, header, LINES - header - 1);
}

/*
 * Moving
 */

void vm_scroll(struct ui *ui, long step)
{
	size_t all = ui->vm.vm ? all_lines(ui) : 0;
	long last = all > ui->page ? (long)(all - ui->page) : 0;
	long to = (long)ui->vm.top + step;

	ui->vm.top = to < 0 ? 0 : to > last ? last : to;
}

void vm_next_section(struct ui *ui, int step)
{
	if (!ui->vm.vm)
		return;
	ui->vm.focus = (ui->vm.focus + NR_SECTIONS + step) % NR_SECTIONS;
	ui->vm.top = 0;
	vm_scroll(ui, section_top(ui, ui->vm.focus));
}

size_t vm_lines(const struct ui *ui)
{
	return ui->vm.vm ? all_lines(ui) : 0;
}
