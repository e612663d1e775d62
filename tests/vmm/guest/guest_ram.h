/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's memory, as the VMM sees it.
 */
#ifndef VMM_GUEST_RAM_H
#define VMM_GUEST_RAM_H

#include <stddef.h>
#include <stdint.h>

#define GUEST_RAM_MAX 16

/**
 * struct guest_ram - Pieces of guest memory
 * @piece: where each starts for the guest and here, and its size in bytes
 * @nr:    how many there are
 */
struct guest_ram {
	struct {
		uint64_t gpa;
		size_t size;
		void *mem;
	} piece[GUEST_RAM_MAX];
	unsigned int nr;
};

void *guest_ram_add(struct guest_ram *ram, uint64_t gpa, size_t size);
void *guest_ram_at(const struct guest_ram *ram, uint64_t gpa, size_t size);
void guest_ram_remove(struct guest_ram *ram);

#endif
