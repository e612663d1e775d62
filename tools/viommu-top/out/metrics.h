/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metrics for Prometheus and its like.
 */
#ifndef TOP_OUT_METRICS_H
#define TOP_OUT_METRICS_H

#include <stdio.h>

#include "out/expo.h"
#include "view/session.h"

/**
 * metrics_write() - Write all metrics as of the latest sample
 * @file:   where to
 * @format: how
 * @s:      as started; how many there are is for &options.level to say
 */
void metrics_write(FILE *file, enum expo_format format, const struct session *s);

/**
 * metrics_write_guests() - Those of VMs, vIOMMUs or queues
 * @e: to write with
 * @s: as started
 */
void metrics_write_guests(struct expo *e, const struct session *s);

/** metrics_write_iommus() - Those of each IOMMU: the host's commands, and what happened */
void metrics_write_iommus(struct expo *e, const struct session *s);

/** metrics_write_host() - Those of devices that are known without our driver */
void metrics_write_host(struct expo *e, const struct session *s);

/**
 * struct metrics_exemplar - The slowest of some commands
 * @seq:     its sequence number, which viommu-trace finds it by
 * @opcode:  of the command
 * @ns:      how long it took; 0 for none
 * @real_ns: when it ended, CLOCK_REALTIME
 */
struct metrics_exemplar {
	uint64_t seq;
	unsigned int opcode;
	uint64_t ns;
	uint64_t real_ns;
};

/** metrics_slower() - Have the slower one of an exemplar and the slowest of a type of command */
void metrics_slower(struct metrics_exemplar *slowest, const struct snapshot *now,
		    const struct command *command);

/**
 * metrics_write_hist() - Samples of a histogram
 * @e:        in its family
 * @hist:     what is in it
 * @exemplar: one of its values, or none
 * @label:    adds labels
 * @arg:      for @label
 */
void metrics_write_hist(struct expo *e, const struct hist *hist,
			const struct metrics_exemplar *exemplar,
			void (*label)(struct expo *e, const void *arg), const void *arg);

#endif /* TOP_OUT_METRICS_H */
