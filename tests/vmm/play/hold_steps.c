// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-play: a VMM that lets the kernel wait for as long as it likes, in a call
 * whose answer goes to memory that the VMM serves page faults of (userfaultfd).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/iommufd.h"
#include "play.h"

#define PAGE 4096
#define TIMEOUT_MS 10000

/**
 * struct hold - The call that is held up
 * @iommufd: file of iommufd
 * @uffd:    says when the kernel waits
 * @cmd:     the call; the only thing in its page
 * @thread:  makes it
 * @ret:     how it ended
 */
struct hold {
	int iommufd;
	int uffd;
	struct iommu_veventq_alloc *cmd;
	pthread_t thread;
	int ret;
};

/* One at a time */
static struct hold *held;

static int protect(const struct hold *hold, bool on)
{
	struct uffdio_writeprotect wp = {
		.range = {.start = (uintptr_t)hold->cmd, .len = PAGE},
		.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	return ioctl(hold->uffd, UFFDIO_WRITEPROTECT, &wp) ? -errno : 0;
}

/* What is in the page can be read, and is waited for where it is written */
static int hold_page(struct hold *hold)
{
	struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP};
	struct uffdio_register range = {
		.range = {.start = (uintptr_t)hold->cmd, .len = PAGE},
		.mode = UFFDIO_REGISTER_MODE_WP,
	};

	hold->uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (hold->uffd < 0 || ioctl(hold->uffd, UFFDIO_API, &api) ||
	    ioctl(hold->uffd, UFFDIO_REGISTER, &range))
		return -errno;
	return protect(hold, true);
}

static void *call_and_wait(void *arg)
{
	struct hold *hold = arg;

	hold->ret = ioctl(hold->iommufd, IOMMU_VEVENTQ_ALLOC, hold->cmd) ? -errno : 0;
	return NULL;
}

/* Back when the kernel is about to write the answer */
static int hold_call(struct hold *hold)
{
	struct pollfd pfd = {.fd = hold->uffd, .events = POLLIN};

	if (pthread_create(&hold->thread, NULL, call_and_wait, hold))
		return -EAGAIN;
	return poll(&pfd, 1, TIMEOUT_MS) == 1 ? 0 : -ETIMEDOUT;
}

static int step_hold(struct play *play, int argc, char **argv)
{
	struct object *viommu = object_find(play, argv[0], OBJECT_VIOMMU);
	void *page;
	int ret;

	(void)argc;
	if (!viommu || held)
		return PLAY_USAGE;
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	held = calloc(1, sizeof(*held));
	if (page == MAP_FAILED || !held)
		return -ENOMEM;
	held->iommufd = play->iommufd;
	held->cmd = page;
	*held->cmd = (struct iommu_veventq_alloc){
		.size = sizeof(*held->cmd),
		.viommu_id = viommu->id,
		.type = IOMMU_VEVENTQ_TYPE_AMD,
		.veventq_depth = 16,
	};
	ret = hold_page(held);
	return ret ? ret : hold_call(held);
}

static int step_release(struct play *play, int argc, char **argv)
{
	int ret;

	(void)play;
	(void)argc;
	(void)argv;
	if (!held)
		return PLAY_USAGE;
	ret = protect(held, false);
	if (ret)
		return ret;
	pthread_join(held->thread, NULL);
	ret = held->ret;
	if (!ret) {
		close((int)held->cmd->out_veventq_fd);
		ret = iommufd_destroy(held->iommufd, held->cmd->out_veventq_id);
	}
	close(held->uffd);
	munmap(held->cmd, PAGE);
	free(held);
	held = NULL;
	return ret;
}

const struct step hold_steps[] = {
	{"hold-veventq", "VIOMMU", 1, 1, false, step_hold, NULL},
	{"hold-end", "", 0, 0, false, step_release, NULL},
	{},
};
