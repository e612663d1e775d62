// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metrics of the whole machine.
 *
 * A family is one quantity: what it has may be added up. How many samples there are
 * is for the reader to choose; a finer choice adds labels and families, and gives no
 * name another meaning.
 */
#include <string.h>

#include "out/metrics.h"
#include "sample/totals.h"
#include "view/usage.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

static void write_gauge(struct expo *e, const struct expo_family *family, uint64_t value)
{
	expo_family(e, family);
	expo_sample(e, "");
	expo_u64(e, value);
}

/* What the tool counts itself begins with it */
static void put_created(struct expo *e, const struct session *s)
{
	if (e->format != EXPO_OPENMETRICS)
		return;
	expo_sample(e, "_created");
	expo_ns(e, s->start_real_ns);
}

static void write_counter(struct expo *e, const struct session *s, const struct expo_family *family,
			  uint64_t value)
{
	write_gauge(e, family, value);
	put_created(e, s);
}

/*
 * The tool and the driver
 */

static void write_build(struct expo *e)
{
	static const struct expo_family build = {
		"build", EXPO_INFO, NULL, "Always 1; the label is the version of viommu-top."};

	expo_family(e, &build);
	expo_sample(e, "");
	expo_label(e, "version", VERSION);
	expo_u64(e, 1);
}

static void write_iommus(struct expo *e, const struct session *s)
{
	static const struct expo_family enabled = {
		"enabled", EXPO_GAUGE, NULL,
		"1 if at least one IOMMU of the host has its vIOMMU enabled."};
	static const struct expo_family iommu_enabled = {
		"iommu_enabled", EXPO_GAUGE, NULL,
		"1 if the IOMMU has its vIOMMU enabled; the state says why not."};

	write_gauge(e, &enabled, iommus_enabled(s->iommus) > 0);
	expo_family(e, &iommu_enabled);
	for (size_t i = 0; i < s->iommus->nr; i++) {
		const struct iommu_info *info = &s->iommus->info[i];

		expo_sample(e, "");
		expo_label_u64(e, "iommu", "ivhd", info->index);
		expo_label(e, "state", info->state);
		expo_u64(e, !strcmp(info->state, "enabled"));
	}
}

static void write_lost(struct expo *e, const struct session *s)
{
	static const struct expo_family complete = {
		"complete", EXPO_GAUGE, NULL, "1 if nothing that should be counted was lost."};
	static const struct expo_family lost = {"lost", EXPO_COUNTER, NULL,
						"What is missing from the metrics, by reason."};
	const struct snapshot *now = session_now(s);
	const struct {
		const char *reason;
		uint64_t value;
	} reasons[] = {
		{"latencies", now->latencies_lost},
		{"missed_runs", now->missed},
		{"happened", now->parts.happened_lost},
	};

	write_gauge(e, &complete, snapshot_complete(now));
	expo_family(e, &lost);
	for (size_t i = 0; i < NR(reasons); i++) {
		expo_sample(e, "");
		expo_label(e, "reason", reasons[i].reason);
		expo_u64(e, reasons[i].value);
	}
}

static void write_cost(struct expo *e, const struct session *s)
{
	static const struct expo_family cpu = {"tool_cpu_seconds", EXPO_COUNTER, "seconds",
					       "CPU time of viommu-top itself."};
	static const struct expo_family bpf = {
		"tool_bpf_seconds", EXPO_COUNTER, "seconds",
		"Time spent in BPF programs of viommu-top, with --bpf-cost."};
	const struct snapshot *now = session_now(s);

	if (now->parts.known & PART_CPU) {
		expo_family(e, &cpu);
		expo_sample(e, "");
		expo_ns(e, now->parts.cpu_ns);
	}
	if (now->bpf_ns) {
		expo_family(e, &bpf);
		expo_sample(e, "");
		expo_ns(e, now->bpf_ns);
	}
}

/*
 * What happened on all IOMMUs
 */

