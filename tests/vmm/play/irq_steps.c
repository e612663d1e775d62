// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-play: steps of a VMM that hands on the interrupts of a guest's IOMMU.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/iommufd.h"
#include "play.h"

#define TIMEOUT_MS 10000

static const char *const kinds[] = {"evt", "ppr"};

static int find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(name, kinds[i]))
			return i;
	return -1;
}

static int step_irq(struct play *play, int argc, char **argv)
{
	struct object *viommu = object_find(play, argv[1], OBJECT_VIOMMU), *object;
	int kind = find_kind(argv[2]), ret;

	(void)argc;
	if (!viommu || kind < 0)
		return PLAY_USAGE;
	object = object_add(play, argv[0], OBJECT_IRQ);
	if (!object)
		return PLAY_USAGE;
	object->id = viommu->id;
	object->index = kind;
	object->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ret = object->fd < 0 ? -errno
			     : iommufd_irq_set(play->iommufd, viommu->id,
					       iommufd_irq_eventfd(kind, object->fd));
	if (ret)
		object_remove(play, object);
	return ret;
}

static int undo_irq(struct play *play, int argc, char **argv)
{
	struct object *irq = object_find(play, argv[0], OBJECT_IRQ);
	int ret;

	(void)argc;
	if (!irq)
		return PLAY_USAGE;
	ret = iommufd_irq_set(play->iommufd, irq->id, iommufd_irq_eventfd(irq->index, -1));
	if (!ret)
		object_remove(play, irq);
	return ret;
}

/* The VMM loses the file, and the driver does not know */
static int step_irq_close(struct play *play, int argc, char **argv)
{
	struct object *irq = object_find(play, argv[0], OBJECT_IRQ);

	(void)argc;
	if (!irq)
		return PLAY_USAGE;
	object_remove(play, irq);
	return 0;
}

/* A value as it is, to see it refused */
static int step_irq_option(struct play *play, int argc, char **argv)
{
	struct object *viommu = object_find(play, argv[0], OBJECT_VIOMMU);
	uint64_t value;

	(void)argc;
	if (!viommu || !word_number(argv[1], &value))
		return PLAY_USAGE;
	return iommufd_irq_set(play->iommufd, viommu->id, value);
}

/* How often the hardware interrupted since the last look, at least once */
static int step_irq_count(struct play *play, int argc, char **argv)
{
	struct object *irq = object_find(play, argv[0], OBJECT_IRQ);
	uint64_t count, timeout = TIMEOUT_MS;
	struct pollfd poll_fd;

	if (!irq || !word_option(argc - 1, argv + 1, "timeout", &timeout))
		return PLAY_USAGE;
	poll_fd = (struct pollfd){.fd = irq->fd, .events = POLLIN};
	if (poll(&poll_fd, 1, timeout) != 1)
		return -ETIMEDOUT;
	if (read(irq->fd, &count, sizeof(count)) != sizeof(count))
		return -errno;
	snprintf(play->says, sizeof(play->says), "%llu", (unsigned long long)count);
	return 0;
}

const struct step irq_steps[] = {
	{"irq", "IRQ VIOMMU evt|ppr", 3, 3, true, step_irq, undo_irq},
	{"irq-off", "IRQ", 1, 1, true, undo_irq, NULL},
	{"irq-close", "IRQ", 1, 1, false, step_irq_close, NULL},
	{"irq-option", "VIOMMU VALUE", 2, 2, true, step_irq_option, NULL},
	{"irq-count", "IRQ [timeout=MILLISECONDS]", 1, 2, false, step_irq_count, NULL},
	{},
};
