/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two text formats that readers of metrics know.
 */
#ifndef TOP_OUT_EXPO_H
#define TOP_OUT_EXPO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define EXPO_PREFIX "amd_viommu"

/**
 * enum expo_format - How to write
 * @EXPO_TEXT:        Prometheus' text format, version 0.0.4: every reader knows it
 * @EXPO_OPENMETRICS: OpenMetrics 1.0, which adds _created, exemplars and units
 * @EXPO_NR_FORMATS:  how many there are
 */
enum expo_format {
	EXPO_TEXT,
	EXPO_OPENMETRICS,
	EXPO_NR_FORMATS,
};

/**
 * enum expo_type - What the samples of a family are
 * @EXPO_GAUGE:     go up and down
 * @EXPO_COUNTER:   grow; their name ends in _total
 * @EXPO_INFO:      1, with labels that tell something; their name ends in _info
 * @EXPO_SUMMARY:   _count and _sum
 * @EXPO_HISTOGRAM: _bucket, _count and _sum
 */
enum expo_type {
	EXPO_GAUGE,
	EXPO_COUNTER,
	EXPO_INFO,
	EXPO_SUMMARY,
	EXPO_HISTOGRAM,
};

/**
 * struct expo_family - Samples of one name
 * @name: behind EXPO_PREFIX, without what the type adds; "" for the prefix alone
 * @type: what they are
 * @unit: which @name ends in, or NULL
 * @help: a sentence
 */
struct expo_family {
	const char *name;
	enum expo_type type;
	const char *unit;
	const char *help;
};

/**
 * struct expo - While metrics are written
 * @file:   where to
 * @format: how
 * @family: the present one
 * @begun:  it has a sample
 * @labels: the present sample has a label
 */
struct expo {
	FILE *file;
	enum expo_format format;
	const struct expo_family *family;
	bool begun;
	bool labels;
};

/** expo_family() - Begin a family; without a sample nothing is written of it */
void expo_family(struct expo *e, const struct expo_family *family);

/**
 * expo_sample() - Begin a sample
 * @e:      in a family
 * @suffix: of its name; "" for the one that the type has
 *
 * Labels follow, then one of the values.
 */
void expo_sample(struct expo *e, const char *suffix);

/** expo_label() - Add a label; the value is UTF-8 */
void expo_label(struct expo *e, const char *key, const char *value);

/** expo_label_u64() - Add a label that is a number, behind a prefix */
void expo_label_u64(struct expo *e, const char *key, const char *prefix, uint64_t value);

/** expo_u64() - The value of the sample: a whole number */
void expo_u64(struct expo *e, uint64_t value);

/** expo_ns() - The value of the sample in seconds, from nanoseconds */
void expo_ns(struct expo *e, uint64_t ns);

/** expo_value_u64() - Likewise, but an exemplar may follow, and expo_line() does */
void expo_value_u64(struct expo *e, uint64_t value);

/**
 * expo_exemplar() - One of the values that a bucket counts
 * @e:       behind the value of a sample
 * @seq:     sequence number of the command
 * @opcode:  of the command
 * @ns:      how long it took
 * @real_ns: when it ended, CLOCK_REALTIME
 *
 * The text format has none.
 */
void expo_exemplar(struct expo *e, uint64_t seq, unsigned int opcode, uint64_t ns,
		   uint64_t real_ns);

/** expo_line() - End the line of a sample */
void expo_line(struct expo *e);

/** expo_end() - End the last family */
void expo_end(struct expo *e);

/** expo_content_type() - What HTTP calls a format */
const char *expo_content_type(enum expo_format format);

#endif /* TOP_OUT_EXPO_H */
