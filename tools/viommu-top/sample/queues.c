// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues that the hardware serves guests.
 */
#include "sample/queues.h"

static enum queue_state state_of(const struct vt_queue *queue)
{
	if (!queue->size)
		return QUEUE_NONE;
	if (!(queue->flags & VT_QUEUE_ENABLED))
		return QUEUE_OFF;
	if (queue->flags & VT_QUEUE_STUCK)
		return QUEUE_STUCK;
	if (queue->flags & VT_QUEUE_OVERFLOW)
		return QUEUE_OVERFLOW;
	return queue->flags & VT_QUEUE_RUNNING ? QUEUE_OK : QUEUE_STOPPED;
}

/* Head and tail are what the guest wrote: they may be anywhere */
uint32_t queue_used(const struct vt_queue *queue)
{
	return queue->size ? (queue->tail - queue->head) & (queue->size - 1) : 0;
}

static unsigned int fill_of(const struct vt_queue *queue)
{
	return queue->size ? queue_used(queue) * 100ull / queue->size : 0;
}

void queues_set(struct queues *queues, const struct vt_queue now[VT_NR_QUEUES])
{
	for (int i = 0; i < VT_NR_QUEUES; i++) {
		queues->state[i] = state_of(&now[i]);
		queues->fill[i] = fill_of(&now[i]);
		queues->gained[i] = 0;
	}
}

void queues_gain(struct queues *queues, const struct vt_queue now[VT_NR_QUEUES],
		 const struct vt_queue then[VT_NR_QUEUES])
{
	for (int i = 0; i < VT_NR_QUEUES; i++) {
		/* One that was made anew counts from zero */
		uint64_t before = now[i].entries < then[i].entries ? 0 : then[i].entries;

		queues->gained[i] = now[i].entries - before;
	}
}

void queues_merge(struct queues *vm, const struct queues *add)
{
	for (int i = 0; i < VT_NR_QUEUES; i++) {
		if (add->state[i] > vm->state[i])
			vm->state[i] = add->state[i];
		if (add->fill[i] > vm->fill[i])
			vm->fill[i] = add->fill[i];
		vm->gained[i] += add->gained[i];
	}
}

enum queue_state queues_worst(const struct queues *queues)
{
	enum queue_state worst = QUEUE_NONE;

	for (int i = 0; i < VT_NR_QUEUES; i++)
		if (queues->state[i] > worst)
			worst = queues->state[i];
	return worst;
}

bool queues_active(const struct queues *queues)
{
	for (int i = 0; i < VT_NR_QUEUES; i++)
		if (queues->gained[i])
			return true;
	return queues_worst(queues) > QUEUE_OK;
}

const char *queue_name(enum vt_queue_type type)
{
	static const char *const names[] = {
		[VT_QUEUE_CMD] = "cmd",
		[VT_QUEUE_EVT] = "evt",
		[VT_QUEUE_PPR] = "ppr",
	};

	return names[type];
}

const char *queue_state_name(enum queue_state state)
{
	static const char *const names[] = {
		[QUEUE_NONE] = "-",	  [QUEUE_OFF] = "off",	    [QUEUE_OK] = "ok",
		[QUEUE_STOPPED] = "stop", [QUEUE_OVERFLOW] = "ovf", [QUEUE_STUCK] = "stuck",
	};

	return names[state];
}
