// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals that end a VM or all of them.
 */
#include "stop.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>

/**
 * stop_signals() - Take SIGINT, SIGTERM and SIGHUP from a file descriptor
 *
 * Return: a file descriptor to poll and to read struct signalfd_siginfo from,
 * or -1.
 */
int stop_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}
