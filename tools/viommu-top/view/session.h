/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run of viommu-top: samples and rows of them.
 */
#ifndef TOP_VIEW_SESSION_H
#define TOP_VIEW_SESSION_H

#include "lib/sys/iommus.h"
#include "sample/collect.h"
#include "sample/options.h"
#include "sample/recording.h"
#include "view/history.h"
#include "view/model.h"

/**
 * struct session - One run of viommu-top
 * @opts:      command line
 * @collector: the BPF programs; NULL in a replay
 * @replay:    the recording; NULL of a live run
 * @position:  which sample of the recording is the latest
 * @iommus:    of this machine
 * @snaps:     the latest two, in turns
 * @latest:    index of the latest
 * @samples:   how many were taken
 * @start_ns:  when the first was taken, CLOCK_MONOTONIC
 * @start_real_ns: likewise, CLOCK_REALTIME
 * @taken_ns:  when the latest was taken or replayed, CLOCK_MONOTONIC of now
 * @filter:    which vIOMMUs to show
 * @model:     rows of the latest two
 * @want:      whose details samples have
 * @history:   of a live screen: what all vIOMMUs did in the last minutes
 */
struct session {
	const struct options *opts;
	struct collector *collector;
	struct recording *replay;
	size_t position;
	const struct iommus *iommus;
	struct snapshot snaps[2];
	int latest;
	unsigned long samples;
	uint64_t start_ns;
	uint64_t start_real_ns;
	uint64_t taken_ns;
	struct filter filter;
	struct model model;
	struct want want;
	struct history history;
};

/**
 * session_start() - Start the BPF programs, or a replay, and take the first sample
 * @s:      result
 * @opts:   command line
 * @iommus: of the machine
 * @replay: the recording; NULL for a live run
 *
 * Return: EXIT_OK, or how to exit; the reason is on stderr then.
 */
enum exit_code session_start(struct session *s, const struct options *opts,
			     const struct iommus *iommus, struct recording *replay);

/**
 * session_sample() - Take another sample
 * @s: as started
 *
 * Return: false on failure; the reason is on stderr then.
 */
bool session_sample(struct session *s);

/**
 * session_at_end() - Whether a replay has no more samples
 * @s: as started
 */
bool session_at_end(const struct session *s);

/**
 * session_seek() - Go to another sample of a replay
 * @s:    as started
 * @step: samples, negative for back; anything too far stops at the end
 *
 * Return: false on failure; the reason is on stderr then.
 */
bool session_seek(struct session *s, long step);

/**
 * session_want() - Have the details of a VM from now on, and of the latest sample
 * @s:    as started
 * @pid:  its process
 * @name: its name
 *
 * Return: false on failure; the reason is on stderr then.
 */
bool session_want(struct session *s, int pid, const char *name);

/**
 * session_rebuild() - Make rows anew, after a change of the filter
 * @s: as started
 */
bool session_rebuild(struct session *s);

/** session_iommus() - IOMMUs that serve guests; without our driver, that there are */
size_t session_iommus(const struct session *s);

/**
 * session_now() - The latest snapshot
 * @s: as started
 */
const struct snapshot *session_now(const struct session *s);

/** session_real_ns() - CLOCK_REALTIME of a time of CLOCK_MONOTONIC, the same in each sample */
uint64_t session_real_ns(const struct session *s, uint64_t mono_ns);

/**
 * session_stop() - Stop the BPF programs
 * @s: as started
 */
void session_stop(struct session *s);

#endif /* TOP_VIEW_SESSION_H */
