/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of addresses, as ranges.
 */
#ifndef TRACE_DIFF_RANGES_H
#define TRACE_DIFF_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct range - Addresses in a row
 * @start: the first
 * @end:   behind the last
 */
struct range {
	uint64_t start;
	uint64_t end;
};

/**
 * struct ranges - Ranges in order, none of which touch each other
 * @range: each
 * @nr:    how many
 * @room:  how many fit
 */
struct ranges {
	struct range *range;
	size_t nr;
	size_t room;
};

/** ranges_add() - Add addresses, some of which may be in it; false without memory */
bool ranges_add(struct ranges *ranges, uint64_t start, uint64_t size);

/** ranges_remove() - Remove addresses, some of which may not be in it; false likewise */
bool ranges_remove(struct ranges *ranges, uint64_t start, uint64_t size);

/** ranges_free() - Release the memory, and forget */
void ranges_free(struct ranges *ranges);

#endif /* TRACE_DIFF_RANGES_H */
