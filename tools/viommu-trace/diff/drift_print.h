/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a comparison came to, as text and as JSON.
 */
#ifndef TRACE_DIFF_DRIFT_PRINT_H
#define TRACE_DIFF_DRIFT_PRINT_H

#include "diff/drift.h"

/** drift_print_begin() - What exists is known; only JSON tells */
void drift_print_begin(bool json);

/**
 * drift_print() - Print each difference, and how much was compared
 * @complete: nothing is missing
 */
void drift_print(const struct drift *drift, bool complete, bool json);

#endif /* TRACE_DIFF_DRIFT_PRINT_H */
