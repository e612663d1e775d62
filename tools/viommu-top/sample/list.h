/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of what vIOMMUs have: devices, domains and the like.
 *
 * Every item begins with the serial of its vIOMMU, as an uint64_t.
 */
#ifndef TOP_SAMPLE_LIST_H
#define TOP_SAMPLE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct list - Items of one kind, of all vIOMMUs; zeroed when it is empty
 * @item: they
 * @nr:   how many
 * @room: how many fit
 */
struct list {
	void *item;
	size_t nr;
	size_t room;
};

/**
 * list_add() - Add an item at the end
 * @list: where to
 * @item: is copied
 * @size: of an item
 *
 * Return: false if out of memory.
 */
bool list_add(struct list *list, const void *item, size_t size);

/**
 * list_sort() - Bring together what is of one vIOMMU; the rest stays in order
 * @list: of items as added
 * @size: of an item
 *
 * Return: false if out of memory.
 */
bool list_sort(struct list *list, size_t size);

/**
 * list_of() - What is of one vIOMMU
 * @list:   sorted
 * @size:   of an item
 * @viommu: its serial
 * @nr:     gets how many there are
 *
 * Return: the first of them.
 */
const void *list_of(const struct list *list, size_t size, uint64_t viommu, size_t *nr);

/** list_free() - Release the memory; it is empty afterwards */
void list_free(struct list *list);

#endif /* TOP_SAMPLE_LIST_H */
