// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-play: every call of a script with every allocation that the kernel
 * makes for it failing, one at a time.
 *
 * A step is tried with its first allocation failing, then with its second, and
 * so on until it passes before one fails. If it passes although one failed, it
 * is undone; where that cannot be, it goes on with the next allocation when the
 * script is run once more, which ends with nothing left of what it made.
 *
 * Needs a kernel with fail-nth, and failslab and fail_page_alloc told not to
 * spare allocations that can wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "play.h"

/* What a step with a fault ends with if it left something behind */
#define LEFT_BEHIND (-EUCLEAN)

/* More than any script needs: every round has at least one fault more */
#define ROUNDS_MAX 500

static void arm(struct fault_injection *faults, long nth)
{
	if (pwrite(faults->fd, "0", 1, 0) != 1 || (nth && dprintf(faults->fd, "%ld", nth) < 1))
		fprintf(stderr, "viommu-play: fail-nth: %s\n", strerror(errno));
}

/* Return: whether the fault that was armed has happened */
static bool disarm(struct fault_injection *faults)
{
	char text[32] = "";
	long left = pread(faults->fd, text, sizeof(text) - 1, 0) > 0 ? atol(text) : 0;

	arm(faults, 0);
	return !left;
}

/*
 * What must be the same as before
 */

static void add_file(FILE *out, const char *path)
{
	char chunk[4096];
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	fprintf(out, "%s:\n", path);
	while (fd >= 0 && (got = read(fd, chunk, sizeof(chunk))) > 0)
		fwrite(chunk, 1, (size_t)got, out);
	if (fd >= 0)
		close(fd);
}

static char *look(const struct fault_injection *faults)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	glob_t found = {};

	for (size_t i = 0; i < faults->nr_same; i++)
		glob(faults->same[i], i ? GLOB_APPEND : 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++)
		add_file(out, found.gl_pathv[i]);
	globfree(&found);
	fclose(out);
	return text;
}

/* Tells of the first line that differs */
static bool is_same(const char *before, const char *after)
{
	size_t same = 0, line = 0;

	if (!strcmp(before, after))
		return true;
	for (; before[same] && before[same] == after[same]; same++)
		if (before[same] == '\n')
			line = same + 1;
	fprintf(stderr, "before: %.*s\nafter:  %.*s\n", (int)strcspn(before + line, "\n"),
		before + line, (int)strcspn(after + line, "\n"), after + line);
	return false;
}

/* One more allocation fails; returns what the step does, or -EUCLEAN */
static int try_once(struct play *play, const struct step *step, unsigned int line, int argc,
		    char **argv, const char *before)
{
	struct fault_injection *faults = play->faults;
	struct fault_line *at = &faults->lines[line % FAULT_LINES_MAX];
	bool same = true;
	char *after;
	int ret;

	arm(faults, at->nth + 1);
	ret = step->run(play, argc, argv);
	at->done = !disarm(faults);
	if (at->done)
		return ret;
	faults->count++;
	printf("fault %u %s %ld %s\n", line, step->name, ++at->nth,
	       ret == PLAY_USAGE ? "USAGE"
	       : ret		 ? strerrorname_np(-ret)
				 : "passes");
	fflush(stdout);
	if (ret) {
		after = look(faults);
		same = is_same(before, after);
		free(after);
	}
	return same ? ret : LEFT_BEHIND;
}

/* Tries until the step passes, or leaves something behind */
static int try_on(struct play *play, const struct step *step, unsigned int line, int argc,
		  char **argv)
{
	struct fault_line *at = &play->faults->lines[line % FAULT_LINES_MAX];
	char *before = look(play->faults);
	int ret;

	do {
		ret = try_once(play, step, line, argc, argv, before);
	} while (ret && ret != LEFT_BEHIND && !at->done);
	free(before);
	return ret;
}

/**
 * fault_step() - Do a step, with its allocations failing first
 * @line: number of its line
 *
 * Return: what the step returned the last time, or -EUCLEAN if one that failed
 * left something behind.
 */
int fault_step(struct play *play, const struct step *step, unsigned int line, int argc, char **argv)
{
	struct fault_line *at = &play->faults->lines[line % FAULT_LINES_MAX];
	int ret;

	while (!at->done) {
		ret = try_on(play, step, line, argc, argv);
		if (ret || at->done)
			return ret;
		if (!step->undo) {
			play->faults->again = true;
			return 0;
		}
		ret = step->undo(play, argc, argv);
		if (ret)
			return ret;
	}
	return step->run(play, argc, argv);
}

static int run_once(const char *path, struct fault_injection *faults)
{
	struct play play = {.faults = faults};
	FILE *script = fopen(path, "re");
	int status;

	play.iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (!script || play.iommufd < 0) {
		fprintf(stderr, "viommu-play: %s: %s\n", script ? "/dev/iommu" : path,
			strerror(errno));
		return 2;
	}
	status = play_file(&play, script, false);
	if (!status && play.objects) {
		fprintf(stderr, "viommu-play: %s: \"%s\" is left at its end\n", path,
			play.objects->name);
		status = 2;
	}
	fclose(script);
	close(play.iommufd);
	guest_ram_remove(&play.ram);
	return status;
}

/* No memory of ours may be what cannot be had: neither the heap nor the stack */
static void settle(void)
{
	char stack[256 * 1024];
	void *heap;

	mallopt(M_TRIM_THRESHOLD, -1);
	mallopt(M_MMAP_THRESHOLD, 1 << 25);
	heap = malloc(8 << 20);
	explicit_bzero(stack, sizeof(stack));
	if (heap)
		explicit_bzero(heap, 8 << 20);
	free(heap);
	mlockall(MCL_CURRENT);
}

/**
 * play_with_faults() - Run a script until no allocation is left to fail
 * @path:    the script, at whose end nothing is left of what it made
 * @same:    patterns of files that a step that failed must leave as they were
 * @nr_same: their number
 *
 * Return: 0 if all steps did what they shall in the end; the exit status of
 * the first run in which one did not.
 */
int play_with_faults(const char *path, char *const *same, size_t nr_same)
{
	struct fault_injection faults = {.same = same, .nr_same = nr_same};
	int status, rounds = 0;

	faults.fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (faults.fd < 0) {
		fprintf(stderr, "viommu-play: fail-nth: %s: this kernel injects no faults\n",
			strerror(errno));
		return 2;
	}
	settle();
	do {
		faults.again = false;
		status = run_once(path, &faults);
	} while (!status && faults.again && ++rounds < ROUNDS_MAX);
	printf("faults %lu\n", faults.count);
	return status ? status : faults.again;
}
