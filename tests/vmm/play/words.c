// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-play: words of a step.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

/** word_number() - A number as in C; complains if it is none */
bool word_number(const char *word, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(word, &end, 0);
	if (*word && *word != '-' && !*end && !errno)
		return true;
	fprintf(stderr, "viommu-play: \"%s\" is no number\n", word);
	return false;
}

/**
 * word_option() - The number in NAME=NUMBER among the words
 * @value: unchanged without one
 *
 * Return: false after a complaint, if it is no number.
 */
bool word_option(int argc, char **argv, const char *name, uint64_t *value)
{
	size_t len = strlen(name);

	for (int i = 0; i < argc; i++)
		if (!strncmp(argv[i], name, len) && argv[i][len] == '=')
			return word_number(argv[i] + len + 1, value);
	return true;
}
