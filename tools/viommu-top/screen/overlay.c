// SPDX-License-Identifier: GPL-2.0-only
/*
 * The live screen: what covers the table for a while.
 */
#include <ncurses.h>
#include <string.h>

#include "lib/text/octaves.h"
#include "lib/text/text.h"
#include "screen/ui.h"

static const char *const help[] = {
	"q Q          leave; q only leaves the screen of a VM first",
	"h ?          this help; any key closes it",
	"Up Down      select a VM",
	"PgUp PgDn    scroll; Home and End go to the first and last",
	"Enter        all about the selected VM; Esc, q or Backspace come back,",
	"             Tab goes on to the next section, Left and Right to other VMs",
	"Space        show or hide the vIOMMUs of the selected VM",
	"v            the same for all VMs",
	"l            latency histogram of the selected row; of a VM, all of them",
	"s > <        sort by the next or previous column",
	"r            sort the other way round",
	"f /          filter; Esc ends it",
	"z            leave out what is idle",
	"i            set the interval; + and - double and halve it",
	"p            pause",
	". ,          replay: next, previous sample; ] [ ten; } { last, first",
	"",
	"P50, P99: how long the driver waited for the IOMMU to complete the",
	"commands it queued for the VM (host path). What the hardware does for",
	"the guest's own command queue does not pass through the host.",
};

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* Clears a frame in the middle; the place inside is returned */
static void frame(int lines, int columns, const char *title, int *y, int *x)
{
	int top = LINES > lines + 2 ? (LINES - lines - 2) / 2 : 0;
	int left = COLS > columns + 4 ? (COLS - columns - 4) / 2 : 0;

	for (int i = 0; i < lines + 2; i++)
		if (top + i < LINES)
			mvhline(top + i, left, ' ', columns + 4);
	attrset(style(STYLE_BAR));
	mvhline(top, left, ' ', columns + 4);
	put(top, left + 2, STYLE_BAR, "%s", title);
	attrset(style(STYLE_BAR));
	if (top + lines + 1 < LINES)
		mvhline(top + lines + 1, left, ' ', columns + 4);
	attrset(A_NORMAL);
	*y = top + 1;
	*x = left + 2;
}

void draw_help(const struct ui *ui __attribute__((unused)))
{
	int y, x;

	frame(NR(help), 70, "viommu-top " VERSION, &y, &x);
	for (size_t i = 0; i < NR(help); i++)
		put(y + i, x, STYLE_NORMAL, "%s", help[i]);
}

/*
 * Latency: one line per power of two
 */

static void draw_octave(const struct octaves *octaves, int i, int y, int x)
{
	char from[16], to[16], count[16], bar[TEXT_MAX];

	text_duration(from, sizeof(from), octaves_from(i));
	text_duration(to, sizeof(to), octaves_from(i + 1));
	text_count(count, sizeof(count), octaves->count[i]);
	octaves_bar(bar, sizeof(bar), octaves, i, 40);
	put(y, x, STYLE_NORMAL, "%6s", from);
	put(y, x + 7, STYLE_DIM, "-");
	put(y, x + 9, STYLE_NORMAL, "%6s", to);
	put(y, x + 16, STYLE_NORMAL, "%6s", count);
	put(y, x + 24, STYLE_GOOD, "%s", bar);
}

static void draw_octaves(const struct octaves *octaves, const char *title)
{
	int lines = octaves->last - octaves->first + 1;
	int room = LINES - 4;
	int first = octaves->first;
	int y, x;

	/* Where it does not fit, the slow ones matter more */
	if (lines > room) {
		first += lines - room;
		lines = room;
	}
	frame(lines, 66, title, &y, &x);
	for (int i = 0; i < lines; i++)
		draw_octave(octaves, first + i, y + i, x);
}

void draw_latency(const struct ui *ui)
{
	const struct row *row = ui_selected(ui);
	struct octaves octaves;
	struct hist latency;
	char title[TEXT_MAX + VMNAME_MAX];
	int y, x;

	if (!row)
		return;
	snprintf(title, sizeof(title), "%s, guest ID %s: completion latency since %s", row->name,
		 row->ids, row->known & VT_KNOWS_HOST ? "start" : "creation");
	model_latency(&ui->session->model, row, &latency);
	octaves_count(&octaves, &latency);
	if (octaves.last >= 0) {
		draw_octaves(&octaves, title);
		return;
	}
	frame(1, 66, title, &y, &x);
	put(y, x, STYLE_DIM, "no completion waits yet");
}
