/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run of viommu-top: samples and rows of them.
 */
#ifndef SESSION_H
#define SESSION_H

#include "collect.h"
#include "iommus.h"
#include "model.h"
#include "opts.h"

/**
 * struct session - One run of viommu-top
 * @opts:      command line
 * @collector: the BPF programs
 * @iommus:    of this machine
 * @snaps:     the latest two, in turns
 * @latest:    index of the latest
 * @samples:   how many were taken
 * @start_ns:  when the first was taken, CLOCK_MONOTONIC
 * @filter:    which vIOMMUs to show
 * @model:     rows of the latest two
 */
struct session {
	const struct options *opts;
	struct collector *collector;
	const struct iommus *iommus;
	struct snapshot snaps[2];
	int latest;
	unsigned long samples;
	uint64_t start_ns;
	struct filter filter;
	struct model model;
};

/**
 * session_start() - Start the BPF programs and take the first sample
 * @s:      result
 * @opts:   command line
 * @iommus: of this machine
 *
 * Return: EXIT_OK, or how to exit; the reason is on stderr then.
 */
enum exit_code session_start(struct session *s, const struct options *opts,
			     const struct iommus *iommus);

/**
 * session_sample() - Take another sample
 * @s: as started
 *
 * Return: false on failure; the reason is on stderr then.
 */
bool session_sample(struct session *s);

/**
 * session_rebuild() - Make rows anew, after a change of the filter
 * @s: as started
 */
bool session_rebuild(struct session *s);

/**
 * session_now() - The latest snapshot
 * @s: as started
 */
const struct snapshot *session_now(const struct session *s);

/**
 * session_stop() - Stop the BPF programs
 * @s: as started
 */
void session_stop(struct session *s);

/* The ways to show a session; each returns how to exit */
enum exit_code batch_run(struct session *s);
enum exit_code json_run(struct session *s);
enum exit_code screen_run(struct session *s);

#endif /* SESSION_H */
