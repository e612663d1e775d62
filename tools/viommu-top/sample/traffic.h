/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each IOMMU counts, since the start of the tool.
 */
#ifndef TOP_SAMPLE_TRAFFIC_H
#define TOP_SAMPLE_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "viommu_top.h"

/**
 * struct traffic - Of one IOMMU
 * @index:   N of ivhdN
 * @typed:   types of commands are known
 * @count:   by &enum vt_counter
 * @cmds:    commands by opcode that are done: those under way are in @count only
 * @latency: of completion waits
 */
struct traffic {
	unsigned int index;
	bool typed;
	uint64_t count[VT_NR_COUNTERS];
	__u64 cmds[VTR_OPCODES];
	struct hist latency;
};

/**
 * struct traffic_list - Of all IOMMUs, by index; zero before the first is added
 * @item: each
 * @nr:   how many
 * @room: how many fit
 */
struct traffic_list {
	struct traffic *item;
	size_t nr;
	size_t room;
};

/**
 * traffic_add() - Add an IOMMU, where it is not there yet
 * @list:  of those there are
 * @index: of it
 *
 * Return: its entry, which is zero if it is new; NULL without memory.
 */
struct traffic *traffic_add(struct traffic_list *list, unsigned int index);

/** traffic_empty() - Forget all, but keep the memory */
void traffic_empty(struct traffic_list *list);

/** traffic_free() - Release the memory */
void traffic_free(struct traffic_list *list);

/**
 * struct traffic_meter - Makes counts since the start of those of a kernel
 * @last: as read last, by index
 * @nr:   how many
 * @room: how many fit
 * @sum:  what came since they were read first
 *
 * An IOMMU that is timed for a while only begins anew each time.
 */
struct traffic_meter {
	struct vt_iommu *last;
	size_t nr;
	size_t room;
	struct traffic_list sum;
};

/**
 * traffic_read() - Take what an IOMMU counts now
 * @meter: zero before the first
 * @now:   as the kernel has it
 *
 * Return: false without memory.
 */
bool traffic_read(struct traffic_meter *meter, const struct vt_iommu *now);

/** traffic_meter_free() - Release the memory */
void traffic_meter_free(struct traffic_meter *meter);

#endif /* TOP_SAMPLE_TRAFFIC_H */
