// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's two ID tables: their memory.
 *
 * The DeviceID table says which host device a guest's device ID stands for,
 * the DomainID table which host domain a guest's domain ID stands for. Both
 * lie in the IOMMU's private address space, and their entries are private to
 * the hardware: software tells it what to store through VF control, after the
 * memory is mapped. Every entry has a default that is stored when the guest
 * is created, so that no ID a guest makes up is unmapped.
 *
 * That takes 131072 stores and 1.5 MiB per guest. Since nearly all entries
 * stay as they are, one default page stands behind all pages (4 KiB) of a
 * table, until an entry in one of them changes: then the table gets a page of
 * its own there. viommu_default_page.c fills default pages and finds out
 * whether this hardware allows it; where not, the whole table is stored.
 */

#include "viommu_internal.h"

#include <trace/events/amd_viommu.h>

static void viommu_table_store(struct amd_iommu_viommu *aviommu,
			       const struct amd_viommu_table_type *type,
			       unsigned int first, unsigned int nr, u16 host_id)
{
	amd_viommu_table_store(aviommu->iommu->viommu_hw, type,
			       aviommu->guest_id, first, nr, host_id);
	atomic64_add(nr, &aviommu->stats.map_writes);
}

static void viommu_table_free_pages(struct amd_iommu_viommu *aviommu,
				    struct page *page, size_t size)
{
	amd_viommu_ipa_free(aviommu->iommu, aviommu->iommu->viommu_hw, page, size);
}

/*
 * The whole table
 */

static int viommu_table_init_whole(struct amd_iommu_viommu *aviommu,
				   const struct amd_viommu_table_type *type,
				   struct amd_viommu_table *table, u16 host_id)
{
	struct amd_iommu *iommu = aviommu->iommu;
	int ret;

	table->whole = amd_viommu_ipa_alloc(iommu, type->size);
	if (!table->whole)
		return -ENOMEM;
	ret = amd_viommu_ipa_map(iommu, iommu->viommu_hw, aviommu->guest_id,
				 amd_viommu_table_ipa(type, aviommu->guest_id, 0),
				 type->size, table->whole, type->size);
	if (ret) {
		viommu_table_free_pages(aviommu, table->whole, type->size);
		table->whole = NULL;
		return ret;
	}
	viommu_table_store(aviommu, type, 0, AMD_VIOMMU_TABLE_ENTRIES, host_id);
	return 0;
}

/*
 * One page behind all
 */

static int viommu_table_init_shared(struct amd_iommu_viommu *aviommu,
				    const struct amd_viommu_table_type *type,
				    struct amd_viommu_table *table,
				    struct page *default_page)
{
	struct amd_iommu *iommu = aviommu->iommu;
	int ret;

	ret = amd_viommu_ipa_map(iommu, iommu->viommu_hw, aviommu->guest_id,
				 amd_viommu_table_ipa(type, aviommu->guest_id, 0),
				 type->size, default_page,
				 AMD_VIOMMU_TABLE_PAGE_SIZE);
	if (!ret)
		table->default_page = default_page;
	return ret;
}

/**
 * amd_viommu_table_is_shared() - Whether an entry lies in a default page
 * @type:  kind of the table
 * @table: the table
 * @id:    guest's ID
 *
 * Called under &amd_viommu_hw.table_lock.
 *
 * Return: true if the entry cannot change as it is.
 */
bool amd_viommu_table_is_shared(const struct amd_viommu_table_type *type,
				struct amd_viommu_table *table, u16 id)
{
	return !table->whole &&
	       !xa_load(&table->pages, id / amd_viommu_page_entries(type));
}

/**
 * amd_viommu_table_alloc_page() - Make a page for a part of a table
 * @aviommu: vIOMMU with its tables
 * @type:    kind of the table
 * @table:   the table, which keeps the page
 * @id:      guest's ID of any entry of the page
 * @host_id: host's ID in all entries, as in the default page
 *
 * Called under &amd_viommu_hw.table_lock. amd_viommu_table_unshare_page() must
 * follow.
 *
 * Return: the page, or an ERR_PTR() of -ENOMEM.
 */
struct page *
amd_viommu_table_alloc_page(struct amd_iommu_viommu *aviommu,
			    const struct amd_viommu_table_type *type,
			    struct amd_viommu_table *table, u16 id, u16 host_id)
{
	unsigned int page_nr = id / amd_viommu_page_entries(type);
	struct page *page;
	int ret;

