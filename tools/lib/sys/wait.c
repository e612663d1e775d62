// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for the next update, a key, or the end.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "lib/sys/wait.h"

#define NSEC_PER_SEC 1000000000ull
/* How long somebody may leave output unread who does not want it any more */
#define GRACE_S 2

static volatile sig_atomic_t stop;
/* A signal ends the process, as there is nothing to end in an orderly way */
static volatile sig_atomic_t at_once;
static sigset_t handled;
static struct termios terminal;
static bool has_terminal;

static void die(int sig)
{
	sigset_t only;

	if (has_terminal)
		tcsetattr(STDOUT_FILENO, TCSANOW, &terminal);
	sigemptyset(&only);
	sigaddset(&only, sig);
	signal(sig, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	raise(sig);
}

/* The second one is from somebody who has no patience */
static void on_signal(int sig)
{
	if (stop || at_once)
		die(sig);
	stop = sig;
	alarm(GRACE_S);
}

/* A full pipe, a terminal that stands still: what writes to it would never come back */
static void on_alarm(int sig __attribute__((unused)))
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

	if (at_once || poll(&out, 1, 0) == 0)
		die(stop);
	alarm(GRACE_S);
}

void wait_init(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	/* What is being read or written goes on: only waits end */
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct sigaction timeout = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};

	has_terminal = !tcgetattr(STDOUT_FILENO, &terminal);
	sigemptyset(&handled);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct sigaction old;

		/*
		 * nohup is obeyed. SIGINT, which shells ignore in background
		 * jobs of scripts, is meant for us when it comes.
		 */
		if (signals[i] == SIGHUP && !sigaction(SIGHUP, NULL, &old) &&
		    old.sa_handler == SIG_IGN)
			continue;
		sigaddset(&handled, signals[i]);
	}
	/* One handler at a time, and the time-out is another one's business */
	action.sa_mask = timeout.sa_mask = handled;
	sigaddset(&action.sa_mask, SIGALRM);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (sigismember(&handled, signals[i]))
			sigaction(signals[i], &action, NULL);
	sigaction(SIGALRM, &timeout, NULL);
	sigaddset(&handled, SIGALRM);
	/* Writing to a closed pipe fails with EPIPE instead */
	signal(SIGPIPE, SIG_IGN);
	/* As does, with EFBIG, a file that grows beyond a limit */
	signal(SIGXFSZ, SIG_IGN);
	/* Whoever started this may have blocked them: one may be pending */
	sigprocmask(SIG_UNBLOCK, &handled, NULL);
}

void wait_end_at_once(bool set)
{
	at_once = set;
}

void wait_block(bool block)
{
	sigprocmask(block ? SIG_BLOCK : SIG_UNBLOCK, &handled, NULL);
}

uint64_t wait_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* A signal that comes before it counts: it is looked for while none can come */
static int wait_for(struct pollfd *fds, int nr, const struct timespec *ts)
{
	sigset_t before;
	int n = -1;

	sigprocmask(SIG_BLOCK, &handled, &before);
	if (!stop)
		n = ppoll(fds, nr, ts, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return n;
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
	int n = wait_for(fds, 2, &ts);

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
