// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma-testdev, the device that QEMU has for this project.
 */
#include <errno.h>
#include <time.h>

#include "dma_engine.h"

#define REG_COMMAND 0x08
#define COMMAND_READ 1u
#define COMMAND_WRITE 2u
#define COMMAND_TRANSLATE 3u
#define COMMAND_PAGE_REQUEST 4u
#define COMMAND_PASID (1u << 8)
#define COMMAND_TRANSLATED (1u << 12)
#define COMMAND_FOR_WRITE (1u << 13)
#define COMMAND_LAST (1u << 14)
#define REG_STATUS 0x0c
#define STATUS_BUSY (1u << 0)
#define STATUS_DONE (1u << 1)
#define STATUS_RESULT(status) ((status) >> 4 & 0xf)
#define REG_ADDR 0x10
#define REG_LENGTH 0x18
#define REG_PASID 0x1c
#define REG_PRI_GROUP 0x30
#define REG_PRI_RESPONSE 0x34
#define PRI_RESPONSE_GROUP(val) ((val)&0x1ff)
#define PRI_RESPONSE_CODE(val) ((val) >> 12 & 0xf)
#define PRI_RESPONSE_VALID (1u << 16)
#define REG_ATC_HANGS 0x3c
#define REG_BUFFER 0x800

static const int results[] = {0, -EIO, -EINVAL, -ENOENT, -EACCES, -ENODEV};

static int run(volatile void *bar, uint32_t command, uint64_t iova, size_t len, uint32_t pasid)
{
	uint32_t status;

	bar_write64(bar, REG_ADDR, iova);
	bar_write32(bar, REG_LENGTH, len);
	if (pasid != DMA_NO_PASID) {
		bar_write32(bar, REG_PASID, pasid);
		command |= COMMAND_PASID;
	}
	bar_write32(bar, REG_STATUS, STATUS_DONE);
	bar_write32(bar, REG_COMMAND, command);
	for (int i = 0; i < 5000; i++) {
		status = bar_read32(bar, REG_STATUS);
		if (status == UINT32_MAX)
			return -ENODEV;
		if (status & STATUS_DONE) {
			status = STATUS_RESULT(status);
			return status < sizeof(results) / sizeof(*results) ? results[status]
									   : -EPROTO;
		}
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	return -ETIMEDOUT;
}

static int write_with(volatile void *bar, uint32_t command, uint64_t iova, const void *data,
		      size_t len, uint32_t pasid)
{
	volatile char *buffer = (volatile char *)bar + REG_BUFFER;

	for (size_t i = 0; i < len; i++)
		buffer[i] = ((const char *)data)[i];
	return run(bar, command, iova, len, pasid);
}

static int testdev_write(volatile void *bar, uint64_t iova, const void *data, size_t len,
			 uint32_t pasid)
{
	return write_with(bar, COMMAND_WRITE, iova, data, len, pasid);
}

static int testdev_write_translated(volatile void *bar, uint64_t iova, const void *data, size_t len,
				    uint32_t pasid)
{
	return write_with(bar, COMMAND_WRITE | COMMAND_TRANSLATED, iova, data, len, pasid);
}

static int read_with(volatile void *bar, uint32_t command, uint64_t iova, void *data, size_t len,
		     uint32_t pasid)
{
	volatile char *buffer = (volatile char *)bar + REG_BUFFER;
	int ret = run(bar, command, iova, len, pasid);

	for (size_t i = 0; i < len && !ret; i++)
		((char *)data)[i] = buffer[i];
	return ret;
}

static int testdev_read(volatile void *bar, uint64_t iova, void *data, size_t len, uint32_t pasid)
{
	return read_with(bar, COMMAND_READ, iova, data, len, pasid);
}

static int testdev_read_translated(volatile void *bar, uint64_t iova, void *data, size_t len,
				   uint32_t pasid)
{
	return read_with(bar, COMMAND_READ | COMMAND_TRANSLATED, iova, data, len, pasid);
}

static int testdev_translate(volatile void *bar, uint64_t iova, bool write, uint32_t pasid)
{
	return run(bar, COMMAND_TRANSLATE | (write ? COMMAND_FOR_WRITE : 0), iova, 0, pasid);
}

static int testdev_page_request(volatile void *bar, uint64_t iova, unsigned int group,
				uint32_t pasid)
{
	bar_write32(bar, REG_PRI_GROUP, group);
	return run(bar, COMMAND_PAGE_REQUEST | COMMAND_FOR_WRITE | COMMAND_LAST, iova, 0, pasid);
}

static int testdev_page_response(volatile void *bar, unsigned int *group, unsigned int *code)
{
	uint32_t val = bar_read32(bar, REG_PRI_RESPONSE);

	if (!(val & PRI_RESPONSE_VALID))
		return -EAGAIN;
	bar_write32(bar, REG_PRI_RESPONSE, PRI_RESPONSE_VALID);
	*group = PRI_RESPONSE_GROUP(val);
	*code = PRI_RESPONSE_CODE(val);
	return 0;
}

static int testdev_hang(volatile void *bar, bool hangs)
{
	bar_write32(bar, REG_ATC_HANGS, hangs);
	return 0;
}

static int testdev_copy(volatile void *bar, uint64_t from, uint64_t to, size_t len)
{
	int ret = run(bar, COMMAND_READ, from, len, DMA_NO_PASID);

	return ret ? ret : run(bar, COMMAND_WRITE, to, len, DMA_NO_PASID);
}

const struct dma_engine dma_testdev = {
	.vendor = 0x1234,
	.device = 0x11ea,
	.write = testdev_write,
	.read = testdev_read,
	.copy = testdev_copy,
	.translate = testdev_translate,
	.read_translated = testdev_read_translated,
	.write_translated = testdev_write_translated,
	.page_request = testdev_page_request,
	.page_response = testdev_page_response,
	.hang = testdev_hang,
};
