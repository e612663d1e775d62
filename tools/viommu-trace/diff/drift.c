// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding drift: what events say, what the driver says, what the hardware holds.
 *
 * Three are asked, one after the other, while guests come and go. What differs is
 * asked for again and again, for longer than anything takes that the driver does;
 * what one guest ID's next user has is told from what the last one had by their
 * ages.
 */
#include <time.h>

#include "diff/drift.h"
#include "diff/hardware.h"
#include "lib/hw/bdf.h"
#include "live/exists.h"

#define POLL_NS 50000000ull
/* How long a difference must last, and how often it is looked at until then */
#define SETTLE_NS 200000000l
#define SETTLE_TIMES 11

/*
 * Events
 */

static void on_event(void *context, const struct vtr_event *event,
		     const struct vm *vm __attribute__((unused)))
{
	struct drift *drift = context;

	rebuild_event(&drift->rebuild, event);
}

static void on_lost(void *context, uint64_t lost)
{
	struct drift *drift = context;

	drift->rebuild.lost += lost;
}

static void on_viommu(void *context, const struct vtr_viommu *from, const struct vm *vm)
{
	struct drift *drift = context;
	struct trace_viommu viommu = exists_viommu(from, vm);

	vms_set(&drift->vms, from->iommu, from->guest_id, from->pid, vm->name);
	rebuild_viommu(&drift->rebuild, &viommu);
}

static void on_vdevice(void *context, const struct vtr_vdevice *from)
{
	struct drift *drift = context;
	struct trace_vdevice vdevice = exists_vdevice(from);

	rebuild_vdevice(&drift->rebuild, &vdevice);
}

static void on_vm(void *context, const struct vm *vm, const char *comm __attribute__((unused)))
{
	struct drift *drift = context;

	vms_set(&drift->vms, vm->iommu, vm->guest_id, vm->pid, vm->name);
}

/*
 * Neither iterators nor events tell the domains and the private address space of
 * guests that were there before: debugfs does. It counts if no event of the guest
 * came in the meantime.
 */
static void begin_bases(struct drift *drift)
{
	for (size_t i = 0; i < drift->rebuild.nr; i++) {
		struct rebuilt_guest *guest = &drift->rebuild.guest[i];

		guest->base_events = UINT64_MAX;
		if (!guest->based && hardware_base(drift->dir, guest))
			guest->base_events = guest->events;
	}
}

static void end_bases(struct drift *drift)
{
	for (size_t i = 0; i < drift->rebuild.nr; i++) {
		struct rebuilt_guest *guest = &drift->rebuild.guest[i];

		if (guest->base_events == guest->events)
			guest->based = true;
		guest->base_events = UINT64_MAX;
	}
}

static enum wait_result poll_once(struct drift *drift, uint64_t end)
{
	uint64_t now = wait_now_ns();
	enum wait_result why;

	begin_bases(drift);
	why = wait_until(now + POLL_NS < end ? now + POLL_NS : end, false);
	event_source_poll(drift->source);
	end_bases(drift);
	return why;
}

enum exit_code drift_follow(struct drift *drift, uint64_t duration_ns, void (*begin)(void))
{
	/* It stays until drift_end() */
	static struct event_sink sink = {
		.event = on_event,
		.lost = on_lost,
		.missed = on_lost,
		.unseen = on_lost,
		.viommu = on_viommu,
		.vdevice = on_vdevice,
		.vm = on_vm,
	};
	uint64_t end = duration_ns ? wait_now_ns() + duration_ns : UINT64_MAX;
	enum wait_result why = WAIT_TIME;
	enum exit_code code;

	sink.context = drift;
	drift->live = drift->traced = true;
	code = event_source_start(drift->source, &sink);
	if (code)
		return code;
	begin();
	while ((why == WAIT_TIME || why == WAIT_OTHER) && wait_now_ns() < end)
		why = poll_once(drift, end);
	return EXIT_OK;
}

/*
 * What the driver says
 */

/**
 * struct listing - Iterators while they are read
 * @drift: for whom
 * @facts: what they say
 */
struct listing {
	struct drift *drift;
	struct facts facts;
};

