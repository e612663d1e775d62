/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a comparison came to, as text and as JSON.
 */
#ifndef DRIFT_PRINT_H
#define DRIFT_PRINT_H

#include "drift.h"

/** drift_print_begin() - What exists is known; only JSON tells */
void drift_print_begin(bool json);

/**
 * drift_print() - Print each difference, and how much was compared
 * @complete: nothing is missing
 */
void drift_print(const struct drift *drift, bool complete, bool json);

#endif /* DRIFT_PRINT_H */
