/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices that do DMA on demand.
 */
#ifndef VMM_DMA_ENGINE_H
#define VMM_DMA_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DMA_NO_PASID UINT32_MAX
#define DMA_MAX 2048

/**
 * struct dma_engine - How to drive one kind of device
 * @vendor: PCI vendor ID
 * @device: PCI device ID
 * @write:  let the device write @len bytes of @data to @iova
 * @read:   let the device read @len bytes at @iova into @data
 * @copy:   let the device copy @len bytes; for one that cannot tell what it
 *          read
 * @translate: let the device ask for the translation of @iova (ATS), to write
 *          or only to read there, and keep it
 * @read_translated: as @read, with a translation that the device has kept;
 *          -ENOENT if it has none
 * @write_translated: as @write, likewise
 * @page_request: let the device ask for a page to write to (PRI), the last one
 *          of a group; -EACCES if the IOMMU does not take it
 * @page_response: the answer that came last; -EAGAIN if none came
 * @hang:   let the device answer no more that it has dropped translations, or again
 *
 * Each returns 0, -EIO if the IOMMU refused, another negative errno, or
 * -EOPNOTSUPP. A missing one is not supported.
 */
struct dma_engine {
	uint16_t vendor;
	uint16_t device;
	int (*write)(volatile void *bar, uint64_t iova, const void *data, size_t len,
		     uint32_t pasid);
	int (*read)(volatile void *bar, uint64_t iova, void *data, size_t len, uint32_t pasid);
	int (*copy)(volatile void *bar, uint64_t from, uint64_t to, size_t len);
	int (*translate)(volatile void *bar, uint64_t iova, bool write, uint32_t pasid);
	int (*read_translated)(volatile void *bar, uint64_t iova, void *data, size_t len,
			       uint32_t pasid);
	int (*write_translated)(volatile void *bar, uint64_t iova, const void *data, size_t len,
				uint32_t pasid);
	int (*page_request)(volatile void *bar, uint64_t iova, unsigned int group, uint32_t pasid);
	int (*page_response)(volatile void *bar, unsigned int *group, unsigned int *code);
	int (*hang)(volatile void *bar, bool hangs);
};

extern const struct dma_engine dma_edu;
extern const struct dma_engine dma_testdev;

const struct dma_engine *dma_engine_find(uint16_t vendor, uint16_t device);

/* Registers of a BAR */
static inline void bar_write32(volatile void *bar, size_t offset, uint32_t value)
{
	*(volatile uint32_t *)((volatile char *)bar + offset) = value;
}

static inline uint32_t bar_read32(volatile void *bar, size_t offset)
{
	return *(volatile uint32_t *)((volatile char *)bar + offset);
}

static inline void bar_write64(volatile void *bar, size_t offset, uint64_t value)
{
	*(volatile uint64_t *)((volatile char *)bar + offset) = value;
}

#endif
