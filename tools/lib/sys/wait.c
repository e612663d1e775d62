// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for the next update, a key, or the end.
 */
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "lib/sys/wait.h"

#define NSEC_PER_SEC 1000000000ull

static volatile sig_atomic_t stop;
static sigset_t normal_mask;

static void on_signal(int sig __attribute__((unused)))
{
	stop = 1;
}

void wait_init(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct sigaction old;

		/*
		 * nohup is obeyed. SIGINT, which shells ignore in background
		 * jobs of scripts, is meant for us when it comes.
		 */
		if (signals[i] == SIGHUP && !sigaction(SIGHUP, NULL, &old) &&
		    old.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &action, NULL);
		sigaddset(&blocked, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, &normal_mask);
	/* Writing to a closed pipe fails with EPIPE instead */
	signal(SIGPIPE, SIG_IGN);
	/* As does, with EFBIG, a file that grows beyond a limit */
	signal(SIGXFSZ, SIG_IGN);
}

uint64_t wait_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

enum wait_result wait_until(uint64_t deadline_ns, bool input)
{
	uint64_t now = wait_now_ns();
	uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
	struct timespec ts = {
		.tv_sec = left / NSEC_PER_SEC,
		.tv_nsec = left % NSEC_PER_SEC,
	};
	struct pollfd fds[] = {
		{.fd = STDOUT_FILENO},
		{.fd = input ? STDIN_FILENO : -1, .events = POLLIN},
	};
	int n = ppoll(fds, 2, &ts, &normal_mask);

	if (stop)
		return WAIT_STOP;
	if (n < 0)
		return WAIT_OTHER;
	if (fds[0].revents & (POLLERR | POLLHUP | POLLNVAL))
		return WAIT_CLOSED;
	if (fds[1].revents & POLLIN)
		return WAIT_INPUT;
	/* The terminal is gone */
	return fds[1].revents ? WAIT_CLOSED : WAIT_TIME;
}
