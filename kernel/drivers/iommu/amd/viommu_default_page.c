// SPDX-License-Identifier: GPL-2.0-only
/*
 * Default pages: pages of default entries that stand behind many pages of ID
 * tables.
 *
 * What an entry looks like is private to the hardware. A page can only be used
 * in several places if an entry depends on nothing but the host ID in it: not
 * on the guest, not on where it lies. The driver finds that out once per IOMMU:
 * it lets the hardware store the same in different places and compares them. If
 * anything differs, it stores whole tables instead.
 *
 * The hardware fills pages at the first page of a guest ID that no guest ever
 * gets, so that only the hardware ever writes entries, and no guest sees half a
 * page.
 */

#define pr_fmt(fmt)	"AMD-Vi: " fmt

#include "viommu_internal.h"

/* What the test pages contain before, to see what the hardware writes */
#define POISON_A	0xa5
#define POISON_B	0x5a

static int viommu_default_store(struct amd_iommu *iommu,
				struct amd_viommu_hw *hw,
				const struct amd_viommu_table_type *type,
				u16 guest_id, struct page *page,
				unsigned int first, unsigned int nr,
				u16 host_id)
{
	unsigned int page_nr = first / amd_viommu_page_entries(type);
	u64 ipa = amd_viommu_table_ipa(type, guest_id, page_nr);
	int ret;

	ret = amd_viommu_ipa_map(iommu, hw, guest_id, ipa,
				 AMD_VIOMMU_TABLE_PAGE_SIZE, page,
				 AMD_VIOMMU_TABLE_PAGE_SIZE);
	if (ret)
		return ret;
	amd_viommu_table_store(hw, type, guest_id, first, nr, host_id);
	/* Waits for completion: the stores are in memory after it */
	amd_viommu_ipa_unmap(iommu, hw, guest_id, ipa,
			     AMD_VIOMMU_TABLE_PAGE_SIZE);
	return 0;
}

static int viommu_default_fill(struct amd_iommu *iommu,
			       struct amd_viommu_hw *hw,
			       const struct amd_viommu_table_type *type,
			       u16 guest_id, unsigned int page_nr,
			       struct page *page, u16 host_id)
{
	unsigned int nr = amd_viommu_page_entries(type);

	return viommu_default_store(iommu, hw, type, guest_id, page,
					 page_nr * nr, nr, host_id);
}

static struct page *
viommu_default_alloc_filled(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
			    const struct amd_viommu_table_type *type,
			    u16 host_id)
{
	struct page *page =
		amd_viommu_ipa_alloc(iommu, AMD_VIOMMU_TABLE_PAGE_SIZE);

	if (page &&
	    viommu_default_fill(iommu, hw, type, AMD_VIOMMU_GUEST_ID_OWN, 0,
				page, host_id)) {
		amd_viommu_ipa_free(iommu, hw, page, AMD_VIOMMU_TABLE_PAGE_SIZE);
		page = NULL;
	}
	return page;
}

/**
 * amd_viommu_default_page_alloc() - Make a page of entries with the same host ID
 * @iommu:   IOMMU whose hardware fills it
 * @type:    which kind of table
 * @host_id: host ID in all of its entries
 *
 * Called under &amd_viommu_hw.table_lock.
 *
 * Return: the page, to be freed with amd_viommu_ipa_free(), or NULL.
 */
struct page *
amd_viommu_default_page_alloc(struct amd_iommu *iommu,
			      const struct amd_viommu_table_type *type,
			      u16 host_id)
{
	lockdep_assert_held(&iommu->viommu_hw->table_lock);
	return viommu_default_alloc_filled(iommu, iommu->viommu_hw, type,
						host_id);
}

/**
 * amd_viommu_default_page_in_use() - Page that new tables are made of
 * @hw: hardware of the IOMMU
 *
 * Return: the page that stands behind new DeviceID tables, or NULL when whole
 * tables are to be stored.
 */
struct page *amd_viommu_default_page_in_use(struct amd_viommu_hw *hw)
{
	return READ_ONCE(hw->default_pages_on) ? hw->devid_default_page : NULL;
}

/*
 * Whether the hardware allows it
 */

static void viommu_default_poison(struct page *page, u8 byte)
{
	memset(page_address(page), byte, AMD_VIOMMU_TABLE_PAGE_SIZE);
}

