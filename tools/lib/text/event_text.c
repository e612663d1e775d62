// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events as text.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/hw/bdf.h"
#include "lib/hw/names.h"
#include "lib/text/event_text.h"
#include "lib/text/text.h"

static const char *const queues[] = {"cmd", "evt", "ppr", "unknown"};

static void format_ret(char *buf, size_t len, int ret)
{
	const char *name = ret < 0 ? strerrorname_np(-(unsigned int)ret) : NULL;

	if (name)
		snprintf(buf, len, "-%s", name);
	else
		snprintf(buf, len, "%d", ret);
}

void event_format_words(char *buf, size_t len, uint64_t q0, uint64_t q1)
{
	snprintf(buf, len, "%08x:%08x:%08x:%08x", (uint32_t)q0, (uint32_t)(q0 >> 32), (uint32_t)q1,
		 (uint32_t)(q1 >> 32));
}

void event_format_arg(char *buf, size_t len, enum arg_kind kind, const uint64_t *arg)
{
	switch (kind) {
	case ARG_HEX:
		snprintf(buf, len, "0x%" PRIx64, *arg);
		break;
	case ARG_RET:
		format_ret(buf, len, *arg);
		break;
	case ARG_BDF:
		bdf_format(buf, len, *arg);
		break;
	case ARG_QUEUE:
		snprintf(buf, len, "%s", queues[*arg < 3 ? *arg : 3]);
		break;
	case ARG_NS:
		text_duration(buf, len, *arg);
		break;
	case ARG_COMMAND:
	case ARG_RECORD:
		event_format_words(buf, len, arg[0], arg[1]);
		break;
	default:
		snprintf(buf, len, "%" PRIu64, *arg);
	}
}

const char *event_code(enum arg_kind kind, uint64_t q0)
{
	if (kind == ARG_COMMAND)
		return command_name(q0 >> VHW_CODE_SHIFT);
	return kind == ARG_RECORD ? record_name(q0 >> VHW_CODE_SHIFT) : NULL;
}

void event_get_arg(uint64_t q[2], const struct vtr_event *event, int i)
{
	q[0] = event->arg[i];
	q[1] = i + 1 < VTR_ARGS ? event->arg[i + 1] : 0;
}

void event_args(char *buf, size_t len, const struct vtr_event *event, const struct event_type *type)
{
	size_t used = 0;
	char value[64];

	*buf = '\0';
	for (int i = 0; i < VTR_ARGS && used < len; i++) {
		enum arg_kind kind = type->arg[i].kind;
		const char *code;
		uint64_t q[2];

		if (kind == ARG_END)
			continue;
		event_get_arg(q, event, i);
		code = event_code(kind, q[0]);
		event_format_arg(value, sizeof(value), kind, q);
		used += snprintf(buf + used, len - used, "%s%s %s=%s", code ? " " : "",
				 code ? code : "", type->arg[i].name, value);
	}
}

/* What all records of translations have: who, and where to */
static void record_line(char *buf, size_t len, const struct vtr_event *event)
{
	unsigned int code = event->arg[0] >> VHW_CODE_SHIFT;
	char words[40], bdf[BDF_MAX];

	bdf_format(bdf, sizeof(bdf), event->arg[0] & 0xffff);
	if (code >= VHW_ILLEGAL_DEV_TABLE_ENTRY && code <= VHW_PAGE_TAB_HARDWARE_ERROR) {
		snprintf(buf, len, "%s device %s address 0x%llx", record_name(code), bdf,
			 event->arg[1]);
		return;
	}
	event_format_words(words, sizeof(words), event->arg[0], event->arg[1]);
	snprintf(buf, len, "%s %s", record_name(code), words);
}

void event_line(char *buf, size_t len, const struct vtr_event *event)
{
	static const char prefix[] = "viommu_";
	const struct event_type *type = &event_types[event->id];
	char args[EVENT_TEXT_MAX];

	if (event->id == VTR_event_record) {
		record_line(buf, len, event);
		return;
	}
	event_args(args, sizeof(args), event, type);
	snprintf(buf, len, "%s%s", type->name + strlen(prefix), args);
}

bool event_bad(const struct vtr_event *event)
{
	const struct event_type *type = &event_types[event->id];

	if (event->id == VTR_event_record || event->id == VTR_queue_stuck ||
	    event->id == VTR_queue_overflow || event->id == VTR_queue_fault ||
	    event->id == VTR_device_cut_off)
		return true;
	for (int i = 0; i < VTR_ARGS; i++)
		if (type->arg[i].kind == ARG_RET && (int)event->arg[i])
			return true;
	return false;
}
