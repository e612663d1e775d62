// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a reader of metrics asks for: lists with commas, whose items have parameters
 * behind semicolons, one of which is how much it is liked, from 0 to 1 (RFC 9110).
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "out/negotiate.h"

#define BLANKS " \t"

/**
 * struct item - One of a list, in the header that it is a part of
 * @name:    type or encoding
 * @len:     its length
 * @version: of the format, "" for any
 * @quality: how much it is liked; 0 is not at all
 */
struct item {
	const char *name;
	size_t len;
	char version[16];
	double quality;
};

static bool is_key(const char *at, size_t len, const char *key)
{
	return len == strlen(key) && !strncasecmp(at, key, len);
}

static void take_parameter(struct item *item, const char *at, size_t len)
{
	const char *equal = memchr(at, '=', len), *value;
	size_t value_len;

	if (!equal)
		return;
	value = equal + 1;
	value_len = at + len - value;
	if (value_len > 1 && value[0] == '"' && value[value_len - 1] == '"') {
		value++;
		value_len -= 2;
	}
	if (is_key(at, equal - at, "version"))
		snprintf(item->version, sizeof(item->version), "%.*s", (int)value_len, value);
	else if (is_key(at, equal - at, "q"))
		item->quality = strtod(value, NULL);
}

/* Without the blanks around it */
static const char *trim(const char *at, const char *end, size_t *len)
{
	at += strspn(at, BLANKS);
	while (end > at && strchr(BLANKS, end[-1]))
		end--;
	*len = end > at ? end - at : 0;
	return at;
}

/* The next item; NULL if there is no more */
static const char *next_item(struct item *item, const char *at)
{
	const char *end, *from;
	size_t len;
	bool first = true;

	at += strspn(at, BLANKS ",");
	if (!*at)
		return NULL;
	*item = (struct item){.quality = 1};
	do {
		end = at + strcspn(at, ",;");
		from = trim(at, end, &len);
		if (first) {
			item->name = from;
			item->len = len;
		} else {
			take_parameter(item, from, len);
		}
		first = false;
		at = end + (*end == ';');
	} while (*end == ';');
	return end;
}

static bool is(const struct item *item, const char *name)
{
	return is_key(item->name, item->len, name);
}

static bool has_version(const struct item *item, const char *version)
{
	return !*item->version || !strcmp(item->version, version);
}

static void raise_to(double *quality, double to)
{
	if (to > *quality)
		*quality = to;
}

enum expo_format negotiate_format(const char *accept)
{
	double openmetrics = 0, text = 0;
	struct item item;

	while (accept && (accept = next_item(&item, accept))) {
		if (is(&item, "application/openmetrics-text") && has_version(&item, "1.0.0"))
			raise_to(&openmetrics, item.quality);
		else if ((is(&item, "text/plain") && has_version(&item, "0.0.4")) ||
			 is(&item, "text/*") || is(&item, "*/*"))
			raise_to(&text, item.quality);
	}
	return openmetrics > 0 && openmetrics >= text ? EXPO_OPENMETRICS : EXPO_TEXT;
}

bool negotiate_gzip(const char *accept_encoding)
{
	double gzip = -1, any = 0;
	struct item item;

	while (accept_encoding && (accept_encoding = next_item(&item, accept_encoding))) {
		if (is(&item, "gzip") || is(&item, "x-gzip"))
			raise_to(&gzip, item.quality);
		else if (is(&item, "*"))
			any = item.quality;
	}
	return gzip >= 0 ? gzip > 0 : any > 0;
}
