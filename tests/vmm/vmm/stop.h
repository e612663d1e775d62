/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals that end a VM or all of them.
 */
#ifndef VMM_STOP_H
#define VMM_STOP_H

int stop_signals(void);

#endif
