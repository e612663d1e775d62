// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of which events are a reason to keep what led to them.
 */
#include "event/triggers.h"
#include "tap.h"

#define SECOND 1000000000ull

/* What fired */
static unsigned int fired[NR_TRIGGERS];
static struct vtr_event last;
static char text[256];

static void on_fire(void *context, enum trigger_kind kind, const struct vtr_event *event,
		    const char *why)
{
	(void)context;
	fired[kind]++;
	last = *event;
	snprintf(text, sizeof(text), "%s", why);
}

static struct triggers start(const char *list)
{
	struct triggers t = {
		.p99_ns = 1000000,
		.window_ns = 10 * SECOND,
		.faults = 7,
		.fire = on_fire,
	};

	memset(fired, 0, sizeof(fired));
	ok(triggers_parse(t.on, list), "%s can be asked for", list);
	return t;
}

static void happen(struct triggers *t, enum vtr_event_id id, uint64_t ns, uint16_t guest_id,
		   uint64_t arg0, uint64_t arg1)
{
	const struct vtr_event event = {
		.id = id,
		.iommu = 3,
		.guest_id = guest_id,
		.ns = ns,
		.arg = {arg0, arg1, 32, 5 * SECOND / 2},
	};

	triggers_event(t, &event);
}

static uint64_t seq;

static void command(struct triggers *t, uint64_t ns, uint64_t latency)
{
	happen(t, VTR_cmd_submit, ns, 4, ++seq, 0x1000000000000000);
	happen(t, VTR_cmd_complete, ns + latency, 4, seq, 0);
}

static void test_timeout(void)
{
	struct triggers t = start("wait-timeout");

	happen(&t, VTR_cmd_complete, SECOND, 4, 77, 0);
	is_number(fired[TRIGGER_WAIT_TIMEOUT], 0, "a wait that ends well is none");
	happen(&t, VTR_cmd_complete, SECOND, 4, 78, (uint64_t)-110);
	is_number(fired[TRIGGER_WAIT_TIMEOUT], 1, "one that times out is");
	is_string(text, "ivhd3 does not complete commands: the wait for seq=78 ended with -110",
		  "and says which");
	is_number(last.arg[0], 78, "with its event");
	happen(&t, VTR_cmd_complete, 2 * SECOND - 1, 4, 79, (uint64_t)-110);
	is_number(fired[TRIGGER_WAIT_TIMEOUT], 1, "once a second");
	happen(&t, VTR_cmd_complete, 2 * SECOND, 4, 80, (uint64_t)-110);
	is_number(fired[TRIGGER_WAIT_TIMEOUT], 2, "then again");
	triggers_free(&t);
}

static void test_p99(void)
{
	struct triggers t = start("p99");

	/* One of a hundred is slow: the p99 is not above the limit */
	for (int i = 0; i < 200; i++)
		command(&t, SECOND + 1000 * i, i % 100 == 7 ? 1000001 : 1000000);
	triggers_time(&t, 12 * SECOND);
	is_number(fired[TRIGGER_P99], 0, "one in a hundred may be slow");
	for (int i = 0; i < 200; i++)
		command(&t, 12 * SECOND + 2000000 * i, i % 80 == 7 ? 1500001 : 1000000);
	triggers_time(&t, 22 * SECOND);
	is_number(fired[TRIGGER_P99], 0, "a window is waited for");
	triggers_time(&t, 22 * SECOND + 1);
	is_number(fired[TRIGGER_P99], 1, "three in two hundred may not");
	ok(strstr(text, "3 of 200 commands took longer than") &&
		   strstr(text, "seq=208 of ivhd3, guest 4"),
	   "it says how many, and which was the slowest");
	for (int i = 0; i < 99; i++)
		command(&t, 23 * SECOND + 9000000 * i, 9000000);
	triggers_time(&t, 40 * SECOND);
	is_number(fired[TRIGGER_P99], 1, "fewer than a hundred say nothing");
	for (int i = 0; i < 99; i++)
		command(&t, 41 * SECOND + 9000000 * i, 900);
	happen(&t, VTR_cmd_submit, 42 * SECOND, 4, ++seq, 0);
	triggers_lost(&t);
	happen(&t, VTR_cmd_complete, 49 * SECOND, 4, seq, 0);
	triggers_time(&t, 60 * SECOND);
	is_number(fired[TRIGGER_P99], 1, "what is not known since events were lost is not slow");
	triggers_free(&t);
}

