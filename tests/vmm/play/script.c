// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-play: lines of a script.
 *
 * A line is a step: its name and its arguments. With "!" before it the step
 * must fail, with "!ENAME" for this reason.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

#define WORDS_MAX 16

static const struct step *const all_steps[] = {object_steps, memory_steps, dirty_steps, dma_steps,
					       queue_steps,  kvm_steps,	   irq_steps,	hold_steps};

static const struct step *find_step(const char *name)
{
	for (size_t i = 0; i < sizeof(all_steps) / sizeof(*all_steps); i++)
		for (const struct step *step = all_steps[i]; step->name; step++)
			if (!strcmp(step->name, name))
				return step;
	return NULL;
}

static int split(char *line, char **words)
{
	char *save = NULL, *word;
	int n = 0;

	line[strcspn(line, "#\n")] = '\0';
	for (word = strtok_r(line, " \t", &save); word && n < WORDS_MAX;
	     word = strtok_r(NULL, " \t", &save))
		words[n++] = word;
	return word ? PLAY_USAGE : n;
}

static int usage(unsigned int number, const struct step *step, const char *name)
{
	if (step)
		fprintf(stderr, "viommu-play: line %u: expected: %s %s\n", number, step->name,
			step->args);
	else
		fprintf(stderr, "viommu-play: line %u: no step is called \"%s\", see --help\n",
			number, name);
	return PLAY_USAGE;
}

static void report(struct play *play, const char *verdict, unsigned int number, int argc,
		   char **argv, int ret)
{
	printf("%s %u", verdict, number);
	for (int i = 0; i < argc; i++)
		printf(" %s", argv[i]);
	if (ret)
		printf(" -> %s (%s)", strerrorname_np(-ret), strerror(-ret));
	if (*play->says)
		printf(" -> %s", play->says);
	putchar('\n');
	fflush(stdout);
}

/* "!" or "!ENAME" ahead of the step */
static bool as_expected(const char *expect, int ret)
{
	if (!expect)
		return !ret;
	return expect[1] ? ret && !strcmp(strerrorname_np(-ret), expect + 1) : !!ret;
}

/**
 * play_line() - Do what a line says and tell how it went
 * @play:   the VMM
 * @line:   the line, which is taken apart
 * @number: its number
 *
 * Return: 0 if it went as expected, 1 if not, or PLAY_USAGE after a complaint.
 */
int play_line(struct play *play, char *line, unsigned int number)
{
	char *words[WORDS_MAX], **argv = words, *expect = NULL;
	const struct step *step;
	int argc = split(line, words);
	int ret;
	bool good;

	if (argc == PLAY_USAGE)
		return usage(number, NULL, "too many words");
	if (argc && argv[0][0] == '!') {
		expect = *argv++;
		argc--;
	}
	if (!argc)
		return 0;

	step = find_step(argv[0]);
	if (!step || argc - 1 < step->min || argc - 1 > step->max)
		return usage(number, step, argv[0]);
	play->says[0] = '\0';
	if (play->faults && step->calls && !expect)
		ret = fault_step(play, step, number, argc - 1, argv + 1);
	else
		ret = step->run(play, argc - 1, argv + 1);
	if (ret == PLAY_USAGE)
		return usage(number, step, argv[0]);
	good = as_expected(expect, ret);
	report(play, good ? "ok" : "fail", number, argc, argv, ret);
	return !good;
}
