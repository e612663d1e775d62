// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the process of one VM does: set up, tell the parent, wait until all
 * VMs are up, work, tear down.
 */
#include "workload.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/iommufd.h"
#include "report.h"
#include "stop.h"
#include "lib/vm.h"

#define NSEC_PER_SEC 1000000000ll

/**
 * struct workload - State of a VM's process
 * @opt:     what to do
 * @vm:      the VM
 * @viommus: its vIOMMUs, @opt->viommus of them
 * @live:    how many exist
 * @signals: readable once the process is to stop
 * @sum:     what is reported
 */
struct workload {
	const struct options *opt;
	struct vm vm;
	struct vm_viommu *viommus;
	int live;
	int signals;
	struct report sum;
};

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* Wait until @until, for ever if it is negative; true if told to stop */
static bool stopped(struct workload *w, int64_t until)
{
	struct pollfd fd = {.fd = w->signals, .events = POLLIN};
	struct timespec ts;
	int64_t left = until - now();

	if (until < 0)
		return poll(&fd, 1, -1) > 0;
	if (left < 0)
		left = 0;
	ts = (struct timespec){.tv_sec = left / NSEC_PER_SEC, .tv_nsec = left % NSEC_PER_SEC};
	return ppoll(&fd, 1, &ts, NULL) > 0;
}

/* Values that no other vIOMMU of the test has in these registers */
static uint32_t pattern(const struct workload *w, int i)
{
	uint32_t n = w->opt->index * w->opt->viommus + i;

	return ((n % 0x7fff + 1) << 4) & VF_POINTER_MASK;
}

static uint32_t inverse(uint32_t pattern)
{
	return ~pattern & VF_POINTER_MASK;
}

static int check_page(struct workload *w, struct vm_viommu *viommu, uint32_t head, uint32_t tail)
{
	int ret;

	if (!w->opt->map)
		return 0;
	ret = vf_check(viommu, VF_EVT_HEAD, head);
	ret = ret ?: vf_check(viommu, VF_CMD_TAIL, tail);
	/* No queue is enabled, so none runs and nothing is pending */
	return ret ?: vf_check(viommu, VF_STATUS, 0);
}

static int check_own(struct workload *w, int i)
{
	return check_page(w, &w->viommus[i], pattern(w, i), inverse(pattern(w, i)));
}

static int create(struct workload *w, int i)
{
	struct vm_viommu *viommu = &w->viommus[i];
	int ret;

	ret = vm_viommu_create(&w->vm, viommu, w->opt->type, w->opt->map);
	if (ret)
		return ret;
	w->live++;
	w->sum.viommus++;
	w->sum.vf_offset = w->viommus[0].vf_offset;

	/* Whoever had this page before must have left nothing in it */
	ret = check_page(w, viommu, 0, 0);
	if (ret || !w->opt->map)
		return ret;
	vf_write(viommu, VF_EVT_HEAD, pattern(w, i));
	/* A doorbell that nobody hears: no command buffer is enabled */
	vf_write(viommu, VF_CMD_TAIL, inverse(pattern(w, i)));
	return check_own(w, i);
}

static int check_all(struct workload *w)
{
	int ret = 0;

	for (int i = 0; i < w->live && !ret; i++)
		ret = check_own(w, i);
	return ret;
}

static int destroy_all(struct workload *w)
{
	int ret = 0;

	while (w->live) {
		int err = vm_viommu_destroy(&w->vm, &w->viommus[--w->live]);

		ret = ret ?: err;
	}
	return ret;
}

/* One operation: guest memory comes and goes, the guest looks at its queues */
static int operate(struct workload *w)
{
	int ret;

	ret = iommufd_map(w->vm.iommufd, w->vm.ioas, w->vm.mem, VM_SPARE_IOVA, VM_SPARE_SIZE);
	if (ret)
		return vm_error(ret, "IOMMU_IOAS_MAP", NULL);
	ret = iommufd_unmap(w->vm.iommufd, w->vm.ioas, VM_SPARE_IOVA, VM_SPARE_SIZE);
	if (ret)
		return vm_error(ret, "IOMMU_IOAS_UNMAP", NULL);
	ret = check_all(w);
	if (!ret)
		w->sum.ops++;
	return ret;
}

