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
	metrics_write_iommus(&e, s);
	if (session_now(s)->host.on)
		metrics_write_host(&e, s);
	metrics_write_guests(&e, s);
	expo_end(&e);
}
