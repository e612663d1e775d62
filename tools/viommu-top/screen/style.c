// SPDX-License-Identifier: GPL-2.0-only
/*
 * The live screen: colours, and writing text.
 */
#include <ncurses.h>
#include <stdarg.h>

#include "lib/text/text.h"
#include "screen/ui.h"

enum { PAIR_TITLE = 1, PAIR_GOOD, PAIR_BAD, PAIR_BAR, PAIR_SORTED };

static bool colored;

void style_init(bool color)
{
	colored = color && has_colors();
	if (!colored)
		return;
	start_color();
	use_default_colors();
	init_pair(PAIR_TITLE, COLOR_CYAN, -1);
	init_pair(PAIR_GOOD, COLOR_GREEN, -1);
	init_pair(PAIR_BAD, COLOR_RED, -1);
	init_pair(PAIR_BAR, COLOR_BLACK, COLOR_CYAN);
	init_pair(PAIR_SORTED, COLOR_BLACK, COLOR_WHITE);
}

static attr_t pair(int which, attr_t without)
{
	return colored ? COLOR_PAIR(which) : without;
}

unsigned int style(enum ui_style which)
{
	switch (which) {
	case STYLE_TITLE:
		return pair(PAIR_TITLE, A_NORMAL);
	case STYLE_VALUE:
		return A_BOLD;
	case STYLE_GOOD:
		return pair(PAIR_GOOD, A_NORMAL);
	case STYLE_BAD:
		return pair(PAIR_BAD, A_NORMAL) | A_BOLD;
	case STYLE_DIM:
		return A_DIM;
	case STYLE_BAR:
		return pair(PAIR_BAR, A_REVERSE);
	case STYLE_SORTED:
		return pair(PAIR_SORTED, A_REVERSE | A_BOLD);
	case STYLE_NORMAL:
	default:
		return A_NORMAL;
	}
}

int put(int y, int x, enum ui_style which, const char *fmt, ...)
{
	char text[PUT_MAX], fitted[PUT_MAX];
	int width;
	va_list args;

	if (y >= LINES || x >= COLS)
		return x;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);

	width = text_width(text);
	if (width > COLS - x)
		width = COLS - x;
	text_fit(fitted, sizeof(fitted), text, width, false);
	attrset(style(which));
	mvaddstr(y, x, fitted);
	attrset(A_NORMAL);
	return x + width;
}
