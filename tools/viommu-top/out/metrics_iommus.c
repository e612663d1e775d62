// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metrics of IOMMUs: the commands that the host queued, and what happened.
 *
 * A recording of an earlier version knows the sum of all IOMMUs only: there is one
 * sample then, without a label, so that sums over IOMMUs are the same.
 */
#include <stdlib.h>

#include "lib/hw/names.h"
#include "out/metrics.h"
#include "sample/totals.h"
#include "viommu_hw.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

/**
 * struct place - What a sample is of
 * @traffic: of an IOMMU, or of all
 * @known:   of which
 */
struct place {
	const struct traffic *traffic;
	bool known;
};

static void put_iommu(struct expo *e, const void *arg)
{
	const struct place *place = arg;

	if (place->known)
		expo_label_u64(e, "iommu", "ivhd", place->traffic->index);
}

/* What the tool counts itself begins with it */
static void put_created(struct expo *e, const struct session *s, const struct place *place)
{
	if (e->format != EXPO_OPENMETRICS)
		return;
	expo_sample(e, "_created");
	put_iommu(e, place);
	expo_ns(e, s->start_real_ns);
}

static void put_commands(struct expo *e, const struct session *s, const struct place *place,
			 const char *command, uint64_t nr)
{
	expo_sample(e, "");
	put_iommu(e, place);
	expo_label(e, "command", command);
	expo_u64(e, nr);
	if (e->format != EXPO_OPENMETRICS)
		return;
	expo_sample(e, "_created");
	put_iommu(e, place);
	expo_label(e, "command", command);
	expo_ns(e, s->start_real_ns);
}

static void write_types(struct expo *e, const struct session *s, const struct place *place)
{
	const struct traffic *traffic = place->traffic;

	if (!traffic->typed) {
		put_commands(e, s, place, "unknown", traffic->count[VT_CMD]);
		return;
	}
	/* There was always one of these, and a counter that is there from the start grows */
	for (int opcode = 0; opcode < VTR_OPCODES; opcode++)
		if (traffic->cmds[opcode] || opcode == VHW_COMPLETION_WAIT)
			put_commands(e, s, place, command_name(opcode), traffic->cmds[opcode]);
}

static void write_commands(struct expo *e, const struct session *s, const struct place *place,
			   size_t nr)
{
	static const struct expo_family family = {
		"host_commands", EXPO_COUNTER, NULL,
		"Commands that the host had an IOMMU do, for vIOMMUs and for itself, by type."};

	expo_family(e, &family);
	for (size_t i = 0; i < nr; i++)
		write_types(e, s, &place[i]);
}

static void write_totals(struct expo *e, const struct session *s, const struct place *place,
			 size_t nr)
{
	static const struct {
		enum vt_counter which;
		struct expo_family family;
	} totals[] = {
		{VT_WAIT_ERROR,
		 {"host_wait_errors", EXPO_COUNTER, NULL, "Completion waits that timed out."}},
		{VT_EVENT,
		 {"host_events", EXPO_COUNTER, NULL, "Records of the host's event logs."}},
		{VT_EVENT_LOG_OVERFLOW,
		 {"host_event_log_overflows", EXPO_COUNTER, NULL,
		  "Times a host's event log was full: the IOMMU dropped records."}},
		{VT_EVENT_LOG_RESTART,
		 {"host_event_log_restarts", EXPO_COUNTER, NULL,
		  "Times a host's event log was restarted."}},
	};

	for (size_t i = 0; i < NR(totals); i++) {
		if (!totals_known(session_now(s), totals[i].which))
			continue;
		expo_family(e, &totals[i].family);
		for (size_t n = 0; n < nr; n++) {
			expo_sample(e, "");
			put_iommu(e, &place[n]);
			expo_u64(e, place[n].traffic->count[totals[i].which]);
			put_created(e, s, &place[n]);
		}
	}
}

