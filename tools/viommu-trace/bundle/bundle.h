/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What goes into an archive for a support case.
 */
#ifndef TRACE_BUNDLE_BUNDLE_H
#define TRACE_BUNDLE_BUNDLE_H

#include <stdint.h>

#include "bundle/archive.h"
#include "bundle/redact.h"

/* Where the members of a guest are */
#define BUNDLE_DEBUGFS "debugfs"

/* No member is larger, but for the trace */
#define BUNDLE_MEMBER_MAX (1u << 20)
#define BUNDLE_GUEST_FILE_MAX (256u << 10)
#define BUNDLE_GUESTS_MAX 256
#define BUNDLE_TRACE_MIB "32"

/**
 * struct bundle - While it is made
 * @archive:     where to
 * @redact:      what is left out
 * @duration_ns: how long to trace
 * @interrupted: the user wants no more than what is there
 */
struct bundle {
	struct bundle_archive *archive;
	struct redact redact;
	uint64_t duration_ns;
	bool interrupted;
};

/** bundle_text() - Add text, without what is left out of it */
void bundle_text(struct bundle *bundle, const char *name, const char *text, size_t size,
		 const char *note);

/** bundle_names() - Learn the names of VMs from all processes */
void bundle_names(struct bundle *bundle);

/** bundle_traces() - Trace for some time: events, who is there, latencies, drift */
void bundle_traces(struct bundle *bundle);

/** bundle_guests() - What debugfs has of guests */
void bundle_guests(struct bundle *bundle);

/** bundle_machine() - What kind of machine it is, and what its kernel says */
void bundle_machine(struct bundle *bundle);

/** bundle_log() - What the kernel says of IOMMUs */
void bundle_log(struct bundle *bundle);

#endif /* TRACE_BUNDLE_BUNDLE_H */
