// SPDX-License-Identifier: GPL-2.0-only
/*
 * The live screen: what keys do.
 */
#include <limits.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/text.h"
#include "screen/ui.h"

#define NSEC_PER_SEC 1000000000ull
#define INTERVAL_MIN (NSEC_PER_SEC / 10)
#define INTERVAL_MAX (3600 * NSEC_PER_SEC)

#define KEY_ESC 27
#define KEY_CTRL_U ('u' & 0x1f)
#define KEY_CTRL_L ('l' & 0x1f)

static void set_interval(struct ui *ui, uint64_t ns)
{
	if (ns < INTERVAL_MIN)
		ns = INTERVAL_MIN;
	if (ns > INTERVAL_MAX)
		ns = INTERVAL_MAX;
	ui->interval_ns = ns;
	snprintf(ui->message, sizeof(ui->message), "Interval: %g s", ns / 1e9);
}

/*
 * Typing
 */

/* A character may have several bytes */
static void erase_last(char *input)
{
	size_t len = strlen(input);

	while (len && (input[--len] & 0xc0) == 0x80)
		;
	input[len] = '\0';
}

static void edit(struct ui *ui, int key)
{
	size_t len = strlen(ui->input);

	if (key == KEY_BACKSPACE || key == 127 || key == '\b')
		erase_last(ui->input);
	else if (key == KEY_CTRL_U)
		ui->input[0] = '\0';
	else if (key >= ' ' && key < 256 && len + 1 < sizeof(ui->input)) {
		ui->input[len] = key;
		ui->input[len + 1] = '\0';
	}
}

static void apply_filter(struct ui *ui, const char *text)
{
	snprintf(ui->filter, sizeof(ui->filter), "%s", text);
	text_sanitize(ui->filter);
}

static void filter_key(struct ui *ui, int key)
{
	switch (key) {
	case KEY_ESC:
		ui->input[0] = '\0';
		apply_filter(ui, "");
		ui->mode = UI_TABLE;
		return;
	case '\n':
	case '\r':
	case KEY_ENTER:
		ui->mode = UI_TABLE;
		return;
	default:
		edit(ui, key);
		apply_filter(ui, ui->input);
	}
}

static void interval_key(struct ui *ui, int key)
{
	double seconds;
	char *end;

	if (key == KEY_ESC) {
		ui->mode = UI_TABLE;
		return;
	}
	if (key != '\n' && key != '\r' && key != KEY_ENTER) {
		edit(ui, key);
		return;
	}

	ui->mode = UI_TABLE;
	seconds = strtod(ui->input, &end);
	if (end == ui->input || *end || !(seconds > 0))
		snprintf(ui->message, sizeof(ui->message), "Not a number of seconds: %.40s",
			 ui->input);
	else
		set_interval(ui,
			     seconds > 3600 ? INTERVAL_MAX : (uint64_t)(seconds * NSEC_PER_SEC));
}

static void start_typing(struct ui *ui, enum ui_mode mode, const char *initial)
{
	ui->mode = mode;
	snprintf(ui->input, sizeof(ui->input), "%s", initial);
}

/*
 * The table
 */

static bool move_key(struct ui *ui, int key)
{
	long page = ui->page;

	switch (key) {
	case KEY_UP:
	case 'k':
		ui_move(ui, -1);
		return true;
	case KEY_DOWN:
	case 'j':
		ui_move(ui, 1);
		return true;
	case KEY_PPAGE:
		ui_move(ui, -page);
		return true;
	case KEY_NPAGE:
		ui_move(ui, page);
		return true;
	case KEY_HOME:
	case 'g':
		ui_move(ui, -(long)ui->nr_rows);
		return true;
	case KEY_END:
	case 'G':
		ui_move(ui, ui->nr_rows);
		return true;
	default:
		return false;
	}
}

