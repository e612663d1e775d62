// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays that grow.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys/array.h"

#define ROOM_MIN 16

bool array_reserve(void *array, size_t nr, size_t *room, size_t size)
{
	size_t more = *room ? *room : ROOM_MIN;
	void *first, *grown;

	if (nr <= *room)
		return true;
	while (more < nr && more <= SIZE_MAX / 2)
		more *= 2;
	if (more < nr)
		return false;
	memcpy(&first, array, sizeof(first));
	grown = reallocarray(first, more, size);
	if (!grown)
		return false;
	memcpy(array, &grown, sizeof(grown));
	*room = more;
	return true;
}

void *array_add(void *array, size_t *nr, size_t *room, size_t size)
{
	char *first;

	if (!array_reserve(array, *nr + 1, room, size))
		return NULL;
	memcpy(&first, array, sizeof(first));
	return memset(first + size * (*nr)++, 0, size);
}
