/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's command buffer without hardware: the VMM sees each write to its tail
 * and does what is in the ring.
 */
#ifndef VMM_TRAPPED_CMDS_H
#define VMM_TRAPPED_CMDS_H

#include <stdint.h>

#include "guest_ram.h"

/**
 * struct trapped_cmds - The buffer
 * @iommufd: file of iommufd
 * @viommu:  the guest's vIOMMU
 * @ram:     its memory
 * @ring:    guest physical address
 * @size:    in bytes, a power of two
 * @head:    register
 * @tail:    register
 */
struct trapped_cmds {
	int iommufd;
	uint32_t viommu;
	const struct guest_ram *ram;
	uint64_t ring;
	uint32_t size;
	uint32_t head;
	uint32_t tail;
};

int trapped_cmds_write(struct trapped_cmds *cmds, uint32_t offset, uint32_t value);
uint32_t trapped_cmds_read(const struct trapped_cmds *cmds, uint32_t offset);

#endif
