// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of default entries that stand behind many slots of ID tables.
 *
 * What an entry looks like is private to the hardware. A page can only be used
 * in several places if an entry depends on nothing but the host ID in it: not
 * on the guest, not on where it lies. That is found out once per IOMMU, by
 * letting the hardware store the same in different places and comparing; if
 * anything differs, whole tables are stored instead.
 *
 * Pages are filled at the first slot of a guest ID that no guest ever gets, so
 * that only the hardware ever writes entries, and no guest sees half a page.
 */

#define pr_fmt(fmt)	"AMD-Vi: " fmt

#include "amd_iommu.h"
#include "viommu.h"

/* What the test pages contain before, to see what the hardware writes */
#define POISON_A	0xa5
#define POISON_B	0x5a

static int store(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
		 const struct amd_viommu_table_type *type, u16 guest_id,
		 struct page *page, unsigned int first, unsigned int nr,
		 u16 host_id)
{
	unsigned int slot = first / amd_viommu_slot_entries(type);
	u64 ipa = amd_viommu_table_ipa(type, guest_id, slot);
	int ret;

	ret = amd_viommu_ipa_map(iommu, hw, guest_id, ipa,
				 AMD_VIOMMU_TABLE_SLOT_SIZE, page,
				 AMD_VIOMMU_TABLE_SLOT_SIZE);
	if (ret)
		return ret;
	amd_viommu_table_store(hw, type, guest_id, first, nr, host_id);
	/* Waits for completion: the stores are in memory after it */
	amd_viommu_ipa_unmap(iommu, hw, guest_id, ipa,
			     AMD_VIOMMU_TABLE_SLOT_SIZE);
	return 0;
}

static int fill(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
		const struct amd_viommu_table_type *type, u16 guest_id,
		unsigned int slot, struct page *page, u16 host_id)
{
	unsigned int nr = amd_viommu_slot_entries(type);

	return store(iommu, hw, type, guest_id, page, slot * nr, nr, host_id);
}

static struct page *alloc_filled(struct amd_iommu *iommu,
				 struct amd_viommu_hw *hw,
				 const struct amd_viommu_table_type *type,
				 u16 host_id)
{
	struct page *page = amd_viommu_ipa_alloc(iommu, AMD_VIOMMU_TABLE_SLOT_SIZE);

	if (page && fill(iommu, hw, type, AMD_VIOMMU_GUEST_ID_OWN, 0, page,
			 host_id)) {
		amd_viommu_ipa_free(page, AMD_VIOMMU_TABLE_SLOT_SIZE);
		page = NULL;
	}
	return page;
}

/**
 * amd_viommu_template_alloc() - Make a page of entries with the same host ID
 * @iommu:   IOMMU whose hardware fills it
 * @type:    which kind of table
 * @host_id: host ID in all of its entries
 *
 * Called under &amd_viommu_hw.table_lock.
 *
 * Return: the page, to be freed with amd_viommu_ipa_free(), or NULL.
 */
struct page *amd_viommu_template_alloc(struct amd_iommu *iommu,
				       const struct amd_viommu_table_type *type,
				       u16 host_id)
{
	lockdep_assert_held(&iommu->viommu_hw->table_lock);
	return alloc_filled(iommu, iommu->viommu_hw, type, host_id);
}

/**
 * amd_viommu_template_in_use() - How new tables are to be made
 * @hw: hardware of the IOMMU
 *
 * Return: the page that stands behind new DeviceID tables, or NULL when whole
 * tables are to be stored.
 */
struct page *amd_viommu_template_in_use(struct amd_viommu_hw *hw)
{
	return READ_ONCE(hw->templates_on) ? hw->devid_template : NULL;
}

/*
 * Whether the hardware allows it
 */

static void poison(struct page *page, u8 byte)
{
	memset(page_address(page), byte, AMD_VIOMMU_TABLE_SLOT_SIZE);
}

static bool same(struct page *a, struct page *b)
{
	return !memcmp(page_address(a), page_address(b),
		       AMD_VIOMMU_TABLE_SLOT_SIZE);
}

/* The same in another place, over other bytes, must look the same */
static bool same_elsewhere(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
			   const struct amd_viommu_table_type *type,
			   struct page *a, struct page *b, u16 host_id)
{
	static const u16 guest_ids[] = {
		AMD_VIOMMU_GUEST_ID_OWN, AMD_VIOMMU_GUEST_ID_MIN,
		AMD_VIOMMU_GUEST_ID_MAX,
	};
	unsigned int last = type->size / AMD_VIOMMU_TABLE_SLOT_SIZE - 1;

	poison(a, POISON_A);
	if (fill(iommu, hw, type, AMD_VIOMMU_GUEST_ID_OWN, 0, a, host_id))
		return false;

	for (int i = 0; i < ARRAY_SIZE(guest_ids); i++) {
		poison(b, POISON_B);
		if (fill(iommu, hw, type, guest_ids[i], i ? 1 : last, b, host_id))
			return false;
		if (!same(a, b))
			return false;
	}
	return true;
}

/* An entry that changes must change, and nothing else; and change back */
static bool only_one_changes(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
			     const struct amd_viommu_table_type *type,
			     struct page *a, struct page *b, u16 host_id)
{
	unsigned int middle = amd_viommu_slot_entries(type) / 2;
	size_t size = type->entry_size, rest = (middle - 1) * size;
	u8 *old = page_address(a) + middle * size;
	u8 *new = page_address(b) + middle * size;

	if (store(iommu, hw, type, AMD_VIOMMU_GUEST_ID_OWN, b, middle, 1, ~host_id))
		return false;
	if (memcmp(page_address(a), page_address(b), middle * size) ||
	    !memcmp(old, new, size) || memcmp(old + size, new + size, rest))
		return false;

	return !store(iommu, hw, type, AMD_VIOMMU_GUEST_ID_OWN, b, middle, 1,
		      host_id) && same(a, b);
}

static bool check_type(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
		       const struct amd_viommu_table_type *type)
{
	static const u16 host_ids[] = { 0, 1, 0xa5c3 };
	struct page *a = amd_viommu_ipa_alloc(iommu, AMD_VIOMMU_TABLE_SLOT_SIZE);
	struct page *b = amd_viommu_ipa_alloc(iommu, AMD_VIOMMU_TABLE_SLOT_SIZE);
	bool ok = a && b;

	for (int i = 0; ok && i < ARRAY_SIZE(host_ids); i++)
		ok = same_elsewhere(iommu, hw, type, a, b, host_ids[i]) &&
		     only_one_changes(iommu, hw, type, a, b, host_ids[i]);

	amd_viommu_ipa_free(a, AMD_VIOMMU_TABLE_SLOT_SIZE);
	amd_viommu_ipa_free(b, AMD_VIOMMU_TABLE_SLOT_SIZE);
	return ok;
}

/**
 * amd_viommu_template_init() - Find out whether templates can be used
 * @iommu: IOMMU with the vIOMMU enabled, before there is any guest
 * @hw:    its hardware; gets the page behind new DeviceID tables
 *
 * Without templates all works as well, only slower.
 */
void amd_viommu_template_init(struct amd_iommu *iommu, struct amd_viommu_hw *hw)
{
	if (!check_type(iommu, hw, &amd_viommu_devid_type) ||
	    !check_type(iommu, hw, &amd_viommu_domid_type)) {
		pr_info("ivhd%d: vIOMMU: table entries depend on their place, storing whole tables\n",
			iommu->index);
		return;
	}
	hw->devid_template = alloc_filled(iommu, hw, &amd_viommu_devid_type, 0);
	hw->templates_on = hw->devid_template;
}
