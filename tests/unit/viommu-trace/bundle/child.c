// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of other commands as processes: their end is seen whoever waits for them,
 * and no signal goes to anybody else.
 */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bundle/child.h"
#include "tap.h"

#define EXIT_STATUS 3

static char *const exits[] = {"child", "exits", NULL};
static char *const waits[] = {"child", "waits", NULL};

/* This program is what is run */
static int be_child(const char *what)
{
	static const char said[] = "viommu-trace: it is so\n";

	if (!strcmp(what, "waits"))
		pause();
	write(STDERR_FILENO, said, strlen(said));
	return EXIT_STATUS;
}

static bool ends(struct bundle_child *child)
{
	static const struct timespec ts = {.tv_nsec = 10000000};

	for (int i = 0; i < 6000 && bundle_child_running(child); i++)
		nanosleep(&ts, NULL);
	return !child->pid && child->pidfd == -1;
}

static void test_end(const char *what)
{
	struct bundle_child child;
	char why[64];

	bundle_child_start(&child, exits);
	ok(ends(&child), "its end is seen%s", what);
	ok(WIFEXITED(child.status) && WEXITSTATUS(child.status) == EXIT_STATUS, "with its status");
	bundle_child_why(&child, why, sizeof(why));
	is_string(why, "it is so", "and what it said");
	bundle_child_stop(&child, true);
	bundle_child_close(&child);
}

static void test_stop(void)
{
	struct bundle_child child;

	bundle_child_start(&child, waits);
	ok(bundle_child_running(&child), "one that waits runs");
	bundle_child_stop(&child, true);
	ok(ends(&child) && WIFSIGNALED(child.status) && WTERMSIG(child.status) == SIGKILL,
	   "until it is told to stop");
	bundle_child_close(&child);
}

/* Its PID may be anybody's by then */
static void test_taken(void)
{
	struct bundle_child child;
	char why[64];
	pid_t pid;

	bundle_child_start(&child, exits);
	pid = child.pid;
	waitpid(pid, NULL, 0);
	child.pid = getpid();
	bundle_child_stop(&child, true);
	ok(true, "a signal is for the process, not for whoever has its PID");
	ok(ends(&child) && child.status == -1, "who was waited for by somebody else has ended");
	bundle_child_why(&child, why, sizeof(why));
	is_string(why, "it is so", "and is heard");
	bundle_child_close(&child);
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return be_child(argv[1]);
	test_end("");
	signal(SIGCHLD, SIG_IGN);
	test_end(", also if SIGCHLD was ignored");
	test_stop();
	test_taken();
	return tap_end();
}
