/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Totals since the start of the tool, and what is missing from them.
 */
#ifndef TOP_SAMPLE_TOTALS_H
#define TOP_SAMPLE_TOTALS_H

#include <stdio.h>

#include "sample/snapshot.h"

/**
 * totals_name() - Name of a counter in all outputs
 * @which: the counter
 */
const char *totals_name(enum vt_counter which);

/**
 * totals_completeness() - "complete", or what is missing
 * @buf:  result
 * @len:  its size
 * @snap: as taken
 */
void totals_completeness(char *buf, size_t len, const struct snapshot *snap);

/**
 * totals_print() - Print all totals, and a line about what is missing
 * @file: where to
 * @snap: as taken
 */
void totals_print(FILE *file, const struct snapshot *snap);

/**
 * totals_explain_loss() - Say to stderr what was lost, if anything
 * @snap: as taken
 */
void totals_explain_loss(const struct snapshot *snap);

/** totals_known() - Whether anything tells a total: without our driver, few */
bool totals_known(const struct snapshot *snap, enum vt_counter which);

#endif /* TOP_SAMPLE_TOTALS_H */
