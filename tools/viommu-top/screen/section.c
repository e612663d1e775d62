// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen of one VM: what its sections are drawn with.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/text/text.h"
#include "screen/section.h"

int area_put(int y, const struct area *area, int x, enum ui_style which, const char *fmt, ...)
{
	char text[PUT_MAX], fitted[PUT_MAX];
	int width;
	va_list args;

	if (x >= area->width)
		return x;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	width = text_width(text);
	if (width > area->width - x)
		width = area->width - x;
	text_fit(fitted, sizeof(fitted), text, width, false);
	return put(y, area->x + x, which, "%s", fitted) - area->x;
}

/*
 * What vIOMMUs have, one vIOMMU after the other
 */

const struct row *vm_item(const struct ui *ui, size_t *line,
			  size_t (*nr)(const struct ui *ui, const struct row *row))
{
	for (unsigned int i = 0; i < ui->vm.vm->nr; i++) {
		const struct row *row = &ui->vm.viommu[i];
		size_t items = nr(ui, row);

		if (*line < items)
			return row;
		*line -= items;
	}
	return NULL;
}

size_t vm_items(const struct ui *ui, size_t (*nr)(const struct ui *ui, const struct row *row))
{
	size_t sum = 0;

	for (unsigned int i = 0; i < ui->vm.vm->nr; i++)
		sum += nr(ui, &ui->vm.viommu[i]);
	return sum;
}

void vm_gid(char *buf, size_t len, const struct ui *ui, const struct row *row)
{
	if (row->known & VT_KNOWS_HOST)
		snprintf(buf, len, "-");
	else if (strchr(ui->vm.vm->iommus, ','))
		snprintf(buf, len, "%u:%u", row->iommu, row->guest_id);
	else
		snprintf(buf, len, "%u", row->guest_id);
}

const char *vm_unknown(const struct ui *ui, enum part part)
{
	if (session_now(ui->session)->parts.known & part)
		return NULL;
	if (ui->session->replay)
		return "not in this recording: it was made by an older viommu-top";
	return "this kernel's AMD vIOMMU driver does not tell";
}
