// SPDX-License-Identifier: GPL-2.0-only
/*
 * A set of addresses, as ranges.
 */
#include <stdlib.h>
#include <string.h>

#include "diff/ranges.h"
#include "lib/sys/array.h"

/* Put new ones in the place of some */
static bool replace(struct ranges *ranges, size_t at, size_t old, const struct range *new,
		    size_t nr)
{
	size_t behind = ranges->nr - at - old;
	struct range *range;

	if (nr > old &&
	    !array_reserve(&ranges->range, ranges->nr + nr - old, &ranges->room, sizeof(*range)))
		return false;
	range = ranges->range;
	if (behind)
		memmove(range + at + nr, range + at + old, behind * sizeof(*range));
	if (nr)
		memcpy(range + at, new, nr * sizeof(*range));
	ranges->nr += nr - old;
	return true;
}

bool ranges_add(struct ranges *ranges, uint64_t start, uint64_t size)
{
	struct range new = {start, start + size};
	size_t at = 0, old = 0;

	if (!size)
		return true;
	while (at < ranges->nr && ranges->range[at].end < start)
		at++;
	/* All that it touches become one */
	for (; at + old < ranges->nr && ranges->range[at + old].start <= new.end; old++) {
		const struct range *range = &ranges->range[at + old];

		if (range->start < new.start)
			new.start = range->start;
		if (range->end > new.end)
			new.end = range->end;
	}
	return replace(ranges, at, old, &new, 1);
}

bool ranges_remove(struct ranges *ranges, uint64_t start, uint64_t size)
{
	uint64_t end = start + size;
	size_t at = 0, old = 0, nr = 0;
	struct range rest[2];

	while (at < ranges->nr && ranges->range[at].end <= start)
		at++;
	while (at + old < ranges->nr && ranges->range[at + old].start < end)
		old++;
	if (!old)
		return true;
	/* What is left of the first and of the last */
	if (ranges->range[at].start < start)
		rest[nr++] = (struct range){ranges->range[at].start, start};
	if (ranges->range[at + old - 1].end > end)
		rest[nr++] = (struct range){end, ranges->range[at + old - 1].end};
	return replace(ranges, at, old, rest, nr);
}

void ranges_free(struct ranges *ranges)
{
	free(ranges->range);
	memset(ranges, 0, sizeof(*ranges));
}
