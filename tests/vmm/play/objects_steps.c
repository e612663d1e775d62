// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-play: steps that make, join and destroy objects of iommufd and vfio.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest/dma_engine.h"
#include "lib/iommufd.h"
#include "play.h"
#include "lib/vfio.h"

/* Guest device table entry */
#define DTE_V (1ULL << 0)
#define DTE_TV (1ULL << 1)
#define DTE_PPR (1ULL << 52)
#define DTE_GIOV (1ULL << 54)
#define DTE_GV (1ULL << 55)
#define DTE_IR (1ULL << 61)
#define DTE_IW (1ULL << 62)

static int fail(struct play *play, struct object *object, int ret)
{
	object_remove(play, object);
	return ret;
}

static int step_ioas(struct play *play, int argc, char **argv)
{
	struct object *ioas = object_add(play, argv[0], OBJECT_IOAS);
	int ret;

	(void)argc;
	if (!ioas)
		return PLAY_USAGE;
	ret = iommufd_ioas_alloc(play->iommufd, &ioas->id);
	return ret ? fail(play, ioas, ret) : 0;
}

static int open_device(struct play *play, struct object *dev, const char *bdf)
{
	struct vfio_device found;
	uint16_t vendor, device;
	int ret = vfio_find(bdf, &found);

	if (ret)
		return ret;
	dev->fd = vfio_open(found.name);
	if (dev->fd < 0)
		return dev->fd;
	ret = vfio_bind(dev->fd, play->iommufd, &dev->id);
	if (ret)
		return ret;
	ret = vfio_enable(dev->fd, &vendor, &device);
	if (ret)
		return ret;
	dev->dma = dma_engine_find(vendor, device);
	return vfio_bar_map(dev->fd, &dev->bar, &dev->bar_size);
}

static int step_device(struct play *play, int argc, char **argv)
{
	struct object *dev = object_add(play, argv[0], OBJECT_DEVICE);
	int ret;

	(void)argc;
	if (!dev)
		return PLAY_USAGE;
	ret = open_device(play, dev, argv[1]);
	return ret ? fail(play, dev, ret) : 0;
}

static int step_parent(struct play *play, int argc, char **argv)
{
	struct object *dev = object_find(play, argv[1], OBJECT_DEVICE);
	struct object *ioas = object_find(play, argv[2], OBJECT_IOAS);
	struct object *hwpt = dev && ioas ? object_add(play, argv[0], OBJECT_HWPT) : NULL;
	bool dirty = argc == 4;
	int ret;

	if (!hwpt || (dirty && strcmp(argv[3], "dirty")))
		return PLAY_USAGE;
	ret = (dirty ? iommufd_dirty_parent_alloc
		     : iommufd_nest_parent_alloc)(play->iommufd, dev->id, ioas->id, &hwpt->id);
	return ret ? fail(play, hwpt, ret) : 0;
}

static int change_table(struct object *dev, uint32_t table)
{
	int ret = table ? vfio_attach(dev->fd, table) : vfio_detach(dev->fd);

	if (ret)
		return ret;
	dev->before = dev->attached;
	dev->attached = table;
	return 0;
}

static int step_attach(struct play *play, int argc, char **argv)
{
	struct object *dev = object_find(play, argv[0], OBJECT_DEVICE);
	struct object *to = object_any(play, argv[1]);

	(void)argc;
	return dev && to ? change_table(dev, to->id) : PLAY_USAGE;
}

static int step_detach(struct play *play, int argc, char **argv)
{
	struct object *dev = object_find(play, argv[0], OBJECT_DEVICE);

	(void)argc;
	return dev ? change_table(dev, 0) : PLAY_USAGE;
}

static int undo_attach(struct play *play, int argc, char **argv)
{
	struct object *dev = object_find(play, argv[0], OBJECT_DEVICE);

	(void)argc;
	return dev ? change_table(dev, dev->before) : PLAY_USAGE;
}

static int step_viommu(struct play *play, int argc, char **argv)
{
	struct object *dev = object_find(play, argv[1], OBJECT_DEVICE);
	struct object *hwpt = object_find(play, argv[2], OBJECT_HWPT);
	struct object *viommu = dev && hwpt ? object_add(play, argv[0], OBJECT_VIOMMU) : NULL;
	uint64_t offset;
	void *vf;
	int ret;

	(void)argc;
	if (!viommu)
		return PLAY_USAGE;
	ret = iommufd_viommu_alloc(play->iommufd, IOMMU_VIOMMU_TYPE_AMD, dev->id, hwpt->id,
				   &viommu->id, &offset);
	if (ret)
		return fail(play, viommu, ret);
	vf = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, play->iommufd, offset);
	if (vf == MAP_FAILED) {
		ret = -errno;
		iommufd_destroy(play->iommufd, viommu->id);
		return fail(play, viommu, ret);
	}
	viommu->vf = vf;
	return 0;
}

