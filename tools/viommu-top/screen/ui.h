/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The live screen: its state, shared by drawing and keys.
 */
#ifndef TOP_SCREEN_UI_H
#define TOP_SCREEN_UI_H

#include "view/columns.h"
#include "view/session.h"
#include "view/vmview.h"

#define UI_INPUT_MAX 64
/* Bytes of what put() writes at a time */
#define PUT_MAX 1024

/**
 * enum ui_mode - What keys mean, and what covers the table
 * @UI_TABLE:    the table, or the screen of one VM, alone
 * @UI_HELP:     the list of keys
 * @UI_LATENCY:  histogram of the selected row
 * @UI_FILTER:   a filter is being typed
 * @UI_INTERVAL: an interval is being typed
 */
enum ui_mode {
	UI_TABLE,
	UI_HELP,
	UI_LATENCY,
	UI_FILTER,
	UI_INTERVAL,
};

/**
 * enum ui_style - Meanings that have a colour
 * @STYLE_NORMAL: nothing special
 * @STYLE_TITLE:  headings
 * @STYLE_VALUE:  figures in the header
 * @STYLE_GOOD:   all is well
 * @STYLE_BAD:    something is wrong
 * @STYLE_DIM:    less important
 * @STYLE_BAR:    headings of the table and the line of keys
 * @STYLE_SORTED: heading of the column sorted by
 */
enum ui_style {
	STYLE_NORMAL,
	STYLE_TITLE,
	STYLE_VALUE,
	STYLE_GOOD,
	STYLE_BAD,
	STYLE_DIM,
	STYLE_BAR,
	STYLE_SORTED,
};

/**
 * struct ui - State of the live screen
 * @session:     what is shown
 * @interval_ns: time between updates
 * @mode:        what keys mean
 * @sort:        column sorted by
 * @reverse:     the other way round
 * @paused:      no updates
 * @quit:        leave
 * @failed:      and say so in the exit status
 * @message:     one-time message in place of the keys; "" for none
 * @filter:      filter in force
 * @input:       what is being typed
 * @toggled:     serials of the first vIOMMU of VMs that differ from @expand_all
 * @nr_toggled:  how many
 * @toggled_room: how many fit
 * @expand_all:  vIOMMUs are shown below their VMs
 * @rows:        rows in order of the screen
 * @nr_rows:     how many
 * @selected:    serial of the selected row
 * @child:       the selected row is that of a vIOMMU
 * @cursor:      index of the selected row
 * @top:         index of the first row on the screen
 * @page:        rows on the screen
 * @vm:          the VM that has the screen, if one has
 */
struct ui {
	struct session *session;
	uint64_t interval_ns;
	enum ui_mode mode;
	const struct column *sort;
	bool reverse;
	bool paused;
	bool quit;
	bool failed;
	char message[80];
	char filter[UI_INPUT_MAX];
	char input[UI_INPUT_MAX];
	uint64_t *toggled;
	size_t nr_toggled;
	size_t toggled_room;
	bool expand_all;
	const struct row **rows;
	size_t nr_rows;
	uint64_t selected;
	bool child;
	size_t cursor;
	size_t top;
	size_t page;
	struct vmview vm;
};

/* rows.c */

/**
 * ui_update() - Bring the rows on the screen up to date with those of the session
 * @ui: keeps the selected row selected, wherever it is now
 *
 * Return: false if out of memory.
 */
bool ui_update(struct ui *ui);

/**
 * ui_rebuild() - Bring the rows of the session up to date, too: after a change
 * @ui: keeps the selected row selected, wherever it is now
 *
 * Return: false if out of memory.
 */
bool ui_rebuild(struct ui *ui);

/**
 * ui_move() - Move the cursor
 * @ui:   the screen
 * @step: rows; anything too far stops at the end
 */
void ui_move(struct ui *ui, long step);

/**
 * ui_toggle() - Show or hide the vIOMMUs of the selected VM
 * @ui: the screen
 */
void ui_toggle(struct ui *ui);

/**
 * ui_selected() - The selected row
 * @ui: the screen
 *
 * Return: NULL if there are no rows.
 */
const struct row *ui_selected(const struct ui *ui);

/* keys.c */

/**
 * ui_key() - Do what a key asks for
 * @ui:  the screen
 * @key: as of getch()
 */
void ui_key(struct ui *ui, int key);

/* style.c */

/**
 * style_init() - Set up colours
 * @color: whether to use any
 */
void style_init(bool color);

/**
 * style() - Attributes of curses for a meaning
 * @style: the meaning
 */
unsigned int style(enum ui_style style);

/**
 * put() - Write text, as far as there is room
 * @y:     line
 * @x:     column
 * @which: its style
 * @fmt:   as of printf()
 *
 * Return: the column behind the text.
 */
int put(int y, int x, enum ui_style which, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* hold.c */

/**
 * hold_messages() - Keep messages to a terminal until release_messages()
 */
void hold_messages(void);

/**
 * release_messages() - Show the messages that were kept
 */
void release_messages(void);

/* keys_vm.c */

/**
 * vm_open() - Give the selected VM the screen
 * @ui: the screen
 */
void vm_open(struct ui *ui);

/**
 * vm_key() - Do what a key asks for, on the screen of one VM
 * @ui:  the screen
 * @key: as of getch()
 *
 * Return: false if the key means what it does elsewhere.
 */
bool vm_key(struct ui *ui, int key);

/* draw_vm.c */

/**
 * draw_vm() - Draw the screen of one VM
 * @ui: the screen
 */
void draw_vm(struct ui *ui);

/**
 * vm_scroll() - Scroll it
 * @ui:   the screen
 * @step: lines; anything too far stops at the end
 */
void vm_scroll(struct ui *ui, long step);

/**
 * vm_next_section() - Go to another section
 * @ui:   the screen
 * @step: sections; goes round
 */
void vm_next_section(struct ui *ui, int step);

/**
 * vm_lines() - How many lines there are to scroll through
 * @ui: the screen
 */
size_t vm_lines(const struct ui *ui);

/* draw.c, header.c, overlay.c */

/**
 * ui_draw() - Draw everything
 * @ui: the screen
 */
void ui_draw(struct ui *ui);

/**
 * draw_state() - Draw the first line: time, completeness, replay
 * @ui: the screen
 */
void draw_state(const struct ui *ui);

/**
 * draw_header() - Draw the figures above the table
 * @ui:    the screen
 * @lines: how many to use
 */
void draw_header(const struct ui *ui, int lines);

/**
 * draw_help() - Draw the list of keys
 * @ui: the screen
 */
void draw_help(const struct ui *ui);

/**
 * draw_latency() - Draw the histogram of the selected row
 * @ui: the screen
 */
void draw_latency(const struct ui *ui);

#endif /* TOP_SCREEN_UI_H */
