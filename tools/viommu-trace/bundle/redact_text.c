// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaving out names of VMs, addresses and secrets: in text, line by line, and in JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/redact.h"

/*
 * Text
 */

/* Features of an IOMMU look like addresses */
static bool has_features(const char *line, const char *end)
{
	return memmem(line, end - line, "eatures", strlen("eatures"));
}

/* Up to the newline, if there is one */
static void copy_line(struct redact *redact, FILE *out, const char *line, const char *end)
{
	bool numbers = !has_features(line, end);
	const char *parameters = NULL, *behind = end;

	if (redact->parameters)
		parameters = redact_parameters_in(line, &behind);
	if (!parameters) {
		redact_copy(redact, out, line, end, numbers);
		return;
	}
	redact_copy(redact, out, line, parameters, numbers);
	redact_parameters(redact, out, parameters, behind);
	redact_copy(redact, out, behind, end, numbers);
}

char *redact_text(struct redact *redact, const char *text, size_t *size)
{
	const char *end = text + *size, *newline;
	char *result = NULL;
	FILE *out = open_memstream(&result, size);

	if (!out)
		return NULL;
	for (; text < end; text = newline + 1) {
		newline = memchr(text, '\n', end - text);
		copy_line(redact, out, text, newline ? newline : end);
		if (!newline)
			break;
		fputc('\n', out);
	}
	if (!fclose(out))
		return result;
	free(result);
	return NULL;
}

/*
 * JSON
 */

/* Commands and records, of 128 bits, in words of 32 */
static bool redact_words(const struct redact *redact, const char *key, const char *text, char *buf,
			 size_t len)
{
	uint32_t w[4];
	uint64_t q[2];

	if (sscanf(text, "%8" SCNx32 ":%8" SCNx32 ":%8" SCNx32 ":%8" SCNx32, &w[0], &w[1], &w[2],
		   &w[3]) != 4)
		return false;
	q[0] = w[0] | (uint64_t)w[1] << 32;
	q[1] = w[2] | (uint64_t)w[3] << 32;
	if (!strcmp(key, "cmd"))
		redact_command(redact, q);
	else if (!strcmp(key, "record"))
		redact_record(redact, q);
	else
		return false;
	snprintf(buf, len, "%08x:%08x:%08x:%08x", (uint32_t)q[0], (uint32_t)(q[0] >> 32),
		 (uint32_t)q[1], (uint32_t)(q[1] >> 32));
	return true;
}

static bool redact_string(struct redact *redact, const char *key, struct json_object *string)
{
	const char *text = json_object_get_string(string), *alias;
	size_t size = strlen(text);
	char words[40], *copy;
	int good;

	if (!strcmp(key, "vm"))
		return json_object_set_string(string, redact_name(redact, text));
	/* A program is called as it is, unless it is called as a VM is */
	if (!strcmp(key, "comm")) {
		alias = redact_comm(redact, text);
		return !alias || json_object_set_string(string, alias);
	}
	if (redact_words(redact, key, text, words, sizeof(words)))
		return json_object_set_string(string, words);
	copy = redact_text(redact, text, &size);
	good = copy && json_object_set_string_len(string, copy, size);
	free(copy);
	return good;
}

static bool redact_value(struct redact *redact, const char *key, struct json_object *value)
{
	bool good = true;

	if (json_object_is_type(value, json_type_object))
		return redact_json(redact, value);
	if (json_object_is_type(value, json_type_string))
		return redact_string(redact, key, value);
	if (json_object_is_type(value, json_type_array))
		for (size_t i = 0; i < json_object_array_length(value); i++)
			good &= redact_value(redact, key, json_object_array_get_idx(value, i));
	return good;
}

bool redact_json(struct redact *redact, struct json_object *object)
{
	bool good = true;

	json_object_object_foreach(object, key, value) good &= redact_value(redact, key, value);
	return good;
}
