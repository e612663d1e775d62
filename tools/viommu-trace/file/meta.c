// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is true of a whole recorded file, as JSON: keys may come, and readers
 * skip those they do not know.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "file/trace_file.h"
#include "lib/sys/file.h"
#include "lib/text/jsonline.h"
#include "lib/text/text.h"

#define NSEC_PER_SEC 1000000000ll
#define CLOCK_TRIES 8

/* Of what is an event's argument, see docs/trace-file.md; ARG_END is its second half */
static const char *const kinds[] = {
	[ARG_END] = "",	   [ARG_NUMBER] = "number",   [ARG_HEX] = "hex",
	[ARG_RET] = "ret", [ARG_BDF] = "bdf",	      [ARG_QUEUE] = "queue",
	[ARG_NS] = "ns",   [ARG_COMMAND] = "command", [ARG_RECORD] = "record",
};

#define NR_KINDS (sizeof(kinds) / sizeof(*kinds))

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* Less CLOCK_MONOTONIC. Whoever is interrupted between two clocks asks again. */
static int64_t clock_offset(clockid_t clock)
{
	int64_t best = INT64_MAX, offset = 0;

	for (int i = 0; i < CLOCK_TRIES; i++) {
		int64_t before = clock_ns(CLOCK_MONOTONIC), now = clock_ns(clock);
		int64_t took = clock_ns(CLOCK_MONOTONIC) - before;

		if (took >= best)
			continue;
		best = took;
		offset = now - before - took / 2;
	}
	return offset;
}

/* The first line of a file, empty if there is none */
static void read_line(char *buf, size_t len, const char *path)
{
	file_read_line(buf, len, path);
	text_sanitize(buf);
}

static void describe_iommu(struct trace_iommu *to, const struct iommu_info *info)
{
	char path[128];

	to->index = info->index;
	snprintf(to->viommu, sizeof(to->viommu), "%s", info->state);
	snprintf(path, sizeof(path), IOMMUS_SYSFS "/ivhd%d/amd-iommu/cap", info->index);
	read_line(to->cap, sizeof(to->cap), path);
	snprintf(path, sizeof(path), IOMMUS_SYSFS "/ivhd%d/amd-iommu/features", info->index);
	read_line(to->features, sizeof(to->features), path);
}

static bool make_arrays(struct trace_meta *meta, size_t iommus, size_t types)
{
	meta->iommu = calloc(iommus + 1, sizeof(*meta->iommu));
	meta->type = calloc(types + 1, sizeof(*meta->type));
	meta->recorded = calloc(types + 1, sizeof(*meta->recorded));
	meta->nr_iommus = iommus;
	meta->nr_types = types;
	if (meta->iommu && meta->type && meta->recorded)
		return true;
	trace_meta_free(meta);
	return false;
}

bool trace_meta_now(struct trace_meta *meta, const bool wanted[VTR_NR_EVENTS])
{
	static struct iommus iommus;
	struct utsname uts;

	memset(meta, 0, sizeof(*meta));
	iommus_read(&iommus, IOMMUS_SYSFS);
	if (!make_arrays(meta, iommus.nr, VTR_NR_EVENTS))
		return false;
	snprintf(meta->tool, sizeof(meta->tool), "viommu-trace " VERSION);
	if (!uname(&uts))
		snprintf(meta->kernel, sizeof(meta->kernel), "%s", uts.release);
	read_line(meta->boot_id, sizeof(meta->boot_id), "/proc/sys/kernel/random/boot_id");
	meta->start_ns = clock_ns(CLOCK_MONOTONIC);
	meta->real_ns = clock_offset(CLOCK_REALTIME);
	meta->boot_ns = clock_offset(CLOCK_BOOTTIME);
	for (size_t i = 0; i < iommus.nr; i++)
		describe_iommu(&meta->iommu[i], &iommus.info[i]);
	for (int i = 0; i < VTR_NR_EVENTS; i++) {
		meta->type[i] = event_types[i];
		meta->recorded[i] = wanted[i];
	}
	return true;
}

