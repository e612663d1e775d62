// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation device IDs: requester IDs that belong to no device.
 *
 * The hardware reaches a guest's buffers through the DTE of a requester ID
 * that software picks. It must lie in the device table, which all IOMMUs of a
 * PCI segment share, and nothing else may ever use it: no device, no DMA alias
 * of one, nothing the IVRS names. A device that is plugged in later can claim
 * an ID that a guest has by then; the guest moves to another one before the
 * device gets to use its DTE.
 */

#define pr_fmt(fmt)	"AMD-Vi: " fmt

#include <linux/bitmap.h>
#include <linux/pci.h>

#include "amd_iommu.h"
#include "viommu.h"

#include <trace/events/amd_viommu.h>

/**
 * struct amd_viommu_trans_pool - Translation device IDs of one PCI segment
 * @reserved: IDs that something else has or had
 * @likely:   IDs that hot-plugged devices are likely to get
 * @users:    ID to the vIOMMU that has it
 * @last:     largest ID in the device table
 * @next:     ID to try first, U32_MAX for none
 */
struct amd_viommu_trans_pool {
	unsigned long *reserved;
	unsigned long *likely;
	struct xarray users;
	u32 last;
	u32 next;
};

/* Guards all pools, and which ID a vIOMMU has */
static DEFINE_MUTEX(trans_lock);

/*
 * What is taken
 */

static void reserve_range(struct amd_viommu_trans_pool *pool, u32 first, u32 last)
{
	last = min(last, pool->last);
	if (first <= last)
		bitmap_set(pool->reserved, first, last - first + 1);
}

static void reserve(struct amd_viommu_trans_pool *pool, u32 devid)
{
	reserve_range(pool, devid, devid);
}

static int reserve_alias(struct pci_dev *pdev, u16 alias, void *data)
{
	reserve(data, alias);
	return 0;
}

static void reserve_devices(struct amd_iommu_pci_seg *pci_seg,
			    struct amd_viommu_trans_pool *pool)
{
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev) {
		if (pci_domain_nr(pdev->bus) != pci_seg->id)
			continue;
		reserve(pool, pci_dev_id(pdev));
		pci_for_each_dma_alias(pdev, reserve_alias, pool);
		/* All that can appear below a bridge */
		if (pdev->subordinate) {
			u32 first = PCI_DEVID(pdev->subordinate->busn_res.start, 0);
			u32 last = PCI_DEVID(pdev->subordinate->busn_res.end, 0xff);

			last = min(last, pool->last);
			if (first <= last)
				bitmap_set(pool->likely, first, last - first + 1);
		}
	}
}

static void reserve_ivrs(struct amd_iommu_pci_seg *pci_seg,
			 struct amd_viommu_trans_pool *pool)
{
	struct unity_map_entry *unity;
	struct acpihid_map_entry *hid;
	struct devid_map *map;
	struct amd_iommu *iommu;

	for (u32 devid = 0; devid <= pool->last; devid++) {
		if (pci_seg->alias_table[devid] != devid) {
			reserve(pool, devid);
			reserve(pool, pci_seg->alias_table[devid]);
		}
	}
	list_for_each_entry(unity, &pci_seg->unity_map, list)
		/* One for all devices names none */
		if (unity->devid_start || unity->devid_end < pool->last)
			reserve_range(pool, unity->devid_start, unity->devid_end);
	list_for_each_entry(map, &ioapic_map, list)
		if (PCI_SBDF_TO_SEGID(map->devid) == pci_seg->id)
			reserve(pool, PCI_SBDF_TO_DEVID(map->devid));
	list_for_each_entry(map, &hpet_map, list)
		if (PCI_SBDF_TO_SEGID(map->devid) == pci_seg->id)
			reserve(pool, PCI_SBDF_TO_DEVID(map->devid));
	list_for_each_entry(hid, &acpihid_map, list)
		if (PCI_SBDF_TO_SEGID(hid->devid) == pci_seg->id) {
			reserve(pool, PCI_SBDF_TO_DEVID(hid->devid));
			reserve(pool, PCI_SBDF_TO_DEVID(hid->root_devid));
		}
	for_each_iommu(iommu)
		if (iommu->pci_seg == pci_seg)
			reserve(pool, iommu->devid);
}

static struct amd_viommu_trans_pool *alloc_pool(u32 last)
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
	/* Means none to the hardware */
	reserve(pool, 0);
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

	guard(mutex)(&trans_lock);

	if (pci_seg->trans_pool)
		return 0;
	pool = alloc_pool(pci_seg->last_bdf);
	if (!pool)
		return -ENOMEM;
	reserve_devices(pci_seg, pool);
	reserve_ivrs(pci_seg, pool);
	pci_seg->trans_pool = pool;
	return 0;
}

/*
 * What is free
 */

static bool is_free(struct amd_viommu_trans_pool *pool, u32 devid)
{
	return devid <= pool->last && !test_bit(devid, pool->reserved) &&
	       !xa_load(&pool->users, devid);
}

/* From the top, where devices come last; where they are likely, if need be */
static u32 find_free(struct amd_viommu_trans_pool *pool)
{
	u32 likely = 0;

	if (is_free(pool, pool->next))
		return pool->next;

	for (u32 devid = pool->last; devid; devid--) {
		if (!is_free(pool, devid))
			continue;
		if (!test_bit(devid, pool->likely))
			return devid;
		if (!likely)
			likely = devid;
	}
	return likely;
}

/* Returns 0, which is nobody's ID, when there is none left or no memory */
static int take(struct amd_viommu_trans_pool *pool,
		struct amd_iommu_viommu *aviommu, u16 *trans_devid)
{
	u32 devid = find_free(pool);
	int ret;

