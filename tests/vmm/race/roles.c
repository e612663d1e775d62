// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-race: what the threads do. Nobody locks anything and nobody asks
 * whether an ID still is what it was: to be refused is fine.
 */
#include <errno.h>
#include <linux/iommufd.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest/dma_engine.h"
#include "lib/iommufd.h"
#include "race.h"
#include "lib/vfio.h"

#define SPARE_IOVA 0x40000000ull
#define SPARE_SIZE 0x4000

/* Control register: command buffer, event log and PPR log */
#define CONTROL_CMD (1ull << 12)
#define CONTROL_EVT (1ull << 2)
#define CONTROL_PPR (1ull << 13 | 1ull << 15)

#define VF_CMD_TAIL 0x08
#define VF_PAGE_SIZE 4096

static unsigned int pick(unsigned int *seed, unsigned int n)
{
	return rand_r(seed) / 7 % n;
}

static struct race_device *any_device(struct race *race, unsigned int *seed)
{
	return &race->device[pick(seed, RACE_DEVICES)];
}

static uint32_t any_viommu(struct race *race, unsigned int *seed)
{
	return race->viommu[pick(seed, RACE_VIOMMUS)];
}

/* What was made last makes room for the next; not if somebody uses it */
static int destroy_old(struct race *race, _Atomic uint32_t *slot)
{
	uint32_t id = *slot;
	int ret = id ? iommufd_destroy(race->iommufd, id) : 0;

	/* Another thread was faster */
	return ret == -ENOENT ? 0 : ret;
}

/* What a vIOMMU cannot go away before, unless somebody makes it anew at once */
static void destroy_users(struct race *race)
{
	for (int i = 0; i < RACE_DEVICES; i++)
		vfio_attach(race->device[i].vfio, race->parent);
	for (int i = 0; i < RACE_NESTED; i++)
		destroy_old(race, &race->nested[i]);
	for (int i = 0; i < RACE_QUEUES; i++)
		destroy_old(race, &race->queue[i]);
	for (int i = 0; i < RACE_DEVICES; i++)
		destroy_old(race, &race->vdevice[i]);
	destroy_old(race, &race->veventq);
}

static int run_viommu(struct race *race, unsigned int *seed)
{
	unsigned int i = pick(seed, RACE_VIOMMUS);
	uint64_t offset;
	uint32_t id;
	int ret;

	if (pick(seed, 2))
		destroy_users(race);
	ret = destroy_old(race, &race->viommu[i]);
	if (!ret)
		ret = iommufd_viommu_alloc(race->iommufd, IOMMU_VIOMMU_TYPE_AMD, race->device[0].id,
					   race->parent, &id, &offset);
	if (ret)
		return ret;
	race->vf[i] = offset;
	race->viommu[i] = id;
	return 0;
}

static int run_vdevice(struct race *race, unsigned int *seed)
{
	unsigned int i = pick(seed, RACE_DEVICES);
	int ret = destroy_old(race, &race->vdevice[i]);
	uint32_t id;

	if (!ret)
		ret = iommufd_vdevice_alloc(race->iommufd, any_viommu(race, seed),
					    race->device[i].id, 0x10 + pick(seed, 2), &id);
	if (!ret)
		race->vdevice[i] = id;
	return ret;
}

/* A guest's entry: V, TV, GIOV, GV, IR, IW, its tables, and the domain ID */
static int run_nested(struct race *race, unsigned int *seed)
{
	unsigned int i = pick(seed, RACE_NESTED);
	const uint64_t dte[4] = {
		1 | 1 << 1 | 1ull << 54 | 1ull << 55 | 3ull << 61 | (RACE_GCR3 >> 12 & 0x7) << 58,
		(5 + i % 2) | (RACE_GCR3 >> 15 & 0xffff) << 16 | (RACE_GCR3 >> 31) << 43,
	};
	int ret = destroy_old(race, &race->nested[i]);
	uint32_t id;

	if (!ret)
		ret = iommufd_nested_alloc(race->iommufd, any_viommu(race, seed),
					   any_device(race, seed)->id, dte, 0, &id);
	if (!ret)
		race->nested[i] = id;
	/* What iommufd says when there is no such vIOMMU */
	return ret == -EINVAL ? -ENOENT : ret;
}

static int run_attach(struct race *race, unsigned int *seed)
{
	int vfio = any_device(race, seed)->vfio;

	switch (pick(seed, 5)) {
	case 0:
		return vfio_detach(vfio);
	case 1:
		return vfio_attach(vfio, race->parent);
	default:
		return vfio_attach(vfio, race->nested[pick(seed, RACE_NESTED)]);
	}
}

