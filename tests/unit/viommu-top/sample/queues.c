// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of guests' queues: states, fill, rates, several as one.
 */
#include "sample/queues.h"
#include "tap.h"

static const struct vt_queue served = {
	.entries = 100,
	.size = 4096,
	.flags = VT_QUEUE_ENABLED | VT_QUEUE_RUNNING,
};

static enum queue_state state(unsigned int size, unsigned int flags)
{
	struct vt_queue queue[VT_NR_QUEUES] = {{.size = size, .flags = flags}};
	struct queues queues;

	queues_set(&queues, queue);
	return queues.state[VT_QUEUE_CMD];
}

static unsigned int fill(unsigned int head, unsigned int tail)
{
	struct vt_queue queue[VT_NR_QUEUES] = {[VT_QUEUE_EVT] = served};
	struct queues queues;

	queue[VT_QUEUE_EVT].head = head;
	queue[VT_QUEUE_EVT].tail = tail;
	queues_set(&queues, queue);
	return queues.fill[VT_QUEUE_EVT];
}

static void test_states(void)
{
	unsigned int on = VT_QUEUE_ENABLED, run = VT_QUEUE_RUNNING;

	is_string(queue_state_name(state(0, on | run)), "-", "one that does not exist");
	is_string(queue_state_name(state(4096, 0)), "off", "one that is off");
	is_string(queue_state_name(state(4096, VT_QUEUE_STUCK)), "off", "whatever it was before");
	is_string(queue_state_name(state(4096, on | run)), "ok", "one that is served");
	is_string(queue_state_name(state(4096, on)), "stop", "one that has stopped");
	is_string(queue_state_name(state(4096, on | VT_QUEUE_OVERFLOW)), "ovf",
		  "a log that has stopped because it is full");
	is_string(queue_state_name(state(4096, on | run | VT_QUEUE_STUCK)), "stuck",
		  "one that is stuck, though it runs");
}

static void test_fill(void)
{
	is_number(fill(0, 0), 0, "an empty one");
	is_number(fill(0, 4080), 99, "a full one");
	is_number(fill(4080, 0), 0, "one entry at the end of the ring");
	is_number(fill(3072, 1024), 50, "half, around the end");
	/* The guest can write any offset of 512 KiB */
	is_number(fill(0, 0x7fff0), 99, "pointers that lie outside of the ring");
}

static void test_gain(void)
{
	struct vt_queue then[VT_NR_QUEUES] = {served}, now[VT_NR_QUEUES] = {served};
	struct queues queues, other;

	queues_set(&queues, now);
	ok(!queues_active(&queues), "nothing was gained before there is an interval");
	now[VT_QUEUE_CMD].entries = 117;
	queues_gain(&queues, now, then);
	is_number(queues.gained[VT_QUEUE_CMD], 17, "17 entries");
	ok(queues_active(&queues), "are activity");
	other = queues;
	other.gained[VT_QUEUE_CMD] = 0;
	ok(!queues_active(&other), "without any there is none");
	other.state[VT_QUEUE_CMD] = QUEUE_STUCK;
	ok(queues_active(&other), "but who is stuck is not idle");
	now[VT_QUEUE_CMD].entries = 5;
	queues_gain(&queues, now, then);
	is_number(queues.gained[VT_QUEUE_CMD], 5, "one that was made anew counts from zero");

	now[VT_QUEUE_PPR] = served;
	now[VT_QUEUE_PPR].flags = VT_QUEUE_ENABLED;
	now[VT_QUEUE_CMD].tail = 1024;
	queues_set(&other, now);
	other.gained[VT_QUEUE_CMD] = 2;
	queues_merge(&queues, &other);
	is_number(queues.gained[VT_QUEUE_CMD], 7, "a VM has the sum");
	is_number(queues.fill[VT_QUEUE_CMD], 25, "the fullest");
	ok(queues_worst(&queues) == QUEUE_STOPPED, "and the worst");
	ok(queues.state[VT_QUEUE_CMD] == QUEUE_OK, "of each queue");
}

int main(void)
{
	test_states();
	test_fill();
	test_gain();
	return tap_end();
}
