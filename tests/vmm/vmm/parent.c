// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process that starts the VMs and waits for them.
 */
#include "parent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"
#include "stop.h"
#include "lib/vfio.h"

/**
 * struct parent - State of the parent
 * @opt:     what to do
 * @argv, @argc: command line, handed on to each VM
 * @vms:     the VMs
 * @count:   how many, a device each
 * @started: how many of them have a process
 * @signals: SIGINT, SIGTERM, SIGHUP
 */
struct parent {
	const struct options *opt;
	int argc;
	char **argv;
	struct vm_record vms[VFIO_MAX];
	int count;
	int started;
	int signals;
};

static bool listed(const char *name, const char *list)
{
	char needle[VFIO_NAME_MAX + 2], hay[4096];

	snprintf(needle, sizeof(needle), ",%.31s,", name);
	snprintf(hay, sizeof(hay), ",%s,", list);
	return strstr(hay, needle);
}

static void name_vm(struct parent *p, const struct vfio_device *device)
{
	struct vm_record *vm = &p->vms[p->count++];

	snprintf(vm->name, sizeof(vm->name), "%s-%d", p->opt->names, p->count);
	memcpy(vm->device, device->name, sizeof(vm->device));
	memcpy(vm->bdf, device->bdf, sizeof(vm->bdf));
	vm->fd = -1;
}

/* The claims last as long as this process */
static int pick_devices(struct parent *p)
{
	static struct vfio_device devices[VFIO_MAX];
	int found = vfio_list(devices, VFIO_MAX);

	if (found < 0) {
		fprintf(stderr, "viommu-vmm: /dev/vfio/devices: %s; bind devices to vfio-pci\n",
			strerror(-found));
		return found;
	}
	for (int i = 0; i < found && p->count < p->opt->vms; i++)
		if ((!p->opt->devices || listed(devices[i].name, p->opt->devices)) &&
		    vfio_claim(devices[i].name) >= 0)
			name_vm(p, &devices[i]);
	if (p->count == p->opt->vms)
		return 0;
	fprintf(stderr,
		"viommu-vmm: %d VMs need a free vfio device each, and %d of the %d in "
		"/dev/vfio/devices are free%s; bind more to vfio-pci or run fewer VMs\n",
		p->opt->vms, p->count, found, p->opt->devices ? " and in --devices" : "");
	return -ENODEV;
}

/* The parent's command line, and what makes it this VM's */
static void exec_vm(struct parent *p, int i, int fd)
{
	struct vm_record *vm = &p->vms[i];
	char report[16], index[16], guest[96], self[4096] = "";
	char **argv = calloc(p->argc + 16, sizeof(*argv));
	int n = 0;

	if (!argv)
		_exit(EXIT_FAILURE);
	snprintf(report, sizeof(report), "%d", fd);
	snprintf(index, sizeof(index), "%d", i);
	snprintf(guest, sizeof(guest), "guest=%s", vm->name);
	argv[n++] = p->argv[0];
	argv[n++] = "-name";
	argv[n++] = guest;
	for (int a = 1; a < p->argc; a++)
		argv[n++] = p->argv[a];
	argv[n++] = "--vm";
	argv[n++] = "--device";
	argv[n++] = vm->device;
	argv[n++] = "--report-fd";
	argv[n++] = report;
	argv[n++] = "--index";
	argv[n++] = index;
	/* Not the link itself: the process would be called "exe" */
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0)
		execv(self, argv);
	perror("viommu-vmm: exec");
	_exit(EXIT_FAILURE);
}

static int start_vm(struct parent *p, int i)
{
	struct vm_record *vm = &p->vms[i];
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	vm->pid = fork();
	if (!vm->pid) {
		int fd = dup(fds[1]); /* without close-on-exec */

		exec_vm(p, i, fd);
	}
	close(fds[1]);
	if (vm->pid < 0) {
		close(fds[0]);
		return -errno;
	}
	vm->fd = fds[0];
	p->started++;
	return 0;
}

static void signal_all(struct parent *p, int sig)
{
	for (int i = 0; i < p->started; i++)
		if (!p->vms[i].done)
			kill(p->vms[i].pid, sig);
}

static void let_all_go(struct parent *p)
{
	for (int i = 0; i < p->started; i++)
		if (p->vms[i].fd >= 0 && write(p->vms[i].fd, "", 1) < 0)
			perror("viommu-vmm: start of a VM");
}

static void check_all_ready(struct parent *p)
{
	for (int i = 0; i < p->count; i++)
		if (!p->vms[i].ready)
			return;
	report_all_ready(p->vms, p->count, p->opt->json);
	let_all_go(p);
}

static void receive(struct parent *p, struct vm_record *vm)
{
	struct report report;
	ssize_t len = read(vm->fd, &report, sizeof(report));

	if (len != sizeof(report)) {
		/* One that fails takes the others with it: they may wait for it */
		if (!vm->done)
			signal_all(p, SIGTERM);
		close(vm->fd);
		vm->fd = -1;
		return;
	}
	vm->last = report;
	if (report.type == REPORT_DONE) {
		vm->done = true;
		if (report.result)
			signal_all(p, SIGTERM);
	} else {
		vm->ready = true;
		check_all_ready(p);
	}
}

static void forward_signal(struct parent *p)
{
	struct signalfd_siginfo info;

	if (read(p->signals, &info, sizeof(info)) == sizeof(info))
		signal_all(p, SIGTERM);
}

/* Until every VM has closed its end */
static void serve(struct parent *p)
{
	for (;;) {
		struct pollfd fds[VFIO_MAX + 1];
		int open = 0;

		fds[0] = (struct pollfd){.fd = p->signals, .events = POLLIN};
		for (int i = 0; i < p->started; i++) {
			fds[i + 1] = (struct pollfd){.fd = p->vms[i].fd, .events = POLLIN};
			open += p->vms[i].fd >= 0;
		}
		if (!open)
			return;
		if (poll(fds, p->started + 1, -1) < 0)
			continue;
		if (fds[0].revents)
			forward_signal(p);
		for (int i = 0; i < p->started; i++)
			if (p->vms[i].fd >= 0 && fds[i + 1].revents)
				receive(p, &p->vms[i]);
	}
}

static int reap(struct parent *p)
{
	int failed = 0;

	for (int i = 0; i < p->started; i++) {
		int status;

		waitpid(p->vms[i].pid, &status, 0);
		failed += !p->vms[i].done || p->vms[i].last.result;
	}
	return failed;
}

/**
 * parent_run() - Run all VMs to their end
 * @opt:  what to do
 * @argc, @argv: the command line
 *
 * Return: exit status.
 */
int parent_run(const struct options *opt, int argc, char **argv)
{
	static struct parent p;
	int ret;

	p.opt = opt;
	p.argc = argc;
	p.argv = argv;
	ret = pick_devices(&p);
	if (ret)
		return EXIT_FAILURE;

	p.signals = stop_signals();
	for (int i = 0; i < p.count && !ret; i++)
		ret = start_vm(&p, i);
	if (ret) {
		fprintf(stderr, "viommu-vmm: cannot start a VM: %s\n", strerror(-ret));
		signal_all(&p, SIGTERM);
	}
	serve(&p);
	if (reap(&p))
		ret = -EIO;
	report_results(p.vms, p.started, opt->json);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
