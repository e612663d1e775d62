// SPDX-License-Identifier: GPL-2.0-only
/*
 * What exists, rebuilt from what existed and events since then.
 *
 * Events may tell what is known from the beginning already: who attaches first
 * and then lists hears of some things twice. Both are in order, so that it comes
 * out right in the end.
 */
#include <stdlib.h>
#include <string.h>

#include "diff/rebuild.h"
#include "lib/hw/bdf.h"
#include "lib/sys/array.h"
#include "viommu_hw.h"

/*
 * Pairs
 */

static struct id_pair *ids_find(const struct id_pairs *pairs, uint16_t key, int value)
{
	for (size_t i = 0; i < pairs->nr; i++)
		if (pairs->pair[i].key == key && (value < 0 || pairs->pair[i].value == value))
			return &pairs->pair[i];
	return NULL;
}

bool ids_add(struct id_pairs *pairs, uint16_t key, uint16_t value, unsigned int users)
{
	struct id_pair *pair = array_add(&pairs->pair, &pairs->nr, &pairs->room, sizeof(*pair));

	if (!pair)
		return false;
	*pair = (struct id_pair){key, value, users};
	return true;
}

static void ids_drop(struct id_pairs *pairs, struct id_pair *pair)
{
	if (pair)
		*pair = pairs->pair[--pairs->nr];
}

/* A key stands for one value */
static bool ids_set(struct id_pairs *pairs, uint16_t key, uint16_t value)
{
	struct id_pair *pair = ids_find(pairs, key, -1);

	if (!pair)
		return ids_add(pairs, key, value, 1);
	pair->value = value;
	return true;
}

/* One more user of a pair */
static bool ids_get(struct id_pairs *pairs, uint16_t key, uint16_t value)
{
	struct id_pair *pair = ids_find(pairs, key, value);

	if (!pair)
		return ids_add(pairs, key, value, 1);
	pair->users++;
	return true;
}

static void ids_put(struct id_pairs *pairs, uint16_t key, uint16_t value)
{
	struct id_pair *pair = ids_find(pairs, key, value);

	if (pair && !--pair->users)
		ids_drop(pairs, pair);
}

static void ids_clear(struct id_pairs *pairs, uint16_t key)
{
	ids_drop(pairs, ids_find(pairs, key, -1));
}

/*
 * Guests
 */

static void guest_free(struct rebuilt_guest *guest)
{
	free(guest->devices.pair);
	free(guest->devids.pair);
	free(guest->domains.pair);
	free(guest->domids.pair);
	ranges_free(&guest->ipa);
}

struct rebuilt_guest *rebuild_find(const struct rebuild *rebuild, uint32_t iommu, uint16_t guest_id)
{
	for (size_t i = 0; i < rebuild->nr; i++)
		if (rebuild->guest[i].iommu == iommu && rebuild->guest[i].guest_id == guest_id)
			return &rebuild->guest[i];
	return NULL;
}

static void remove_guest(struct rebuild *rebuild, struct rebuilt_guest *guest)
{
	if (!guest)
		return;
	guest_free(guest);
	*guest = rebuild->guest[--rebuild->nr];
}

static struct rebuilt_guest *new_guest(struct rebuild *rebuild, uint32_t iommu, uint16_t guest_id,
				       uint64_t age)
{
	struct rebuilt_guest *guest;

	remove_guest(rebuild, rebuild_find(rebuild, iommu, guest_id));
	guest = array_add(&rebuild->guest, &rebuild->nr, &rebuild->room, sizeof(*guest));
	if (!guest) {
		rebuild->failed = true;
		return NULL;
	}
	*guest = (struct rebuilt_guest){.iommu = iommu, .guest_id = guest_id, .age = age};
	return guest;
}

static void set_queue(struct rebuilt_queue *queue, unsigned int type, uint64_t reg)
{
	queue->base = (type == VHW_QUEUE_PPR ? reg >> VHW_QUEUE_PPR_SHIFT : reg) & VHW_QUEUE_BASE;
	queue->size = VHW_QUEUE_ENTRY_SIZE << (reg & VHW_QUEUE_LENGTH);
	queue->enabled = reg & VHW_QUEUE_ENABLE;
}

void rebuild_viommu(struct rebuild *rebuild, const struct trace_viommu *viommu)
{
	struct rebuilt_guest *guest =
		new_guest(rebuild, viommu->iommu, viommu->guest_id, viommu->serial);

	if (!guest)
		return;
	guest->serial = viommu->serial;
	guest->pid = viommu->pid;
	guest->trans_devid = viommu->trans_devid;
	guest->trans_known = true;
	for (unsigned int i = 0; i < VTR_NR_QUEUES; i++)
		if (viommu->queue_size[i])
			set_queue(&guest->queue[i], i, viommu->queue_reg[i]);
}

