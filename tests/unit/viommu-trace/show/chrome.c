// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of JSON for viewers: slices that overlap are on different threads.
 */
#include <stdlib.h>

#include <json-c/json.h>

#include "show/chrome.h"
#include "tap.h"

/* Of two VMs on two processors: from, until, and whose */
static const struct {
	uint64_t begin;
	uint64_t end;
	uint16_t guest_id;
} commands[] = {
	{1000, 2000, 0}, /* A */
	{1500, 2500, 0}, /* overlaps A */
	{1600, 1900, 0}, /* within A */
	{1700, 1800, 1}, /* somebody else's */
	{2000, 3000, 0}, /* behind A */
	{1550, 2600, 0}, /* overlaps both */
};

#define NR_COMMANDS (sizeof(commands) / sizeof(*commands))

static int get(struct json_object *object, const char *key)
{
	return json_object_get_int(json_object_object_get(object, key));
}

static struct json_object *convert(void)
{
	struct trace_meta meta = {};
	struct chrome *chrome;
	struct json_object *json;
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	bool good = true;

	chrome = chrome_begin(file);
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		const struct vtr_event submit = {
			.ns = commands[i].begin,
			.arg = {i, 1ull << 60},
			.guest_id = commands[i].guest_id,
			.id = VTR_cmd_submit,
		};

		good &= chrome_command(chrome, &submit, commands[i].end - commands[i].begin, NULL);
	}
	good &= chrome_lost(chrome, 3) && chrome_end(chrome, &meta, true);
	chrome_free(chrome);
	fclose(file);
	ok(good, "commands are written");
	json = json_tokener_parse(text);
	free(text);
	return json;
}

int main(void)
{
	struct json_object *json = convert();
	struct json_object *events = json_object_object_get(json, "traceEvents");
	int tid[NR_COMMANDS] = {}, pid[NR_COMMANDS] = {};
	size_t slices = 0, losses = 0;

	for (size_t i = 0; events && i < json_object_array_length(events); i++) {
		struct json_object *event = json_object_array_get_idx(events, i);
		const char *ph = json_object_get_string(json_object_object_get(event, "ph"));
		struct json_object *args = json_object_object_get(event, "args");
		int seq = get(args, "seq");

		losses += !strcmp(ph, "i") && get(args, "events") == 3;
		if (strcmp(ph, "X"))
			continue;
		slices++;
		tid[seq] = get(event, "tid");
		pid[seq] = get(event, "pid");
	}
	is_number(slices, NR_COMMANDS, "each is a slice");
	is_number(losses, 1, "losses are told");
	ok(tid[0] != tid[1] && tid[1] != tid[5] && tid[0] != tid[5],
	   "those that overlap are on threads of their own");
	ok(tid[2] == tid[0], "one within another is on its thread");
	ok(tid[4] == tid[0], "so is one behind it");
	ok(pid[3] != pid[0] && tid[3] != tid[0], "another guest's is not");
	json_object_put(json);
	return tap_end();
}
