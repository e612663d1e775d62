/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often each event happened to each VM.
 */
#ifndef TRACE_SHOW_EVENT_COUNTS_H
#define TRACE_SHOW_EVENT_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/vms.h"
#include "viommu_trace.h"

/**
 * struct event_count - An event, of a VM
 * @iommu:    index of the IOMMU
 * @guest_id: guest ID, 0 for the host
 * @name:     of the VM, as of its first such event; "-" for nobody's
 * @event:    name of the event
 * @order:    of the event in the file
 * @count:    how often
 */
struct event_count {
	uint32_t iommu;
	uint16_t guest_id;
	char name[VMNAME_MAX];
	const char *event;
	size_t order;
	uint64_t count;
};

/**
 * struct event_counts - All of them
 * @count: each
 * @nr:    how many
 * @room:  how many fit
 */
struct event_counts {
	struct event_count *count;
	size_t nr;
	size_t room;
};

/**
 * event_counts_add() - It happened once more
 * @name:  of the event, which must stay
 * @order: where it is to be listed
 *
 * Return: false without memory.
 */
bool event_counts_add(struct event_counts *counts, const struct vtr_event *event, const char *name,
		      size_t order, const struct vm *vm);

/** event_counts_print() - A line for each */
void event_counts_print(struct event_counts *counts, bool json);

/** event_counts_free() - Release the memory */
void event_counts_free(struct event_counts *counts);

#endif /* TRACE_SHOW_EVENT_COUNTS_H */
