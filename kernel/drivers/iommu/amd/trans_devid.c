// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation device IDs: requester IDs that belong to no device.
 *
 * The hardware reaches a guest's buffers through the DTE of a requester ID
 * that software picks. It must lie in the device table, which all IOMMUs of a
 * PCI segment share, and nothing else may ever use it: no device, no DMA alias
 * of one, nothing the IVRS names. A device that is plugged in later can need an
 * ID that a guest has by then, see amd_viommu_trans_evict().
 */

#define pr_fmt(fmt)	"AMD-Vi: " fmt

#include <linux/bitmap.h>
#include <linux/pci.h>

#include "viommu_internal.h"

/**
 * struct amd_viommu_trans_pool - Translation device IDs of one PCI segment
 * @reserved: IDs that something else has or had
 * @likely:   IDs that hot-plugged devices are likely to get
 * @users:    ID to the vIOMMU that has it
 * @last:     largest ID in the device table
 * @next:     ID to try first, U32_MAX for none
 * @nobody:   ID that stands for no device in guests' tables, 0 before there is one
 */
struct amd_viommu_trans_pool {
	unsigned long *reserved;
	unsigned long *likely;
	struct xarray users;
	u32 last;
	u32 next;
	u16 nobody;
};

/* Guards all pools, and which ID a vIOMMU has */
DEFINE_MUTEX(amd_viommu_trans_lock);

/*
 * What is taken
 */

static void trans_devid_reserve_range(struct amd_viommu_trans_pool *pool,
				      u32 first, u32 last)
{
	last = min(last, pool->last);
	if (first <= last)
		bitmap_set(pool->reserved, first, last - first + 1);
}

static void trans_devid_reserve(struct amd_viommu_trans_pool *pool, u32 devid)
{
	trans_devid_reserve_range(pool, devid, devid);
}

static int trans_devid_reserve_alias(struct pci_dev *pdev, u16 alias,
				     void *data)
{
	trans_devid_reserve(data, alias);
	return 0;
}

static void trans_devid_reserve_devices(struct amd_iommu_pci_seg *pci_seg,
					struct amd_viommu_trans_pool *pool)
{
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev) {
		if (pci_domain_nr(pdev->bus) != pci_seg->id)
			continue;
		trans_devid_reserve(pool, pci_dev_id(pdev));
		pci_for_each_dma_alias(pdev, trans_devid_reserve_alias, pool);
		/* All that can appear below a bridge */
		if (pdev->subordinate) {
			u32 first =
				PCI_DEVID(pdev->subordinate->busn_res.start, 0);
			u32 last = PCI_DEVID(pdev->subordinate->busn_res.end,
					     0xff);

			last = min(last, pool->last);
			if (first <= last)
				bitmap_set(pool->likely, first,
					   last - first + 1);
		}
	}
}

static void trans_devid_reserve_ivrs(struct amd_iommu_pci_seg *pci_seg,
				     struct amd_viommu_trans_pool *pool)
{
	struct unity_map_entry *unity;
	struct acpihid_map_entry *hid;
	struct devid_map *map;
	struct amd_iommu *iommu;

	for (u32 devid = 0; devid <= pool->last; devid++) {
		if (pci_seg->alias_table[devid] != devid) {
			trans_devid_reserve(pool, devid);
			trans_devid_reserve(pool, pci_seg->alias_table[devid]);
		}
	}
	list_for_each_entry(unity, &pci_seg->unity_map, list)
		/* One for all devices names none */
		if (unity->devid_start || unity->devid_end < pool->last)
			trans_devid_reserve_range(pool, unity->devid_start,
						  unity->devid_end);
	list_for_each_entry(map, &ioapic_map, list)
		if (PCI_SBDF_TO_SEGID(map->devid) == pci_seg->id)
			trans_devid_reserve(pool,
					    PCI_SBDF_TO_DEVID(map->devid));
	list_for_each_entry(map, &hpet_map, list)
		if (PCI_SBDF_TO_SEGID(map->devid) == pci_seg->id)
			trans_devid_reserve(pool,
					    PCI_SBDF_TO_DEVID(map->devid));
	list_for_each_entry(hid, &acpihid_map, list)
		if (PCI_SBDF_TO_SEGID(hid->devid) == pci_seg->id) {
			trans_devid_reserve(pool,
					    PCI_SBDF_TO_DEVID(hid->devid));
			trans_devid_reserve(pool,
					    PCI_SBDF_TO_DEVID(hid->root_devid));
		}
	for_each_iommu(iommu)
		if (iommu->pci_seg == pci_seg)
			trans_devid_reserve(pool, iommu->devid);
}

