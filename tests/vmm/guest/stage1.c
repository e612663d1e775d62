// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's own page tables for its devices.
 */
#include "stage1.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define PAGE 4096
#define GCR3_VALID 1ULL

/* Tables are read by the device while they change: whole entries at once */
static void set(uint64_t *entry, uint64_t value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

static uint64_t *entry_at(const struct guest_ram *ram, uint64_t table, uint64_t iova,
			  unsigned int level)
{
	uint64_t *entries = guest_ram_at(ram, table & STAGE1_BASE, PAGE);

	return entries ? &entries[iova >> (12 + 9 * level) & 0x1ff] : NULL;
}

/**
 * stage1_gcr3_set() - Let a PASID translate through a table
 * @gcr3:  guest physical address of the GCR3 table, one level
 * @pasid: 0 to 511
 * @root:  guest physical address of the table's top, 0 for none
 *
 * Return: 0, or -EFAULT if the GCR3 table is not in guest memory.
 */
int stage1_gcr3_set(const struct guest_ram *ram, uint64_t gcr3, uint32_t pasid, uint64_t root)
{
	uint64_t *table = guest_ram_at(ram, gcr3, PAGE);

	if (!table || pasid >= PAGE / sizeof(*table))
		return -EFAULT;
	set(&table[pasid], root ? root | GCR3_VALID : 0);
	return 0;
}

static int new_table(const struct guest_ram *ram, struct stage1_pool *pool, uint64_t *entry)
{
	void *table;

	if (pool->end - pool->next < PAGE)
		return -ENOSPC;
	table = guest_ram_at(ram, pool->next, PAGE);
	if (!table)
		return -EFAULT;
	memset(table, 0, PAGE);
	set(entry, pool->next | STAGE1_P | STAGE1_W | STAGE1_U);
	pool->next += PAGE;
	return 0;
}

/**
 * stage1_map() - Map one page
 * @pool:  where missing tables come from
 * @root:  top of the table
 * @iova:  address the device uses
 * @gpa:   guest physical address it leads to
 * @flags: STAGE1_W, STAGE1_U
 * @level: 0 for 4 KiB, 1 for 2 MiB, 2 for 1 GiB
 *
 * What is there is replaced. Nothing is invalidated.
 *
 * Return: 0; -ENOSPC when the pool is empty; -EFAULT when a table is not in
 * guest memory.
 */
int stage1_map(const struct guest_ram *ram, struct stage1_pool *pool, uint64_t root, uint64_t iova,
	       uint64_t gpa, uint64_t flags, unsigned int level)
{
	uint64_t table = root;

	for (unsigned int l = 3;; l--) {
		uint64_t *entry = entry_at(ram, table, iova, l);
		int ret;

		if (!entry)
			return -EFAULT;
		if (l == level) {
			set(entry, gpa | flags | STAGE1_P | (level ? STAGE1_PS : 0));
			return 0;
		}
		if (!(*entry & STAGE1_P) || (*entry & STAGE1_PS)) {
			ret = new_table(ram, pool, entry);
			if (ret)
				return ret;
		}
		table = *entry;
	}
}

/**
 * stage1_unmap() - Unmap the page at @iova, of whatever size
 *
 * Return: 0, or -ENOENT if there is none.
 */
int stage1_unmap(const struct guest_ram *ram, uint64_t root, uint64_t iova)
{
	uint64_t table = root;

	for (unsigned int l = 3;; l--) {
		uint64_t *entry = entry_at(ram, table, iova, l);

		if (!entry || !(*entry & STAGE1_P))
			return -ENOENT;
		if (!l || (*entry & STAGE1_PS)) {
			set(entry, 0);
			return 0;
		}
		table = *entry;
	}
}
