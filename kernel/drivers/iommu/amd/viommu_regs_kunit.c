// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of viommu_regs.c, which includes this file: where guests'
 * tables and their entries lie, and what is written to have one stored. The
 * addresses are the hardware's, so they stand here as numbers.
 */

#include <kunit/test.h>
#include <linux/vmalloc.h>

static u64 table_test_ipa(const struct amd_viommu_table_type *type, u16 guest_id,
			  u16 id)
{
	unsigned int nr = amd_viommu_page_entries(type);

	return amd_viommu_table_ipa(type, guest_id, id / nr) +
	       id % nr * type->entry_size;
}

/*
 * Where entries lie
 */

static const struct table_test_entry {
	const char *name;
	const struct amd_viommu_table_type *type;
	u16 guest_id;
	u16 id;
	u64 ipa;
} table_test_entries[] = {
	{ "DeviceID, first guest, first", &amd_viommu_devid_type, 1, 0, 0x1000100000ULL },
	{ "DeviceID, first guest, last of page", &amd_viommu_devid_type, 1, 0xff, 0x1000100ff0ULL },
	{ "DeviceID, first guest, second page", &amd_viommu_devid_type, 1, 0x100, 0x1000101000ULL },
	{ "DeviceID, first guest, last", &amd_viommu_devid_type, 1, 0xffff, 0x10001ffff0ULL },
	{ "DeviceID, last guest, first", &amd_viommu_devid_type, 0x7ffe, 0, 0x17ffe00000ULL },
	{ "DeviceID, last guest, last", &amd_viommu_devid_type, 0x7ffe, 0xffff, 0x17ffeffff0ULL },
	{ "DeviceID, driver's own", &amd_viommu_devid_type, 0x7fff, 0, 0x17fff00000ULL },
	{ "DeviceID, largest ID", &amd_viommu_devid_type, 0xffff, 0xffff, 0x1ffffffff0ULL },
	{ "DomainID, first guest, first", &amd_viommu_domid_type, 1, 0, 0x2000080000ULL },
	{ "DomainID, first guest, end of page", &amd_viommu_domid_type, 1, 0x1ff, 0x2000080ff8ULL },
	{ "DomainID, first guest, second page", &amd_viommu_domid_type, 1, 0x200, 0x2000081000ULL },
	{ "DomainID, first guest, last", &amd_viommu_domid_type, 1, 0xffff, 0x20000ffff8ULL },
	{ "DomainID, last guest, first", &amd_viommu_domid_type, 0x7ffe, 0, 0x23fff00000ULL },
	{ "DomainID, last guest, last", &amd_viommu_domid_type, 0x7ffe, 0xffff, 0x23fff7fff8ULL },
	{ "DomainID, driver's own", &amd_viommu_domid_type, 0x7fff, 0, 0x23fff80000ULL },
	{ "DomainID, largest ID", &amd_viommu_domid_type, 0xffff, 0xffff, 0x27fffffff8ULL },
};

KUNIT_ARRAY_PARAM_DESC(table_test, table_test_entries, name);

static void an_entry_lies_where_the_hardware_looks(struct kunit *test)
{
	const struct table_test_entry *entry = test->param_value;

	KUNIT_EXPECT_EQ(test, table_test_ipa(entry->type, entry->guest_id, entry->id),
			entry->ipa);
}

/* Each guest's table begins where the one before it ends, page after page */
static void table_test_ranges(struct kunit *test,
			      const struct amd_viommu_table_type *type)
{
	unsigned int pages = type->size / AMD_VIOMMU_TABLE_PAGE_SIZE;
	u64 next = type->ipa;

	KUNIT_EXPECT_EQ(test, type->size, AMD_VIOMMU_TABLE_ENTRIES * type->entry_size);
	KUNIT_EXPECT_EQ(test, pages * amd_viommu_page_entries(type), AMD_VIOMMU_TABLE_ENTRIES);
	for (u32 guest_id = 0; guest_id < AMD_VIOMMU_NR_GUEST_IDS; guest_id++) {
		KUNIT_ASSERT_EQ(test, amd_viommu_table_ipa(type, guest_id, 0), next);
		next = amd_viommu_table_ipa(type, guest_id, pages - 1) +
		       AMD_VIOMMU_TABLE_PAGE_SIZE;
	}
}

