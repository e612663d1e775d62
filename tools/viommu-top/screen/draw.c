// SPDX-License-Identifier: GPL-2.0-only
/*
 * The live screen: the table and the line of keys.
 */
#include <ncurses.h>

#include "lib/text/text.h"
#include "screen/ui.h"

#define HEADER_LINES 4
/* Below this the table needs the lines more than the header does */
#define GENEROUS_LINES 14

static void bar(int y, enum ui_style which)
{
	attrset(style(which));
	mvhline(y, 0, ' ', COLS);
	attrset(A_NORMAL);
}

static enum ui_style cell_style(const struct ui *ui, const struct column *column,
				const struct row *row)
{
	if (!row)
		return column == ui->sort ? STYLE_SORTED : STYLE_BAR;
	if (row->lost && column->compare == column_find("lost")->compare)
		return STYLE_BAD;
	if (column == column_find("queue") && queues_worst(&row->queues) > QUEUE_OK)
		return STYLE_BAD;
	return row->child ? STYLE_DIM : STYLE_NORMAL;
}

static void draw_row(const struct ui *ui, const struct layout *layout, int y, const struct row *row,
		     bool selected)
{
	char cell[TEXT_MAX * 2];
	int x = 0;

	if (!row)
		bar(y, STYLE_BAR);
	for (size_t i = 0; i < layout->nr; i++) {
		columns_cell(cell, sizeof(cell), layout, i, row, &ui->session->model);
		put(y, x, cell_style(ui, layout->column[i], row), "%s", cell);
		x += layout->width[i] + 1;
	}
	if (selected)
		mvchgat(y, 0, -1, A_REVERSE, 0, NULL);
}

static const char *empty_reason(const struct ui *ui)
{
	if (session_now(ui->session)->nr)
		return "no vIOMMU matches the filter";
	if (session_now(ui->session)->host.on)
		return "no VMs: nobody has a device by VFIO at the moment, new ones appear here";
	return "no vIOMMUs: nobody uses one at the moment, new ones appear here";
}

static void draw_table(struct ui *ui, int y, int lines)
{
	struct layout layout;

	ui->page = lines > 1 ? lines - 1 : 1;
	if (ui->cursor < ui->top)
		ui->top = ui->cursor;
	if (ui->cursor >= ui->top + ui->page)
		ui->top = ui->cursor - ui->page + 1;
	/* No empty lines at the end while there are rows above */
	if (ui->top + ui->page > ui->nr_rows)
		ui->top = ui->nr_rows > ui->page ? ui->nr_rows - ui->page : 0;

	columns_layout(&layout, COLS);
	draw_row(ui, &layout, y, NULL, false);
	if (!ui->nr_rows)
		put(y + 2, 2, STYLE_DIM, "%s", empty_reason(ui));
	for (size_t i = 0; i < ui->page && ui->top + i < ui->nr_rows; i++)
		draw_row(ui, &layout, y + 1 + i, ui->rows[ui->top + i], ui->top + i == ui->cursor);
}

static void draw_position(const struct ui *ui, int y)
{
	size_t nr = ui->vm.pid ? vm_lines(ui) : ui->nr_rows;
	size_t top = ui->vm.pid ? ui->vm.top : ui->top;
	char text[64];

	if (nr <= ui->page)
		return;
	snprintf(text, sizeof(text), " %zu-%zu of %zu ", top + 1, top + ui->page, nr);
	put(y, COLS - text_width(text), STYLE_SORTED, "%s", text);
}

static const char *keys_line(const struct ui *ui)
{
	if (ui->vm.pid)
		return "Esc back h help Tab section Up Down scroll < > VM l bars p pause";
	return "q quit h help Enter VM s sort r reverse f filter v vIOMMUs l latency p pause";
}

static void draw_footer(const struct ui *ui, int y)
{
	bar(y, STYLE_BAR);
	if (ui->mode == UI_FILTER)
		put(y, 0, STYLE_BAR, "Filter (name, process, PID, guest ID): %s_", ui->input);
	else if (ui->mode == UI_INTERVAL)
		put(y, 0, STYLE_BAR, "Interval in seconds: %s_", ui->input);
	else if (ui->message[0])
		put(y, 0, STYLE_BAR, "%s", ui->message);
	else
		put(y, 0, STYLE_BAR, "%s", keys_line(ui));
	if (ui->mode == UI_TABLE)
		draw_position(ui, y);
}

void ui_draw(struct ui *ui)
{
	int header = LINES >= GENEROUS_LINES ? HEADER_LINES : 1;

	erase();
	if (ui->vm.pid) {
		draw_vm(ui);
	} else {
		draw_header(ui, header);
		draw_table(ui, header, LINES - header - 1);
	}
	if (ui->mode == UI_HELP)
		draw_help(ui);
	if (ui->mode == UI_LATENCY)
		draw_latency(ui);
	draw_footer(ui, LINES - 1);
	refresh();
}
