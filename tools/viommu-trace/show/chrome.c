// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON of the trace event format, which Perfetto and Chrome show.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hw/names.h"
#include "lib/text/jsonline.h"
#include "show/chrome.h"
#include "show/event_print.h"
#include "show/layout.h"

/**
 * struct chrome - A file that is being written
 * @out:        where to
 * @any:        there is an event already
 * @last:       time of the last one
 * @layout:     where it shows what
 */
struct chrome {
	FILE *out;
	bool any;
	uint64_t last;
	struct layout layout;
};

struct chrome *chrome_begin(FILE *out)
{
	struct chrome *chrome = calloc(1, sizeof(*chrome));

	if (!chrome)
		return NULL;
	chrome->out = out;
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", out);
	return chrome;
}

static void write_object(struct chrome *chrome, struct json_object *object)
{
	const int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

	if (chrome->any)
		fputs(",\n", chrome->out);
	chrome->any = true;
	fputs(json_object_to_json_string_ext(object, flags), chrome->out);
	json_object_put(object);
}

static void add_int(struct json_object *object, const char *key, int value)
{
	json_object_object_add(object, key, json_object_new_int(value));
}

/* In microseconds, to the nanosecond, which no double holds for long */
static void add_us(struct json_object *object, const char *key, uint64_t ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 ".%03u", ns / 1000, (unsigned int)(ns % 1000));
	json_object_object_add(object, key, json_object_new_double_s(ns / 1e3, text));
}

static struct json_object *new_event(const char *name, const char *ph, int pid, int tid)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "name", name);
	json_add_string(object, "ph", ph);
	add_int(object, "pid", pid);
	add_int(object, "tid", tid);
	return object;
}

/*
 * What
 */

static struct json_object *args_of(const struct vtr_event *event, const struct event_type *type)
{
	struct json_object *args = json_object_new_object();

	event_add_args(args, event, type);
	add_int(args, "guest_id", event->guest_id);
	add_int(args, "process", event->pid);
	return args;
}

/* How far a line is drawn: through the events, the process, or all */
static const char *scope(const struct vtr_event *event)
{
	switch (event->id) {
	case VTR_queue_stuck:
	case VTR_queue_overflow:
		return "p";
	case VTR_event_log_overflow:
		return "g";
	default:
		return "t";
	}
}

bool chrome_instant(struct chrome *chrome, const struct vtr_event *event,
		    const struct event_type *type, const struct vm *vm)
{
	int pid = layout_process(&chrome->layout, event, vm);
	struct layout_thread *thread =
		pid ? layout_thread(&chrome->layout, pid, event->iommu, 0) : NULL;
	struct json_object *object;

	if (!thread)
		return false;
	object = new_event(type->name, "i", pid, thread->tid);
	add_us(object, "ts", event->ns);
	json_add_string(object, "s", scope(event));
	json_add_string(object, "cat", "event");
	json_object_object_add(object, "args", args_of(event, type));
	write_object(chrome, object);
	chrome->last = event->ns;
	return true;
}

bool chrome_lost(struct chrome *chrome, uint64_t lost)
{
	static const struct vtr_event host;
	int pid = layout_process(&chrome->layout, &host, NULL);
	struct layout_thread *thread = pid ? layout_thread(&chrome->layout, pid, 0, 0) : NULL;
	struct json_object *object, *args;

	if (!thread)
		return false;
	object = new_event("events lost", "i", pid, thread->tid);
	args = json_object_new_object();

	add_us(object, "ts", chrome->last);
	json_add_string(object, "s", "g");
	json_add_string(object, "cat", "lost");
	json_add_u64(args, "events", lost);
	json_object_object_add(object, "args", args);
	write_object(chrome, object);
	return true;
}

bool chrome_command(struct chrome *chrome, const struct vtr_event *submit, uint64_t ns,
		    const struct vm *vm)
{
	if (!layout_command(&chrome->layout, submit, ns, vm))
		return false;
	chrome->last = submit->ns + ns;
	return true;
}

/*
 * Slices
 */

static bool write_slices(struct chrome *chrome)
{
	layout_sort(&chrome->layout);
	for (size_t i = 0; i < chrome->layout.slices; i++) {
		const struct layout_slice *slice = &chrome->layout.slice[i];
		const struct layout_thread *thread = layout_lane(&chrome->layout, slice);
		struct json_object *object;

		if (!thread)
			return false;
		object = new_event(command_name(slice->submit.arg[1] >> VHW_CODE_SHIFT), "X",
				   slice->pid, thread->tid);
		add_us(object, "ts", slice->submit.ns);
		add_us(object, "dur", slice->ns);
		json_add_string(object, "cat", "command");
		json_object_object_add(object, "args",
				       args_of(&slice->submit, &event_types[VTR_cmd_submit]));
		write_object(chrome, object);
	}
	return true;
}

/*
 * Names
 */

static void write_name(struct chrome *chrome, const char *what, int pid, int tid, const char *name)
{
	struct json_object *object = new_event(what, "M", pid, tid);
	struct json_object *args = json_object_new_object();

	json_add_string(args, "name", name);
	json_object_object_add(object, "args", args);
	write_object(chrome, object);
}

static void write_names(struct chrome *chrome)
{
	const struct layout *layout = &chrome->layout;
	char name[VMNAME_MAX + 64];

	for (size_t i = 0; i < layout->processes; i++) {
		layout_process_name(name, sizeof(name), &layout->process[i]);
		write_name(chrome, "process_name", layout->process[i].pid, 0, name);
	}
	for (size_t i = 0; i < layout->threads; i++) {
		const struct layout_thread *thread = &layout->thread[i];

		layout_thread_name(name, sizeof(name), thread);
		write_name(chrome, "thread_name", thread->pid, thread->tid, name);
	}
}

bool chrome_end(struct chrome *chrome, const struct trace_meta *meta, bool incomplete)
{
	struct json_object *other = json_object_new_object();
	bool done = write_slices(chrome);

	write_names(chrome);
	json_add_string(other, "kernel", meta->kernel);
	json_add_string(other, "recorded_by", meta->tool);
	json_object_object_add(other, "real_time_offset_ns", json_object_new_int64(meta->real_ns));
	json_object_object_add(other, "complete", json_object_new_boolean(done && !incomplete));
	fprintf(chrome->out, "\n],\"otherData\":%s}\n",
		json_object_to_json_string_ext(other, JSON_C_TO_STRING_PLAIN));
	json_object_put(other);
	return done;
}

void chrome_free(struct chrome *chrome)
{
	if (!chrome)
		return;
	layout_free(&chrome->layout);
	free(chrome);
}