	page = amd_viommu_default_page_alloc(aviommu->iommu, type, host_id);
	if (!page)
		return ERR_PTR(-ENOMEM);
	atomic64_add(amd_viommu_page_entries(type), &aviommu->stats.map_writes);

	ret = xa_err(xa_store(&table->pages, page_nr, page, GFP_KERNEL_ACCOUNT));
	if (ret) {
		viommu_table_free_pages(aviommu, page, AMD_VIOMMU_TABLE_PAGE_SIZE);
		return ERR_PTR(ret);
	}
	return page;
}

/**
 * amd_viommu_table_unshare_page() - Put a page behind a part of a table
 * @aviommu: vIOMMU whose commands pause
 * @type:    kind of the table
 * @table:   the table
 * @id:      guest's ID of any entry of the page
 * @page:    as returned by amd_viommu_table_alloc_page(); freed on failure
 *
 * Called under &amd_viommu_hw.table_lock. A command of the guest for an entry
 * of the page would find nothing in between.
 *
 * Return: 0, or -ENOMEM with the default page there as before.
 */
int amd_viommu_table_unshare_page(struct amd_iommu_viommu *aviommu,
				  const struct amd_viommu_table_type *type,
				  struct amd_viommu_table *table, u16 id,
				  struct page *page)
{
	unsigned int page_nr = id / amd_viommu_page_entries(type);
	u64 ipa = amd_viommu_table_ipa(type, aviommu->guest_id, page_nr);
	struct amd_iommu *iommu = aviommu->iommu;
	struct amd_viommu_hw *hw = iommu->viommu_hw;
	int ret;

	amd_viommu_ipa_unmap(iommu, hw, aviommu->guest_id, ipa,
			     AMD_VIOMMU_TABLE_PAGE_SIZE);
	ret = amd_viommu_ipa_map(iommu, hw, aviommu->guest_id, ipa,
				 AMD_VIOMMU_TABLE_PAGE_SIZE, page,
				 AMD_VIOMMU_TABLE_PAGE_SIZE);
	if (!ret)
		return 0;

	/* Its page table is still there: this needs no memory */
	WARN_ON(amd_viommu_ipa_map(iommu, hw, aviommu->guest_id, ipa,
				   AMD_VIOMMU_TABLE_PAGE_SIZE,
				   table->default_page,
				   AMD_VIOMMU_TABLE_PAGE_SIZE));
	xa_erase(&table->pages, page_nr);
	viommu_table_free_pages(aviommu, page, AMD_VIOMMU_TABLE_PAGE_SIZE);
	return ret;
}

/**
 * amd_viommu_table_set() - Change one entry of a guest's table
 * @aviommu: vIOMMU with its tables
 * @type:    kind of the table
 * @id:      guest's ID, whose entry is not shared
 * @host_id: host's ID that it stands for
 */
void amd_viommu_table_set(struct amd_iommu_viommu *aviommu,
			  const struct amd_viommu_table_type *type, u16 id,
			  u16 host_id)
{
	viommu_table_store(aviommu, type, id, 1, host_id);
}

/*
 * Set-up
 */

static void viommu_table_uninit(struct amd_iommu_viommu *aviommu,
				const struct amd_viommu_table_type *type,
				struct amd_viommu_table *table)
{
	struct amd_iommu *iommu = aviommu->iommu;
	unsigned long page_nr;
	struct page *page;

	amd_viommu_ipa_unmap(iommu, iommu->viommu_hw, aviommu->guest_id,
			     amd_viommu_table_ipa(type, aviommu->guest_id, 0),
			     type->size);

	xa_for_each(&table->pages, page_nr, page)
		viommu_table_free_pages(aviommu, page, AMD_VIOMMU_TABLE_PAGE_SIZE);
	xa_destroy(&table->pages);
	viommu_table_free_pages(aviommu, table->whole, type->size);
	table->whole = NULL;
}

/* Guest device IDs stand for an ID that no device has until there is a vDevice */
static int viommu_table_init_devid(struct amd_iommu_viommu *aviommu,
				   struct page *default_page)
{
	if (!default_page)
		return viommu_table_init_whole(aviommu, &amd_viommu_devid_type,
					       &aviommu->devid_table,
					       aviommu->iommu->viommu_hw->nobody_devid);
	return viommu_table_init_shared(aviommu, &amd_viommu_devid_type,
					&aviommu->devid_table, default_page);
}