static int work(struct workload *w)
{
	const struct options *opt = w->opt;
	int64_t start = now(), end = -1;
	int64_t step = opt->rate > 0 ? NSEC_PER_SEC / opt->rate : 0;
	int ret = 0;

	if (opt->hold >= 0)
		end = start + opt->hold * NSEC_PER_SEC;
	for (int64_t i = 0; opt->work && (opt->ops < 0 || i < opt->ops); i++) {
		int64_t next = start + i * step;

		if ((end >= 0 && next >= end) || stopped(w, next))
			return ret;
		ret = operate(w);
		if (ret)
			return ret;
	}
	/* A given count of operations needs no time on top, unless asked for */
	if (end >= 0 || opt->ops < 0)
		stopped(w, end);
	return ret;
}

static int churn(struct workload *w)
{
	int ret = 0;

	for (long i = 0; !ret && (!w->opt->churn || i < w->opt->churn); i++) {
		if (stopped(w, 0))
			break;
		ret = create(w, 0);
		if (!ret)
			ret = destroy_all(w);
	}
	return ret;
}

/* Tell the parent that this VM is up, wait until all are */
static int rendezvous(struct workload *w)
{
	struct pollfd fds[] = {
		{.fd = w->opt->report, .events = POLLIN},
		{.fd = w->signals, .events = POLLIN},
	};
	char go;
	ssize_t len;

	w->sum.type = REPORT_READY;
	if (write(w->opt->report, &w->sum, sizeof(w->sum)) < 0)
		return -errno;
	if (poll(fds, 2, -1) < 0)
		return -errno;
	if (!fds[0].revents)
		return 0;
	/* Left unread it would reset the connection, and lose the last report */
	len = read(w->opt->report, &go, 1);
	if (len < 0)
		return -errno;
	return len ? 0 : -ECANCELED; /* the parent is gone */
}

static int run(struct workload *w)
{
	int ret;

	ret = vm_open(&w->vm, w->opt->device);
	if (w->opt->churn >= 0) {
		ret = ret ?: rendezvous(w);
		return ret ?: churn(w);
	}
	for (int i = 0; i < w->opt->viommus && !ret; i++)
		ret = create(w, i);
	ret = ret ?: rendezvous(w);
	ret = ret ?: check_all(w);
	ret = ret ?: work(w);
	return ret ?: check_all(w);
}

/* Whose message it is: that of one VM of several */
static void name_messages(const char *vm)
{
	static char name[128];

	snprintf(name, sizeof(name), "%s %s", program_invocation_short_name, vm);
	program_invocation_short_name = name;
}

/**
 * workload_run() - Be one VM
 * @opt: command line of its process
 *
 * Return: exit status.
 */
int workload_run(const struct options *opt)
{
	struct workload w = {.opt = opt, .vm = {.vfio = -1, .iommufd = -1}};
	int ret, err;

	name_messages(opt->name);
	/* Without the parent nobody would ever stop this */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	w.signals = stop_signals();
	w.viommus = calloc(opt->viommus, sizeof(*w.viommus));
	if (w.signals < 0 || !w.viommus)
		return EXIT_FAILURE;

	ret = run(&w);
	err = destroy_all(&w);
	vm_close(&w.vm);

	w.sum.type = REPORT_DONE;
	w.sum.result = ret ?: err;
	if (write(opt->report, &w.sum, sizeof(w.sum)) < 0)
		perror("viommu-vmm: report to the parent");
	free(w.viommus);
	return w.sum.result ? EXIT_FAILURE : EXIT_SUCCESS;
}
