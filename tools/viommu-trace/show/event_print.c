// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events as text and as JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/hw/event_table.h"
#include "lib/sys/clock.h"
#include "lib/text/event_text.h"
#include "lib/text/jsonline.h"
#include "lib/text/output.h"
#include "lib/text/text.h"
#include "show/event_print.h"

/* A process may call itself what it likes */
static void process(char *buf, size_t len, const struct vtr_event *event)
{
	char comm[sizeof(event->comm)];

	snprintf(comm, sizeof(comm), "%.*s", (int)sizeof(comm) - 1, event->comm);
	text_sanitize(comm);
	snprintf(buf, len, "%s", comm);
}

static void print_text(const struct vtr_event *event, const struct event_type *type,
		       const struct vm *vm)
{
	char when[32], comm[24], name[VMNAME_MAX * 4], args[EVENT_TEXT_MAX];

	clock_format(when, sizeof(when), clock_real_ns(event->ns));
	process(comm, sizeof(comm), event);
	text_fit(name, sizeof(name), vm ? vm->name : "-", 16, false);
	event_args(args, sizeof(args), event, type);
	if (printf("%s %-15s %7d ivhd%-2u %5u %s %s%s\n", when, comm, event->pid, event->iommu,
		   event->guest_id, name, type->name, args) < 0)
		output_failed();
}

static void add_arg(struct json_object *object, const char *name, enum arg_kind kind,
		    const uint64_t *arg)
{
	char text[64], key[64];

	if (kind == ARG_NS) {
		snprintf(key, sizeof(key), "%s_ns", name);
		json_add_u64(object, key, *arg);
		return;
	}
	if (kind == ARG_HEX) {
		json_add_hex(object, name, *arg);
		return;
	}
	if (kind == ARG_NUMBER) {
		json_object_object_add(object, name, json_object_new_uint64(*arg));
		return;
	}
	if (kind == ARG_RET) {
		json_object_object_add(object, name, json_object_new_int64((int64_t)*arg));
		return;
	}
	event_format_arg(text, sizeof(text), kind, arg);
	json_object_object_add(object, name, json_object_new_string(text));
}

void event_add_args(struct json_object *object, const struct vtr_event *event,
		    const struct event_type *type)
{
	for (int i = 0; i < VTR_ARGS; i++) {
		enum arg_kind kind = type->arg[i].kind;
		const char *code;
		uint64_t q[2];

		if (kind == ARG_END)
			continue;
		event_get_arg(q, event, i);
		code = event_code(kind, q[0]);
		if (code)
			json_add_string(object, "code", code);
		add_arg(object, type->arg[i].name, kind, q);
	}
}

static void print_json(const struct vtr_event *event, const struct event_type *type,
		       const struct vm *vm)
{
	struct json_object *object = json_object_new_object();
	char comm[24];

	process(comm, sizeof(comm), event);
	json_add_string(object, "type", "event");
	json_add_digits(object, "time_ns", clock_real_ns(event->ns));
	json_add_u64(object, "monotonic_ns", event->ns);
	json_add_string(object, "event", type->name);
	json_object_object_add(object, "iommu", json_object_new_int64(event->iommu));
	json_object_object_add(object, "guest_id", json_object_new_int64(event->guest_id));
	json_add_string(object, "vm", vm ? vm->name : NULL);
	json_object_object_add(object, "pid", json_object_new_int64(event->pid));
	json_add_string(object, "comm", comm);
	event_add_args(object, event, type);
	json_print_line(object);
}

void event_print_begin(bool json, const struct trace_meta *meta)
{
	struct json_object *ready;

	if (json) {
		ready = json_object_new_object();
		json_add_string(ready, "type", "ready");
		json_object_object_add(ready, "version", json_object_new_int(JSON_VERSION));
		if (meta)
			json_add_digits(ready, "start_ns", meta->start_ns + meta->real_ns);
		json_print_line(ready);
		output_flush();
		return;
	}
	printf("%-15s %-15s %7s %-6s %5s %-16s %s\n", "TIME", "PROCESS", "PID", "IOMMU", "GUEST",
	       "VM", "EVENT");
	output_flush();
}

void event_print(const struct vtr_event *event, const struct event_type *type, const struct vm *vm,
		 bool json)
{
	if (json)
		print_json(event, type, vm);
	else
		print_text(event, type, vm);
}

void event_print_lost(uint64_t lost, bool json)
{
	struct json_object *object;

	if (!json) {
		printf("-- %" PRIu64 " events were lost here\n", lost);
		return;
	}
	object = json_object_new_object();
	json_add_string(object, "type", "lost");
	json_add_u64(object, "events", lost);
	json_print_line(object);
}

void event_print_trigger(const struct trace_trigger *trigger, bool json)
{
	struct json_object *object;
	char when[32];

	if (!json) {
		clock_format(when, sizeof(when), clock_real_ns(trigger->ns));
		printf("-- %s trigger %s: %s\n", when, trigger->kind, trigger->text);
		return;
	}
	object = json_object_new_object();
	json_add_string(object, "type", "trigger");
	json_add_digits(object, "time_ns", clock_real_ns(trigger->ns));
	json_add_u64(object, "monotonic_ns", trigger->ns);
	json_add_string(object, "trigger", trigger->kind);
	json_add_string(object, "text", trigger->text);
	json_add_u64(object, "iommu", trigger->iommu);
	json_add_u64(object, "guest_id", trigger->guest_id);
	json_print_line(object);
}

void event_print_end(uint64_t shown, uint64_t lost, bool truncated, bool json)
{
	struct json_object *object;

	if (json) {
		object = json_object_new_object();
		json_add_string(object, "type", "totals");
		json_add_u64(object, "events", shown);
		json_add_u64(object, "lost", lost);
		json_object_object_add(object, "complete",
				       json_object_new_boolean(!lost && !truncated));
		json_object_object_add(object, "truncated", json_object_new_boolean(truncated));
		json_print_line(object);
	}
	output_flush();
}