static int step_vdevice(struct play *play, int argc, char **argv)
{
	struct object *viommu = object_find(play, argv[1], OBJECT_VIOMMU);
	struct object *dev = object_find(play, argv[2], OBJECT_DEVICE);
	struct object *vdev;
	uint64_t gdev_id;
	int ret;

	(void)argc;
	if (!viommu || !dev || !word_number(argv[3], &gdev_id))
		return PLAY_USAGE;
	vdev = object_add(play, argv[0], OBJECT_VDEVICE);
	if (!vdev)
		return PLAY_USAGE;
	ret = iommufd_vdevice_alloc(play->iommufd, viommu->id, dev->id, gdev_id, &vdev->id);
	return ret ? fail(play, vdev, ret) : 0;
}

/* The guest's entry, with its fields as options or with "q0=" to "q3=" as a whole */
static bool guest_dte(int argc, char **argv, uint64_t gdom_id, uint64_t gcr3, uint64_t dte[4])
{
	uint64_t glx = 0, giov = 1, mode = 4, ppr = 0, ir = 1, iw = 1;

	if (!word_option(argc, argv, "glx", &glx) || !word_option(argc, argv, "giov", &giov) ||
	    !word_option(argc, argv, "mode", &mode) || !word_option(argc, argv, "ppr", &ppr) ||
	    !word_option(argc, argv, "ir", &ir) || !word_option(argc, argv, "iw", &iw))
		return false;
	dte[0] = DTE_V | DTE_TV | DTE_GV | (giov ? DTE_GIOV : 0) | (ppr ? DTE_PPR : 0) |
		 (ir ? DTE_IR : 0) | (iw ? DTE_IW : 0) | (glx & 3) << 56 | (gcr3 >> 12 & 0x7) << 58;
	dte[1] = (gdom_id & 0xffff) | (gcr3 >> 15 & 0xffff) << 16 | (gcr3 >> 31 & 0x1fffff) << 43;
	dte[2] = (mode - 4) << 54;
	dte[3] = 0;
	return word_option(argc, argv, "q0", &dte[0]) && word_option(argc, argv, "q1", &dte[1]) &&
	       word_option(argc, argv, "q2", &dte[2]) && word_option(argc, argv, "q3", &dte[3]);
}

static int make_nested(struct play *play, uint32_t fault, int argc, char **argv)
{
	struct object *viommu = object_find(play, argv[1], OBJECT_VIOMMU);
	struct object *dev = object_find(play, argv[2], OBJECT_DEVICE);
	uint64_t gdom_id, gcr3, dte[4];
	struct object *hwpt;
	int ret;

	if (!viommu || !dev || !word_number(argv[3], &gdom_id) || !word_number(argv[4], &gcr3) ||
	    !guest_dte(argc - 5, argv + 5, gdom_id, gcr3, dte))
		return PLAY_USAGE;
	hwpt = object_add(play, argv[0], OBJECT_HWPT);
	if (!hwpt)
		return PLAY_USAGE;
	ret = iommufd_nested_alloc(play->iommufd, viommu->id, dev->id, dte, fault, &hwpt->id);
	return ret ? fail(play, hwpt, ret) : 0;
}

static int step_nested(struct play *play, int argc, char **argv)
{
	return make_nested(play, 0, argc, argv);
}

static int step_nested_faults(struct play *play, int argc, char **argv)
{
	struct object *queue = object_find(play, argv[0], OBJECT_VEVENTQ);

	return queue ? make_nested(play, queue->id, argc - 1, argv + 1) : PLAY_USAGE;
}

/* Another kind of queue whose file is read */
static int step_fault_queue(struct play *play, int argc, char **argv)
{
	struct object *queue = object_add(play, argv[0], OBJECT_VEVENTQ);
	int ret;

	(void)argc;
	if (!queue)
		return PLAY_USAGE;
	ret = iommufd_fault_alloc(play->iommufd, &queue->id, &queue->fd);
	return ret ? fail(play, queue, ret) : 0;
}

