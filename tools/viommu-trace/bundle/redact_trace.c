// SPDX-License-Identifier: GPL-2.0-only
/*
 * A recorded file without names of VMs and addresses.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle/redact_trace.h"
#include "file/read.h"
#include "file/write.h"
#include "lib/text/jsonline.h"

/* What of a VM's queue is where @type says */
static unsigned int queue_of(const struct event_type *type, const struct vtr_event *event)
{
	for (int i = 0; i < VTR_ARGS; i++)
		if (type->arg[i].kind == ARG_QUEUE)
			return event->arg[i];
	return 0;
}

/* Of what is hexadecimal that is no address of the host's. What another version tells may be one */
static bool is_no_address(const char *name)
{
	static const char *const names[] = {"offset", "ipa", "size", "control", "head", "tail"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static uint64_t redact_hex(const struct redact *redact, const struct event_type *type,
			   const struct vtr_event *event, int arg)
{
	const char *name = type->arg[arg].name;

	if (!strcmp(name, "reg"))
		return redact_queue(redact, queue_of(type, event), event->arg[arg]);
	if (is_no_address(name))
		return event->arg[arg];
	return redact_address(redact, event->arg[arg]);
}

void redact_event(const struct redact *redact, const struct event_type *type,
		  struct vtr_event *event)
{
	for (int i = 0; i < VTR_ARGS; i++) {
		uint64_t q[2] = {event->arg[i], i + 1 < VTR_ARGS ? event->arg[i + 1] : 0};

		if (type->arg[i].kind == ARG_COMMAND)
			redact_command(redact, q);
		else if (type->arg[i].kind == ARG_RECORD)
			redact_record(redact, q);
		else if (type->arg[i].kind == ARG_HEX)
			q[0] = redact_hex(redact, type, event, i);
		event->arg[i] = q[0];
		if (i + 1 < VTR_ARGS)
			event->arg[i + 1] = q[1];
	}
}

/* A process that is called as its VM is, as far as the kernel keeps its name */
static void replace_comm(const struct redact *redact, char comm[16])
{
	const char *alias = redact_comm(redact, comm);

	if (!alias)
		return;
	memset(comm, 0, 16);
	snprintf(comm, 16, "%s", alias);
}

static void print(FILE *out, struct json_object *object)
{
	fprintf(out, "%s\n",
		json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static void print_queues(struct json_object *object, const struct trace_viommu *viommu)
{
	static const char *const names[] = {"cmd", "evt", "ppr"};

	for (int i = 0; i < VTR_NR_QUEUES; i++) {
		struct json_object *queue;

		if (!viommu->queue_size[i])
			continue;
		queue = json_object_new_object();
		json_add_hex(queue, "control", viommu->queue_reg[i]);
		json_add_u64(queue, "size_bytes", viommu->queue_size[i]);
		json_object_object_add(object, names[i], queue);
	}
}

static void print_viommu(FILE *out, const struct trace_viommu *viommu)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "type", "viommu");
	json_add_u64(object, "iommu", viommu->iommu);
	json_add_u64(object, "guest_id", viommu->guest_id);
	json_add_string(object, "vm", viommu->name);
	json_add_u64(object, "pid", viommu->pid);
	json_add_u64(object, "serial", viommu->serial);
	json_add_u64(object, "created_monotonic_ns", viommu->created_ns);
	json_add_u64(object, "cmds", viommu->cmds);
	json_add_u64(object, "events", viommu->events);
	json_add_u64(object, "domain_id", viommu->domain_id);
	json_add_u64(object, "trans_devid", viommu->trans_devid);
	json_add_hex(object, "guest_control", viommu->control);
	print_queues(object, viommu);
	print(out, object);
}

static void print_vdevice(FILE *out, const struct trace_vdevice *vdevice)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "type", "vdevice");
	json_add_u64(object, "iommu", vdevice->iommu);
	json_add_u64(object, "guest_id", vdevice->guest_id);
	json_add_u64(object, "gdev_id", vdevice->gdev_id);
	json_add_u64(object, "hdev_id", vdevice->hdev_id);
	json_add_u64(object, "serial", vdevice->serial);
	print(out, object);
}

static bool copy_viommu(const struct redact_trace *job, struct trace_writer *writer,
			struct trace_viommu *viommu)
{
	char alias[VMNAME_MAX];