/* Where the second is the first, it does not fail */
static const struct operation {
	const char *name;
	enum vt_counter good;
	enum vt_counter bad;
} operations[] = {
	{"guest_id_alloc", VT_GUEST_ID_ALLOC, VT_GUEST_ID_ALLOC_ERROR},
	{"guest_id_free", VT_GUEST_ID_FREE, VT_GUEST_ID_FREE},
	{"init", VT_INIT, VT_INIT_ERROR},
	{"destroy", VT_DESTROY, VT_DESTROY},
	{"vf_page_alloc", VT_VF_PAGE_ALLOC, VT_VF_PAGE_ALLOC_ERROR},
	{"vf_page_free", VT_VF_PAGE_FREE, VT_VF_PAGE_FREE},
	{"reset", VT_RESET, VT_RESET_ERROR},
	{"ipa_map", VT_IPA_MAP, VT_IPA_MAP_ERROR},
	{"ipa_unmap", VT_IPA_UNMAP, VT_IPA_UNMAP},
};

static void put_operation(struct expo *e, const struct place *place,
			  const struct operation *operation, bool failed)
{
	expo_sample(e, "");
	put_iommu(e, place);
	expo_label(e, "operation", operation->name);
	expo_label(e, "result", failed ? "error" : "ok");
	expo_u64(e, place->traffic->count[failed ? operation->bad : operation->good]);
}

static void write_operations(struct expo *e, const struct place *place, size_t nr)
{
	static const struct expo_family family = {
		"operations", EXPO_COUNTER, NULL,
		"What VMMs had the driver do for vIOMMUs, by operation and result."};

	expo_family(e, &family);
	for (size_t n = 0; n < nr; n++) {
		for (size_t i = 0; i < NR(operations); i++) {
			put_operation(e, &place[n], &operations[i], false);
			if (operations[i].good != operations[i].bad)
				put_operation(e, &place[n], &operations[i], true);
		}
	}
}

/* The slowest command of each IOMMU that was for a vIOMMU: none without memory */
static void find_slowest(struct metrics_exemplar *slowest, const struct session *s,
			 const struct place *place, size_t nr)
{
	const struct snapshot *now = session_now(s);
	const struct command *commands = now->parts.commands.item;

	for (size_t i = 0; i < now->parts.commands.nr; i++) {
		const struct viommu *viommu = snapshot_find(now, commands[i].viommu);

		for (size_t n = 0; viommu && n < nr; n++)
			if (!place[n].known || place[n].traffic->index == viommu->rec.iommu)
				metrics_slower(&slowest[n], now, &commands[i]);
	}
}

static void write_latency(struct expo *e, const struct session *s, const struct place *place,
			  size_t nr)
{
	static const struct expo_family family = {
		"host_latency_seconds", EXPO_HISTOGRAM, "seconds",
		"Completion waits of the host, by duration, since viommu-top runs."};
	struct metrics_exemplar *slowest = calloc(nr, sizeof(*slowest));
	static const struct metrics_exemplar none;

	if (slowest)
		find_slowest(slowest, s, place, nr);
	expo_family(e, &family);
	for (size_t n = 0; n < nr; n++) {
		metrics_write_hist(e, &place[n].traffic->latency, slowest ? &slowest[n] : &none,
				   put_iommu, &place[n]);
		put_created(e, s, &place[n]);
	}
	free(slowest);
}

static void write_places(struct expo *e, const struct session *s, const struct place *place,
			 size_t nr)
{
	write_commands(e, s, place, nr);
	write_totals(e, s, place, nr);
	if (!session_now(s)->host.on)
		write_operations(e, place, nr);
	if (totals_known(session_now(s), VT_WAIT))
		write_latency(e, s, place, nr);
}

static void write_sum(struct expo *e, const struct session *s)
{
	const struct snapshot *now = session_now(s);
	struct traffic all = {.latency = now->latency};
	const struct place place = {.traffic = &all};

	for (int i = 0; i < VT_NR_COUNTERS; i++)
		all.count[i] = now->count[i];
	write_places(e, s, &place, 1);
}

void metrics_write_iommus(struct expo *e, const struct session *s)
{
	const struct traffic_list *list = &session_now(s)->traffic;
	struct place *place;

	if (!list->nr) {
		write_sum(e, s);
		return;
	}
	place = calloc(list->nr, sizeof(*place));
	for (size_t i = 0; place && i < list->nr; i++)
		place[i] = (struct place){.traffic = &list->item[i], .known = true};
	if (place)
		write_places(e, s, place, list->nr);
	free(place);
}