static struct amd_viommu_trans_pool *trans_devid_alloc_pool(u32 last)
{
	struct amd_viommu_trans_pool *pool = kzalloc_obj(*pool);

	if (!pool)
		return NULL;
	pool->reserved = bitmap_zalloc(last + 1, GFP_KERNEL);
	pool->likely = bitmap_zalloc(last + 1, GFP_KERNEL);
	if (!pool->reserved || !pool->likely) {
		bitmap_free(pool->reserved);
		bitmap_free(pool->likely);
		kfree(pool);
		return NULL;
	}
	xa_init(&pool->users);
	pool->last = last;
	pool->next = U32_MAX;
	/* The hardware takes 0 for none */
	trans_devid_reserve(pool, 0);
	return pool;
}

/**
 * amd_viommu_trans_devid_init() - Find out which IDs of a segment are free
 * @pci_seg: PCI segment, enumerated
 *
 * Once per segment; a second call does nothing.
 *
 * Return: 0 or -ENOMEM.
 */
int amd_viommu_trans_devid_init(struct amd_iommu_pci_seg *pci_seg)
{
	struct amd_viommu_trans_pool *pool;

	guard(mutex)(&amd_viommu_trans_lock);

	if (pci_seg->trans_pool)
		return 0;
	pool = trans_devid_alloc_pool(pci_seg->last_bdf);
	if (!pool)
		return -ENOMEM;
	trans_devid_reserve_devices(pci_seg, pool);
	trans_devid_reserve_ivrs(pci_seg, pool);
	pci_seg->trans_pool = pool;
	return 0;
}

/*
 * What is free
 */

static bool trans_devid_is_free(struct amd_viommu_trans_pool *pool, u32 devid)
{
	return devid <= pool->last && !test_bit(devid, pool->reserved) &&
	       !xa_load(&pool->users, devid);
}

/* From the top, where devices are rarest; where they are likely only if need be */
static u32 trans_devid_find_free(struct amd_viommu_trans_pool *pool)
{
	u32 likely = 0;

	if (trans_devid_is_free(pool, pool->next))
		return pool->next;

	for (u32 devid = pool->last; devid; devid--) {
		if (!trans_devid_is_free(pool, devid))
			continue;
		if (!test_bit(devid, pool->likely))
			return devid;
		if (!likely)
			likely = devid;
	}
	return likely;
}

/**
 * amd_viommu_trans_devid_nobody() - An ID for guests' devices that do not exist
 * @pci_seg: PCI segment with its pool
 *
 * A guest can name any device in its commands. Those that it does not have must
 * stand for an ID inside the device table, but not for a real device: the guest
 * could flush its TLB, and wait for it. All vIOMMUs of the segment share this ID,
 * and it is no translation device ID.
 *
 * Return: the ID; 0, which may be a real device's, if there is no other.
 */
u16 amd_viommu_trans_devid_nobody(struct amd_iommu_pci_seg *pci_seg)
{
	struct amd_viommu_trans_pool *pool = pci_seg->trans_pool;

	guard(mutex)(&amd_viommu_trans_lock);

	if (!pool->nobody) {
		pool->nobody = trans_devid_find_free(pool);
		trans_devid_reserve(pool, pool->nobody);
	}
	return pool->nobody;
}

/**
 * amd_viommu_trans_devid_alloc() - Allocate a translation device ID
 * @aviommu:     vIOMMU that it is for, with its IOMMU
 * @trans_devid: gets the ID
 *
 * Called under amd_viommu_trans_lock.
 *
 * Return: 0; -ENOSPC when no ID of the segment is left; -ENOMEM.
 */
