/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues that the hardware serves guests.
 */
#ifndef TOP_SAMPLE_QUEUES_H
#define TOP_SAMPLE_QUEUES_H

#include <stdbool.h>
#include <stdint.h>

#include "viommu_top.h"

/**
 * enum queue_state - What there is to say of a queue; the worst comes last
 * @QUEUE_NONE:     the VMM has allocated none
 * @QUEUE_OFF:      the guest has not enabled it
 * @QUEUE_OK:       it is served
 * @QUEUE_STOPPED:  it is enabled, and the hardware has stopped serving it
 * @QUEUE_OVERFLOW: a log that lost records
 * @QUEUE_STUCK:    there is work, and none was done for a second or more
 */
enum queue_state {
	QUEUE_NONE,
	QUEUE_OFF,
	QUEUE_OK,
	QUEUE_STOPPED,
	QUEUE_OVERFLOW,
	QUEUE_STUCK,
};

/**
 * struct queues - The queues of one vIOMMU, or those of a VM
 * @state:  by &enum vt_queue_type; of a VM, the worst
 * @fill:   how full they are, in percent; of a VM, the fullest
 * @gained: entries that were read or written during the interval, or more
 */
struct queues {
	enum queue_state state[VT_NR_QUEUES];
	unsigned int fill[VT_NR_QUEUES];
	uint64_t gained[VT_NR_QUEUES];
};

/**
 * queues_set() - What a snapshot says of a vIOMMU's queues
 * @queues: result; nothing was gained
 * @now:    as the kernel has them
 */
void queues_set(struct queues *queues, const struct vt_queue now[VT_NR_QUEUES]);

/**
 * queues_gain() - What happened since an earlier snapshot
 * @queues: result
 * @now:    the later one
 * @then:   the earlier one
 */
void queues_gain(struct queues *queues, const struct vt_queue now[VT_NR_QUEUES],
		 const struct vt_queue then[VT_NR_QUEUES]);

/**
 * queues_merge() - Add another vIOMMU's to those of a VM
 * @vm:  result
 * @add: the other's
 */
void queues_merge(struct queues *vm, const struct queues *add);

/**
 * queues_worst() - The worst of all states
 * @queues: as set
 */
enum queue_state queues_worst(const struct queues *queues);

/**
 * queues_active() - Whether the hardware read or wrote an entry, or should have
 * @queues: as gained
 */
bool queues_active(const struct queues *queues);

/** queue_used() - Bytes of a queue that are waiting to be read */
uint32_t queue_used(const struct vt_queue *queue);

/** queue_name() - Name of a queue: "cmd", "evt" or "ppr" */
const char *queue_name(enum vt_queue_type type);

/** queue_state_name() - What to call a state: a word of five letters at most */
const char *queue_state_name(enum queue_state state);

#endif /* TOP_SAMPLE_QUEUES_H */
