/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metrics in the format of OpenMetrics.
 */
#ifndef METRICS_H
#define METRICS_H

#include <stdio.h>

#include "session.h"

/**
 * metrics_write() - Write all metrics as of the latest sample
 * @file: where to
 * @s:    as started
 */
void metrics_write(FILE *file, const struct session *s);

#endif /* METRICS_H */