	snprintf(alias, sizeof(alias), "%s", redact_name(job->redact, viommu->name));
	memcpy(viommu->name, alias, sizeof(alias));
	replace_comm(job->redact, viommu->comm);
	for (unsigned int i = 0; i < VTR_NR_QUEUES; i++)
		viommu->queue_reg[i] = redact_queue(job->redact, i, viommu->queue_reg[i]);
	if (viommu->existing)
		print_viommu(job->viommus, viommu);
	return trace_write_viommu(writer, viommu);
}

/* It was written by this program, or by whoever asked for a recording */
static bool copy_trigger(const struct redact_trace *job, struct trace_writer *writer,
			 struct trace_trigger *trigger)
{
	size_t size = strlen(trigger->text);
	char *text = redact_text(job->redact, trigger->text, &size);

	snprintf(trigger->text, sizeof(trigger->text), "%s", text ? text : "");
	free(text);
	return trace_write_trigger(writer, trigger);
}

static bool copy_event(const struct redact_trace *job, struct trace_writer *writer,
		       const struct trace_meta *meta, struct trace_item *item)
{
	/* Of another version of this program: there is no telling what is in it */
	if (item->event.id >= VTR_NR_EVENTS)
		return trace_write_lost(writer, 1);
	replace_comm(job->redact, item->event.comm);
	redact_event(job->redact, item->event_type, &item->event);
	/* Described as it was */
	return trace_write_event_of(writer, item->event_type - meta->type, &item->event);
}

static bool copy_item(const struct redact_trace *job, struct trace_writer *writer,
		      const struct trace_meta *meta, struct trace_item *item)
{
	switch (item->type) {
	case TRACE_EVENT:
		return copy_event(job, writer, meta, item);
	case TRACE_VIOMMU:
		return copy_viommu(job, writer, &item->viommu);
	case TRACE_VDEVICE:
		print_vdevice(job->vdevices, &item->vdevice);
		return trace_write_vdevice(writer, &item->vdevice);
	case TRACE_TRIGGER:
		return copy_trigger(job, writer, &item->trigger);
	case TRACE_CLOCK:
		return trace_write_clock(writer, item->real_ns);
	case TRACE_LOST:
		return trace_write_lost(writer, item->lost);
	case TRACE_WHOLE:
		return trace_write_end(writer, &item->end);
	default:
		return true;
	}
}

static bool copy_all(const struct redact_trace *job, struct trace_reader *reader,
		     struct trace_writer *writer, char *error, size_t len)
{
	struct trace_item item;
	bool good;

	do {
		trace_read_next(reader, &item);
		good = copy_item(job, writer, trace_read_meta(reader), &item);
	} while (good && item.type < TRACE_WHOLE);
	if (!good)
		snprintf(error, len, "%s", strerror(errno));
	else if (item.type == TRACE_DAMAGED)
		snprintf(error, len, "%s", trace_read_error(reader));
	else if (item.type == TRACE_TRUNCATED)
		snprintf(error, len, "its end is missing");
	else if (item.type == TRACE_WHOLE && item.end.lost)
		snprintf(error, len, "%llu events were lost", (unsigned long long)item.end.lost);
	if (good && !trace_write_flush(writer)) {
		snprintf(error, len, "%s", strerror(errno));
		return false;
	}
	return good;
}

/* Who is known by its process only is called so from the first event on */
static void learn_names(const struct redact_trace *job)
{
	int from = job->from;
	char error[160];
	struct trace_reader *reader = trace_read_start(trace_read_fd, &from, error, sizeof(error));
	struct trace_item item;

	if (!reader)
		return;
	while (trace_read_next(reader, &item) < TRACE_WHOLE)
		if (item.type == TRACE_VIOMMU)
			redact_learn(job->redact, item.viommu.name);
	trace_read_free(reader);
}

bool redact_trace(const struct redact_trace *job, char *error, size_t len)
{
	int from = job->from;
	struct trace_reader *reader;
	struct trace_writer *writer;
	bool good = false;

	error[0] = '\0';
	learn_names(job);
	lseek(job->from, 0, SEEK_SET);
	reader = trace_read_start(trace_read_fd, &from, error, len);
	if (!reader)
		return false;
	writer = trace_write_start(job->to, trace_read_meta(reader));
	if (writer)
		good = copy_all(job, reader, writer, error, len);
	else
		snprintf(error, len, "%s", strerror(errno));
	trace_write_free(writer);
	trace_read_free(reader);
	return good;
}