void rebuild_vdevice(struct rebuild *rebuild, const struct trace_vdevice *vdevice)
{
	struct rebuilt_guest *guest = rebuild_find(rebuild, vdevice->iommu, vdevice->guest_id);

	/* Of a guest that came after those were listed: events tell */
	if (!guest)
		return;
	if (!ids_set(&guest->devices, vdevice->hdev_id, vdevice->gdev_id) ||
	    !ids_set(&guest->devids, vdevice->gdev_id, vdevice->hdev_id))
		rebuild->failed = true;
}

/*
 * Events
 */

/* Those of a guest that is known, which all but the first two are of */
static bool guest_event(struct rebuilt_guest *guest, const struct vtr_event *event)
{
	const __u64 *arg = event->arg;
	struct rebuilt_queue *queue = &guest->queue[arg[0] < VTR_NR_QUEUES ? arg[0] : 0];

	switch (event->id) {
	case VTR_ipa_map:
		return arg[2] || ranges_add(&guest->ipa, arg[0], arg[1]);
	case VTR_ipa_unmap:
		return ranges_remove(&guest->ipa, arg[0], arg[1]);
	case VTR_devid_map:
		return arg[2] || ids_set(&guest->devids, arg[0], arg[1]);
	case VTR_devid_unmap:
		ids_clear(&guest->devids, arg[0]);
		return true;
	case VTR_domid_map:
		return arg[2] || ids_set(&guest->domids, arg[0], arg[1]);
	case VTR_domid_unmap:
		ids_clear(&guest->domids, arg[0]);
		return true;
	case VTR_domain_alloc:
		return arg[2] || ids_get(&guest->domains, arg[0], arg[1]);
	case VTR_domain_free:
		ids_put(&guest->domains, arg[0], arg[1]);
		return true;
	case VTR_vdevice_init:
		return arg[2] || ids_set(&guest->devices, arg[1], arg[0]);
	case VTR_vdevice_destroy:
		ids_clear(&guest->devices, arg[1]);
		return true;
	case VTR_queue_init:
		if (!arg[3]) {
			queue->base = arg[1];
			queue->size = arg[2];
		}
		return true;
	case VTR_queue_enable:
		/* Of a new queue, this comes first */
		set_queue(queue, arg[0], arg[1]);
		return true;
	case VTR_queue_disable:
		queue->enabled = false;
		return true;
	case VTR_queue_destroy:
		*queue = (struct rebuilt_queue){};
		return true;
	default:
		return true;
	}
}

static void trans_event(struct rebuilt_guest *guest, const struct vtr_event *event)
{
	const __u64 *arg = event->arg;

	if (event->id == VTR_trans_devid_alloc && !arg[1])
		guest->trans_devid = arg[0];
	else if (event->id == VTR_trans_devid_relocate && !arg[2])
		guest->trans_devid = arg[1];
	else if (event->id == VTR_trans_devid_free)
		guest->trans_devid = 0;
	else
		return;
	guest->trans_known = true;
}

static void init_event(struct rebuild *rebuild, struct rebuilt_guest *guest,
		       const struct vtr_event *event)
{
	if (event->arg[1])
		return;
	/* It was on its way when this began: what it has got is known in part */
	if (!guest)
		guest = new_guest(rebuild, event->iommu, event->guest_id, event->arg[0]);
	if (!guest)
		return;
	guest->serial = event->arg[0];
	guest->pid = event->pid;
}

void rebuild_event(struct rebuild *rebuild, const struct vtr_event *event)
{
	struct rebuilt_guest *guest;

	/* What is the host's own is nobody's */
	if (!event->guest_id)
		return;
	guest = rebuild_find(rebuild, event->iommu, event->guest_id);
	rebuild->events++;
	if (event->id == VTR_guest_id_alloc && !event->arg[0]) {
		guest = new_guest(rebuild, event->iommu, event->guest_id, event->ns);
		if (guest)
			guest->based = guest->trans_known = true;
	} else if (event->id == VTR_init) {
		init_event(rebuild, guest, event);
	} else if (event->id == VTR_guest_id_free) {
		remove_guest(rebuild, guest);
		return;
	} else if (event->id == VTR_destroy && guest) {
		if (guest->serial == event->arg[0])
			guest->serial = 0;
	} else if (guest) {
		trans_event(guest, event);
		if (!guest_event(guest, event))
			rebuild->failed = true;
	}
	guest = rebuild_find(rebuild, event->iommu, event->guest_id);
	if (guest)
		guest->events++;
}

/*
 * What exists
 */

static struct fact fact_of(const struct rebuilt_guest *guest, enum fact_kind kind, uint64_t key)
{
	return (struct fact){
		.kind = kind,
		.guest_id = guest->guest_id,
		.iommu = guest->iommu,
		.key = key,
		.age = guest->age,
	};
}

static void pair_facts(struct facts *facts, const struct rebuilt_guest *guest, enum fact_kind kind,
		       const struct id_pairs *pairs)
{
	for (size_t i = 0; i < pairs->nr; i++) {
		const struct id_pair *pair = &pairs->pair[i];
		struct fact fact = fact_of(guest, kind, pair->key);
		char bdf[BDF_MAX];

		bdf_format(bdf, sizeof(bdf), pair->value);
		if (kind == FACT_VDEVICE)
			facts_add(facts, &fact, "guest's %s", bdf);
		else if (kind == FACT_DEVID_MAP)
			facts_add(facts, &fact, "host's %s", bdf);
		else if (kind == FACT_DOMAIN)
			facts_add(facts, &fact, "host's %u, users %u", pair->value, pair->users);
		else
			facts_add(facts, &fact, "host's %u", pair->value);
	}
}

