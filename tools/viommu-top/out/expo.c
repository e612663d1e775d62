// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two text formats that readers of metrics know.
 *
 * They look alike and are not: what "# TYPE" names is the sample in one and the
 * family in the other, and a reader of one rejects what only the other has.
 */
#include <inttypes.h>

#include "out/expo.h"

#define NSEC_PER_SEC UINT64_C(1000000000)

static const char *own_suffix(enum expo_type type)
{
	switch (type) {
	case EXPO_COUNTER:
		return "_total";
	case EXPO_INFO:
		return "_info";
	default:
		return "";
	}
}

/* The text format has no such type as info */
static const char *type_name(const struct expo *e)
{
	switch (e->family->type) {
	case EXPO_COUNTER:
		return "counter";
	case EXPO_INFO:
		return e->format == EXPO_TEXT ? "gauge" : "info";
	case EXPO_SUMMARY:
		return "summary";
	case EXPO_HISTOGRAM:
		return "histogram";
	default:
		return "gauge";
	}
}

static void put_name(struct expo *e, const char *suffix)
{
	fprintf(e->file, EXPO_PREFIX "%s%s%s", *e->family->name ? "_" : "", e->family->name,
		suffix);
}

static void put_meta(struct expo *e, const char *what, const char *text)
{
	fprintf(e->file, "# %s ", what);
	put_name(e, e->format == EXPO_TEXT ? own_suffix(e->family->type) : "");
	fprintf(e->file, " %s\n", text);
}

static void put_head(struct expo *e)
{
	put_meta(e, "HELP", e->family->help);
	put_meta(e, "TYPE", type_name(e));
	if (e->family->unit && e->format == EXPO_OPENMETRICS)
		put_meta(e, "UNIT", e->family->unit);
}

void expo_family(struct expo *e, const struct expo_family *family)
{
	e->family = family;
	e->begun = false;
}

void expo_sample(struct expo *e, const char *suffix)
{
	if (!e->begun)
		put_head(e);
	e->begun = true;
	e->labels = false;
	put_name(e, *suffix ? suffix : own_suffix(e->family->type));
}

static void put_key(struct expo *e, const char *key)
{
	fprintf(e->file, "%c%s=\"", e->labels ? ',' : '{', key);
	e->labels = true;
}

void expo_label(struct expo *e, const char *key, const char *value)
{
	put_key(e, key);
	for (; *value; value++) {
		if (*value == '\n') {
			fputs("\\n", e->file);
			continue;
		}
		if (*value == '"' || *value == '\\')
			fputc('\\', e->file);
		fputc(*value, e->file);
	}
	fputc('"', e->file);
}

void expo_label_u64(struct expo *e, const char *key, const char *prefix, uint64_t value)
{
	put_key(e, key);
	fprintf(e->file, "%s%" PRIu64 "\"", prefix, value);
}

static void put_space(struct expo *e)
{
	fputs(e->labels ? "} " : " ", e->file);
}

void expo_value_u64(struct expo *e, uint64_t value)
{
	put_space(e);
	fprintf(e->file, "%" PRIu64, value);
}

void expo_u64(struct expo *e, uint64_t value)
{
	expo_value_u64(e, value);
	expo_line(e);
}

/* From a second on, microseconds are exact enough */
static void put_ns(struct expo *e, uint64_t ns)
{
	if (ns >= NSEC_PER_SEC) {
		ns /= 1000;
		fprintf(e->file, "%" PRIu64 ".%06" PRIu64, ns / 1000000, ns % 1000000);
		return;
	}
	fprintf(e->file, "%" PRIu64 ".%09" PRIu64, ns / NSEC_PER_SEC, ns % NSEC_PER_SEC);
}

void expo_ns(struct expo *e, uint64_t ns)
{
	put_space(e);
	put_ns(e, ns);
	expo_line(e);
}

void expo_exemplar(struct expo *e, uint64_t seq, unsigned int opcode, uint64_t ns, uint64_t real_ns)
{
	if (e->format != EXPO_OPENMETRICS)
		return;
	fprintf(e->file, " # {seq=\"%" PRIu64 "\",opcode=\"0x%x\"} ", seq, opcode);
	put_ns(e, ns);
	fputc(' ', e->file);
	put_ns(e, real_ns);
}

void expo_line(struct expo *e)
{
	fputc('\n', e->file);
}

void expo_end(struct expo *e)
{
	if (e->format == EXPO_OPENMETRICS)
		fputs("# EOF\n", e->file);
}

const char *expo_content_type(enum expo_format format)
{
	if (format == EXPO_OPENMETRICS)
		return "application/openmetrics-text; version=1.0.0; charset=utf-8";
	return "text/plain; version=0.0.4; charset=utf-8";
}
