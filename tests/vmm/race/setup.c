// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-race: what is there before the threads start, and that nothing is left
 * of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest/dma_engine.h"
#include "lib/iommufd.h"
#include "race.h"
#include "guest/stage1.h"
#include "lib/vfio.h"

/* Each object that a thread may have made has an ID below this */
#define ID_MAX 4096

static int failed(int ret, const char *what)
{
	if (ret)
		fprintf(stderr, "viommu-race: %s: %s\n", what, strerror(-ret));
	return ret;
}

static int device_setup(struct race *race, struct race_device *dev, const char *bdf)
{
	struct vfio_device found;
	uint16_t vendor, device;
	int ret = vfio_find(bdf, &found);

	if (ret)
		return ret;
	dev->vfio = vfio_open(found.name);
	if (dev->vfio < 0)
		return dev->vfio;
	ret = vfio_bind(dev->vfio, race->iommufd, &dev->id);
	if (!ret)
		ret = vfio_enable(dev->vfio, &vendor, &device);
	if (!ret)
		ret = vfio_bar_map(dev->vfio, &dev->bar, &dev->bar_size);
	if (ret)
		return ret;
	dev->dma = dma_engine_find(vendor, device);
	return dev->dma ? 0 : -ENODEV;
}

/* A ring full of commands, and tables with a page that a device may write to */
static int memory_setup(struct race *race)
{
	struct stage1_pool pool = {.next = RACE_TABLES, .end = RACE_TABLES + RACE_TABLES_SIZE};
	void *mem = guest_ram_add(&race->ram, 0, RACE_RAM_SIZE);
	volatile uint64_t *ring;
	int ret;

	if (!mem)
		return -ENOMEM;
	ring = guest_ram_at(&race->ram, RACE_RING, RACE_RING_SIZE);
	for (unsigned int i = 0; i < RACE_RING_SIZE / 16; i++) {
		ring[2 * i] = i % 7 ? RACE_INV_PAGES | (5ull + i % 2) << 32 : RACE_INV_ALL;
		ring[2 * i + 1] = i % 7 ? RACE_INV_EVERYTHING : 0;
	}
	ret = stage1_gcr3_set(&race->ram, RACE_GCR3, 0, RACE_ROOT);
	if (!ret)
		ret = stage1_map(&race->ram, &pool, RACE_ROOT, RACE_IOVA, RACE_DATA,
				 STAGE1_P | STAGE1_W | STAGE1_U, 1);
	if (!ret)
		ret = iommufd_ioas_alloc(race->iommufd, &race->ioas);
	return ret ?: iommufd_map(race->iommufd, race->ioas, mem, 0, RACE_RAM_SIZE);
}

/**
 * race_setup() - Guest memory, two devices and a nesting parent
 * @bdf: PCI addresses of the devices
 *
 * Return: 0, or a negative errno after saying why.
 */
int race_setup(struct race *race, char **bdf)
{
	race->iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (race->iommufd < 0)
		return failed(-errno, "/dev/iommu");
	for (int i = 0; i < RACE_DEVICES; i++) {
		int ret = failed(device_setup(race, &race->device[i], bdf[i]), bdf[i]);

		if (ret)
			return ret;
	}
	return failed(memory_setup(race), "guest memory")
		       ?: failed(iommufd_nest_parent_alloc(race->iommufd, race->device[0].id,
							   race->ioas, &race->parent),
				 "nesting parent");
}

/* Whatever can go goes; who is in use goes once its users are gone */
static int destroy_all(struct race *race)
{
	int gone, left;

	do {
		gone = 0;
		left = 0;
		for (uint32_t id = 1; id < ID_MAX; id++) {
			int ret = iommufd_destroy(race->iommufd, id);

			gone += !ret;
			left += ret && ret != -ENOENT;
		}
	} while (gone);
	return left;
}

/**
 * race_end() - Destroy all that is left
 *
 * Return: how many objects cannot be destroyed; 0 as it should be.
 */
int race_end(struct race *race)
{
	for (int i = 0; i < RACE_DEVICES; i++)
		vfio_detach(race->device[i].vfio);
	for (int i = 0; i < RACE_DEVICES; i++) {
		/* Mapped, it would keep the file */
		munmap((void *)race->device[i].bar, race->device[i].bar_size);
		close(race->device[i].vfio);
	}
	return destroy_all(race);
}
