/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's log says about IOMMUs, read back.
 */
#ifndef LIB_HW_LOGLINE_H
#define LIB_HW_LOGLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/hw/bits.h"

/**
 * enum log_kind - What a line is
 * @LOG_OTHER:   nothing of AMD's IOMMU
 * @LOG_BITS:    it has bits, of &log_line.bits_kind
 * @LOG_PART:    it has one of the words of a dump: &log_line.index
 * @LOG_MESSAGE: it has no bits, but a meaning: &log_line.meaning
 */
enum log_kind {
	LOG_OTHER,
	LOG_BITS,
	LOG_PART,
	LOG_MESSAGE,
};

/**
 * struct log_line - One line
 * @kind:      what it is
 * @bits_kind: which bits
 * @bits:      as far as the line tells them
 * @index:     of LOG_PART: N of DTE[N], CMD[N]
 * @has_dev:   it names a device, or an event log record does
 * @segment:   of the device; -1 if the line does not say
 * @devid:     bus, device and function
 * @driver:    the device's, as the kernel puts it in front; or empty
 * @meaning:   what it means, and what to look at next; or NULL
 */
struct log_line {
	enum log_kind kind;
	enum bits_kind bits_kind;
	struct bits bits;
	unsigned int index;
	bool has_dev;
	int segment;
	unsigned int devid;
	char driver[32];
	const char *meaning;
};

/**
 * logline_parse() - Read a line
 * @line: result
 * @text: it, with or without what is in front of it: time, host, level
 *
 * Knows what Linux has printed since 4.0.
 *
 * Return: false if it is LOG_OTHER.
 */
bool logline_parse(struct log_line *line, const char *text);

/**
 * logline_address() - Read a PCI address: [SSSS:]BB:DD.F
 * @segment: of it, -1 if there is none
 * @devid:   bus, device and function
 * @text:    the address, with anything behind it
 *
 * Return: how long it is, 0 if it is none.
 */
size_t logline_address(int *segment, unsigned int *devid, const char *text);

#endif /* LIB_HW_LOGLINE_H */
