/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bits and lines of the kernel's log, explained.
 */
#ifndef TRACE_SHOW_EXPLAIN_H
#define TRACE_SHOW_EXPLAIN_H

#include <stdbool.h>

#include "lib/hw/bits.h"
#include "lib/hw/logline.h"
#include "lib/sys/pcidev.h"

/**
 * struct explainer - How to explain, and what is left to explain
 * @indent: in front of each line
 * @segment: PCI segment of what is being explained, -1 if unknown
 * @lookup: tell who has a device, on this machine
 * @files:  read when first needed
 * @read:   they are
 * @part:   a dump that is not whole yet; its bits_kind counts while @nr_parts
 * @parts:  how many of its words there are
 */
struct explainer {
	const char *indent;
	int segment;
	bool lookup;
	struct vfio_files files;
	bool read;
	struct log_line part;
	unsigned int parts;
};

/**
 * explain_bits() - Print the fields of a structure
 * @e:    how
 * @kind: of structure
 * @bits: of it
 *
 * Of an event log record, also what it means and who has the device.
 */
void explain_bits(struct explainer *e, enum bits_kind kind, const struct bits *bits);

/**
 * explain_line() - Explain a line of the kernel's log
 * @e:    how
 * @text: the line
 *
 * Of a dump, which takes several lines, the last one is explained with all.
 *
 * Return: false if there is nothing to explain.
 */
bool explain_line(struct explainer *e, const char *text);

/** explain_end() - Explain what was begun, and free memory */
void explain_end(struct explainer *e);

#endif /* TRACE_SHOW_EXPLAIN_H */