static int step_veventq(struct play *play, int argc, char **argv)
{
	struct object *viommu = object_find(play, argv[1], OBJECT_VIOMMU);
	uint64_t depth, type = IOMMU_VEVENTQ_TYPE_AMD;
	struct object *queue;
	int ret;

	if (!viommu || !word_number(argv[2], &depth) ||
	    !word_option(argc - 3, argv + 3, "type", &type))
		return PLAY_USAGE;
	queue = object_add(play, argv[0], OBJECT_VEVENTQ);
	if (!queue)
		return PLAY_USAGE;
	ret = iommufd_veventq_alloc(play->iommufd, viommu->id, type, depth, &queue->id, &queue->fd);
	return ret ? fail(play, queue, ret) : 0;
}

/* One record, or one header that says how many were lost */
static int step_event(struct play *play, int argc, char **argv)
{
	struct object *queue = object_find(play, argv[0], OBJECT_VEVENTQ);
	struct {
		struct iommufd_vevent_header header;
		struct iommu_vevent_amd amd;
	} record = {};
	uint64_t timeout = 2000;
	struct pollfd pfd;
	ssize_t len;

	if (!queue || !word_option(argc - 1, argv + 1, "timeout", &timeout))
		return PLAY_USAGE;
	pfd = (struct pollfd){.fd = queue->fd, .events = POLLIN};
	if (poll(&pfd, 1, timeout) != 1)
		return -ETIMEDOUT;
	len = read(queue->fd, &record, sizeof(record));
	if (len < (ssize_t)sizeof(record.header))
		return len < 0 ? -errno : -EIO;
	snprintf(play->says, sizeof(play->says), "sequence=%u flags=%u evt=%016llx:%016llx",
		 record.header.sequence, record.header.flags, record.amd.evt[1], record.amd.evt[0]);
	return 0;
}

static int step_destroy(struct play *play, int argc, char **argv)
{
	struct object *object = object_any(play, argv[0]);
	int ret;

	(void)argc;
	if (!object || object->kind == OBJECT_DEVICE)
		return PLAY_USAGE;
	if (object->vf) {
		if (munmap((void *)object->vf, 4096))
			return -errno;
		object->vf = NULL;
	}
	if (object->fd >= 0) {
		/* An event queue lives as long as its file */
		close(object->fd);
		object->fd = -1;
	}
	ret = iommufd_destroy(play->iommufd, object->id);
	if (!ret)
		object_remove(play, object);
	return ret;
}

static int step_close(struct play *play, int argc, char **argv)
{
	struct object *dev = object_find(play, argv[0], OBJECT_DEVICE);

	(void)argc;
	if (!dev)
		return PLAY_USAGE;
	object_remove(play, dev);
	return 0;
}

const struct step object_steps[] = {
	{"ioas", "IOAS", 1, 1, true, step_ioas, step_destroy},
	{"device", "DEVICE BDF", 2, 2, true, step_device, step_close},
	{"parent", "TABLE DEVICE IOAS [dirty]", 3, 4, true, step_parent, step_destroy},
	{"attach", "DEVICE TABLE|IOAS", 2, 2, true, step_attach, undo_attach},
	{"detach", "DEVICE", 1, 1, true, step_detach, undo_attach},
	{"viommu", "VIOMMU DEVICE TABLE", 3, 3, true, step_viommu, step_destroy},
	{"vdevice", "VDEVICE VIOMMU DEVICE GDEVID", 4, 4, true, step_vdevice, step_destroy},
	{"nested",
	 "TABLE VIOMMU DEVICE GDOMID GCR3 [giov=N] [glx=N] [mode=4|5] [ppr=N] [ir=N] [iw=N] "
	 "[q0=N]…[q3=N]",
	 5, 15, true, step_nested, step_destroy},
	{"fault-queue", "QUEUE", 1, 1, true, step_fault_queue, step_destroy},
	{"nested-faults", "QUEUE TABLE VIOMMU DEVICE GDOMID GCR3 [ppr=N]", 6, 7, false,
	 step_nested_faults, NULL},
	{"veventq", "QUEUE VIOMMU DEPTH [type=N]", 3, 4, true, step_veventq, step_destroy},
	{"event", "QUEUE [timeout=MILLISECONDS]", 1, 2, false, step_event, NULL},
	{"destroy", "OBJECT", 1, 1, true, step_destroy, NULL},
	{"close", "DEVICE", 1, 1, false, step_close, NULL},
	{},
};
