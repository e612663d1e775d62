/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's end of the queues that the hardware serves: rings in guest memory,
 * heads and tails in the VF page. No call of the kernel.
 */
#ifndef VMM_GUEST_QUEUE_H
#define VMM_GUEST_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

enum guest_queue_type {
	GUEST_QUEUE_CMD,
	GUEST_QUEUE_EVT,
	GUEST_QUEUE_PPR,
};

/**
 * struct guest_queue - One ring
 * @type: what is in it
 * @ring: its memory, two words an entry
 * @size: in bytes, a power of two
 * @vf:   VF page
 */
struct guest_queue {
	enum guest_queue_type type;
	volatile uint64_t *ring;
	uint32_t size;
	volatile void *vf;
};

int guest_queue_submit(struct guest_queue *queue, const uint64_t cmd[2], unsigned int timeout_ms);
int guest_queue_drain(struct guest_queue *queue, unsigned int timeout_ms);
int guest_queue_take(struct guest_queue *queue, uint64_t record[2], unsigned int timeout_ms);
bool guest_queue_poll(volatile uint64_t *word, uint64_t value, unsigned int timeout_ms);

#endif
