/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hardware holds of guests, from debugfs.
 */
#ifndef TRACE_DIFF_HARDWARE_H
#define TRACE_DIFF_HARDWARE_H

#include "diff/facts.h"
#include "diff/rebuild.h"

/**
 * struct hardware - Where to look, and who gets what is found
 * @dir:      DEBUGFS_DIR, or another for tests
 * @wanted:   whether to read a guest; NULL for all
 * @context:  its first argument
 * @hardware: gets what the hardware says
 * @driver:   gets what only debugfs tells of the driver: domains
 */
struct hardware {
	const char *dir;
	bool (*wanted)(void *context, uint32_t iommu, uint16_t guest_id);
	void *context;
	struct facts *hardware;
	struct facts *driver;
};

/**
 * hardware_read() - Read all guests
 *
 * Entries of guests' tables have a format that only the hardware knows. So they
 * are compared with each other: one that is the same as that of a device that is
 * known stands for that device; one that most others are the same as, for none.
 *
 * Return: NULL, or why nothing can be read: then neither of the two knows.
 */
const char *hardware_read(const struct hardware *hw);

/**
 * hardware_base() - What existed of a guest before its events were seen
 * @dir:   DEBUGFS_DIR, or another for tests
 * @guest: gets domains and the private address space; whether that is of one time is
 *         for the caller to find out, by its events
 *
 * Return: false if it cannot be read.
 */
bool hardware_base(const char *dir, struct rebuilt_guest *guest);

#endif /* TRACE_DIFF_HARDWARE_H */
