/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What usually causes a record of the event log, and what to look at next.
 */
#ifndef LIB_HW_CAUSE_H
#define LIB_HW_CAUSE_H

#include "lib/hw/bits.h"

/**
 * struct cause - In words
 * @means: what happened, and why mostly
 * @next:  what to look at
 */
struct cause {
	const char *means;
	const char *next;
};

/**
 * cause_of_event() - Of a record of the event log
 * @event: it, as far as it is known
 *
 * Return: NULL if the code is not known.
 */
const struct cause *cause_of_event(const struct bits *event);

#endif /* LIB_HW_CAUSE_H */
