// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-play: a script again and again, with one allocation of the kernel's
 * failing each time, the next one after that of the time before.
 *
 * Needs a kernel with fail-nth, and failslab and fail_page_alloc told not to
 * spare allocations that can wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "play.h"

/* What a run ends with, beside 1 and 2 */
#define RUN_WITHOUT_FAULT 0
#define RUN_WITH_FAULT 3

static void arm(struct fault_injection *faults, long left)
{
	dprintf(faults->fd, "%ld", left);
}

static long disarm(struct fault_injection *faults)
{
	char text[32] = "";
	long left = pread(faults->fd, text, sizeof(text) - 1, 0) > 0 ? atol(text) : 0;

	arm(faults, 0);
	return left;
}

/**
 * fault_step() - Do a step, perhaps with the fault; then once more without
 *
 * A step that failed must have left nothing behind, so that it works when it
 * is tried again.
 *
 * Return: what the step returned the last time.
 */
int fault_step(struct play *play, const struct step *step, int argc, char **argv)
{
	struct fault_injection *faults = play->faults;
	int ret;

	if (!faults->left)
		return step->run(play, argc, argv);
	arm(faults, faults->left);
	ret = step->run(play, argc, argv);
	faults->left = disarm(faults);
	if (faults->left || !ret || ret == PLAY_USAGE)
		return ret;
	fprintf(stderr, "%s: %s\n", step->name, strerrorname_np(-ret));
	return step->run(play, argc, argv);
}

static int run_once(const char *path, long nth)
{
	struct fault_injection faults = {.left = nth};
	struct play play = {.faults = &faults};
	FILE *script = fopen(path, "re");
	int status;

	faults.fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	play.iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (!script || faults.fd < 0 || play.iommufd < 0) {
		fprintf(stderr, "viommu-play: --faults: %s: %s\n",
			!script		? path
			: faults.fd < 0 ? "fail-nth"
					: "/dev/iommu",
			strerror(errno));
		return 2;
	}
	status = play_file(&play, script, false);
	if (status)
		return status;
	return faults.left ? RUN_WITHOUT_FAULT : RUN_WITH_FAULT;
}

/**
 * play_with_faults() - Run a script until no allocation is left to fail
 * @path: the script
 *
 * Return: 0 if every run did all its steps in the end; what the first other
 * run ended with.
 */
int play_with_faults(const char *path)
{
	long nth = 0;
	int status;

	do {
		pid_t pid;

		nth++;
		fflush(NULL);
		pid = fork();
		if (!pid)
			exit(run_once(path, nth));
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			return 1;
		status = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	} while (status == RUN_WITH_FAULT);

	printf("faults %ld\n", nth - 1);
	return status;
}
