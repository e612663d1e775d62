// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen of one VM: what keys do.
 */
#include <ncurses.h>
#include <stdio.h>
#include <string.h>

#include "screen/ui.h"

#define KEY_ESC 27

static void fail(struct ui *ui)
{
	ui->quit = ui->failed = true;
}

static void show(struct ui *ui, const struct row *row)
{
	vm_close(&ui->vm);
	ui->vm.pid = row->pid;
	snprintf(ui->vm.name, sizeof(ui->vm.name), "%s", row->name);
	if (!session_want(ui->session, row->pid, row->name) || !vm_update(&ui->vm, ui->session))
		fail(ui);
}

void vm_open(struct ui *ui)
{
	const struct row *row;

	/* A filter may have been typed since, all at once */
	if (!ui_rebuild(ui)) {
		fail(ui);
		return;
	}
	row = ui_selected(ui);
	if (row)
		show(ui, row);
}

static void back(struct ui *ui)
{
	vm_close(&ui->vm);
	session_want(ui->session, 0, "");
}

/* Goes on from VM to VM as they are in the table; the section stays */
static void other_vm(struct ui *ui, int step)
{
	unsigned int focus = ui->vm.focus;
	bool bars = ui->vm.bars;

	do {
		size_t before = ui->cursor;

		ui_move(ui, step);
		if (ui->cursor == before)
			return;
	} while (ui_selected(ui)->child);
	show(ui, ui_selected(ui));
	ui->vm.bars = bars;
	if (focus)
		vm_next_section(ui, focus);
}

static bool scroll_key(struct ui *ui, int key)
{
	long page = ui->page, all = vm_lines(ui);

	switch (key) {
	case KEY_UP:
	case 'k':
		vm_scroll(ui, -1);
		return true;
	case KEY_DOWN:
	case 'j':
		vm_scroll(ui, 1);
		return true;
	case KEY_PPAGE:
		vm_scroll(ui, -page);
		return true;
	case KEY_NPAGE:
	case ' ':
		vm_scroll(ui, page);
		return true;
	case KEY_HOME:
	case 'g':
		vm_scroll(ui, -all);
		return true;
	case KEY_END:
	case 'G':
		vm_scroll(ui, all);
		return true;
	default:
		return false;
	}
}

bool vm_key(struct ui *ui, int key)
{
	if (scroll_key(ui, key))
		return true;
	switch (key) {
	case KEY_ESC:
	case 'q':
	case KEY_BACKSPACE:
	case 127:
	case '\b':
		back(ui);
		return true;
	case '\t':
		vm_next_section(ui, 1);
		return true;
	case KEY_BTAB:
		vm_next_section(ui, -1);
		return true;
	case KEY_RIGHT:
	case '>':
		other_vm(ui, 1);
		return true;
	case KEY_LEFT:
	case '<':
		other_vm(ui, -1);
		return true;
	case 'l':
		ui->vm.bars = !ui->vm.bars;
		return true;
	default:
		return false;
	}
}
