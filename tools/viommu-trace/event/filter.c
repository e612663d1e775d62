// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options that select events by their names.
 */
#include <fnmatch.h>
#include <string.h>

#include "event/filter.h"

static const struct argp_option options[] = {
	{"event", 'e', "PATTERN", 0,
	 "Only events whose name matches, with or without viommu_; may be given more than once", 1},
	{},
};

/* "v*" and "[!c]*" are about what is behind the prefix that all have */
static bool matches(const char *pattern, const char *name)
{
	static const char prefix[] = "viommu_";
	size_t len = strlen(prefix);

	if (strncmp(pattern, prefix, len) && !strncmp(name, prefix, len))
		name += len;
	return !fnmatch(pattern, name, 0);
}

bool event_filter_wants(const struct event_filter *filter, const char *name)
{
	for (int i = 0; i < filter->nr; i++)
		if (matches(filter->pattern[i], name))
			return true;
	return !filter->nr;
}

static bool matches_any(const char *pattern, const struct event_type *types, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (matches(pattern, types[i].name))
			return true;
	return false;
}

const char *event_filter_unknown(const struct event_filter *filter, const struct event_type *types,
				 size_t nr)
{
	for (int i = 0; i < filter->nr; i++)
		if (!matches_any(filter->pattern[i], types, nr))
			return filter->pattern[i];
	return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct event_filter *filter = state->input;

	if (key != 'e')
		return ARGP_ERR_UNKNOWN;
	if (filter->nr == EVENT_FILTER_MAX)
		argp_error(state, "more than %d patterns", EVENT_FILTER_MAX);
	filter->pattern[filter->nr++] = arg;
	return 0;
}

const struct argp event_filter_argp = {.options = options, .parser = parse};
