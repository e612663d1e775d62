/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The process that starts the VMs and waits for them.
 */
#ifndef VMM_PARENT_H
#define VMM_PARENT_H

#include "options.h"

int parent_run(const struct options *opt, int argc, char **argv);

#endif