static int run_invalidate(struct race *race, unsigned int *seed)
{
	const uint64_t cmds[2][2] = {
		{RACE_INV_PAGES | (5ull + pick(seed, 2)) << 32, RACE_INV_EVERYTHING},
		{RACE_INV_ALL, 0},
	};
	uint32_t nr = 2;
	int ret;

	ret = iommufd_invalidate(race->iommufd, any_viommu(race, seed), cmds, &nr);
	/* What iommufd says when a nested domain has that ID by now: AMD's take none */
	return ret == -EOPNOTSUPP ? -ENOENT : ret;
}

static int run_queue(struct race *race, unsigned int *seed)
{
	static const uint32_t types[RACE_QUEUES] = {
		IOMMU_HW_QUEUE_TYPE_AMD_CMD,
		IOMMU_HW_QUEUE_TYPE_AMD_EVT,
		IOMMU_HW_QUEUE_TYPE_AMD_PPR,
	};
	unsigned int i = pick(seed, RACE_QUEUES);
	int ret = destroy_old(race, &race->queue[i]);
	uint32_t id;

	if (!ret)
		ret = iommufd_queue_alloc(race->iommufd, any_viommu(race, seed), types[i], 0,
					  RACE_RING + 0x10000 * i, RACE_RING_SIZE, &id);
	if (!ret)
		race->queue[i] = id;
	return ret;
}

static int run_control(struct race *race, unsigned int *seed)
{
	uint64_t control = (pick(seed, 3) ? CONTROL_CMD : 0) | (pick(seed, 3) ? CONTROL_EVT : 0) |
			   (pick(seed, 3) ? CONTROL_PPR : 0);
	uint32_t viommu = any_viommu(race, seed);
	int ret = iommufd_control_set(race->iommufd, viommu, control);

	return ret ?: iommufd_control_get(race->iommufd, viommu, &control);
}

/* Maps the VF page of whatever has it by now and has commands executed */
static int run_mmap(struct race *race, unsigned int *seed)
{
	uint64_t offset = race->vf[pick(seed, RACE_VIOMMUS)];
	volatile uint32_t *vf;

	if (!offset)
		return -ENOENT;
	vf = mmap(NULL, VF_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, race->iommufd, offset);
	if (vf == MAP_FAILED)
		return errno == ENXIO ? -ENOENT : -errno;
	vf[VF_CMD_TAIL / 4] = pick(seed, RACE_RING_SIZE / 16) * 16;
	(void)vf[VF_CMD_TAIL / 4];
	munmap((void *)vf, VF_PAGE_SIZE);
	return 0;
}

static int run_dma(struct race *race, unsigned int *seed)
{
	struct race_device *dev = &race->device[0];

	int ret = dev->dma->write(dev->bar, RACE_IOVA, "race", 4, DMA_NO_PASID);

	(void)seed;
	/* Nothing there for the device, either */
	return ret == -EIO ? -ENOENT : ret;
}

/* Guest memory comes and goes: the parent's flushes reach its vIOMMUs */
static int run_memory(struct race *race, unsigned int *seed)
{
	void *mem = guest_ram_at(&race->ram, RACE_SPARE, SPARE_SIZE);
	int ret = iommufd_map(race->iommufd, race->ioas, mem, SPARE_IOVA, SPARE_SIZE);

	(void)seed;
	return ret ?: iommufd_unmap(race->iommufd, race->ioas, SPARE_IOVA, SPARE_SIZE);
}

static int run_veventq(struct race *race, unsigned int *seed)
{
	int ret = destroy_old(race, &race->veventq), fd;
	uint32_t id;

	if (!ret)
		ret = iommufd_veventq_alloc(race->iommufd, any_viommu(race, seed),
					    IOMMU_VEVENTQ_TYPE_AMD, 16, &id, &fd);
	if (ret)
		return ret;
	race->veventq = id;
	close(fd);
	return 0;
}

/* Twice where the same role is to meet itself */
const struct race_role race_roles[] = {
	{"viommu", run_viommu},	  {"viommu", run_viommu},   {"vdevice", run_vdevice},
	{"vdevice", run_vdevice}, {"nested", run_nested},   {"nested", run_nested},
	{"attach", run_attach},	  {"attach", run_attach},   {"invalidate", run_invalidate},
	{"queue", run_queue},	  {"queue", run_queue},	    {"control", run_control},
	{"control", run_control}, {"mmap", run_mmap},	    {"dma", run_dma},
	{"memory", run_memory},	  {"veventq", run_veventq}, {},
};
