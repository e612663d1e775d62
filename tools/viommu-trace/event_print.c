// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events as text and as JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "event_print.h"
#include "event_table.h"
#include "jsonline.h"
#include "names.h"
#include "text.h"
#include "wait.h"

#define NSEC_PER_SEC 1000000000ull

static const char *const queues[] = {"cmd", "evt", "ppr"};

/* CLOCK_MONOTONIC to CLOCK_REALTIME, as of the first call */
static uint64_t real_ns(uint64_t ns)
{
	static uint64_t offset;
	struct timespec ts;

	if (!offset) {
		clock_gettime(CLOCK_REALTIME, &ts);
		offset = ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec - wait_now_ns();
	}
	return ns + offset;
}

static void format_time(char *buf, size_t len, uint64_t ns)
{
	uint64_t real = real_ns(ns);
	time_t seconds = real / NSEC_PER_SEC;
	struct tm tm;
	char clock[16];

	localtime_r(&seconds, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	snprintf(buf, len, "%s.%06u", clock, (unsigned int)(real % NSEC_PER_SEC / 1000));
}

static void format_bdf(char *buf, size_t len, uint64_t id)
{
	snprintf(buf, len, "%02x:%02x.%x", (unsigned int)(id >> 8 & 0xff),
		 (unsigned int)(id >> 3 & 0x1f), (unsigned int)(id & 7));
}

static void format_ret(char *buf, size_t len, int ret)
{
	const char *name = ret < 0 ? strerrorname_np(-ret) : NULL;

	if (name)
		snprintf(buf, len, "-%s", name);
	else
		snprintf(buf, len, "%d", ret);
}

/* The words as perf has them: 32 bits each, lowest first */
static void format_words(char *buf, size_t len, const uint64_t q[2])
{
	snprintf(buf, len, "%08x:%08x:%08x:%08x", (uint32_t)q[0], (uint32_t)(q[0] >> 32),
		 (uint32_t)q[1], (uint32_t)(q[1] >> 32));
}

static void format_arg(char *buf, size_t len, enum arg_kind kind, const uint64_t *arg)
{
	switch (kind) {
	case ARG_HEX:
		snprintf(buf, len, "0x%" PRIx64, *arg);
		break;
	case ARG_RET:
		format_ret(buf, len, *arg);
		break;
	case ARG_BDF:
		format_bdf(buf, len, *arg);
		break;
	case ARG_QUEUE:
		snprintf(buf, len, "%s", *arg < 3 ? queues[*arg] : "?");
		break;
	case ARG_NS:
		text_duration(buf, len, *arg);
		break;
	case ARG_COMMAND:
	case ARG_RECORD:
		format_words(buf, len, arg);
		break;
	default:
		snprintf(buf, len, "%" PRIu64, *arg);
	}
}

static const char *code_of(enum arg_kind kind, uint64_t q0)
{
	if (kind == ARG_COMMAND)
		return command_name(q0 >> 60);
	return kind == ARG_RECORD ? record_name(q0 >> 60) : NULL;
}

/* An argument and the one after it, which may be the other half of it */
static void get_arg(uint64_t q[2], const struct vtr_event *event, int i)
{
	q[0] = event->arg[i];
	q[1] = i + 1 < VTR_ARGS ? event->arg[i + 1] : 0;
}

static void print_args(const struct vtr_event *event)
{
	const struct event_type *type = &event_types[event->id];
	char value[64];

	for (int i = 0; i < VTR_ARGS; i++) {
		enum arg_kind kind = type->arg[i].kind;
		const char *code;
		uint64_t q[2];

		if (kind == ARG_END)
			continue;
		get_arg(q, event, i);
		code = code_of(kind, q[0]);
		format_arg(value, sizeof(value), kind, q);
		if (code)
			printf(" %s", code);
		printf(" %s=%s", type->arg[i].name, value);
	}
}

/* A process may call itself what it likes */
static void process(char *buf, size_t len, const struct vtr_event *event)
{
	char comm[sizeof(event->comm)];

	snprintf(comm, sizeof(comm), "%.*s", (int)sizeof(comm) - 1, event->comm);
	text_sanitize(comm);
	snprintf(buf, len, "%s", comm);
}

static void print_text(const struct vtr_event *event, const struct vm *vm)
{
	char when[32], comm[24], name[VMNAME_MAX * 4];

	format_time(when, sizeof(when), event->ns);
	process(comm, sizeof(comm), event);
	text_fit(name, sizeof(name), vm ? vm->name : "-", 16, false);
	printf("%s %-15s %7d ivhd%-2u %5u %s %s", when, comm, event->pid, event->iommu,
	       event->guest_id, name, event_types[event->id].name);
	print_args(event);
	putchar('\n');
}

static void add_arg(struct json_object *object, const char *name, enum arg_kind kind,
		    const uint64_t *arg)
{
	char text[64];

	if (kind == ARG_NUMBER || kind == ARG_HEX || kind == ARG_NS) {
		json_object_object_add(object, name, json_object_new_uint64(*arg));
		return;
	}
	if (kind == ARG_RET) {
		json_object_object_add(object, name, json_object_new_int64((int64_t)*arg));
		return;
	}
	format_arg(text, sizeof(text), kind, arg);
	json_object_object_add(object, name, json_object_new_string(text));
}

static void print_json(const struct vtr_event *event, const struct vm *vm)
{
	const struct event_type *type = &event_types[event->id];
	struct json_object *object = json_object_new_object();
	char comm[24];

	process(comm, sizeof(comm), event);
	json_add_string(object, "type", "event");
	json_add_u64(object, "time_ns", real_ns(event->ns));
	json_add_u64(object, "monotonic_ns", event->ns);
	json_add_string(object, "event", type->name);
	json_object_object_add(object, "iommu", json_object_new_int64(event->iommu));
	json_object_object_add(object, "guest_id", json_object_new_int64(event->guest_id));
	json_add_string(object, "vm", vm ? vm->name : NULL);
	json_object_object_add(object, "pid", json_object_new_int64(event->pid));
	json_add_string(object, "comm", comm);
	for (int i = 0; i < VTR_ARGS; i++) {
		enum arg_kind kind = type->arg[i].kind;
		const char *code;
		uint64_t q[2];

		if (kind == ARG_END)
			continue;
		get_arg(q, event, i);
		code = code_of(kind, q[0]);
		if (code)
			json_add_string(object, "code", code);
		add_arg(object, type->arg[i].name, kind, q);
	}
	json_print_line(object);
}

void event_print_begin(bool json)
{
	struct json_object *ready;

	if (json) {
		ready = json_object_new_object();
		json_add_string(ready, "type", "ready");
		json_object_object_add(ready, "version", json_object_new_int(1));
		json_print_line(ready);
		fflush(stdout);
		return;
	}
	printf("%-15s %-15s %7s %-6s %5s %-16s %s\n", "TIME", "PROCESS", "PID", "IOMMU", "GUEST",
	       "VM", "EVENT");
	fflush(stdout);
}

void event_print(const struct vtr_event *event, const struct vm *vm, bool json)
{
	if (json)
		print_json(event, vm);
	else
		print_text(event, vm);
}

void event_print_end(uint64_t shown, uint64_t lost, bool json)
{
	struct json_object *object;

	if (json) {
		object = json_object_new_object();
		json_add_string(object, "type", "totals");
		json_add_u64(object, "events", shown);
		json_add_u64(object, "lost", lost);
		json_print_line(object);
	}
	fflush(stdout);
}
