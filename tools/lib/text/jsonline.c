// SPDX-License-Identifier: GPL-2.0-only
/*
 * NDJSON: one object a line.
 */
#include <inttypes.h>
#include <stdio.h>

#include "lib/text/jsonline.h"
#include "lib/text/output.h"

void json_add_u64(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

void json_add_digits(struct json_object *object, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	json_add_string(object, key, text);
}

void json_add_hex(struct json_object *object, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	json_add_string(object, key, text);
}

void json_add_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, value ? json_object_new_string(value) : NULL);
}

void json_print_line(struct json_object *object)
{
	const int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

	if (puts(json_object_to_json_string_ext(object, flags)) < 0)
		output_failed();
	json_object_put(object);
}
