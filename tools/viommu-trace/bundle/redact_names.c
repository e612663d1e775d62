// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of VMs, and where they are in text.
 *
 * They are kept in order. What text and names have in common from some place on is a
 * range of them, which each further byte makes smaller: text is gone through once,
 * however many names there are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/redact.h"
#include "lib/sys/array.h"

/* What the kernel keeps of the name of a process */
#define COMM_LEN 15

/**
 * struct range - Names that begin alike
 * @from: index of the first
 * @to:   of the first that does not
 */
struct range {
	size_t from;
	size_t to;
};

static unsigned char byte_of(const struct redact *redact, size_t i, size_t at)
{
	return redact->name[i].name[at];
}

/* The first name of a range that has at least this byte at a place */
static size_t lower_bound(const struct redact *redact, struct range range, size_t at, int byte)
{
	while (range.from < range.to) {
		size_t middle = range.from + (range.to - range.from) / 2;

		if (byte_of(redact, middle, at) < byte)
			range.from = middle + 1;
		else
			range.to = middle;
	}
	return range.from;
}

/* Those of a range that have this byte at a place; all have the same ones before it */
static struct range narrow(const struct redact *redact, struct range range, size_t at,
			   unsigned char byte)
{
	struct range smaller = {lower_bound(redact, range, at, byte), range.to};

	smaller.to = lower_bound(redact, smaller, at, byte + 1);
	return smaller;
}

/* Where a name is, or should be */
static bool find(const struct redact *redact, const char *name, size_t *place)
{
	struct range range = {0, redact->nr};
	size_t at = 0;

	do {
		range = narrow(redact, range, at, name[at]);
		if (range.from == range.to) {
			*place = range.from;
			return false;
		}
	} while (name[at++]);
	*place = range.from;
	return true;
}

/*
 * A name that is a word of the language that logs are written in stays where it may be
 * just that: what is called "iommu", "enabled" or "00" cannot be told from it.
 */
static bool is_unmistakable(const char *name)
{
	static const char *const starts[] = {"amd",  "dma", "iommu", "ivhd",
					     "ivrs", "kvm", "pci",   "vfio"};
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char numbers[] = "0123456789abcdefABCDEFxX.:-_/+ ";

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (!strncasecmp(name, starts[i], strlen(starts[i])))
			return false;
	return strlen(name) > 2 && name[strspn(name, letters)] && name[strspn(name, numbers)];
}

static bool is_alias(const struct redact *redact, const char *alias)
{
	for (size_t i = 0; i < redact->nr; i++)
		if (!strcmp(redact->name[i].alias, alias))
			return true;
	return false;
}

/* Two VMs are never one: what has the pseudonym of another has a second one */
static void make_alias(struct redact *redact, struct redact_name *name)
{
	size_t len = strlen(name->name);
	uint64_t hash = redact_hash(redact, 'n', name->name, len);

	do {
		snprintf(name->alias, sizeof(name->alias), "vm-%08x", (unsigned int)hash);
		hash += 0x9e3779b9;
	} while (is_alias(redact, name->alias));
}

/* NULL without memory */
static const struct redact_name *learn(struct redact *redact, const char *text)
{
	struct redact_name name = {};
	size_t place;

	if (find(redact, text, &place))
		return &redact->name[place];
	if (array_reserve(&redact->name, redact->nr + 1, &redact->room, sizeof(name)))
		name.name = strdup(text);
	if (!name.name)
		return NULL;
	name.unmistakable = is_unmistakable(text);
	make_alias(redact, &name);
	memmove(&redact->name[place + 1], &redact->name[place],
		(redact->nr - place) * sizeof(name));
	redact->name[place] = name;
	redact->begins[(unsigned char)*text] = true;
	redact->nr++;
	redact->counts->mistakable += !name.unmistakable;
	return &redact->name[place];
}

void redact_learn(struct redact *redact, const char *name)
{
	if (redact->names && *name)
		learn(redact, name);
}

const char *redact_name(struct redact *redact, const char *name)
{
	const struct redact_name *known;

	if (!redact->names || !*name)
		return name;
	redact->counts->names++;
	known = learn(redact, name);
	return known ? known->alias : "?";
}

const char *redact_comm(const struct redact *redact, const char *comm)
{
	size_t len = strnlen(comm, COMM_LEN);
	struct range range = {0, redact->nr};

	if (!redact->names || !len)
		return NULL;
	for (size_t at = 0; at < len && range.from < range.to; at++)
		range = narrow(redact, range, at, comm[at]);
	/* One that is as long as it can be may be the beginning of a name */
	if (len < COMM_LEN)
		range = narrow(redact, range, len, '\0');
	if (range.from == range.to)
		return NULL;
	redact->counts->names++;
	return redact->name[range.from].alias;
}

void redact_names_free(struct redact *redact)
{
	for (size_t i = 0; i < redact->nr; i++)
		free(redact->name[i].name);
	free(redact->name);
}

/*
 * Text
 */

/* Not those of the locale: logs are ASCII, and this is asked of each byte */
static bool is_word(unsigned int c)
{
	return (c | 0x20) - 'a' < 26 || c - '0' < 10 || c == '_' || c == '-' || c == '.' ||
	       c >= 0x80;
}

bool redact_is_edge(const char *text, const char *at, const char *end)
{
	return at == text || at == end || !is_word((unsigned char)at[-1]) ||
	       !is_word((unsigned char)at[0]);
}

/* The text before a place is this */
static bool comes_after(const char *text, const char *at, const char *before)
{
	size_t len = strlen(before);

	return (size_t)(at - text) >= len && !memcmp(at - len, before, len);
}

/* Where text has the name of a process: "owner: 77 (web-1)", "Comm: web-1 Not tainted" */
static bool is_field(const char *text, const char *at)
{
	static const char *const before[] = {"Comm: ", "comm: ", "comm=",    "comm=\"", "comm ",
					     "vm=",    "vm=\"",	 "Process ", "process "};
	const char *from = at;

	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++)
		if (comes_after(text, at, before[i]))
			return true;
	if (from == text || *--from != '(')
		return false;
	while (from > text && strchr(" \t0123456789", from[-1]))
		from--;
	return comes_after(text, from, "owner:");
}

/* As a field has it, a long name is cut off */
static bool ends_here(const struct redact *redact, size_t i, size_t len, bool field)
{
	return !byte_of(redact, i, len) || (field && len == COMM_LEN);
}

const char *redact_name_at(const struct redact *redact, const char *text, const char *at,
			   const char *end, size_t *len)
{
	struct range range = {0, redact->nr};
	const struct redact_name *best = NULL;
	bool field = false;

	if (!redact->names || !redact->begins[(unsigned char)*at] || !redact_is_edge(text, at, end))
		return NULL;
	for (size_t n = 0; at + n < end && at[n]; n++) {
		range = narrow(redact, range, n, at[n]);
		if (range.from == range.to)
			break;
		if (!n)
			field = is_field(text, at);
		if (!ends_here(redact, range.from, n + 1, field) ||
		    !redact_is_edge(text, at + n + 1, end) ||
		    (!field && !redact->name[range.from].unmistakable))
			continue;
		best = &redact->name[range.from];
		*len = n + 1;
	}
	if (!best)
		return NULL;
	redact->counts->names++;
	return best->alias;
}
