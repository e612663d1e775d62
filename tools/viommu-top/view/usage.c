// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all vIOMMUs use together, and what the tool itself does.
 */
#include "view/usage.h"

/* 16 bits, for the host and all guests */
#define DOMAIN_IDS 65536ull

/* IDs are those of a segment, which several IOMMUs may share */
static bool is_first_of_segment(const struct snapshot *snap, size_t i)
{
	for (size_t n = 0; n < i; n++)
		if (snap->viommu[n].rec.segment == snap->viommu[i].rec.segment)
			return false;
	return true;
}

bool usage_is_first_of_user(const struct snapshot *snap, size_t i)
{
	for (size_t n = 0; n < i; n++)
		if (snap->viommu[n].rec.uid == snap->viommu[i].rec.uid)
			return false;
	return true;
}

void usage_get(struct usage *usage, const struct snapshot *snap)
{
	*usage = (struct usage){.known = snap->nr ? ~0u : 0};
	for (size_t i = 0; i < snap->nr; i++) {
		const struct vt_record *rec = &snap->viommu[i].rec;

		usage->known &= rec->known;
		usage->trans_used += rec->trans_devid > 0;
		usage->table_bytes += rec->table_bytes;
		/* The same for all */
		usage->domains_used = rec->quota.all_domain_ids;
		usage->domains_all = DOMAIN_IDS - rec->quota.host_domain_ids;
		if (is_first_of_segment(snap, i))
			usage->trans_all += rec->trans_free;
	}
	usage->trans_all += usage->trans_used;
}

bool usage_cpu(const struct model *model, double *share)
{
	const struct snapshot *now = model->now, *then = model->then;

	if (!then || !(now->parts.known & then->parts.known & PART_CPU))
		return false;
	*share = model_rate(model, now->parts.cpu_ns - then->parts.cpu_ns) / 1e9;
	return true;
}

bool usage_bpf(const struct model *model, double *share)
{
	if (!model->then || !model->now->bpf_ns)
		return false;
	*share = model_rate(model, model->now->bpf_ns - model->then->bpf_ns) / 1e9;
	return true;
}
