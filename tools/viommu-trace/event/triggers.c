// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which events are a reason to keep what led to them.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/triggers.h"
#include "lib/sys/array.h"
#include "lib/text/text.h"

#define NSEC_PER_SEC 1000000000ull
/* One in a hundred means nothing of fewer */
#define COMMANDS_MIN 100

const char *const trigger_names[NR_TRIGGERS] = {
	[TRIGGER_WAIT_TIMEOUT] = "wait-timeout", [TRIGGER_P99] = "p99",
	[TRIGGER_QUEUE_STUCK] = "queue-stuck",	 [TRIGGER_LOG_OVERFLOW] = "log-overflow",
	[TRIGGER_FAULT_STORM] = "fault-storm",	 [TRIGGER_SIGNAL] = "signal",
	[TRIGGER_COMMAND] = "command",
};

static const char *const queue_names[VTR_NR_QUEUES] = {"command buffer", "event log", "PPR log"};

static bool parse_one(bool on[NR_TRIGGERS], const char *name, size_t len)
{
	bool found = false;

	for (int i = 0; i < NR_TRIGGERS; i++) {
		bool same = strlen(trigger_names[i]) == len && !memcmp(name, trigger_names[i], len);

		if (same || (len == 3 && !memcmp(name, "all", len)))
			found = on[i] = true;
	}
	return found;
}

bool triggers_parse(bool on[NR_TRIGGERS], const char *list)
{
	memset(on, 0, NR_TRIGGERS * sizeof(*on));
	for (;; list++) {
		size_t len = strcspn(list, ",");

		if (!parse_one(on, list, len))
			return false;
		list += len;
		if (!*list)
			return true;
	}
}