/* Guest domain IDs stand for the parent until there is a nested domain */
static int viommu_table_init_domid(struct amd_iommu_viommu *aviommu, bool whole)
{
	struct amd_viommu_table *table = &aviommu->domid_table;
	u16 host_id = aviommu->parent->id;
	struct page *page;
	int ret;

	if (whole)
		return viommu_table_init_whole(aviommu, &amd_viommu_domid_type,
					       table, host_id);

	page = amd_viommu_default_page_alloc(aviommu->iommu,
					     &amd_viommu_domid_type, host_id);
	if (!page)
		return -ENOMEM;
	atomic64_add(amd_viommu_page_entries(&amd_viommu_domid_type),
		     &aviommu->stats.map_writes);
	ret = viommu_table_init_shared(aviommu, &amd_viommu_domid_type, table,
				       page);
	if (ret)
		viommu_table_free_pages(aviommu, page, AMD_VIOMMU_TABLE_PAGE_SIZE);
	return ret;
}

static int viommu_table_init_both(struct amd_iommu_viommu *aviommu)
{
	struct amd_viommu_hw *hw = aviommu->iommu->viommu_hw;
	struct page *default_page = amd_viommu_default_page_in_use(hw);
	int ret;

	guard(mutex)(&hw->table_lock);

	ret = viommu_table_init_devid(aviommu, default_page);
	if (ret)
		return ret;
	ret = viommu_table_init_domid(aviommu, !default_page);
	if (ret)
		viommu_table_uninit(aviommu, &amd_viommu_devid_type,
				    &aviommu->devid_table);
	return ret;
}

/**
 * amd_viommu_tables_init() - Give a guest its two tables, all default
 * @aviommu: vIOMMU with its guest ID and parent
 *
 * Return: 0, or -ENOMEM with nothing left behind.
 */
int amd_viommu_tables_init(struct amd_iommu_viommu *aviommu)
{
	int ret;

	xa_init(&aviommu->devid_table.pages);
	xa_init(&aviommu->domid_table.pages);
	ret = viommu_table_init_both(aviommu);
	trace_viommu_tables_init(aviommu, ret);
	return ret;
}

/**
 * amd_viommu_tables_uninit() - The reverse of amd_viommu_tables_init()
 * @aviommu: vIOMMU whose tables the hardware does not need any more
 */
void amd_viommu_tables_uninit(struct amd_iommu_viommu *aviommu)
{
	guard(mutex)(&aviommu->iommu->viommu_hw->table_lock);

	trace_viommu_tables_uninit(aviommu);
	viommu_table_uninit(aviommu, &amd_viommu_domid_type,
			    &aviommu->domid_table);
	viommu_table_free_pages(aviommu, aviommu->domid_table.default_page,
				AMD_VIOMMU_TABLE_PAGE_SIZE);
	aviommu->domid_table.default_page = NULL;

	/* The IOMMU owns the default page of this one */
	viommu_table_uninit(aviommu, &amd_viommu_devid_type,
			    &aviommu->devid_table);
	aviommu->devid_table.default_page = NULL;
}

static size_t viommu_table_memory(const struct amd_viommu_table_type *type,
				  struct amd_viommu_table *table)
{
	size_t size = table->whole ? type->size : 0;
	unsigned long page_nr;
	struct page *page;

	xa_for_each(&table->pages, page_nr, page)
		size += AMD_VIOMMU_TABLE_PAGE_SIZE;
	return size;
}

/**
 * amd_viommu_tables_memory() - Memory behind a guest's tables
 * @aviommu: vIOMMU with its tables
 *
 * Return: bytes that are this guest's alone, page tables not included.
 */
size_t amd_viommu_tables_memory(struct amd_iommu_viommu *aviommu)
{
	size_t size;

	guard(mutex)(&aviommu->iommu->viommu_hw->table_lock);

	size = viommu_table_memory(&amd_viommu_devid_type, &aviommu->devid_table) +
	       viommu_table_memory(&amd_viommu_domid_type, &aviommu->domid_table);
	if (aviommu->domid_table.default_page)
		size += AMD_VIOMMU_TABLE_PAGE_SIZE;
	return size;
}
