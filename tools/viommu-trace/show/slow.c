// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that took long, one by one: what is fast never leaves the kernel.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "event/vms.h"
#include "lib/bpf/bpflog.h"
#include "lib/bpf/maps.h"
#include "lib/bpf/objects.h"
#include "lib/bpf/progs.h"
#include "lib/bpf/sections.h"
#include "lib/sys/wait.h"
#include "lib/text/message.h"
#include "lib/text/output.h"
#include "live/owners.h"
#include "show/event_print.h"
#include "show/slow.h"

/* Has what the skeleton needs before it */
#include "viommu_trace.h"

#include "viommu_latency.skel.h"

#define POLL_NS 50000000ull
/* Commands between two looks at signals and the time */
#define BATCH 4096
/* How often to look who is there */
#define LOOK_NS 1000000000ull
#define MIB (1u << 20)

/* Not an event of the driver: two of them, and what is between them */
static const struct event_type slow_type = {
	.name = "slow_command",
	.arg = {{"seq", ARG_NUMBER}, {"cmd", ARG_COMMAND}, {"", ARG_END}, {"latency", ARG_NS}},
};

/**
 * struct slow - The command while it runs
 * @options: which commands
 * @skel:    the BPF programs
 * @vms:     who has which guest ID
 * @missed:  runs of these that the kernel skipped before it began
 * @timeouts: completion waits that timed out before it began
 * @shown:   commands shown
 * @taken:   commands read since the last look at signals and the time
 */
struct slow {
	const struct slow_options *options;
	struct viommu_latency_bpf *skel;
	struct vms vms;
	uint64_t missed;
	uint64_t timeouts;
	uint64_t shown;
	unsigned int taken;
};

static bool enough(const struct slow *s)
{
	return s->options->count && s->shown == s->options->count;
}

static void handle(struct slow *s, const struct vtr_event *event, size_t size)
{
	const struct vm *vm;

	if (size < sizeof(*event) || enough(s))
		return;
	vm = vms_find_life(&s->vms, event->iommu, event->guest_id, event->lost);
	/* It may be new */
	if (!vm && event->lost) {
		owners_read(&s->vms, bpf_map__fd(s->skel->maps.owners));
		vm = vms_find_life(&s->vms, event->iommu, event->guest_id, event->lost);
	}
	if (!selected(s->options->select, event->iommu, event->guest_id, vm))
		return;
	event_print(event, &slow_type, vm, s->options->select->json);
	s->shown++;
}

static int on_command(void *context, void *data, size_t size)
{
	struct slow *s = context;

	handle(s, data, size);
	return ++s->taken < BATCH ? 0 : -EAGAIN;
}

/* True at the end of the buffer */
static bool consume(struct slow *s, struct ring_buffer *ring)
{
	s->taken = 0;
	return ring_buffer__consume(ring) != -EAGAIN;
}

static enum exit_code load(struct slow *s)
{
	int err;

	bpflog_init(s->options->select->verbose);
	sections_init();
	s->skel = viommu_latency_bpf__open();
	if (!s->skel)
		return bpflog_load_error(-errno);
	maps_size_by_iommu(s->skel->maps.processes, VTR_PENDING);
	s->skel->rodata->slow_ns = s->options->ns;
	bpf_map__set_max_entries(s->skel->maps.latencies, 1);
	bpf_map__set_max_entries(s->skel->maps.slow, s->options->buffer * MIB);
	err = viommu_latency_bpf__load(s->skel);
	if (!err)
		err = viommu_latency_bpf__attach(s->skel);
	return err ? bpflog_load_error(err) : EXIT_OK;
}

static void add_timeouts(void *context, const void *record)
{
	*(uint64_t *)context += *(const uint64_t *)record;
}

/* Of all IOMMUs so far */
static uint64_t timeouts(const struct slow *s)
{
	uint64_t sum = 0;

	list_objects(s->skel->progs.list_timeouts, sizeof(sum), add_timeouts, &sum);
	return sum;
}

/* A submission that was not seen counts twice if its completion was: rather that than never */
static void tell_end(const struct slow *s)
{
	uint64_t missed = progs_missed(s->skel->obj) - s->missed;
	uint64_t lost = s->skel->bss->lost + missed;

	event_print_end(s->shown, lost, false, s->options->select->json);
	if (s->skel->bss->lost)
		msg("%llu commands could not be measured, or not be shown",
		    (unsigned long long)s->skel->bss->lost);
	if (missed)
		msg("%llu submissions or completions were not seen: latencies may be missing or "
		    "too long",
		    (unsigned long long)missed);
	if (timeouts(s) > s->timeouts)
		msg("%llu completion waits timed out",
		    (unsigned long long)(timeouts(s) - s->timeouts));
}

static enum exit_code follow(struct slow *s, struct ring_buffer *ring)
{
	uint64_t span = s->options->select->duration_ns, now = wait_now_ns(), look = now, next;
	uint64_t end = span ? now + span : UINT64_MAX;
	enum wait_result why = WAIT_TIME;
	bool all = true;

	s->missed = progs_missed(s->skel->obj);
	s->timeouts = timeouts(s);
	s->skel->bss->since_ns = now;
	if (!vms_list(&s->vms, s->skel->progs.list_owners))
		return EXIT_FAIL;
	event_print_begin(s->options->select->json, NULL);
	while ((why == WAIT_TIME || why == WAIT_OTHER) && !enough(s) && now < end) {
		if (now >= look) {
			owners_read(&s->vms, bpf_map__fd(s->skel->maps.owners));
			look = now + LOOK_NS;
		}
		next = all ? now + POLL_NS : now;
		why = wait_until(next < end ? next : end, false);
		all = consume(s, ring);
		if (!output_flush())
			break;
		now = wait_now_ns();
	}
	s->skel->bss->since_ns = 0;
	while (!consume(s, ring))
		;
	tell_end(s);
	return EXIT_OK;
}

enum exit_code slow_follow(const struct slow_options *options)
{
	struct slow s = {.options = options};
	struct ring_buffer *ring = NULL;
	enum exit_code code;

	code = load(&s);
	if (!code) {
		ring = ring_buffer__new(bpf_map__fd(s.skel->maps.slow), on_command, &s, NULL);
		if (!ring) {
			msg("cannot read from the kernel: %s", strerror(errno));
			code = EXIT_FAIL;
		}
	}
	if (!code)
		code = follow(&s, ring);
	ring_buffer__free(ring);
	viommu_latency_bpf__destroy(s.skel);
	vms_free(&s.vms);
	return code;
}