	if (!devid)
		return -ENOSPC;
	ret = xa_insert(&pool->users, devid, aviommu, GFP_KERNEL_ACCOUNT);
	if (!ret)
		*trans_devid = devid;
	pool->next = U32_MAX;
	return ret;
}

/**
 * amd_viommu_trans_devid_alloc() - Give a vIOMMU a translation device ID
 * @aviommu: vIOMMU with its IOMMU and parent; gets its ID
 *
 * The ID's DTE and the guest's VF control entry are set up, too, in this
 * order.
 *
 * Return: 0; -ENOSPC when no ID of the segment is left; -ENOMEM.
 */
int amd_viommu_trans_devid_alloc(struct amd_iommu_viommu *aviommu)
{
	struct amd_viommu_trans_pool *pool = aviommu->iommu->pci_seg->trans_pool;
	u16 trans_devid = 0;
	int ret;

	guard(mutex)(&trans_lock);

	ret = take(pool, aviommu, &trans_devid);
	trace_viommu_trans_devid_alloc(aviommu, trans_devid, ret);
	if (ret)
		return ret;

	ret = amd_viommu_trans_set(aviommu, trans_devid);
	if (ret) {
		trace_viommu_trans_devid_free(aviommu, trans_devid);
		xa_erase(&pool->users, trans_devid);
	}
	return ret;
}

/**
 * amd_viommu_trans_devid_stop() - Stop using a vIOMMU's translation device ID
 * @aviommu: vIOMMU that has none of its queues enabled
 */
void amd_viommu_trans_devid_stop(struct amd_iommu_viommu *aviommu)
{
	guard(mutex)(&trans_lock);

	amd_viommu_trans_stop(aviommu);
}

static void give_back(struct amd_viommu_trans_pool *pool,
		      struct amd_iommu_viommu *aviommu)
{
	u16 trans_devid = aviommu->trans->devid;

	amd_viommu_trans_clear(aviommu);
	trace_viommu_trans_devid_free(aviommu, trans_devid);
	xa_erase(&pool->users, trans_devid);
}

/**
 * amd_viommu_trans_devid_free() - Take a vIOMMU's translation device ID back
 * @aviommu: vIOMMU after amd_viommu_trans_devid_stop()
 */
void amd_viommu_trans_devid_free(struct amd_iommu_viommu *aviommu)
{
	guard(mutex)(&trans_lock);

	/* A device that needed it may have taken it in the meantime */
	if (aviommu->trans)
		give_back(aviommu->iommu->pci_seg->trans_pool, aviommu);
}

/**
 * amd_viommu_trans_devid_prefer() - Choose the ID the next vIOMMU gets
 * @pci_seg: PCI segment
 * @devid:   ID to try first, once
 *
 * To provoke what devices that are plugged in do otherwise only rarely.
 *
 * Return: 0, or -EBUSY when the ID is not free.
 */
int amd_viommu_trans_devid_prefer(struct amd_iommu_pci_seg *pci_seg, u16 devid)
{
	guard(mutex)(&trans_lock);

	if (!is_free(pci_seg->trans_pool, devid))
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

	guard(mutex)(&trans_lock);

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

/*
 * Devices that come later
 */

static int relocate(struct amd_viommu_trans_pool *pool,
		    struct amd_iommu_viommu *aviommu, u16 from)
{
	u16 to = 0;
	int ret;

	if (!aviommu->trans_devid) {
		/* On its way out, needs none any more */
		give_back(pool, aviommu);
		return 0;
	}

	ret = take(pool, aviommu, &to);
	if (!ret) {
		ret = amd_viommu_trans_set(aviommu, to);
		xa_erase(&pool->users, ret ? to : from);
	}
	trace_viommu_trans_devid_relocate(aviommu, from, to, ret);
	return ret;
}

static int claim(struct amd_viommu_trans_pool *pool, u32 devid)
{
	struct amd_iommu_viommu *aviommu;

	if (devid > pool->last)
		return 0;
	set_bit(devid, pool->reserved);
	aviommu = xa_load(&pool->users, devid);
	return aviommu ? relocate(pool, aviommu, devid) : 0;
}

static int claim_alias(struct pci_dev *pdev, u16 alias, void *data)
{
	return claim(data, alias);
}

/**
 * amd_viommu_trans_devid_claim() - Free a new device's IDs of guests' buffers
 * @iommu: IOMMU of the device
 * @dev:   device that is about to be given its DTE
 *
 * A guest whose buffers translate through one of the device's requester IDs
 * gets another translation device ID, under its running queues.
 *
 * Return: 0, or a negative errno when the guest could not be moved: the device
 * must not be used.
 */
int amd_viommu_trans_devid_claim(struct amd_iommu *iommu, struct device *dev)
{
	struct amd_viommu_trans_pool *pool;
	struct pci_dev *pdev;
	u16 alias;
	int ret;

	if (!dev_is_pci(dev))
		return 0;

	guard(mutex)(&trans_lock);

	/* A pool made after this one looked finds the device on its bus */
	pool = iommu->pci_seg->trans_pool;
	if (!pool)
		return 0;

	pdev = to_pci_dev(dev);
	ret = claim(pool, pci_dev_id(pdev));
	if (!ret)
		ret = pci_for_each_dma_alias(pdev, claim_alias, pool);
	alias = iommu->pci_seg->alias_table[pci_dev_id(pdev)];
	if (!ret)
		ret = claim(pool, alias);
	if (ret)
		dev_err(dev, "AMD-Vi: vIOMMU: a guest's buffers use this device's requester ID and cannot be moved (%pe): do not use the device\n",
			ERR_PTR(ret));
	return ret;
}

#ifdef CONFIG_AMD_IOMMU_VIOMMU_KUNIT_TEST
#include "trans_devid_kunit.c"
#endif