int amd_viommu_trans_devid_alloc(struct amd_iommu_viommu *aviommu,
				 u16 *trans_devid)
{
	struct amd_viommu_trans_pool *pool =
		aviommu->iommu->pci_seg->trans_pool;
	u32 devid;
	int ret;

	lockdep_assert_held(&amd_viommu_trans_lock);
	devid = trans_devid_find_free(pool);
	if (!devid)
		return -ENOSPC;
	ret = xa_insert(&pool->users, devid, aviommu, GFP_KERNEL_ACCOUNT);
	if (!ret)
		*trans_devid = devid;
	pool->next = U32_MAX;
	return ret;
}

/**
 * amd_viommu_trans_devid_free() - Free a translation device ID
 * @pci_seg:     PCI segment
 * @trans_devid: ID whose DTE the hardware does not use any more
 *
 * Called under amd_viommu_trans_lock.
 */
void amd_viommu_trans_devid_free(struct amd_iommu_pci_seg *pci_seg,
				 u16 trans_devid)
{
	lockdep_assert_held(&amd_viommu_trans_lock);
	xa_erase(&pci_seg->trans_pool->users, trans_devid);
}

/**
 * amd_viommu_trans_devid_reserve() - Keep an ID from vIOMMUs from now on
 * @pci_seg: PCI segment
 * @devid:   ID that a device needs; it stays reserved
 *
 * Called under amd_viommu_trans_lock.
 *
 * Return: the vIOMMU that has the ID and must move, or NULL.
 */
struct amd_iommu_viommu *
amd_viommu_trans_devid_reserve(struct amd_iommu_pci_seg *pci_seg, u16 devid)
{
	struct amd_viommu_trans_pool *pool = pci_seg->trans_pool;

	lockdep_assert_held(&amd_viommu_trans_lock);
	if (devid > pool->last)
		return NULL;
	/* It is in tables that guests use: as before there was such an ID */
	if (devid && devid == pool->nobody)
		pr_warn("vIOMMU: device %04x:%04x has the ID that guests' commands for devices without a vDevice have\n",
			pci_seg->id, devid);
	set_bit(devid, pool->reserved);
	return xa_load(&pool->users, devid);
}

/**
 * amd_viommu_trans_devid_prefer() - Choose the ID the next vIOMMU gets
 * @pci_seg: PCI segment
 * @devid:   ID to try first, once
 *
 * Tests provoke with it what a device that is plugged in does only rarely.
 *
 * Return: 0, or -EBUSY when the ID is not free.
 */
int amd_viommu_trans_devid_prefer(struct amd_iommu_pci_seg *pci_seg, u16 devid)
{
	guard(mutex)(&amd_viommu_trans_lock);

	if (!trans_devid_is_free(pci_seg->trans_pool, devid))
		return -EBUSY;
	pci_seg->trans_pool->next = devid;
	return 0;
}

/**
 * amd_viommu_trans_devid_count() - How many IDs of a segment are in use, and free
 * @pci_seg: PCI segment
 * @used:    gets the number of vIOMMUs that have one
 *
 * Return: how many more there are.
 */
u32 amd_viommu_trans_devid_count(struct amd_iommu_pci_seg *pci_seg, u32 *used)
{
	struct amd_viommu_trans_pool *pool = pci_seg->trans_pool;
	struct amd_iommu_viommu *user;
	unsigned long devid;
	u32 nr_taken;

	guard(mutex)(&amd_viommu_trans_lock);

	/* 0 is nobody's, reserved or not */
	*used = 0;
	nr_taken = 1 + bitmap_weight(pool->reserved, pool->last + 1) -
		   test_bit(0, pool->reserved);
	xa_for_each(&pool->users, devid, user) {
		++*used;
		nr_taken += !test_bit(devid, pool->reserved);
	}
	return pool->last + 1 - nr_taken;
}

#ifdef CONFIG_AMD_IOMMU_VIOMMU_KUNIT_TEST
/**
 * amd_viommu_trans_devid_uninit() - The reverse of amd_viommu_trans_devid_init()
 * @pci_seg: PCI segment of a test, none of whose IDs a vIOMMU has
 */
void amd_viommu_trans_devid_uninit(struct amd_iommu_pci_seg *pci_seg)
{
	struct amd_viommu_trans_pool *pool = pci_seg->trans_pool;

	pci_seg->trans_pool = NULL;
	xa_destroy(&pool->users);
	bitmap_free(pool->reserved);
	bitmap_free(pool->likely);
	kfree(pool);
}

#include "trans_devid_kunit.c"
#endif
