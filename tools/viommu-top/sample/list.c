// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of what vIOMMUs have.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/sys/array.h"
#include "sample/list.h"

static uint64_t viommu_at(const struct list *list, size_t size, size_t i)
{
	uint64_t viommu;

	memcpy(&viommu, (const char *)list->item + i * size, sizeof(viommu));
	return viommu;
}

bool list_add(struct list *list, const void *item, size_t size)
{
	void *new = array_add(&list->item, &list->nr, &list->room, size);

	if (!new)
		return false;
	memcpy(new, item, size);
	return true;
}

/* Where an item was, so that equal ones stay in order */
struct place {
	uint64_t viommu;
	size_t i;
};

static int by_viommu(const void *x, const void *y)
{
	const struct place *a = x, *b = y;

	if (a->viommu != b->viommu)
		return a->viommu < b->viommu ? -1 : 1;
	return (a->i > b->i) - (a->i < b->i);
}

static bool sorted(const struct list *list, size_t size)
{
	for (size_t i = 1; i < list->nr; i++)
		if (viommu_at(list, size, i - 1) > viommu_at(list, size, i))
			return false;
	return true;
}

bool list_sort(struct list *list, size_t size)
{
	struct place *places;
	char *items;

	if (sorted(list, size))
		return true;
	places = calloc(list->nr, sizeof(*places));
	items = calloc(list->nr, size);
	if (!places || !items) {
		free(places);
		free(items);
		return false;
	}
	for (size_t i = 0; i < list->nr; i++)
		places[i] = (struct place){viommu_at(list, size, i), i};
	qsort(places, list->nr, sizeof(*places), by_viommu);
	for (size_t i = 0; i < list->nr; i++)
		memcpy(items + i * size, (char *)list->item + places[i].i * size, size);
	free(places);
	free(list->item);
	list->item = items;
	list->room = list->nr;
	return true;
}

const void *list_of(const struct list *list, size_t size, uint64_t viommu, size_t *nr)
{
	size_t low = 0, high = list->nr, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (viommu_at(list, size, middle) < viommu)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < list->nr && viommu_at(list, size, end) == viommu; end++)
		;
	*nr = end - low;
	return (const char *)list->item + low * size;
}

void list_free(struct list *list)
{
	free(list->item);
	memset(list, 0, sizeof(*list));
}