static bool viommu_default_equal(struct page *a, struct page *b)
{
	return !memcmp(page_address(a), page_address(b),
		       AMD_VIOMMU_TABLE_PAGE_SIZE);
}

/* The same in another place, over other bytes, must look the same */
static bool
viommu_default_equal_elsewhere(struct amd_iommu *iommu,
			       struct amd_viommu_hw *hw,
			       const struct amd_viommu_table_type *type,
			       struct page *a, struct page *b, u16 host_id)
{
	static const u16 guest_ids[] = {
		AMD_VIOMMU_GUEST_ID_OWN, AMD_VIOMMU_GUEST_ID_MIN,
		AMD_VIOMMU_GUEST_ID_MAX,
	};
	unsigned int last = type->size / AMD_VIOMMU_TABLE_PAGE_SIZE - 1;

	viommu_default_poison(a, POISON_A);
	if (viommu_default_fill(iommu, hw, type, AMD_VIOMMU_GUEST_ID_OWN, 0, a,
				host_id))
		return false;

	for (int i = 0; i < ARRAY_SIZE(guest_ids); i++) {
		viommu_default_poison(b, POISON_B);
		if (viommu_default_fill(iommu, hw, type, guest_ids[i],
					i ? 1 : last, b, host_id))
			return false;
		if (!viommu_default_equal(a, b))
			return false;
	}
	return true;
}

/* An entry that changes must change, and nothing else; and change back */
static bool
viommu_default_one_entry_changes(struct amd_iommu *iommu,
				 struct amd_viommu_hw *hw,
				 const struct amd_viommu_table_type *type,
				 struct page *a, struct page *b, u16 host_id)
{
	unsigned int middle = amd_viommu_page_entries(type) / 2;
	size_t size = type->entry_size, rest = (middle - 1) * size;
	u8 *old = page_address(a) + middle * size;
	u8 *new = page_address(b) + middle * size;

	if (viommu_default_store(iommu, hw, type, AMD_VIOMMU_GUEST_ID_OWN, b,
				 middle, 1, ~host_id))
		return false;
	if (memcmp(page_address(a), page_address(b), middle * size) ||
	    !memcmp(old, new, size) || memcmp(old + size, new + size, rest))
		return false;

	return !viommu_default_store(iommu, hw, type,
					  AMD_VIOMMU_GUEST_ID_OWN, b, middle, 1,
					  host_id) &&
	       viommu_default_equal(a, b);
}

static bool viommu_default_check(struct amd_iommu *iommu,
				 struct amd_viommu_hw *hw,
				 const struct amd_viommu_table_type *type)
{
	static const u16 host_ids[] = { 0, 1, 0xa5c3 };
	struct page *a =
		amd_viommu_ipa_alloc(iommu, AMD_VIOMMU_TABLE_PAGE_SIZE);
	struct page *b =
		amd_viommu_ipa_alloc(iommu, AMD_VIOMMU_TABLE_PAGE_SIZE);
	bool ok = a && b;

	for (int i = 0; ok && i < ARRAY_SIZE(host_ids); i++)
		ok = viommu_default_equal_elsewhere(iommu, hw, type, a, b,
						    host_ids[i]) &&
		     viommu_default_one_entry_changes(iommu, hw, type, a, b,
						      host_ids[i]);

	amd_viommu_ipa_free(iommu, hw, a, AMD_VIOMMU_TABLE_PAGE_SIZE);
	amd_viommu_ipa_free(iommu, hw, b, AMD_VIOMMU_TABLE_PAGE_SIZE);
	return ok;
}

/**
 * amd_viommu_default_page_init() - Find out whether default pages can be used
 * @iommu: IOMMU with the vIOMMU enabled, before there is any guest
 * @hw:    its hardware; gets the page behind new DeviceID tables
 *
 * Without default pages all works as well, only slower.
 */
void amd_viommu_default_page_init(struct amd_iommu *iommu,
				  struct amd_viommu_hw *hw)
{
	if (!viommu_default_check(iommu, hw, &amd_viommu_devid_type) ||
	    !viommu_default_check(iommu, hw, &amd_viommu_domid_type)) {
		pr_info("ivhd%d: vIOMMU: table entries depend on their place, storing whole tables\n",
			iommu->index);
		return;
	}
	hw->devid_default_page =
		viommu_default_alloc_filled(iommu, hw, &amd_viommu_devid_type,
					    hw->nobody_devid);
	hw->default_pages_on = hw->devid_default_page;
}
