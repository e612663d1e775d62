// SPDX-License-Identifier: GPL-2.0-only
/*
 * The live screen: which rows there are, and which one is selected.
 *
 * A row is remembered by the serial of its first vIOMMU: rows come, go and
 * change places with every update.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/sys/array.h"
#include "screen/ui.h"

static size_t find_toggled(const struct ui *ui, uint64_t serial)
{
	size_t i;

	for (i = 0; i < ui->nr_toggled; i++)
		if (ui->toggled[i] == serial)
			break;
	return i;
}

static bool is_toggled(const struct ui *ui, uint64_t serial)
{
	return find_toggled(ui, serial) < ui->nr_toggled;
}

static bool is_expanded(const struct ui *ui, const struct row *vm)
{
	return vm->nr > 1 && ui->expand_all != is_toggled(ui, vm->serial);
}

static void add_children(struct ui *ui, const struct row *vm)
{
	const struct model *model = &ui->session->model;
	size_t first = model->first[vm - model->vm];

	for (size_t i = first; i < first + vm->nr; i++)
		ui->rows[ui->nr_rows++] = &model->viommu[i];
}

static bool add_rows(struct ui *ui)
{
	const struct model *model = &ui->session->model;
	const struct row **vms;

	free(ui->rows);
	ui->nr_rows = 0;
	ui->rows = calloc(model->nr_vms + model->nr_viommus + 1, sizeof(*ui->rows));
	vms = calloc(model->nr_vms + 1, sizeof(*vms));
	if (!ui->rows || !vms) {
		free(vms);
		return false;
	}

	for (size_t i = 0; i < model->nr_vms; i++)
		vms[i] = &model->vm[i];
	columns_sort(vms, model->nr_vms, ui->sort, ui->reverse);
	for (size_t i = 0; i < model->nr_vms; i++) {
		ui->rows[ui->nr_rows++] = vms[i];
		if (is_expanded(ui, vms[i]))
			add_children(ui, vms[i]);
	}
	free(vms);
	return true;
}

static void select_cursor(struct ui *ui)
{
	const struct row *row = ui_selected(ui);

	ui->selected = row ? row->serial : 0;
	ui->child = row && row->child;
}

bool ui_rebuild(struct ui *ui)
{
	return session_rebuild(ui->session) && ui_update(ui);
}

bool ui_update(struct ui *ui)
{
	if (!add_rows(ui))
		return false;

	/* At the top the cursor stays there, whoever comes first */
	if (ui->cursor)
		for (size_t i = 0; i < ui->nr_rows; i++)
			if (ui->rows[i]->serial == ui->selected && ui->rows[i]->child == ui->child)
				ui->cursor = i;
	ui_move(ui, 0);
	return !ui->vm.pid || vm_update(&ui->vm, ui->session);
}

void ui_move(struct ui *ui, long step)
{
	long to = (long)ui->cursor + step;

	if (to >= (long)ui->nr_rows)
		to = (long)ui->nr_rows - 1;
	if (to < 0)
		to = 0;
	ui->cursor = to;
	select_cursor(ui);
}

const struct row *ui_selected(const struct ui *ui)
{
	return ui->cursor < ui->nr_rows ? ui->rows[ui->cursor] : NULL;
}

static void add_toggled(struct ui *ui, uint64_t serial)
{
	uint64_t *new = array_add(&ui->toggled, &ui->nr_toggled, &ui->toggled_room, sizeof(*new));

	if (new)
		*new = serial;
}

/* From a vIOMMU it goes back to its VM, which is the last one above */
static const struct row *selected_vm(struct ui *ui)
{
	while (ui->cursor && ui->rows[ui->cursor]->child)
		ui_move(ui, -1);
	return ui_selected(ui);
}

void ui_toggle(struct ui *ui)
{
	const struct row *vm = selected_vm(ui);
	size_t i;

	if (!vm)
		return;
	if (vm->nr == 1) {
		snprintf(ui->message, sizeof(ui->message),
			 "This VM has one vIOMMU: the row shows it all");
		return;
	}
	i = find_toggled(ui, vm->serial);
	if (i < ui->nr_toggled)
		ui->toggled[i] = ui->toggled[--ui->nr_toggled];
	else
		add_toggled(ui, vm->serial);
}
