/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arrays that grow.
 *
 * An array is a pointer to its first item, how many there are, and how many fit;
 * all are zero while it is empty. Who has it releases it with free().
 */
#ifndef LIB_SYS_ARRAY_H
#define LIB_SYS_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/**
 * array_reserve() - Have room in an array
 * @array: points to the pointer to the first item
 * @nr:    for how many items
 * @room:  how many fit
 * @size:  of an item, in bytes
 *
 * Return: false without memory: the array is as it was then.
 */
bool array_reserve(void *array, size_t nr, size_t *room, size_t size);

/**
 * array_add() - Add an item at the end
 * @array: points to the pointer to the first item
 * @nr:    how many there are
 * @room:  how many fit
 * @size:  of an item, in bytes
 *
 * Return: the new item, which is zero; NULL without memory: the array is as it was
 * then.
 */
void *array_add(void *array, size_t *nr, size_t *room, size_t size);

#endif /* LIB_SYS_ARRAY_H */