void trace_meta_free(struct trace_meta *meta)
{
	free(meta->iommu);
	free(meta->type);
	free(meta->recorded);
	json_object_put(meta->json);
	memset(meta, 0, sizeof(*meta));
}

bool trace_meta_recorded(const struct trace_meta *meta, enum vtr_event_id id)
{
	for (size_t i = 0; i < meta->nr_types; i++)
		if (!strcmp(meta->type[i].name, event_types[id].name))
			return meta->recorded[i];
	return false;
}

/*
 * To JSON
 */

static struct json_object *iommu_to_json(const struct trace_iommu *iommu)
{
	struct json_object *object = json_object_new_object();

	json_add_u64(object, "iommu", iommu->index);
	json_add_string(object, "viommu", iommu->viommu);
	json_add_string(object, "cap", iommu->cap);
	json_add_string(object, "features", iommu->features);
	return object;
}

static struct json_object *type_to_json(const struct event_type *type, bool recorded)
{
	struct json_object *object = json_object_new_object();
	struct json_object *args = json_object_new_array();
	unsigned int words = event_words(type);

	json_add_string(object, "event", type->name);
	json_object_object_add(object, "recorded", json_object_new_boolean(recorded));
	for (unsigned int i = 0; i < words; i++) {
		struct json_object *arg = json_object_new_array_ext(2);
		const char *name = type->arg[i].name ? type->arg[i].name : "";

		json_object_array_add(arg, json_object_new_string(name));
		json_object_array_add(arg, json_object_new_string(kinds[type->arg[i].kind]));
		json_object_array_add(args, arg);
	}
	json_object_object_add(object, "args", args);
	return object;
}

