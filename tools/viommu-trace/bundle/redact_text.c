// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaving out names of VMs and addresses: in text and in JSON.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/redact.h"

/* Numbers below this are flags, IDs and sizes */
#define ADDRESS_MIN 0x10000ull
#define NUMBER_MAX 18

static bool is_word(int c)
{
	return isalnum(c) || c == '_' || c == '-' || c == '.' || c >= 0x80;
}

/* A name that begins here, and is no part of a longer word */
static const struct redact_name *name_at(const struct redact *redact, const char *text,
					 const char *at, const char *end)
{
	for (size_t i = 0; redact->names && i < redact->nr; i++) {
		const struct redact_name *name = &redact->name[i];
		size_t len = strlen(name->name);

		if ((size_t)(end - at) < len || memcmp(at, name->name, len))
			continue;
		if (at > text && is_word((unsigned char)at[-1]) &&
		    is_word((unsigned char)name->name[0]))
			continue;
		if (at + len < end && is_word((unsigned char)at[len]) &&
		    is_word((unsigned char)name->name[len - 1]))
			continue;
		return name;
	}
	return NULL;
}

/* A number such as 0x12345000 that begins here; returns its length, 0 if it is none */
static size_t number_at(const char *text, const char *at, const char *end, uint64_t *value)
{
	size_t len = 2;

	if (end - at < 3 || at[0] != '0' || at[1] != 'x' ||
	    (at > text && isalnum((unsigned char)at[-1])))
		return 0;
	*value = 0;
	while (at + len < end && isxdigit((unsigned char)at[len]) && len < NUMBER_MAX) {
		int c = tolower((unsigned char)at[len++]);

		*value = *value << 4 | (c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return len > 2 ? len : 0;
}

/*
 * A word of a table's entry or of a command that the kernel does not understand,
 * and prints without 0x: returns its length, of which @head is no number.
 */
static size_t raw_word_at(const char *at, const char *end, size_t *head)
{
	size_t len = strlen("DTE[0]: ");

	if ((size_t)(end - at) <= len || (memcmp(at, "DTE[", 4) && memcmp(at, "CMD[", 4)) ||
	    memcmp(at + 5, "]: ", 3))
		return 0;
	*head = len;
	while (at + len < end && isxdigit((unsigned char)at[len]))
		len++;
	return len;
}

/* Features of an IOMMU look like addresses */
static bool has_features(const char *line, const char *end)
{
	const char *newline = memchr(line, '\n', end - line);

	return memmem(line, (newline ? newline : end) - line, "eatures", strlen("eatures"));
}

static void copy_text(const struct redact *redact, FILE *out, const char *text, const char *end)
{
	const char *at = text;
	bool numbers = redact->addresses && !has_features(text, end);

	while (at < end) {
		const struct redact_name *name = name_at(redact, text, at, end);
		size_t len, head;
		uint64_t value;

		if (name) {
			fputs(name->alias, out);
			at += strlen(name->name);
			continue;
		}
		len = redact->addresses ? raw_word_at(at, end, &head) : 0;
		if (len) {
			fprintf(out, "%.*s(redacted)", (int)head, at);
			at += len;
			continue;
		}
		len = numbers ? number_at(text, at, end, &value) : 0;
		if (len && value >= ADDRESS_MIN) {
			fprintf(out, "0x%0*" PRIx64, (int)len - 2, redact_address(redact, value));
			at += len;
			continue;
		}
		if (*at == '\n')
			numbers = redact->addresses && !has_features(at + 1, end);
		fputc(*at++, out);
	}
}

char *redact_text(const struct redact *redact, const char *text, size_t *size)
{
	const char *end = text + *size;
	char *result = NULL;
	FILE *out = open_memstream(&result, size);

	if (!out)
		return NULL;
	copy_text(redact, out, text, end);
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
	const char *text = json_object_get_string(string);
	size_t size = strlen(text);
	char words[40], *copy;
	int good;

	if (!strcmp(key, "vm") || !strcmp(key, "comm"))
		return json_object_set_string(string, redact_name(redact, text));
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