static bool fire(struct triggers *t, enum trigger_kind kind, const struct vtr_event *event,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static bool fire(struct triggers *t, enum trigger_kind kind, const struct vtr_event *event,
		 const char *fmt, ...)
{
	char text[TRIGGER_TEXT_MAX];
	va_list args;

	if (!t->on[kind])
		return false;
	/* Processors differ by a little: an event may be older than the last one */
	if (t->fired[kind] && event->ns < t->fired[kind] + NSEC_PER_SEC)
		return false;
	t->fired[kind] = event->ns;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	t->fire(t->context, kind, event, text);
	return true;
}

/*
 * Commands
 */

static void command_done(void *context, const struct pairs_command *command, uint64_t ns)
{
	struct triggers *t = context;

	t->commands++;
	t->slow += ns > t->p99_ns;
	if (ns > t->slowest_ns) {
		t->slowest = command->submit;
		t->slowest_ns = ns;
	}
}

/* More than one in a hundred above the limit is a p99 above it */
static void end_window(struct triggers *t, uint64_t ns)
{
	struct vtr_event event = t->slowest;
	char limit[32], slowest[32];

	if (t->commands >= COMMANDS_MIN && t->slow * 100 > t->commands) {
		text_duration(limit, sizeof(limit), t->p99_ns);
		text_duration(slowest, sizeof(slowest), t->slowest_ns);
		event.ns = ns;
		fire(t, TRIGGER_P99, &event,
		     "%" PRIu64 " of %" PRIu64
		     " commands took longer than %s, the slowest %s: seq=%llu of ivhd%u, guest %u",
		     t->slow, t->commands, limit, slowest, t->slowest.arg[0], event.iommu,
		     event.guest_id);
	}
	t->window = ns;
	t->commands = t->slow = t->slowest_ns = 0;
}

static void command_event(struct triggers *t, const struct vtr_event *event)
{
	if (event->id == VTR_cmd_complete && event->arg[1])
		fire(t, TRIGGER_WAIT_TIMEOUT, event,
		     "ivhd%u does not complete commands: the wait for seq=%llu ended with %lld",
		     event->iommu, event->arg[0], (long long)event->arg[1]);
	if (!t->on[TRIGGER_P99])
		return;
	t->pairs.done = command_done;
	t->pairs.context = t;
	if (!pairs_event(&t->pairs, event, 0))
		t->failed = true;
}

/*
 * Faults
 */

static struct triggers_faults *faults_of(struct triggers *t, const struct vtr_event *event)
{
	uint64_t key = (uint64_t)event->iommu << 16 | event->guest_id;
	struct triggers_faults *guest;
	size_t low = 0, high = t->nr;

	while (low < high) {
		size_t middle = (low + high) / 2;

		guest = &t->guest[middle];
		if (((uint64_t)guest->iommu << 16 | guest->guest_id) < key)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < t->nr && t->guest[low].iommu == event->iommu &&
	    t->guest[low].guest_id == event->guest_id)
		return &t->guest[low];
	if (!array_add(&t->guest, &t->nr, &t->room, sizeof(*guest))) {
		t->failed = true;
		return NULL;
	}
	guest = &t->guest[low];
	memmove(guest + 1, guest, (t->nr - 1 - low) * sizeof(*guest));
	*guest = (struct triggers_faults){.iommu = event->iommu, .guest_id = event->guest_id};
	return guest;
}

static void fault_event(struct triggers *t, const struct vtr_event *event)
{
	struct triggers_faults *guest;
	char whose[32] = "of no guest's";

	if (!t->on[TRIGGER_FAULT_STORM])
		return;
	guest = faults_of(t, event);
	if (!guest || ++guest->nr != t->faults)
		return;
	if (event->guest_id)
		snprintf(whose, sizeof(whose), "of guest %u", event->guest_id);
	fire(t, TRIGGER_FAULT_STORM, event, "%" PRIu64 " faults within a second %s on ivhd%u",
	     guest->nr, whose, event->iommu);
}

static void queue_event(struct triggers *t, const struct vtr_event *event)
{
	const char *queue = event->arg[0] < VTR_NR_QUEUES ? queue_names[event->arg[0]] : "queue";
	char span[32];

	if (event->id == VTR_queue_overflow) {
		fire(t, TRIGGER_LOG_OVERFLOW, event, "the %s of guest %u on ivhd%u is full", queue,
		     event->guest_id, event->iommu);
		return;
	}
	text_duration(span, sizeof(span), event->arg[3]);
	fire(t, TRIGGER_QUEUE_STUCK, event,
	     "the %s of guest %u on ivhd%u has work, and none was done for %s", queue,
	     event->guest_id, event->iommu, span);
}

void triggers_event(struct triggers *t, const struct vtr_event *event)
{
	triggers_time(t, event->ns);
	switch (event->id) {
	case VTR_cmd_submit:
	case VTR_cmd_complete:
		command_event(t, event);
		break;
	case VTR_event_record:
		fault_event(t, event);
		break;
	case VTR_event_log_overflow:
		fire(t, TRIGGER_LOG_OVERFLOW, event, "the event log of ivhd%u is full",
		     event->iommu);
		break;
	case VTR_queue_stuck:
	case VTR_queue_overflow:
		queue_event(t, event);
		break;
	default:
		break;
	}
}

void triggers_lost(struct triggers *t)
{
	pairs_lost(&t->pairs);
}

void triggers_time(struct triggers *t, uint64_t ns)
{
	if (!t->window)
		t->window = ns;
	else if (ns > t->window + t->window_ns)
		end_window(t, ns);
	if (ns > t->second + NSEC_PER_SEC) {
		t->second = ns;
		t->nr = 0;
	}
}

bool triggers_ask(struct triggers *t, enum trigger_kind kind, uint64_t ns, const char *text)
{
	const struct vtr_event event = {.ns = ns};

	return fire(t, kind, &event, "%s", text);
}

void triggers_free(struct triggers *t)
{
	pairs_free(&t->pairs);
	free(t->guest);
	t->guest = NULL;
	t->nr = t->room = 0;
}
