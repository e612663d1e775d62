// SPDX-License-Identifier: GPL-2.0-only
/*
 * What somebody says exists.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diff/facts.h"
#include "lib/sys/array.h"
#include "viommu_hw.h"

const char *const fact_kinds[NR_FACT_KINDS] = {
	[FACT_GUEST_ID] = "guest-id",
	[FACT_VIOMMU] = "viommu",
	[FACT_TRANS_DEVID] = "trans-devid",
	[FACT_VDEVICE] = "vdevice",
	[FACT_DEVID_MAP] = "devid-map",
	[FACT_DOMAIN] = "domain",
	[FACT_DOMID_MAP] = "domid-map",
	[FACT_IPA_MAP] = "ipa-map",
	[FACT_QUEUE] = "queue",
};

void facts_add(struct facts *facts, const struct fact *fact, const char *fmt, ...)
{
	struct fact *new = array_add(&facts->fact, &facts->nr, &facts->room, sizeof(*new));
	va_list args;

	if (!new) {
		facts->failed = true;
		return;
	}
	*new = *fact;
	va_start(args, fmt);
	vsnprintf(new->says, sizeof(new->says), fmt, args);
	va_end(args);
}

void facts_mute(struct facts *facts, enum fact_kind kind, uint32_t iommu, uint16_t guest_id)
{
	struct fact *new =
		array_add(&facts->mute, &facts->nr_mute, &facts->mute_room, sizeof(*new));

	if (new)
		*new = (struct fact){.kind = kind, .iommu = iommu, .guest_id = guest_id};
	else
		facts->failed = true;
}

void facts_mute_all(struct facts *facts)
{
	for (int kind = 0; kind < NR_FACT_KINDS; kind++)
		facts_mute(facts, kind, 0, 0);
}

int fact_compare(const struct fact *a, const struct fact *b)
{
	if (a->iommu != b->iommu)
		return a->iommu < b->iommu ? -1 : 1;
	if (a->guest_id != b->guest_id)
		return a->guest_id < b->guest_id ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

static int compare(const void *a, const void *b)
{
	return fact_compare(a, b);
}

/* Two that say something of one thing are in an order, too */
static int compare_all(const void *a, const void *b)
{
	const struct fact *x = a, *y = b;
	int order = fact_compare(x, y);

	return order ? order : strcmp(x->says, y->says);
}

void facts_sort(struct facts *facts)
{
	if (facts->nr)
		qsort(facts->fact, facts->nr, sizeof(*facts->fact), compare_all);
	if (facts->nr_mute)
		qsort(facts->mute, facts->nr_mute, sizeof(*facts->mute), compare);
}

static bool find(const struct fact *in, size_t nr, const struct fact *like)
{
	return nr && bsearch(like, in, nr, sizeof(*in), compare);
}

bool facts_know(const struct facts *facts, const struct fact *fact)
{
	const struct fact here = {
		.kind = fact->kind,
		.iommu = fact->iommu,
		.guest_id = fact->guest_id,
	};
	const struct fact all = {.kind = fact->kind};
	const struct fact guest = {
		.kind = FACT_GUEST_ID,
		.iommu = fact->iommu,
		.guest_id = fact->guest_id,
	};

	if (find(facts->mute, facts->nr_mute, &here) || find(facts->mute, facts->nr_mute, &all))
		return false;
	return !facts->only || find(facts->fact, facts->nr, &guest);
}

void facts_free(struct facts *facts)
{
	free(facts->fact);
	free(facts->mute);
	memset(facts, 0, sizeof(*facts));
}

/*
 * How things are said
 */

void fact_queue_set(struct facts *facts, const struct fact *of, uint64_t base, uint64_t size,
		    bool enabled)
{
	facts_add(facts, of, "%s, %" PRIu64 " bytes at 0x%" PRIx64,
		  enabled ? "enabled" : "disabled", size, base);
}

bool fact_queue(struct facts *facts, const struct fact *of, uint64_t reg)
{
	uint64_t base =
		(of->key == VHW_QUEUE_PPR ? reg >> VHW_QUEUE_PPR_SHIFT : reg) & VHW_QUEUE_BASE;

	/* A guest's queue has 256 entries or more: the length is never 0 */
	if (!(reg & (VHW_QUEUE_LENGTH | VHW_QUEUE_ENABLE)))
		return false;
	fact_queue_set(facts, of, base, VHW_QUEUE_ENTRY_SIZE << (reg & VHW_QUEUE_LENGTH),
		       reg & VHW_QUEUE_ENABLE);
	return true;
}
