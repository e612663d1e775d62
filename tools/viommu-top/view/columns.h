/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Columns of the table, for screen and batch alike.
 */
#ifndef TOP_VIEW_COLUMNS_H
#define TOP_VIEW_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "view/model.h"

#define COLUMNS_MAX 40

/**
 * struct column - One column
 * @key:        its name for --sort
 * @title:      its heading
 * @help:       what it shows
 * @width:      columns of the screen it needs
 * @right:      numbers: aligned to the right, and sorted from the largest
 * @wide:       only where there is room; the smaller the sooner, up to 0 with 80 columns
 * @format:     what it shows for a row
 * @compare:    ascending order of two rows
 */
struct column {
	const char *key;
	const char *title;
	const char *help;
	int width;
	bool right;
	int wide;
	void (*format)(char *buf, size_t len, const struct row *row, const struct model *model);
	int (*compare)(const struct row *a, const struct row *b);
};

/**
 * struct layout - The columns that fit
 * @nr:     how many
 * @column: each
 * @width:  how wide each is
 */
struct layout {
	size_t nr;
	const struct column *column[COLUMNS_MAX];
	int width[COLUMNS_MAX];
};

/**
 * column_find() - Find a column by its key
 * @key: as given by a user
 *
 * Return: NULL if there is none.
 */
const struct column *column_find(const char *key);

/**
 * columns_print_keys() - Print what can be sorted by
 * @file: where to
 */
void columns_print_keys(FILE *file);

/**
 * columns_choose() - Show these columns, not those that fit
 * @keys: their keys, separated by commas, in order
 *
 * Return: false if one of them does not exist, or there are none or too many.
 */
bool columns_choose(const char *keys);

/** columns_of_host() - Without our driver: those that are known, if the user chose none */
void columns_of_host(void);

/**
 * columns_layout() - Choose columns for a width
 * @layout: result
 * @width:  of the screen
 */
void columns_layout(struct layout *layout, int width);

/**
 * column_step() - The next column on the screen
 * @column: where to start
 * @step:   1 to the right, -1 to the left; goes round
 * @layout: columns on the screen
 */
const struct column *column_step(const struct column *column, int step,
				 const struct layout *layout);

/**
 * columns_sort() - Sort rows
 * @rows:    pointers to them
 * @nr:      how many
 * @column:  what by
 * @reverse: the other way round
 */
void columns_sort(const struct row **rows, size_t nr, const struct column *column, bool reverse);

/**
 * columns_cell() - One cell of the table, padded to its width
 * @buf:    result
 * @len:    its size
 * @layout: as chosen
 * @i:      which column
 * @row:    which row; NULL for the heading
 * @model:  where the row comes from
 */
void columns_cell(char *buf, size_t len, const struct layout *layout, size_t i,
		  const struct row *row, const struct model *model);

#endif /* TOP_VIEW_COLUMNS_H */
