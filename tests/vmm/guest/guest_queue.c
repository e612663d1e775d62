// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's end of the queues that the hardware serves.
 */
#include "guest_queue.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

#define ENTRY_SIZE 16

/* Offsets of head and tail in the VF page */
static const struct {
	uint32_t head;
	uint32_t tail;
} pointers[] = {
	[GUEST_QUEUE_CMD] = {0x00, 0x08},
	[GUEST_QUEUE_EVT] = {0x10, 0x18},
	[GUEST_QUEUE_PPR] = {0x30, 0x38},
};

static volatile uint32_t *reg(const struct guest_queue *queue, uint32_t offset)
{
	return (volatile uint32_t *)((volatile char *)queue->vf + offset);
}

static uint32_t head(const struct guest_queue *queue)
{
	return *reg(queue, pointers[queue->type].head) & (queue->size - 1);
}

static uint32_t tail(const struct guest_queue *queue)
{
	return *reg(queue, pointers[queue->type].tail) & (queue->size - 1);
}

/* When a wait that starts now is over, in ms of CLOCK_MONOTONIC */
static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

static bool is_over(uint64_t end)
{
	sched_yield();
	return now_ms() >= end;
}

/**
 * guest_queue_submit() - Put a command into the ring and ring the doorbell
 * @cmd: the command
 *
 * Return: 0, or -ETIMEDOUT if the ring stays full.
 */
int guest_queue_submit(struct guest_queue *queue, const uint64_t cmd[2], unsigned int timeout_ms)
{
	uint64_t end = now_ms() + timeout_ms;
	uint32_t at = tail(queue), next = (at + ENTRY_SIZE) & (queue->size - 1);

	while (head(queue) == next)
		if (is_over(end))
			return -ETIMEDOUT;

	queue->ring[at / 8] = cmd[0];
	queue->ring[at / 8 + 1] = cmd[1];
	/* The hardware may look as soon as the tail has moved */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*reg(queue, pointers[queue->type].tail) = next;
	return 0;
}

/** guest_queue_drain() - Wait until the hardware has taken every command */
int guest_queue_drain(struct guest_queue *queue, unsigned int timeout_ms)
{
	uint64_t end = now_ms() + timeout_ms;

	while (head(queue) != tail(queue))
		if (is_over(end))
			return -ETIMEDOUT;
	return 0;
}

/** guest_queue_take() - Take the next record out of a log, waiting for it */
int guest_queue_take(struct guest_queue *queue, uint64_t record[2], unsigned int timeout_ms)
{
	uint64_t end = now_ms() + timeout_ms;
	uint32_t at = head(queue);

	while (tail(queue) == at)
		if (is_over(end))
			return -ETIMEDOUT;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	record[0] = queue->ring[at / 8];
	record[1] = queue->ring[at / 8 + 1];
	queue->ring[at / 8] = 0;
	queue->ring[at / 8 + 1] = 0;
	*reg(queue, pointers[queue->type].head) = (at + ENTRY_SIZE) & (queue->size - 1);
	return 0;
}

/** guest_queue_poll() - Wait until a word of guest memory has a value */
bool guest_queue_poll(volatile uint64_t *word, uint64_t value, unsigned int timeout_ms)
{
	uint64_t end = now_ms() + timeout_ms;

	while (*word != value)
		if (is_over(end))
			return false;
	return true;
}
