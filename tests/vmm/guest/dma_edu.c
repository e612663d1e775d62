// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's educational device. It has 28 address bits by default, tells nobody
 * what it read or whether it could, and takes 100 ms for a transfer.
 */
#include <errno.h>
#include <time.h>

#include "dma_engine.h"

#define EDU_SRC 0x80
#define EDU_DST 0x88
#define EDU_COUNT 0x90
#define EDU_CMD 0x98
#define EDU_CMD_RUN 1u
#define EDU_CMD_TO_MEMORY 2u
#define EDU_BUFFER 0x40000

static int transfer(volatile void *bar, uint64_t src, uint64_t dst, size_t len, uint32_t cmd)
{
	bar_write64(bar, EDU_SRC, src);
	bar_write64(bar, EDU_DST, dst);
	bar_write64(bar, EDU_COUNT, len);
	bar_write64(bar, EDU_CMD, cmd | EDU_CMD_RUN);
	for (int i = 0; i < 500; i++) {
		if (!(bar_read32(bar, EDU_CMD) & EDU_CMD_RUN))
			return 0;
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	return -ETIMEDOUT;
}

static int edu_copy(volatile void *bar, uint64_t from, uint64_t to, size_t len)
{
	int ret = transfer(bar, from, EDU_BUFFER, len, 0);

	return ret ? ret : transfer(bar, EDU_BUFFER, to, len, EDU_CMD_TO_MEMORY);
}

const struct dma_engine dma_edu = {
	.vendor = 0x1234,
	.device = 0x11e8,
	.copy = edu_copy,
};
