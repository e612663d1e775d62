/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the process of one VM does.
 */
#ifndef VMM_WORKLOAD_H
#define VMM_WORKLOAD_H

#include "options.h"

int workload_run(const struct options *opt);

#endif
