// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-race: a VMM whose threads use the same objects of iommufd at once.
 */
#include "race.h"

#include <argp.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS_MAX 32
/* Of a thread, for each of its rounds */
#define MISSED_MAX 13
#define MISSED_US 1000

const char *argp_program_version = "viommu-race (AMD vIOMMU tests)";

/**
 * struct options - Command line
 * @bdf:    PCI addresses of the devices
 * @nr:     how many
 * @rounds: of each thread
 * @seed:   of the random numbers
 */
struct options {
	char *bdf[RACE_DEVICES];
	int nr;
	unsigned int rounds;
	unsigned int seed;
};

/**
 * struct thread - One thread
 * @race:   VMM
 * @role:   what it does
 * @rounds: how often
 * @seed:   where its random numbers begin
 * @result: how often a round ended with each errno; with 0 if it was done
 * @id:     of the thread
 */
struct thread {
	struct race *race;
	const struct race_role *role;
	unsigned int rounds;
	unsigned int seed;
	unsigned int result[RACE_ERRNOS];
	pthread_t id;
};

/*
 * Who finds nothing to work on has had no round, but not for ever: the others may
 * have ended
 */
static void *run(void *arg)
{
	struct thread *thread = arg;
	unsigned int missed = 0;

	for (unsigned int i = 0; i < thread->rounds;) {
		int ret = -thread->role->run(thread->race, &thread->seed);

		thread->result[ret >= 0 && ret < RACE_ERRNOS ? ret : RACE_ERRNOS - 1]++;
		if (ret != ENOENT || ++missed > MISSED_MAX * thread->rounds)
			i++;
		else
			usleep(MISSED_US);
	}
	return NULL;
}

static void print(const struct thread *thread)
{
	printf("%s done=%u", thread->role->name, thread->result[0]);
	for (int i = 1; i < RACE_ERRNOS; i++)
		if (thread->result[i])
			printf(" %s=%u", strerrorname_np(i) ?: "?", thread->result[i]);
	putchar('\n');
}

static int race_all(struct race *race, const struct options *opt)
{
	static struct thread threads[THREADS_MAX];
	int nr = 0;

	for (const struct race_role *role = race_roles; role->name; role++) {
		struct thread *thread = &threads[nr];

		*thread = (struct thread){
			.race = race,
			.role = role,
			.rounds = opt->rounds,
			.seed = opt->seed + nr,
		};
		if (pthread_create(&thread->id, NULL, run, thread)) {
			fprintf(stderr, "viommu-race: no thread: %s\n", strerror(errno));
			exit(1);
		}
		nr++;
	}
	for (int i = 0; i < nr; i++) {
		pthread_join(threads[i].id, NULL);
		print(&threads[i]);
	}
	return race_end(race);
}

static const struct argp_option arguments[] = {
	{"rounds", 'r', "N", 0, "rounds of each thread (default 101)", 0},
	{"seed", 's', "N", 0, "of the random numbers (default 1)", 0},
	{0},
};

static unsigned int number(struct argp_state *state, const char *arg)
{
	char *end;
	unsigned long val = strtoul(arg, &end, 0);

	if (*end || end == arg || val > 100000000)
		argp_error(state, "'%s' is no number up to 100000000", arg);
	return val;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	switch (key) {
	case 'r':
		opt->rounds = number(state, arg);
		return 0;
	case 's':
		opt->seed = number(state, arg);
		return 0;
	case ARGP_KEY_ARG:
		if (opt->nr == RACE_DEVICES)
			argp_error(state, "more than two devices");
		opt->bdf[opt->nr++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (opt->nr < RACE_DEVICES)
			argp_error(state, "two devices are needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = arguments,
		.parser = parse,
		.args_doc = "BDF BDF",
		.doc = "Plays a VMM with two devices on the same IOMMU whose threads make, "
		       "use and destroy the same objects at once. Prints a line per thread: "
		       "how many rounds were done and how many were refused, by errno."
		       "\vExit status: 0 when all objects could be destroyed in the end, 1 "
		       "when not, 2 for a wrong command line.",
	};
	struct options opt = {.rounds = 101, .seed = 1};
	static struct race race;
	int left;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &opt);
	if (race_setup(&race, opt.bdf))
		return 1;
	left = race_all(&race, &opt);
	printf("left=%d\n", left);
	return left ? 1 : 0;
}
