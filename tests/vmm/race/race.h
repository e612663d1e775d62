/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * viommu-race: a VMM whose threads use the same objects of iommufd at once.
 */
#ifndef VMM_RACE_H
#define VMM_RACE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/guest_ram.h"

#define RACE_DEVICES 2
#define RACE_VIOMMUS 2
#define RACE_NESTED 4
#define RACE_QUEUES 3
#define RACE_ERRNOS 256

/* Guest memory: data of devices, tables, rings; and where a device finds its page */
#define RACE_RAM_SIZE 0x400000
#define RACE_DATA 0x10000
#define RACE_SPARE 0x20000
#define RACE_GCR3 0x180000ull
#define RACE_ROOT 0x181000
#define RACE_TABLES 0x200000
#define RACE_TABLES_SIZE 0x100000
#define RACE_RING 0x300000
#define RACE_RING_SIZE 0x1000
#define RACE_IOVA 0x100000000ull

/* Commands that invalidate, and the second word of one that does so for all pages */
#define RACE_INV_PAGES (3ull << 60)
#define RACE_INV_ALL (8ull << 60)
#define RACE_INV_EVERYTHING 0x7ffffffffffff007ull

/**
 * struct race_device - A device of the VMM
 * @vfio: its file
 * @id:   its iommufd ID
 * @bar:  its BAR 0
 * @bar_size: size of that
 * @dma:  how to make it do DMA
 */
struct race_device {
	int vfio;
	uint32_t id;
	volatile void *bar;
	size_t bar_size;
	const struct dma_engine *dma;
};

/**
 * struct race - The VMM
 * @iommufd: file of iommufd
 * @ioas:    guest memory's ID
 * @parent:  nesting parent's ID
 * @device:  its devices
 * @ram:     guest memory
 *
 * The rest is what the threads fight for: IDs of objects that were made last.
 * Each may be gone or be another object's by the time it is used.
 *
 * @viommu:  vIOMMUs
 * @vf:      mmap offsets of their VF pages
 * @vdevice: one of each device
 * @nested:  translations of the guest, two pairs with the same gDomIDs
 * @queue:   one of each type
 * @veventq: event queue
 */
struct race {
	int iommufd;
	uint32_t ioas;
	uint32_t parent;
	struct race_device device[RACE_DEVICES];
	struct guest_ram ram;
	_Atomic uint32_t viommu[RACE_VIOMMUS];
	_Atomic uint64_t vf[RACE_VIOMMUS];
	_Atomic uint32_t vdevice[RACE_DEVICES];
	_Atomic uint32_t nested[RACE_NESTED];
	_Atomic uint32_t queue[RACE_QUEUES];
	_Atomic uint32_t veventq;
};

/**
 * struct race_role - What a thread does again and again
 * @name: of the role
 * @run:  one round of it; random numbers come from @seed
 */
struct race_role {
	const char *name;
	int (*run)(struct race *race, unsigned int *seed);
};

extern const struct race_role race_roles[];

/* race_setup.c */
int race_setup(struct race *race, char **bdf);
int race_end(struct race *race);

#endif