static void list_viommu(void *context, const struct vtr_viommu *viommu, const struct vm *vm)
{
	struct listing *l = context;
	struct fact fact = {
		.iommu = viommu->iommu, .guest_id = viommu->guest_id, .age = viommu->serial};
	char bdf[BDF_MAX];

	vms_set(&l->drift->vms, viommu->iommu, viommu->guest_id, viommu->pid, vm->name);
	facts_add(&l->facts, &fact, "in use");
	fact.kind = FACT_VIOMMU;
	facts_add(&l->facts, &fact, "serial %llu, PID %d", (unsigned long long)viommu->serial,
		  viommu->pid);
	fact.kind = FACT_TRANS_DEVID;
	if (viommu->trans_devid)
		facts_add(&l->facts, &fact, "%s",
			  bdf_format(bdf, sizeof(bdf), viommu->trans_devid));
	fact.kind = FACT_QUEUE;
	for (fact.key = 0; fact.key < VTR_NR_QUEUES; fact.key++)
		if (viommu->queue_size[fact.key])
			fact_queue(&l->facts, &fact, viommu->queue_reg[fact.key]);
}

/* The driver means to have told the hardware of each */
static void list_vdevice(void *context, const struct vtr_vdevice *vdevice)
{
	struct listing *l = context;
	struct fact fact = {
		.kind = FACT_VDEVICE,
		.iommu = vdevice->iommu,
		.guest_id = vdevice->guest_id,
		.key = vdevice->hdev_id,
		.age = vdevice->serial,
	};
	char bdf[BDF_MAX];

	facts_add(&l->facts, &fact, "guest's %s", bdf_format(bdf, sizeof(bdf), vdevice->gdev_id));
	fact.kind = FACT_DEVID_MAP;
	fact.key = vdevice->gdev_id;
	facts_add(&l->facts, &fact, "host's %s", bdf_format(bdf, sizeof(bdf), vdevice->hdev_id));
}

/*
 * Comparing
 */

static bool is_settling(void *context, uint32_t iommu, uint16_t guest_id)
{
	const struct drift *drift = context;

	for (size_t i = 0; drift->settle && i < drift->settle->nr; i++) {
		const struct fact *of = &drift->settle->difference[i].of;

		if (of->iommu == iommu && of->guest_id == guest_id)
			return true;
	}
	return !drift->settle;
}

/* All three, the trace last: what it does not have yet it has when asked again */
static bool ask(struct drift *drift, struct comparison *out)
{
	struct listing listing = {.drift = drift};
	struct facts trace = {}, hardware = {};
	const struct facts *const by[] = {drift->traced ? &trace : NULL, &listing.facts, &hardware};
	const struct event_sink sink = {
		.context = &listing, .viommu = list_viommu, .vdevice = list_vdevice};
	const struct hardware hw = {drift->dir, is_settling, drift, &hardware, &listing.facts};
	bool good = event_source_list(drift->source, &sink);

	drift->unreadable = hardware_read(&hw);
	facts_mute(&listing.facts, FACT_IPA_MAP, 0, 0);
	facts_sort(&listing.facts);
	if (drift->live)
		event_source_poll_lost(drift->source);
	rebuild_facts(&drift->rebuild, drift->recorded, &trace);
	trace.only = drift->filtered;
	compare_facts(by, out);
	facts_free(&trace);
	facts_free(&listing.facts);
	facts_free(&hardware);
	return good;
}

static void nap(void)
{
	const struct timespec ts = {.tv_nsec = SETTLE_NS};

	nanosleep(&ts, NULL);
}

bool drift_compare(struct drift *drift)
{
	bool good = ask(drift, &drift->result);

	for (int i = 1; good && drift->result.nr && i < SETTLE_TIMES; i++) {
		struct comparison again;

		nap();
		drift->settle = &drift->result;
		good = ask(drift, &again);
		drift->settle = NULL;
		compare_keep(&drift->result, &again);
		compare_free(&again);
	}
	return good;
}

void drift_end(struct drift *drift)
{
	if (drift->live)
		event_source_stop(drift->source);
	drift->live = false;
}

void drift_free(struct drift *drift)
{
	rebuild_free(&drift->rebuild);
	vms_free(&drift->vms);
	compare_free(&drift->result);
}