static void no_two_tables_overlap(struct kunit *test)
{
	u64 boot_end = AMD_VIOMMU_IPA_BOOT_BASE +
		       (u64)AMD_VIOMMU_IPA_BOOT_CHUNKS * AMD_VIOMMU_IPA_BOOT_CHUNK;
	u64 devid_end = amd_viommu_devid_type.ipa +
			AMD_VIOMMU_NR_GUEST_IDS * amd_viommu_devid_type.size;

	table_test_ranges(test, &amd_viommu_devid_type);
	table_test_ranges(test, &amd_viommu_domid_type);
	KUNIT_EXPECT_EQ(test, boot_end, SZ_8M);
	KUNIT_EXPECT_LE(test, boot_end, amd_viommu_devid_type.ipa);
	KUNIT_EXPECT_LE(test, devid_end, amd_viommu_domid_type.ipa);
}

/*
 * What is written to VF control
 */

static const struct table_test_store {
	const char *name;
	const struct amd_viommu_table_type *type;
	u16 guest_id;
	u16 id;
	u16 host_id;
	u32 offset;
	u64 value;
} table_test_stores[] = {
	{ "DeviceID, none", &amd_viommu_devid_type, 1, 0, 0, 0x40, 0x8000000000000001ULL },
	{ "DeviceID", &amd_viommu_devid_type, 4660, 5, 0x40, 0x48d00, 0x8001400000100001ULL },
	{ "DeviceID, all bits", &amd_viommu_devid_type, 0x7ffe, 0xffff, 0xffff, 0x1fff80,
	  0xbfffc0003fffc001ULL },
	{ "DomainID, none", &amd_viommu_domid_type, 1, 0, 0, 0x48, 0x8000000000000001ULL },
	{ "DomainID", &amd_viommu_domid_type, 2, 0x8001, 0x0102, 0x88, 0xa000400000408001ULL },
	{ "DomainID, all bits", &amd_viommu_domid_type, 0xffff, 0xffff, 0xffff, 0x3fffc8,
	  0xbfffc0003fffc001ULL },
};

KUNIT_ARRAY_PARAM_DESC(table_test_store, table_test_stores, name);

KUNIT_DEFINE_ACTION_WRAPPER(table_test_vfree, vfree, const void *);

/* Memory in the place of the VF control region: one qword of it is written */
static void a_store_is_one_write_to_vfctrl(struct kunit *test)
{
	const struct table_test_store *store = test->param_value;
	struct amd_viommu_hw *hw = kunit_kzalloc(test, sizeof(*hw), GFP_KERNEL);
	u64 *vfctrl = vzalloc(AMD_VIOMMU_VFCTRL_SIZE);
	unsigned int written = 0;

	KUNIT_ASSERT_NOT_NULL(test, vfctrl);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, table_test_vfree, vfctrl), 0);
	KUNIT_ASSERT_NOT_NULL(test, hw);
	hw->vfctrl.base = (u8 __iomem __force *)vfctrl;

	amd_viommu_table_store(hw, store->type, store->guest_id, store->id, 1,
			       store->host_id);

	for (u32 i = 0; i < AMD_VIOMMU_VFCTRL_SIZE / sizeof(*vfctrl); i++)
		written += !!vfctrl[i];
	KUNIT_EXPECT_EQ(test, written, 1);
	KUNIT_EXPECT_EQ(test, vfctrl[store->offset / sizeof(*vfctrl)], store->value);
}

static struct kunit_case table_test_cases[] = {
	KUNIT_CASE_PARAM(an_entry_lies_where_the_hardware_looks, table_test_gen_params),
	KUNIT_CASE(no_two_tables_overlap),
	KUNIT_CASE_PARAM(a_store_is_one_write_to_vfctrl,
			 table_test_store_gen_params),
	{}
};

static struct kunit_suite table_test_suite = {
	.name		= "amd_viommu_regs",
	.test_cases	= table_test_cases,
};

kunit_test_suite(table_test_suite);
