// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a flight recorder has done so far.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <json-c/json.h>

#include "fly/names.h"
#include "fly/status.h"
#include "lib/sys/clock.h"
#include "lib/sys/wait.h"
#include "lib/text/jsonget.h"
#include "lib/text/jsonline.h"
#include "lib/text/text.h"

void fly_status_error(struct fly_status *status, const char *why)
{
	status->errors++;
	snprintf(status->last_error, sizeof(status->last_error), "%s", why);
}

static struct json_object *triggers_to_json(const struct fly_status *status, const bool *on)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < NR_TRIGGERS; i++) {
		struct json_object *trigger = json_object_new_object();

		json_add_string(trigger, "trigger", trigger_names[i]);
		json_object_object_add(trigger, "enabled", json_object_new_boolean(on[i]));
		json_add_u64(trigger, "fired", status->fired[i]);
		json_add_u64(trigger, "limited", status->limited[i]);
		json_object_array_add(list, trigger);
	}
	return list;
}

static void add_flag(struct json_object *object, const char *key, bool flag)
{
	json_object_object_add(object, key, json_object_new_boolean(flag));
}

struct json_object *fly_status_to_json(const struct fly_status *status, const struct fly_now *now)
{
	struct json_object *object = json_object_new_object();
	struct names_list files;

	names_read(&files, now->directory_fd);
	json_add_string(object, "type", "status");
	json_object_object_add(object, "version", json_object_new_int(JSON_VERSION));
	json_object_object_add(object, "pid", json_object_new_int(getpid()));
	json_add_string(object, "directory", now->directory);
	json_add_digits(object, "since_ns", clock_real_ns(status->begun_ns));
	json_add_u64(object, "running_ns", wait_now_ns() - status->begun_ns);
	json_add_u64(object, "events", status->events);
	json_add_u64(object, "lost", status->lost);
	json_add_u64(object, "kept_ns", now->kept_ns);
	json_add_u64(object, "past_bytes", now->past_bytes);
	json_add_string(object, "past", now->in_files ? "files" : "memory");
	json_add_u64(object, "past_errors", now->past_errors);
	json_object_object_add(object, "triggers", triggers_to_json(status, now->on));
	add_flag(object, "writing", now->writing);
	add_flag(object, "bundling", now->bundling);
	json_add_u64(object, "files_written", status->files);
	json_add_u64(object, "files_deleted", status->deleted);
	json_add_u64(object, "bundles", status->bundles);
	json_add_u64(object, "files", files.nr);
	json_add_u64(object, "files_bytes", names_bytes(&files));
	json_add_string(object, "last_file", *status->last_file ? status->last_file : NULL);
	json_add_u64(object, "errors", status->errors);
	json_add_string(object, "last_error", *status->last_error ? status->last_error : NULL);
	names_free(&files);
	return object;
}

static void print_triggers(struct json_object *status)
{
	struct json_object *list;
	size_t nr = json_get_list(status, "triggers", &list);

	printf("\n%-14s %8s %8s\n", "TRIGGER", "FIRED", "LIMITED");
	for (size_t i = 0; i < nr; i++) {
		struct json_object *trigger = json_object_array_get_idx(list, i);

		if (!json_get_flag(trigger, "enabled")) {
			printf("%-14s %8s %8s\n", json_get_string(trigger, "trigger"), "off", "");
			continue;
		}
		printf("%-14s %8" PRIu64 " %8" PRIu64 "\n", json_get_string(trigger, "trigger"),
		       json_get_u64(trigger, "fired"), json_get_u64(trigger, "limited"));
	}
}

void fly_status_print(struct json_object *status)
{
	char age[32], kept[32], past[32], size[32];

	text_age(age, sizeof(age), json_get_u64(status, "running_ns"));
	text_age(kept, sizeof(kept), json_get_u64(status, "kept_ns"));
	text_bytes(past, sizeof(past), json_get_u64(status, "past_bytes"));
	text_bytes(size, sizeof(size), json_get_u64(status, "files_bytes"));
	printf("runs:    %s, PID %" PRIu64 "\n", age, json_get_u64(status, "pid"));
	printf("events:  %" PRIu64 ", %" PRIu64 " lost\n", json_get_u64(status, "events"),
	       json_get_u64(status, "lost"));
	printf("past:    %s, %s, in %s\n", kept, past, json_get_string(status, "past"));
	printf("files:   %" PRIu64 " in %s, %s; %" PRIu64 " written, %" PRIu64
	       " deleted for want of room\n",
	       json_get_u64(status, "files"), json_get_string(status, "directory"), size,
	       json_get_u64(status, "files_written"), json_get_u64(status, "files_deleted"));
	if (*json_get_string(status, "last_file"))
		printf("last:    %s\n", json_get_string(status, "last_file"));
	if (json_get_u64(status, "errors"))
		printf("errors:  %" PRIu64 ", the last one: %s\n", json_get_u64(status, "errors"),
		       json_get_string(status, "last_error"));
	if (json_get_u64(status, "past_errors"))
		printf("past:    %" PRIu64 " parts could not be written\n",
		       json_get_u64(status, "past_errors"));
	print_triggers(status);
}
