// SPDX-License-Identifier: GPL-2.0-only
/*
 * Totals since the start of the tool.
 */

#include "lib/text/message.h"
#include "sample/totals.h"

static const char *const names[VT_NR_COUNTERS] = {
	[VT_CMD] = "cmds",
	[VT_WAIT] = "waits",
	[VT_WAIT_ERROR] = "wait_errors",
	[VT_EVENT] = "events",
	[VT_EVENT_LOG_OVERFLOW] = "event_log_overflows",
	[VT_EVENT_LOG_RESTART] = "event_log_restarts",
	[VT_GUEST_ID_ALLOC] = "guest_id_alloc",
	[VT_GUEST_ID_ALLOC_ERROR] = "guest_id_alloc_errors",
	[VT_GUEST_ID_FREE] = "guest_id_free",
	[VT_INIT] = "init",
	[VT_INIT_ERROR] = "init_errors",
	[VT_DESTROY] = "destroy",
	[VT_VF_PAGE_ALLOC] = "vf_page_alloc",
	[VT_VF_PAGE_ALLOC_ERROR] = "vf_page_alloc_errors",
	[VT_VF_PAGE_FREE] = "vf_page_free",
	[VT_RESET] = "reset",
	[VT_RESET_ERROR] = "reset_errors",
	[VT_IPA_MAP] = "ipa_map",
	[VT_IPA_MAP_ERROR] = "ipa_map_errors",
	[VT_IPA_UNMAP] = "ipa_unmap",
};

/* The story of a vIOMMU in order, then the traffic */
static const enum vt_counter order[] = {
	VT_GUEST_ID_ALLOC, VT_GUEST_ID_FREE, VT_INIT,  VT_DESTROY,
	VT_VF_PAGE_ALLOC,  VT_VF_PAGE_FREE,  VT_RESET, VT_IPA_MAP,
	VT_IPA_UNMAP,	   VT_CMD,	     VT_WAIT,  VT_EVENT,
};

static const enum vt_counter errors[] = {
	VT_GUEST_ID_ALLOC_ERROR, VT_INIT_ERROR, VT_VF_PAGE_ALLOC_ERROR, VT_RESET_ERROR,
	VT_IPA_MAP_ERROR,	 VT_WAIT_ERROR, VT_EVENT_LOG_OVERFLOW,	VT_EVENT_LOG_RESTART,
};

#define NR(array) (sizeof(array) / sizeof(*(array)))

bool totals_known(const struct snapshot *snap, enum vt_counter which)
{
	const struct host_view *host = &snap->host;

	if (!host->on)
		return true;
	switch (which) {
	case VT_CMD:
		return true;
	case VT_WAIT:
		return host_view_knows(host, PROBE_WAIT);
	case VT_WAIT_ERROR:
		return host_view_knows(host, PROBE_WAIT) && host_view_knows(host, PROBE_TIMEOUT);
	case VT_EVENT:
		return host_view_knows(host, PROBE_RECORD);
	case VT_EVENT_LOG_OVERFLOW:
		return host_view_knows(host, PROBE_RESTART);
	default:
		return false;
	}
}

const char *totals_name(enum vt_counter which)
{
	return names[which];
}

static void print_counters(FILE *file, const struct snapshot *snap, const char *title,
			   const enum vt_counter *which, size_t nr)
{
	fputs(title, file);
	for (size_t i = 0; i < nr; i++)
		if (totals_known(snap, which[i]))
			fprintf(file, " %s %llu", names[which[i]],
				(unsigned long long)snap->count[which[i]]);
	fputc('\n', file);
}

void totals_completeness(char *buf, size_t len, const struct snapshot *snap)
{
	unsigned long long lost = snapshot_lost(snap);
	unsigned long long overflows = snap->count[VT_EVENT_LOG_OVERFLOW];
	size_t used;

	if (snapshot_complete(snap)) {
		snprintf(buf, len, "complete");
		return;
	}
	used = snprintf(buf, len, "lost %llu", lost);
	if (overflows && used < len)
		snprintf(buf + used, len - used, ", event log overflowed %llu times", overflows);
}

static void print_lost(FILE *file, const struct snapshot *snap)
{
	fprintf(file, " (missed_runs %llu, latencies_lost %llu, happened_lost %llu)",
		(unsigned long long)snap->missed, (unsigned long long)snap->latencies_lost,
		(unsigned long long)snap->parts.happened_lost);
}

void totals_print(FILE *file, const struct snapshot *snap)
{
	char text[128];

	print_counters(file, snap, "totals:", order, NR(order));
	print_counters(file, snap, "errors:", errors, NR(errors));

	totals_completeness(text, sizeof(text), snap);
	fprintf(file, "loss: %s", text);
	if (snapshot_lost(snap))
		print_lost(file, snap);
	fputc('\n', file);
}

void totals_explain_loss(const struct snapshot *snap)
{
	if (snap->latencies_lost)
		msg("%llu latencies are missing", (unsigned long long)snap->latencies_lost);
	if (snap->missed)
		msg("the kernel skipped %llu runs of our BPF programs: counts are too low",
		    (unsigned long long)snap->missed);
	if (snap->parts.happened_lost)
		msg("there was no room for what happened to some vIOMMUs, %llu events",
		    (unsigned long long)snap->parts.happened_lost);
	if (snap->count[VT_EVENT_LOG_OVERFLOW])
		msg("a host event log overflowed: the IOMMU dropped event records");
}