static void write_totals(struct expo *e, const struct session *s)
{
	static const struct {
		enum vt_counter which;
		struct expo_family family;
	} totals[] = {
		{VT_CMD,
		 {"host_commands", EXPO_COUNTER, NULL,
		  "Commands the host queued, for vIOMMUs and for itself."}},
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

	for (size_t i = 0; i < NR(totals); i++)
		if (totals_known(session_now(s), totals[i].which))
			write_counter(e, s, &totals[i].family,
				      session_now(s)->count[totals[i].which]);
}

static void write_operations(struct expo *e, const struct session *s)
{
	static const struct expo_family family = {
		"operations", EXPO_COUNTER, NULL,
		"What VMMs had the driver do for vIOMMUs, by operation and result."};
	/* Where the second is the first, it does not fail */
	static const struct {
		const char *operation;
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
	const uint64_t *count = session_now(s)->count;

	expo_family(e, &family);
	for (size_t i = 0; i < 2 * NR(operations); i++) {
		bool failed = i % 2;
		enum vt_counter good = operations[i / 2].good, bad = operations[i / 2].bad;

		if (failed && good == bad)
			continue;
		expo_sample(e, "");
		expo_label(e, "operation", operations[i / 2].operation);
		expo_label(e, "result", failed ? "error" : "ok");
		expo_u64(e, count[failed ? bad : good]);
	}
}

static void no_label(struct expo *e __attribute__((unused)),
		     const void *arg __attribute__((unused)))
{
}

static void write_latency(struct expo *e, const struct session *s)
{
	static const struct expo_family family = {
		"host_latency_seconds", EXPO_HISTOGRAM, "seconds",
		"Completion waits of the host, by duration, since viommu-top runs."};
	const struct snapshot *now = session_now(s);
	const struct command *commands = now->parts.commands.item;
	struct metrics_exemplar slowest = {};

	for (size_t i = 0; i < now->parts.commands.nr; i++)
		metrics_slower(&slowest, now, &commands[i]);
	expo_family(e, &family);
	metrics_write_hist(e, &now->latency, &slowest, no_label, NULL);
	put_created(e, s);
}

/*
 * What there is, and what is left
 */

static void write_viommus(struct expo *e, const struct session *s)
{
	static const struct expo_family vms = {"vms", EXPO_GAUGE, NULL, "VMs that have a vIOMMU."};
	static const struct expo_family viommus = {"viommus", EXPO_GAUGE, NULL,
						   "vIOMMUs of the IOMMU."};

	write_gauge(e, &vms, s->model.nr_vms);
	if (session_now(s)->host.on)
		return;
	expo_family(e, &viommus);
	for (size_t i = 0; i < s->iommus->nr; i++) {
		unsigned int index = s->iommus->info[i].index;
		uint64_t nr = 0;

		for (size_t n = 0; n < s->model.nr_viommus; n++)
			nr += s->model.viommu[n].iommu == index;
		expo_sample(e, "");
		expo_label_u64(e, "iommu", "ivhd", index);
		expo_u64(e, nr);
	}
}

static void write_usage(struct expo *e, const struct session *s)
{
	static const struct expo_family used = {"trans_devids_used", EXPO_GAUGE, NULL,
						"Translation device IDs that vIOMMUs have."};
	static const struct expo_family available = {
		"trans_devids_available", EXPO_GAUGE, NULL,
		"These, and those that nobody has, in the PCI segments of vIOMMUs."};
	static const struct expo_family domains_used = {
		"guest_domain_ids_used", EXPO_GAUGE, NULL,
		"Domain IDs of the host that stand for guests'."};
	static const struct expo_family domains_available = {
		"guest_domain_ids_available", EXPO_GAUGE, NULL,
		"As many as there may be of these: without those that only the host can have."};
	struct usage usage;

	usage_get(&usage, session_now(s));
	if (usage.known & VT_KNOWS_TRANS)
		write_gauge(e, &used, usage.trans_used);
	if (usage.known & VT_KNOWS_FREE)
		write_gauge(e, &available, usage.trans_all);
	if (usage.known & VT_KNOWS_QUOTA) {
		write_gauge(e, &domains_used, usage.domains_used);
		write_gauge(e, &domains_available, usage.domains_all);
	}
}

/* What a user may have of a resource: VT_NO_LIMIT is no number */
static const struct quota_family {
	struct expo_family family;
	size_t offset;
} quota_families[] = {
	{{"user_trans_devids", EXPO_GAUGE, NULL,
	  "Translation device IDs that the user's vIOMMUs have."},
	 offsetof(struct vt_quota, trans_devids)},
	{{"user_trans_devids_max", EXPO_GAUGE, NULL,
	  "And may have; there is none without a limit."},
	 offsetof(struct vt_quota, trans_devids_max)},
	{{"user_domain_ids", EXPO_GAUGE, NULL,
	  "Domain IDs of the host that stand for those of the user's guests."},
	 offsetof(struct vt_quota, domain_ids)},
	{{"user_domain_ids_max", EXPO_GAUGE, NULL, "And may; there is none without a limit."},
	 offsetof(struct vt_quota, domain_ids_max)},
};

static void write_quotas(struct expo *e, const struct session *s)
{
	const struct snapshot *now = session_now(s);

	for (size_t i = 0; i < sizeof(quota_families) / sizeof(*quota_families); i++) {
		const struct quota_family *family = &quota_families[i];

		expo_family(e, &family->family);
		for (size_t n = 0; n < now->nr; n++) {
			const struct vt_record *rec = &now->viommu[n].rec;
			const uint32_t *value =
				(const void *)((const char *)&rec->quota + family->offset);

			if (!(rec->known & VT_KNOWS_QUOTA) || *value == VT_NO_LIMIT ||
			    !usage_is_first_of_user(now, n))
				continue;
			expo_sample(e, "");
			expo_label_u64(e, "uid", "", rec->uid);
			expo_u64(e, *value);
		}
	}
}

void metrics_write(FILE *file, enum expo_format format, const struct session *s)
{
	struct expo e = {.file = file, .format = format};

	write_build(&e);
	write_iommus(&e, s);
	/* Without a driver that is all there is to say */
	if (!s->samples) {
		expo_end(&e);
		return;
	}
	write_viommus(&e, s);
	write_usage(&e, s);
	if (session_now(s)->nr && session_now(s)->viommu[0].rec.known & VT_KNOWS_QUOTA)
		write_quotas(&e, s);
	write_lost(&e, s);
	write_cost(&e, s);
	write_totals(&e, s);
	if (session_now(s)->host.on)
		metrics_write_host(&e, s);
	else
		write_operations(&e, s);
	if (totals_known(session_now(s), VT_WAIT))
		write_latency(&e, s);
	metrics_write_guests(&e, s);
	expo_end(&e);
}