static void test_queues(void)
{
	struct triggers t = start("queue-stuck,log-overflow");

	happen(&t, VTR_queue_stuck, SECOND, 9, 0, 16);
	is_number(fired[TRIGGER_QUEUE_STUCK], 1, "a stuck queue");
	is_string(text,
		  "the command buffer of guest 9 on ivhd3 has work, and none was done for 2.50s",
		  "and which");
	happen(&t, VTR_queue_overflow, SECOND, 9, 2, 0);
	is_number(fired[TRIGGER_LOG_OVERFLOW], 1, "a guest's log that is full");
	is_string(text, "the PPR log of guest 9 on ivhd3 is full", "and which");
	happen(&t, VTR_event_log_overflow, 3 * SECOND, 0, 0, 0);
	is_number(fired[TRIGGER_LOG_OVERFLOW], 2, "the host's");
	is_string(text, "the event log of ivhd3 is full", "and which");
	happen(&t, VTR_queue_overflow, 5 * SECOND, 9, 99, 0);
	is_number(fired[TRIGGER_LOG_OVERFLOW], 3, "one that nobody knows");
	triggers_free(&t);
}

static void test_faults(void)
{
	struct triggers t = start("fault-storm");

	for (int i = 0; i < 60; i++)
		happen(&t, VTR_event_record, 5 * SECOND + i, 10 + i % 10, 0, 0);
	is_number(fired[TRIGGER_FAULT_STORM], 0, "sixty faults of ten VMs are no storm");
	for (int i = 0; i < 3; i++)
		happen(&t, VTR_event_record, 7 * SECOND + i, 12, 0, 0);
	is_number(fired[TRIGGER_FAULT_STORM], 0, "nor is what happens within two seconds");
	for (int i = 3; i < 7; i++)
		happen(&t, VTR_event_record, 7 * SECOND + i, 12, 0, 0);
	is_number(fired[TRIGGER_FAULT_STORM], 1, "seven of one are");
	is_string(text, "7 faults within a second of guest 12 on ivhd3", "and whose they are");
	for (int i = 0; i < 7; i++)
		happen(&t, VTR_event_record, 10 * SECOND + i, 0, 0, 0);
	is_string(text, "7 faults within a second of no guest's on ivhd3", "also the host's");
	triggers_free(&t);
}

static void test_others(void)
{
	struct triggers t = start("all");
	bool on[NR_TRIGGERS];

	for (int i = 0; i < NR_TRIGGERS; i++)
		ok(t.on[i], "all has %s", trigger_names[i]);
	ok(triggers_ask(&t, TRIGGER_COMMAND, SECOND, "why not"), "somebody asks");
	is_string(text, "why not", "and says why");
	ok(!triggers_ask(&t, TRIGGER_COMMAND, SECOND + 1, "again"), "too often");
	ok(triggers_ask(&t, TRIGGER_SIGNAL, SECOND + 1, "SIGUSR1"), "a signal is another kind");
	triggers_free(&t);
	t = start("p99,command");
	happen(&t, VTR_queue_stuck, SECOND, 9, 0, 16);
	happen(&t, VTR_event_log_overflow, SECOND, 9, 0, 16);
	happen(&t, VTR_cmd_complete, SECOND, 4, 78, (uint64_t)-110);
	for (int i = 0; i < 30; i++)
		happen(&t, VTR_event_record, SECOND, 9, 0, 0);
	ok(!triggers_ask(&t, TRIGGER_SIGNAL, SECOND, "SIGUSR1"), "what is not wanted is none");
	for (int i = 0; i < NR_TRIGGERS; i++)
		is_number(fired[i], 0, trigger_names[i]);
	triggers_free(&t);
	ok(!triggers_parse(on, "p99,") && !triggers_parse(on, "") && !triggers_parse(on, "p9"),
	   "there are no others");
}

int main(void)
{
	test_timeout();
	test_p99();
	test_queues();
	test_faults();
	test_others();
	return tap_end();
}
