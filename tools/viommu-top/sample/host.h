/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots of a kernel without our driver.
 */
#ifndef TOP_SAMPLE_HOST_H
#define TOP_SAMPLE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/sys/probes.h"
#include "viommu_host.h"

/* What a header says of it, and --help */
#define HOST_UNKNOWN "GUEST ID, SERIAL, AGE, QUEUE, GCMD/s"

/* Tells rows apart: a process has one per IOMMU */
#define HOST_SERIAL(pid, iommu) ((uint64_t)(pid) << 16 | (iommu))

/**
 * struct host_iommu - An IOMMU
 * @index: N of ivhdN
 * @seen:  since the tool runs
 */
struct host_iommu {
	unsigned int index;
	struct vh_iommu seen;
};

/**
 * struct host_device - A device that commands or records name, or whose domain is named
 * @segment: PCI segment
 * @devid:   bus, device and function
 * @driver:  its driver, or empty
 * @pid:     process that has it by VFIO, or 0
 * @cmds:    commands since the tool runs
 * @waits:   flushes: completion waits for these
 * @events:  records of the event log that name it
 */
struct host_device {
	uint16_t segment;
	uint16_t devid;
	char driver[32];
	int pid;
	uint64_t cmds;
	uint64_t waits;
	uint64_t events;
};

/**
 * struct host_task - A process in whose context commands were queued
 * @pid:   of it; 0 is the idle thread
 * @task:  since the tool runs
 */
struct host_task {
	int pid;
	struct vh_task task;
};

/**
 * struct host_view - What there is only without our driver
 * @on:         it is such a kernel
 * @known:      bits by &enum probe_id: what can be watched
 * @iommu:      by index
 * @nr_iommus:  how many
 * @room_iommus: for how many there is room
 * @device:     those with most flushes first
 * @nr_devices: how many
 * @room_devices: likewise
 * @task:       likewise
 * @nr_tasks:   how many
 * @room_tasks: likewise
 */
struct host_view {
	bool on;
	unsigned int known;
	struct host_iommu *iommu;
	size_t nr_iommus;
	size_t room_iommus;
	struct host_device *device;
	size_t nr_devices;
	size_t room_devices;
	struct host_task *task;
	size_t nr_tasks;
	size_t room_tasks;
};

/** host_view_knows() - Whether something can be watched */
static inline bool host_view_knows(const struct host_view *view, enum probe_id id)
{
	return !view->on || view->known & 1u << id;
}

/** host_view_free() - Release the memory */
void host_view_free(struct host_view *view);

#endif /* TOP_SAMPLE_HOST_H */
