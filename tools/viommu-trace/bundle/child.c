// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other commands of this program, as processes of their own.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bundle/child.h"
#include "lib/text/text.h"

static void run(const struct bundle_child *child, char *const argv[])
{
	int null = open("/dev/null", O_RDONLY);

	dup2(null, STDIN_FILENO);
	dup2(child->out, STDOUT_FILENO);
	dup2(child->err, STDERR_FILENO);
	/* An interrupt from the terminal comes by way of the parent */
	setpgid(0, 0);
	execv("/proc/self/exe", argv);
	_exit(127);
}

/* Whoever started us may ignore them, and then the kernel would not keep how it ended */
static void want_status(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	sigaction(SIGCHLD, &action, NULL);
}

void bundle_child_start(struct bundle_child *child, char *const argv[])
{
	*child = (struct bundle_child){.pidfd = -1, .status = -1};
	child->out = memfd_create(argv[1], MFD_CLOEXEC);
	child->err = memfd_create(argv[1], MFD_CLOEXEC);
	if (child->out < 0 || child->err < 0)
		return;
	want_status();
	child->pid = fork();
	if (!child->pid)
		run(child, argv);
	if (child->pid < 0) {
		child->pid = 0;
		return;
	}
	/* A PID could be somebody else's by the time that it gets a signal */
	child->pidfd = pidfd_open(child->pid, 0);
	if (child->pidfd >= 0)
		return;
	/* Nobody has waited for it yet, so it still is ours */
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
	child->pid = 0;
}

static void ended(struct bundle_child *child)
{
	close(child->pidfd);
	child->pidfd = -1;
	child->pid = 0;
}

bool bundle_child_running(struct bundle_child *child)
{
	struct pollfd poll_end = {.fd = child->pidfd, .events = POLLIN};
	siginfo_t info = {};

	if (!child->pid)
		return false;
	/* Somebody else may have waited for it */
	if (waitid(P_PIDFD, child->pidfd, &info, WEXITED | WNOHANG)) {
		if (poll(&poll_end, 1, 0) == 1)
			ended(child);
		return child->pid;
	}
	if (!info.si_pid)
		return true;
	child->status = info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0)
						   : W_EXITCODE(0, info.si_status);
	ended(child);
	return false;
}

void bundle_child_stop(struct bundle_child *child, bool at_once)
{
	if (child->pid)
		pidfd_send_signal(child->pidfd, at_once ? SIGKILL : SIGINT, NULL, 0);
}

/* Its last line, without the name of the program in front */
static bool last_line(const struct bundle_child *child, char *buf, size_t len)
{
	char text[4096];
	off_t end = lseek(child->err, 0, SEEK_END);
	off_t from = end > (off_t)sizeof(text) - 1 ? end - (off_t)sizeof(text) + 1 : 0;
	ssize_t n = pread(child->err, text, sizeof(text) - 1, from);
	char *line, *colon;

	if (n <= 0)
		return false;
	text[n] = '\0';
	while (n && text[n - 1] == '\n')
		text[--n] = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	colon = strstr(line, ": ");
	if (colon && !strncmp(line, "viommu-trace", strlen("viommu-trace")))
		line = colon + 2;
	text_sanitize(line);
	snprintf(buf, len, "%s", line);
	return *line;
}

void bundle_child_why(const struct bundle_child *child, char *buf, size_t len)
{
	if (child->err >= 0 && last_line(child, buf, len))
		return;
	if (child->status == -1)
		snprintf(buf, len, "it could not be started, or did not end");
	else if (WIFSIGNALED(child->status))
		snprintf(buf, len, "killed by signal %d", WTERMSIG(child->status));
	else
		snprintf(buf, len, "it ended with status %d", WEXITSTATUS(child->status));
}

void bundle_child_close(struct bundle_child *child)
{
	if (child->out >= 0)
		close(child->out);
	if (child->err >= 0)
		close(child->err);
	child->out = child->err = -1;
}
