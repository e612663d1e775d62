/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metrics in the format of OpenMetrics.
 */
#ifndef TOP_OUT_METRICS_H
#define TOP_OUT_METRICS_H

#include <stdio.h>

#include "view/session.h"

/**
 * metrics_write() - Write all metrics as of the latest sample
 * @file: where to
 * @s:    as started
 */
void metrics_write(FILE *file, const struct session *s);

#endif /* TOP_OUT_METRICS_H */
