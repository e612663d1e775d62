// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of signals: they end waits, and whoever cannot write any more.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/sys/wait.h"
#include "tap.h"

#define SECOND 1000000000ull
/* What has not ended by then never does */
#define LIMIT_S 30

/* Standard output is a pipe that nobody reads: full, or with some room */
static void stuck_output(bool full)
{
	static const char page[4096];
	int fds[2];

	if (pipe(fds))
		abort();
	dup2(fds[1], STDOUT_FILENO);
	fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
	while (full && write(STDOUT_FILENO, page, sizeof(page)) > 0)
		;
	fcntl(STDOUT_FILENO, F_SETFL, 0);
}

/* In a child: as what it exits with says, or killed by a signal */
static pid_t start(void (*what)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	what();
	_exit(99);
}

static int end(pid_t pid)
{
	uint64_t until = wait_now_ns() + LIMIT_S * SECOND;
	int status;

	while (!waitpid(pid, &status, WNOHANG)) {
		if (wait_now_ns() > until)
			kill(pid, SIGKILL);
		poll(NULL, 0, 10);
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void later(void)
{
	wait_init();
	raise(SIGTERM);
	if (wait_until(wait_now_ns() + LIMIT_S * SECOND, false) != WAIT_STOP)
		_exit(1);
	_exit(wait_until(wait_now_ns() + LIMIT_S * SECOND, false) == WAIT_STOP ? 0 : 2);
}

static void pending(void)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	raise(SIGTERM);
	wait_init();
	_exit(wait_until(wait_now_ns() + LIMIT_S * SECOND, false) == WAIT_STOP ? 0 : 1);
}

static void stuck(void)
{
	stuck_output(true);
	wait_init();
	raise(SIGTERM);
	(void)!write(STDOUT_FILENO, "x", 1);
}

static void impatient(void)
{
	stuck_output(true);
	wait_init();
	raise(SIGINT);
	raise(SIGINT);
}

static void opening(void)
{
	wait_init();
	wait_end_at_once(true);
	raise(SIGHUP);
}

/* As long as there is room, nothing is hurried: longer than one has to be stuck */
static void slow(void)
{
	uint64_t until;

	stuck_output(false);
	wait_init();
	raise(SIGTERM);
	until = wait_now_ns() + 5 * SECOND / 2;
	while (wait_now_ns() < until)
		poll(NULL, 0, 100);
	_exit(7);
}

int main(void)
{
	pid_t is_slow = start(slow), is_stuck = start(stuck);

	is_number(end(start(later)), 0, "a signal ends each wait from then on");
	is_number(end(start(pending)), 0, "also one that came before, and was blocked");
	is_number(end(start(impatient)), 128 + SIGINT, "a second one ends the process");
	is_number(end(start(opening)), 128 + SIGHUP, "as does one while nothing is begun");
	is_number(end(is_stuck), 128 + SIGTERM, "and one, if output is stuck");
	is_number(end(is_slow), 7, "not, while there is room for output");
	return tap_end();
}