static void sort_by(struct ui *ui, int step)
{
	struct layout layout;

	columns_layout(&layout, COLS);
	ui->sort = column_step(ui->sort, step, &layout);
	ui->cursor = 0;
	snprintf(ui->message, sizeof(ui->message), "Sorted by %s: %s", ui->sort->key,
		 ui->sort->help);
}

static bool view_key(struct ui *ui, int key)
{
	switch (key) {
	case 's':
	case '>':
	case KEY_RIGHT:
		sort_by(ui, 1);
		return true;
	case 'S':
	case '<':
	case KEY_LEFT:
		sort_by(ui, -1);
		return true;
	case 'r':
		ui->reverse = !ui->reverse;
		ui->cursor = 0;
		return true;
	case 'v':
		ui->expand_all = !ui->expand_all;
		ui->nr_toggled = 0;
		return true;
	case '\n':
	case '\r':
	case KEY_ENTER:
		vm_open(ui);
		return true;
	case ' ':
		ui_toggle(ui);
		return true;
	case 'z':
		ui->session->filter.active = !ui->session->filter.active;
		snprintf(ui->message, sizeof(ui->message),
			 ui->session->filter.active ? "Idle ones are left out"
						    : "Idle ones are shown");
		return true;
	default:
		return false;
	}
}

/* Through a recording; what cannot be read ends the run */
static bool seek_key(struct ui *ui, int key)
{
	static const struct {
		int key;
		long step;
	} keys[] = {
		{'.', 1},   {',', -1},		 {']', 10},
		{'[', -10}, {'}', LONG_MAX / 2}, {'{', LONG_MIN / 2},
	};

	if (!ui->session->replay)
		return false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (keys[i].key != key)
			continue;
		ui->paused = true;
		if (!session_seek(ui->session, keys[i].step) || !ui_rebuild(ui))
			ui->quit = ui->failed = true;
		return true;
	}
	return false;
}

/* What the screen of one VM has, too */
static bool common_key(struct ui *ui, int key)
{
	switch (key) {
	case 'Q':
		ui->quit = true;
		return true;
	case 'h':
	case '?':
		ui->mode = UI_HELP;
		return true;
	case 'i':
		start_typing(ui, UI_INTERVAL, "");
		return true;
	case '+':
		set_interval(ui, ui->interval_ns * 2);
		return true;
	case '-':
		set_interval(ui, ui->interval_ns / 2);
		return true;
	case 'p':
		ui->paused = !ui->paused;
		return true;
	default:
		return seek_key(ui, key);
	}
}

static void mode_key(struct ui *ui, int key)
{
	switch (key) {
	case 'q':
		ui->quit = true;
		return;
	case 'l':
		ui->mode = UI_LATENCY;
		return;
	case 'f':
	case '/':
		start_typing(ui, UI_FILTER, ui->filter);
		return;
	case KEY_ESC:
		apply_filter(ui, "");
		return;
	default:
		return;
	}
}

static void table_key(struct ui *ui, int key)
{
	ui->message[0] = '\0';
	if (ui->vm.pid) {
		if (!vm_key(ui, key))
			common_key(ui, key);
		return;
	}
	if (!move_key(ui, key) && !view_key(ui, key) && !common_key(ui, key))
		mode_key(ui, key);
}

/* While the histogram is open, the arrows go on to other rows */
static void overlay_key(struct ui *ui, int key)
{
	if (ui->mode == UI_LATENCY && move_key(ui, key))
		return;
	ui->mode = UI_TABLE;
}

void ui_key(struct ui *ui, int key)
{
	if (key == KEY_CTRL_L) {
		clearok(curscr, TRUE);
		return;
	}
	/* Everything is drawn anew anyway */
	if (key == KEY_RESIZE)
		return;

	switch (ui->mode) {
	case UI_FILTER:
		filter_key(ui, key);
		return;
	case UI_INTERVAL:
		interval_key(ui, key);
		return;
	case UI_HELP:
	case UI_LATENCY:
		overlay_key(ui, key);
		return;
	case UI_TABLE:
	default:
		table_key(ui, key);
	}
}
