/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's own page tables for its devices: the processor's long mode format,
 * four levels, and the GCR3 table that leads to them.
 */
#ifndef VMM_STAGE1_H
#define VMM_STAGE1_H

#include <stdbool.h>
#include <stdint.h>

#include "guest_ram.h"

/* Page table entries */
#define STAGE1_P (1ULL << 0)
#define STAGE1_W (1ULL << 1)
#define STAGE1_U (1ULL << 2)
#define STAGE1_PS (1ULL << 7)
#define STAGE1_BASE 0x000ffffffffff000ULL

/**
 * struct stage1_pool - Guest memory that tables are taken from
 * @next: guest physical address of the next page
 * @end:  end of it
 */
struct stage1_pool {
	uint64_t next;
	uint64_t end;
};

int stage1_gcr3_set(const struct guest_ram *ram, uint64_t gcr3, uint32_t pasid, uint64_t root);
int stage1_map(const struct guest_ram *ram, struct stage1_pool *pool, uint64_t root, uint64_t iova,
	       uint64_t gpa, uint64_t flags, unsigned int level);
int stage1_unmap(const struct guest_ram *ram, uint64_t root, uint64_t iova);

#endif