static void guest_facts(struct facts *facts, const struct rebuilt_guest *guest)
{
	struct fact fact = fact_of(guest, FACT_GUEST_ID, 0);
	char bdf[BDF_MAX];

	facts_add(facts, &fact, "in use");
	fact.kind = FACT_VIOMMU;
	if (guest->serial)
		facts_add(facts, &fact, "serial %llu, PID %d", (unsigned long long)guest->serial,
			  guest->pid);
	fact.kind = FACT_TRANS_DEVID;
	if (guest->trans_devid)
		facts_add(facts, &fact, "%s", bdf_format(bdf, sizeof(bdf), guest->trans_devid));
	pair_facts(facts, guest, FACT_VDEVICE, &guest->devices);
	pair_facts(facts, guest, FACT_DEVID_MAP, &guest->devids);
	pair_facts(facts, guest, FACT_DOMAIN, &guest->domains);
	pair_facts(facts, guest, FACT_DOMID_MAP, &guest->domids);
	for (size_t i = 0; i < guest->ipa.nr; i++) {
		fact = fact_of(guest, FACT_IPA_MAP, guest->ipa.range[i].start);
		facts_add(facts, &fact, "mapped to 0x%llx",
			  (unsigned long long)guest->ipa.range[i].end - 1);
	}
	for (unsigned int i = 0; i < VTR_NR_QUEUES; i++) {
		const struct rebuilt_queue *queue = &guest->queue[i];

		fact = fact_of(guest, FACT_QUEUE, i);
		if (queue->size)
			fact_queue_set(facts, &fact, queue->base, queue->size, queue->enabled);
	}
}

static void mute_unknown(struct facts *facts, const struct rebuilt_guest *guest)
{
	static const enum fact_kind kinds[] = {FACT_DOMAIN, FACT_DOMID_MAP, FACT_IPA_MAP};

	for (size_t i = 0; !guest->based && i < sizeof(kinds) / sizeof(*kinds); i++)
		facts_mute(facts, kinds[i], guest->iommu, guest->guest_id);
	if (!guest->trans_known)
		facts_mute(facts, FACT_TRANS_DEVID, guest->iommu, guest->guest_id);
}

/* Events without which nothing can be said of a kind */
static void mute_unrecorded(struct facts *facts, const bool *recorded)
{
	static const struct {
		enum vtr_event_id id;
		enum fact_kind kind;
	} needs[] = {
		{VTR_init, FACT_VIOMMU},
		{VTR_destroy, FACT_VIOMMU},
		{VTR_trans_devid_alloc, FACT_TRANS_DEVID},
		{VTR_trans_devid_free, FACT_TRANS_DEVID},
		{VTR_trans_devid_relocate, FACT_TRANS_DEVID},
		{VTR_vdevice_init, FACT_VDEVICE},
		{VTR_vdevice_destroy, FACT_VDEVICE},
		{VTR_devid_map, FACT_DEVID_MAP},
		{VTR_devid_unmap, FACT_DEVID_MAP},
		{VTR_domain_alloc, FACT_DOMAIN},
		{VTR_domain_free, FACT_DOMAIN},
		{VTR_domid_map, FACT_DOMID_MAP},
		{VTR_domid_unmap, FACT_DOMID_MAP},
		{VTR_ipa_map, FACT_IPA_MAP},
		{VTR_ipa_unmap, FACT_IPA_MAP},
		{VTR_queue_init, FACT_QUEUE},
		{VTR_queue_enable, FACT_QUEUE},
		{VTR_queue_disable, FACT_QUEUE},
		{VTR_queue_destroy, FACT_QUEUE},
	};

	/* Who is there at all */
	if (!recorded[VTR_guest_id_alloc] || !recorded[VTR_guest_id_free])
		facts_mute_all(facts);
	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++)
		if (!recorded[needs[i].id])
			facts_mute(facts, needs[i].kind, 0, 0);
}

void rebuild_facts(const struct rebuild *rebuild, const bool *recorded, struct facts *facts)
{
	for (size_t i = 0; i < rebuild->nr; i++) {
		guest_facts(facts, &rebuild->guest[i]);
		mute_unknown(facts, &rebuild->guest[i]);
	}
	if (recorded)
		mute_unrecorded(facts, recorded);
	if (rebuild->lost || rebuild->failed)
		facts_mute_all(facts);
	facts_sort(facts);
}

void rebuild_free(struct rebuild *rebuild)
{
	for (size_t i = 0; i < rebuild->nr; i++)
		guest_free(&rebuild->guest[i]);
	free(rebuild->guest);
	memset(rebuild, 0, sizeof(*rebuild));
}
