/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The screen of one VM: what a section is, and what its lines are drawn with.
 */
#ifndef TOP_SCREEN_SECTION_H
#define TOP_SCREEN_SECTION_H

#include "screen/ui.h"

/**
 * struct area - Where a section is drawn
 * @x:     leftmost column
 * @width: columns
 */
struct area {
	int x;
	int width;
};

/**
 * struct section - Part of the screen: a heading, and lines below it
 * @title: of the heading
 * @nr:    how many lines there are
 * @head:  the rest of the heading, behind the title
 * @line:  draws one
 */
struct section {
	const char *title;
	size_t (*nr)(const struct ui *ui);
	void (*head)(char *buf, size_t len, const struct ui *ui, int width);
	void (*line)(const struct ui *ui, size_t i, int y, const struct area *area);
};

/**
 * area_put() - Write text into a section, as far as there is room
 * @y:     line
 * @area:  of the section
 * @x:     column in it
 * @which: style
 * @fmt:   as of printf()
 *
 * Return: the column behind the text.
 */
int area_put(int y, const struct area *area, int x, enum ui_style which, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/**
 * vm_item() - Which item of which vIOMMU a line is, when items are vIOMMU by vIOMMU
 * @ui:   the screen
 * @line: the line; becomes the number of the item
 * @nr:   how many items a vIOMMU has
 *
 * Return: the row of the vIOMMU; NULL if there are not that many.
 */
const struct row *vm_item(const struct ui *ui, size_t *line,
			  size_t (*nr)(const struct ui *ui, const struct row *row));

/** vm_items() - How many items all vIOMMUs have */
size_t vm_items(const struct ui *ui, size_t (*nr)(const struct ui *ui, const struct row *row));

/** vm_gid() - Guest ID of a row; with the IOMMU, where the VM uses several */
void vm_gid(char *buf, size_t len, const struct ui *ui, const struct row *row);

/** vm_unknown() - Why a part is not known: what to say in place of it */
const char *vm_unknown(const struct ui *ui, enum part part);

#endif /* TOP_SCREEN_SECTION_H */
