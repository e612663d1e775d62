/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Latencies of commands by VM and type, as a table and as JSON.
 */
#ifndef TRACE_SHOW_LATENCY_TABLE_H
#define TRACE_SHOW_LATENCY_TABLE_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "event/select.h"
#include "event/vms.h"
#include "viommu_trace.h"

/**
 * struct latency_view - How to show them
 * @bars:      histograms, too
 * @linear_ns: width of their buckets; 0 for powers of two
 * @exemplars: which command was the slowest, too
 */
struct latency_view {
	bool bars;
	uint64_t linear_ns;
	bool exemplars;
};

/** latency_view_argp - To be a child of a command's argp; its input is struct latency_view */
extern const struct argp latency_view_argp;

/**
 * struct latency_entry - Latencies of one type of command, of one VM
 * @key:    which
 * @all:    since the start
 * @shown:  of these, what was printed in earlier intervals
 * @slowest_real_ns: when the slowest was done, since 1970; 0 if it was not asked then
 * @linear: as @all, in buckets of equal width
 * @linear_shown: as @shown
 */
struct latency_entry {
	struct vtr_latency_key key;
	struct vtr_latency all;
	struct vtr_latency shown;
	uint64_t slowest_real_ns;
	struct vtr_linear linear;
	struct vtr_linear linear_shown;
};

/**
 * struct latency_table - All of them
 * @view:  how to show them
 * @json:  as JSON
 * @entry: each
 * @nr:    how many
 * @room:  how many fit
 */
struct latency_table {
	struct latency_view view;
	bool json;
	struct latency_entry *entry;
	size_t nr;
	size_t room;
};

/** latency_table_entry() - Find or make one; NULL without memory */
struct latency_entry *latency_table_entry(struct latency_table *table,
					  const struct vtr_latency_key *key);

/**
 * latency_table_add() - A command is done
 * @key:  whose, and which type
 * @ns:   its latency
 * @this: itself
 *
 * Return: false without memory.
 */
bool latency_table_add(struct latency_table *table, const struct vtr_latency_key *key, uint64_t ns,
		       const struct vtr_exemplar *this);

/**
 * latency_table_print() - Print what was not printed before
 * @select: whose
 * @vms:    their names
 */
void latency_table_print(struct latency_table *table, const struct select *select,
			 const struct vms *vms);

/**
 * struct latency_missing - What a table lacks
 * @commands:  commands that were seen, and whose latency is missing
 * @events:    submissions and completions that were not seen, or other events: without
 *             the first a latency is missing, without the second it is too long
 * @timeouts:  completion waits that timed out
 * @truncated: the end of a recording
 */
struct latency_missing {
	uint64_t commands;
	uint64_t events;
	uint64_t timeouts;
	bool truncated;
};

/** latency_print_simple() - A line of JSON of some type that is no row: what is missing */
void latency_print_simple(const char *type, const struct latency_missing *missing);

/** latency_tell_missing() - As that, for people; not that it is truncated */
void latency_tell_missing(const struct latency_missing *missing);

/** latency_table_free() - Release the memory */
void latency_table_free(struct latency_table *table);

#endif /* TRACE_SHOW_LATENCY_TABLE_H */
