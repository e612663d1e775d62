// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's memory, as the VMM sees it.
 */
#include "guest_ram.h"

#include <sys/mman.h>

/**
 * guest_ram_add() - Give the guest zeroed memory
 * @gpa:  where it starts for the guest
 * @size: bytes, a multiple of the page size
 *
 * Return: where it starts here, or NULL.
 */
void *guest_ram_add(struct guest_ram *ram, uint64_t gpa, size_t size)
{
	void *mem;

	if (ram->nr == GUEST_RAM_MAX)
		return NULL;
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return NULL;
	ram->piece[ram->nr].gpa = gpa;
	ram->piece[ram->nr].size = size;
	ram->piece[ram->nr++].mem = mem;
	return mem;
}

/** guest_ram_at() - Where @size bytes at @gpa are here, or NULL if there are none */
void *guest_ram_at(const struct guest_ram *ram, uint64_t gpa, size_t size)
{
	for (unsigned int i = 0; i < ram->nr; i++) {
		uint64_t offset = gpa - ram->piece[i].gpa;

		if (offset < ram->piece[i].size && size <= ram->piece[i].size - offset)
			return (char *)ram->piece[i].mem + offset;
	}
	return NULL;
}
/** guest_ram_remove() - Take all of it back */
void guest_ram_remove(struct guest_ram *ram)
{
	while (ram->nr--)
		munmap(ram->piece[ram->nr].mem, ram->piece[ram->nr].size);
	ram->nr = 0;
}
