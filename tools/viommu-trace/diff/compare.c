// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparing what several say exists.
 */
#include <stdlib.h>
#include <string.h>

#include "diff/compare.h"
#include "lib/sys/array.h"

const char *const witnesses[NR_WITNESSES] = {"trace", "driver", "hardware"};

/* The first fact, of all that come next; NULL at the end */
static const struct fact *first_of(const struct facts *const by[], const size_t at[])
{
	const struct fact *first = NULL;

	for (int i = 0; i < NR_WITNESSES; i++) {
		const struct fact *fact;

		if (!by[i] || at[i] == by[i]->nr)
			continue;
		fact = &by[i]->fact[at[i]];
		if (!first || fact_compare(fact, first) < 0)
			first = fact;
	}
	return first;
}

/* All that is said about one thing; returns how many know of such things */
static int gather(const struct facts *const by[], size_t at[], struct difference *d)
{
	const struct fact *first = first_of(by, at);
	int known = 0;

	memset(d, 0, sizeof(*d));
	d->of = *first;
	d->of.says[0] = '\0';
	for (int i = 0; i < NR_WITNESSES; i++) {
		const struct fact *fact;

		if (!by[i])
			continue;
		d->known[i] = facts_know(by[i], &d->of);
		known += d->known[i];
		if (at[i] == by[i]->nr)
			continue;
		fact = &by[i]->fact[at[i]];
		if (fact_compare(fact, &d->of))
			continue;
		at[i]++;
		memcpy(d->says[i], fact->says, sizeof(fact->says));
		d->age[i] = fact->age;
	}
	return known;
}

static bool agree(const struct difference *d)
{
	const char *says = NULL;

	for (int i = 0; i < NR_WITNESSES; i++) {
		if (!d->known[i])
			continue;
		if (says && strcmp(says, d->says[i]))
			return false;
		says = d->says[i];
	}
	return true;
}

static bool is_said(const struct difference *d)
{
	for (int i = 0; i < NR_WITNESSES; i++)
		if (d->known[i] && d->says[i][0])
			return true;
	return false;
}

static void add(struct comparison *out, const struct difference *d)
{
	struct difference *new = array_add(&out->difference, &out->nr, &out->room, sizeof(*new));

	if (new)
		*new = *d;
	else
		out->failed = true;
}

void compare_facts(const struct facts *const by[NR_WITNESSES], struct comparison *out)
{
	size_t at[NR_WITNESSES] = {};

	memset(out, 0, sizeof(*out));
	for (int i = 0; i < NR_WITNESSES; i++)
		out->failed |= by[i] && by[i]->failed;
	while (first_of(by, at)) {
		struct difference d;

		/* Who is alone is not contradicted */
		if (gather(by, at, &d) < 2 || !is_said(&d))
			continue;
		out->compared[d.of.kind]++;
		if (!agree(&d))
			add(out, &d);
	}
}

static bool same(const struct difference *a, const struct difference *b)
{
	if (fact_compare(&a->of, &b->of))
		return false;
	for (int i = 0; i < NR_WITNESSES; i++)
		if (a->known[i] != b->known[i] || a->age[i] != b->age[i] ||
		    strcmp(a->says[i], b->says[i]))
			return false;
	return true;
}

void compare_keep(struct comparison *first, const struct comparison *later)
{
	size_t kept = 0;

	for (size_t i = 0; i < first->nr; i++)
		for (size_t j = 0; j < later->nr; j++)
			if (same(&first->difference[i], &later->difference[j])) {
				first->difference[kept++] = first->difference[i];
				break;
			}
	first->nr = kept;
	first->failed |= later->failed;
}

uint64_t compare_total(const struct comparison *comparison)
{
	uint64_t total = 0;

	for (int kind = 0; kind < NR_FACT_KINDS; kind++)
		total += comparison->compared[kind];
	return total;
}

void compare_free(struct comparison *comparison)
{
	free(comparison->difference);
	memset(comparison, 0, sizeof(*comparison));
}
