/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Comparing what several say exists.
 */
#ifndef TRACE_DIFF_COMPARE_H
#define TRACE_DIFF_COMPARE_H

#include "diff/facts.h"

/**
 * enum witness - Who says it
 * @WITNESS_TRACE:    events
 * @WITNESS_DRIVER:   iterators; of domains, debugfs
 * @WITNESS_HARDWARE: registers and tables of the hardware, in debugfs
 * @NR_WITNESSES:     how many there are
 */
enum witness { WITNESS_TRACE, WITNESS_DRIVER, WITNESS_HARDWARE, NR_WITNESSES };

/** witnesses - Their names */
extern const char *const witnesses[NR_WITNESSES];

/**
 * struct difference - One thing of which they do not say the same
 * @of:    what
 * @age:   whose it is, by each
 * @known: whether each knows about such things
 * @says:  what each says; empty if there is nothing
 */
struct difference {
	struct fact of;
	uint64_t age[NR_WITNESSES];
	bool known[NR_WITNESSES];
	char says[NR_WITNESSES][sizeof(((struct fact *)0)->says)];
};

/**
 * struct comparison - All that came out
 * @difference: each, in order
 * @nr:         how many
 * @room:       how many fit
 * @compared:   of each kind, what two or more say something about
 * @failed:     there was not enough memory
 */
struct comparison {
	struct difference *difference;
	size_t nr;
	size_t room;
	uint64_t compared[NR_FACT_KINDS];
	bool failed;
};

/**
 * compare_facts() - Compare
 * @by:  what each says, in order; NULL for one who is not asked
 * @out: result
 */
void compare_facts(const struct facts *const by[NR_WITNESSES], struct comparison *out);

/** compare_keep() - Drop differences that a later comparison does not have, all the same */
void compare_keep(struct comparison *first, const struct comparison *later);

/** compare_total() - Objects compared, of all kinds */
uint64_t compare_total(const struct comparison *comparison);

/** compare_free() - Release the memory, and forget */
void compare_free(struct comparison *comparison);

#endif /* TRACE_DIFF_COMPARE_H */