static void add_s64(struct json_object *object, const char *key, int64_t value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

struct json_object *trace_meta_to_json(const struct trace_meta *meta)
{
	struct json_object *object = json_object_new_object();
	struct json_object *iommus = json_object_new_array();
	struct json_object *types = json_object_new_array();

	json_add_string(object, "tool", meta->tool);
	json_add_string(object, "kernel", meta->kernel);
	json_add_string(object, "boot_id", meta->boot_id);
	add_s64(object, "real_ns", meta->real_ns);
	add_s64(object, "boot_ns", meta->boot_ns);
	json_add_u64(object, "start_ns", meta->start_ns);
	json_object_object_add(object, "filtered", json_object_new_boolean(meta->filtered));
	for (size_t i = 0; i < meta->nr_iommus; i++)
		json_object_array_add(iommus, iommu_to_json(&meta->iommu[i]));
	json_object_object_add(object, "iommus", iommus);
	for (size_t i = 0; i < meta->nr_types; i++)
		json_object_array_add(types, type_to_json(&meta->type[i], meta->recorded[i]));
	json_object_object_add(object, "events", types);
	return object;
}

struct json_object *trace_end_to_json(const struct trace_end *end)
{
	struct json_object *object = json_object_new_object();

	json_add_u64(object, "events", end->events);
	json_add_u64(object, "lost", end->lost);
	json_add_u64(object, "missed", end->missed);
	json_add_u64(object, "unseen", end->unseen);
	json_add_u64(object, "monotonic_ns", end->ns);
	json_add_string(object, "why", end->why);
	return object;
}

/*
 * From JSON: what is missing, or something else, is 0 or empty
 */

static struct json_object *parse_object(const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;

	if (!tokener)
		return NULL;
	object = json_tokener_parse_ex(tokener, text, len);
	json_tokener_free(tokener);
	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}

static struct json_object *get(const struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

static void get_text(const struct json_object *object, const char *key, char *buf, size_t len)
{
	const char *text = json_object_get_string(get(object, key));

	snprintf(buf, len, "%s", text ? text : "");
	text_sanitize(buf);
}

static size_t length_of(const struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

static enum arg_kind kind_of(const char *name)
{
	for (size_t i = 0; name && i < NR_KINDS; i++)
		if (!strcmp(kinds[i], name))
			return i;
	/* A later version's: at least its value can be shown */
	return ARG_HEX;
}

/* Names are printed, and are keys */
static const char *name_of(struct json_object *value)
{
	const char *name = json_object_get_string(value);

	if (!name)
		return NULL;
	for (const char *c = name; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_", *c))
			return NULL;
	return name;
}

static bool parse_type(struct event_type *type, const struct json_object *object)
{
	struct json_object *args = get(object, "args");

	type->name = name_of(get(object, "event"));
	if (!type->name || !*type->name)
		return false;
	for (size_t i = 0; i < length_of(args) && i < VTR_ARGS; i++) {
		struct json_object *arg = json_object_array_get_idx(args, i);

		if (length_of(arg) < 2)
			return false;
		type->arg[i].name = name_of(json_object_array_get_idx(arg, 0));
		if (!type->arg[i].name)
			return false;
		type->arg[i].kind =
			kind_of(json_object_get_string(json_object_array_get_idx(arg, 1)));
	}
	return true;
}

static void parse_iommu(struct trace_iommu *iommu, const struct json_object *object)
{
	iommu->index = json_object_get_int(get(object, "iommu"));
	get_text(object, "viommu", iommu->viommu, sizeof(iommu->viommu));
	get_text(object, "cap", iommu->cap, sizeof(iommu->cap));
	get_text(object, "features", iommu->features, sizeof(iommu->features));
}

static bool parse_arrays(struct trace_meta *meta)
{
	struct json_object *iommus = get(meta->json, "iommus");
	struct json_object *types = get(meta->json, "events");

	for (size_t i = 0; i < meta->nr_iommus; i++)
		parse_iommu(&meta->iommu[i], json_object_array_get_idx(iommus, i));
	for (size_t i = 0; i < meta->nr_types; i++) {
		struct json_object *object = json_object_array_get_idx(types, i);

		if (!parse_type(&meta->type[i], object))
			return false;
		meta->recorded[i] = json_object_get_boolean(get(object, "recorded"));
	}
	return true;
}

bool trace_meta_parse(struct trace_meta *meta, const char *text, size_t len)
{
	struct json_object *json = parse_object(text, len);

	memset(meta, 0, sizeof(*meta));
	if (!json)
		return false;
	meta->json = json;
	if (!make_arrays(meta, length_of(get(json, "iommus")), length_of(get(json, "events"))))
		return false;
	get_text(json, "tool", meta->tool, sizeof(meta->tool));
	get_text(json, "kernel", meta->kernel, sizeof(meta->kernel));
	get_text(json, "boot_id", meta->boot_id, sizeof(meta->boot_id));
	meta->real_ns = json_object_get_int64(get(json, "real_ns"));
	meta->boot_ns = json_object_get_int64(get(json, "boot_ns"));
	meta->start_ns = json_object_get_uint64(get(json, "start_ns"));
	meta->filtered = json_object_get_boolean(get(json, "filtered"));
	if (parse_arrays(meta))
		return true;
	trace_meta_free(meta);
	return false;
}

bool trace_end_parse(struct trace_end *end, const char *text, size_t len)
{
	struct json_object *json = parse_object(text, len);

	memset(end, 0, sizeof(*end));
	if (!json)
		return false;
	end->events = json_object_get_uint64(get(json, "events"));
	end->lost = json_object_get_uint64(get(json, "lost"));
	end->missed = json_object_get_uint64(get(json, "missed"));
	end->unseen = json_object_get_uint64(get(json, "unseen"));
	end->ns = json_object_get_uint64(get(json, "monotonic_ns"));
	get_text(json, "why", end->why, sizeof(end->why));
	json_object_put(json);
	return true;
}
