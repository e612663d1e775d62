// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's two ID tables, and the only way to change them.
 *
 * The DeviceID table says which host device a guest's device ID stands for,
 * the DomainID table which host domain a guest's domain ID stands for. Both
 * lie in the IOMMU's private address space, and their entries are private to
 * the hardware: software tells it what to store through VF control, after the
 * memory is mapped. Every entry has a default that is stored when the guest
 * is created, so that no ID a guest makes up is unmapped.
 *
 * That takes 131072 stores and 1.5 MiB per guest. Since nearly all entries
 * stay as they are, one page of defaults stands behind every slot (4 KiB) of a
 * table instead, until an entry of the slot changes. viommu_template.c makes
 * such pages and finds out whether this hardware allows it; where not, the
 * whole table is stored.
 */

#include <linux/io-64-nonatomic-lo-hi.h>

#include "amd_iommu.h"
#include "viommu.h"

#include <trace/events/amd_viommu.h>

/* VF control 00h, 08h: what to store */
#define MAP_VALID		BIT_ULL(0)
#define MAP_HOST_ID		GENMASK_ULL(29, 14)
#define MAP_GUEST_ID		GENMASK_ULL(61, 46)
#define MAP_STROBE		BIT_ULL(63)

const struct amd_viommu_table_type amd_viommu_devid_type = {
	.name		= "devid",
	.ipa		= 0x1000000000ULL,
	.size		= SZ_1M,
	.entry_size	= 16,
	.vfctrl		= AMD_VIOMMU_VFCTRL_DEVID_MAP,
};

const struct amd_viommu_table_type amd_viommu_domid_type = {
	.name		= "domid",
	.ipa		= 0x2000000000ULL,
	.size		= SZ_512K,
	.entry_size	= 8,
	.vfctrl		= AMD_VIOMMU_VFCTRL_DOMID_MAP,
};

/**
 * amd_viommu_table_ipa() - Where a slot of a guest's table lies
 * @type:     which table
 * @guest_id: whose
 * @slot:     which 4 KiB of it
 */
u64 amd_viommu_table_ipa(const struct amd_viommu_table_type *type, u16 guest_id,
			 unsigned int slot)
{
	return type->ipa + guest_id * type->size +
	       slot * AMD_VIOMMU_TABLE_SLOT_SIZE;
}

/**
 * amd_viommu_table_store() - Make the hardware store entries of a table
 * @hw:       hardware of the IOMMU, enabled
 * @type:     which table
 * @guest_id: whose; the memory of the entries is mapped
 * @first:    guest's ID of the first entry
 * @nr:       how many entries
 * @host_id:  host's ID that they all get
 *
 * The hardware has been told when this returns. What it stores is there for
 * its own use at once, and for others after a COMPLETION_WAIT.
 */
void amd_viommu_table_store(struct amd_viommu_hw *hw,
			    const struct amd_viommu_table_type *type,
			    u16 guest_id, unsigned int first, unsigned int nr,
			    u16 host_id)
{
	u8 __iomem *reg = amd_viommu_vfctrl(hw, guest_id) + type->vfctrl;
	u64 val = MAP_STROBE | MAP_VALID | FIELD_PREP(MAP_HOST_ID, host_id);

	for (unsigned int i = 0; i < nr; i++)
		writeq(val | FIELD_PREP(MAP_GUEST_ID, first + i), reg);
	/* Writes are posted, a read is not */
	readq(reg);
}

static void store(struct amd_iommu_viommu *aviommu,
		  const struct amd_viommu_table_type *type, unsigned int first,
		  unsigned int nr, u16 host_id)
{
	amd_viommu_table_store(aviommu->iommu->viommu_hw, type,
			       aviommu->guest_id, first, nr, host_id);
	atomic64_add(nr, &aviommu->stats.map_writes);
}

/*
 * The whole table
 */

static int init_whole(struct amd_iommu_viommu *aviommu,
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
		amd_viommu_ipa_free(table->whole, type->size);
		table->whole = NULL;
		return ret;
	}
	store(aviommu, type, 0, AMD_VIOMMU_TABLE_ENTRIES, host_id);
	return 0;
}

/*
 * One page behind every slot
 */

static int init_template(struct amd_iommu_viommu *aviommu,
			 const struct amd_viommu_table_type *type,
			 struct amd_viommu_table *table, struct page *template)
{
	struct amd_iommu *iommu = aviommu->iommu;
	int ret;

	ret = amd_viommu_ipa_map(iommu, iommu->viommu_hw, aviommu->guest_id,
				 amd_viommu_table_ipa(type, aviommu->guest_id, 0),
				 type->size, template,
				 AMD_VIOMMU_TABLE_SLOT_SIZE);
	if (!ret)
		table->template = template;
	return ret;
}

/* Entries of a shared page must not change: give the slot a page of its own */
static int own_slot(struct amd_iommu_viommu *aviommu,
		    const struct amd_viommu_table_type *type,
		    struct amd_viommu_table *table, unsigned int slot,
		    u16 host_id)
{
	u64 ipa = amd_viommu_table_ipa(type, aviommu->guest_id, slot);
	struct amd_iommu *iommu = aviommu->iommu;
	struct amd_viommu_hw *hw = iommu->viommu_hw;
	struct page *page;
	u64 paused;
	int ret;

	if (table->whole || xa_load(&table->own, slot))
		return 0;

	page = amd_viommu_template_alloc(iommu, type, host_id);
	if (!page)
		return -ENOMEM;
	atomic64_add(amd_viommu_slot_entries(type), &aviommu->stats.map_writes);

	ret = xa_err(xa_store(&table->own, slot, page, GFP_KERNEL_ACCOUNT));
	if (ret)
		goto free;

	/*
	 * The new page says the same as the old one. Only in between would a
	 * guest's command for another entry of the slot find nothing: let it
	 * wait.
	 */
	paused = amd_viommu_cmds_pause(aviommu);
	amd_viommu_ipa_unmap(iommu, hw, aviommu->guest_id, ipa,
			     AMD_VIOMMU_TABLE_SLOT_SIZE);
	ret = amd_viommu_ipa_map(iommu, hw, aviommu->guest_id, ipa,
				 AMD_VIOMMU_TABLE_SLOT_SIZE, page,
				 AMD_VIOMMU_TABLE_SLOT_SIZE);
	if (ret)
		goto restore;
	amd_viommu_cmds_resume(aviommu, paused);
	return 0;

restore:
	/* Its page table is still there, so that this needs no memory */
	WARN_ON(amd_viommu_ipa_map(iommu, hw, aviommu->guest_id, ipa,
				   AMD_VIOMMU_TABLE_SLOT_SIZE, table->template,
				   AMD_VIOMMU_TABLE_SLOT_SIZE));
	amd_viommu_cmds_resume(aviommu, paused);
	xa_erase(&table->own, slot);
free:
	amd_viommu_ipa_free(page, AMD_VIOMMU_TABLE_SLOT_SIZE);
	return ret;
}

/**
 * amd_viommu_table_set() - Change one entry of a guest's table
 * @aviommu:  vIOMMU with its tables
 * @type:     which table
 * @table:    that table
 * @guest_id: guest's device or domain ID
 * @host_id:  host's ID that it stands for
 * @other_id: host's ID that all entries of the slot stand for by default
 *
 * Return: 0, or -ENOMEM with the entry unchanged. Cannot fail for an entry
 * that was changed before.
 */
static int table_set(struct amd_iommu_viommu *aviommu,
		     const struct amd_viommu_table_type *type,
		     struct amd_viommu_table *table, u16 guest_id, u16 host_id,
		     u16 other_id)
{
	unsigned int slot = guest_id / amd_viommu_slot_entries(type);
	int ret;

	guard(mutex)(&aviommu->iommu->viommu_hw->table_lock);

	ret = own_slot(aviommu, type, table, slot, other_id);
	if (!ret)
		store(aviommu, type, guest_id, 1, host_id);
	return ret;
}

static void table_uninit(struct amd_iommu_viommu *aviommu,
			 const struct amd_viommu_table_type *type,
			 struct amd_viommu_table *table)
{
	struct amd_iommu *iommu = aviommu->iommu;
	unsigned long slot;
	struct page *page;

	amd_viommu_ipa_unmap(iommu, iommu->viommu_hw, aviommu->guest_id,
			     amd_viommu_table_ipa(type, aviommu->guest_id, 0),
			     type->size);

	xa_for_each(&table->own, slot, page)
		amd_viommu_ipa_free(page, AMD_VIOMMU_TABLE_SLOT_SIZE);
	xa_destroy(&table->own);
	amd_viommu_ipa_free(table->whole, type->size);
	table->whole = NULL;
}

/* Guest device IDs stand for host device 0 until there is a vDevice */
static int init_devid(struct amd_iommu_viommu *aviommu, struct page *template)
{
	if (!template)
		return init_whole(aviommu, &amd_viommu_devid_type,
				  &aviommu->devid_table, 0);
	return init_template(aviommu, &amd_viommu_devid_type,
			     &aviommu->devid_table, template);
}

/* Guest domain IDs stand for the parent until there is a nested domain */
static int init_domid(struct amd_iommu_viommu *aviommu, bool whole)
{
	struct amd_viommu_table *table = &aviommu->domid_table;
	u16 host_id = aviommu->parent->id;
	struct page *template;
	int ret;

	if (whole)
		return init_whole(aviommu, &amd_viommu_domid_type, table,
				  host_id);

	template = amd_viommu_template_alloc(aviommu->iommu,
					     &amd_viommu_domid_type, host_id);
	if (!template)
		return -ENOMEM;
	atomic64_add(amd_viommu_slot_entries(&amd_viommu_domid_type),
		     &aviommu->stats.map_writes);
	ret = init_template(aviommu, &amd_viommu_domid_type, table, template);
	if (ret)
		amd_viommu_ipa_free(template, AMD_VIOMMU_TABLE_SLOT_SIZE);
	return ret;
}

static int init_both(struct amd_iommu_viommu *aviommu)
{
	struct amd_viommu_hw *hw = aviommu->iommu->viommu_hw;
	struct page *template = amd_viommu_template_in_use(hw);
	int ret;

	guard(mutex)(&hw->table_lock);

	ret = init_devid(aviommu, template);
	if (ret)
		return ret;
	ret = init_domid(aviommu, !template);
	if (ret)
		table_uninit(aviommu, &amd_viommu_devid_type,
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

	xa_init(&aviommu->devid_table.own);
	xa_init(&aviommu->domid_table.own);
	ret = init_both(aviommu);
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
	table_uninit(aviommu, &amd_viommu_domid_type, &aviommu->domid_table);
	amd_viommu_ipa_free(aviommu->domid_table.template,
			    AMD_VIOMMU_TABLE_SLOT_SIZE);
	aviommu->domid_table.template = NULL;

	/* The template of this one is the IOMMU's */
	table_uninit(aviommu, &amd_viommu_devid_type, &aviommu->devid_table);
	aviommu->devid_table.template = NULL;
}

static size_t table_memory(const struct amd_viommu_table_type *type,
			   struct amd_viommu_table *table)
{
	unsigned long slot;
	struct page *page;
	size_t size = table->whole ? type->size : 0;

	xa_for_each(&table->own, slot, page)
		size += AMD_VIOMMU_TABLE_SLOT_SIZE;
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

	size = table_memory(&amd_viommu_devid_type, &aviommu->devid_table) +
	       table_memory(&amd_viommu_domid_type, &aviommu->domid_table);
	if (aviommu->domid_table.template)
		size += AMD_VIOMMU_TABLE_SLOT_SIZE;
	return size;
}

/**
 * amd_viommu_devid_map_set() - Let a guest's device ID stand for a host's
 * @aviommu: vIOMMU with its tables
 * @gdev_id: guest device ID
 * @hdev_id: host device ID
 *
 * Return: 0 or -ENOMEM.
 */
int amd_viommu_devid_map_set(struct amd_iommu_viommu *aviommu, u16 gdev_id,
			     u16 hdev_id)
{
	int ret = table_set(aviommu, &amd_viommu_devid_type,
			    &aviommu->devid_table, gdev_id, hdev_id, 0);

	trace_viommu_devid_map(aviommu, gdev_id, hdev_id, ret);
	return ret;
}

/**
 * amd_viommu_devid_map_clear() - Let a guest's device ID stand for none again
 * @aviommu: vIOMMU with its tables
 * @gdev_id: guest device ID that was set
 */
void amd_viommu_devid_map_clear(struct amd_iommu_viommu *aviommu, u16 gdev_id)
{
	table_set(aviommu, &amd_viommu_devid_type, &aviommu->devid_table,
		  gdev_id, 0, 0);
	trace_viommu_devid_unmap(aviommu, gdev_id, 0);
}

/**
 * amd_viommu_domid_map_set() - Let a guest's domain ID stand for a host's
 * @aviommu: vIOMMU with its tables
 * @gdom_id: guest domain ID
 * @hdom_id: host domain ID
 *
 * Return: 0 or -ENOMEM.
 */
int amd_viommu_domid_map_set(struct amd_iommu_viommu *aviommu, u16 gdom_id,
			     u16 hdom_id)
{
	int ret = table_set(aviommu, &amd_viommu_domid_type,
			    &aviommu->domid_table, gdom_id, hdom_id,
			    aviommu->parent->id);

	trace_viommu_domid_map(aviommu, gdom_id, hdom_id, ret);
	return ret;
}

/**
 * amd_viommu_domid_map_clear() - Let a guest's domain ID stand for the parent's
 * @aviommu: vIOMMU with its tables
 * @gdom_id: guest domain ID that was set
 */
void amd_viommu_domid_map_clear(struct amd_iommu_viommu *aviommu, u16 gdom_id)
{
	u16 host_id = aviommu->parent->id;

	table_set(aviommu, &amd_viommu_domid_type, &aviommu->domid_table,
		  gdom_id, host_id, host_id);
	trace_viommu_domid_unmap(aviommu, gdom_id, host_id);
}

#ifdef CONFIG_AMD_IOMMU_VIOMMU_KUNIT_TEST
#include "viommu_table_kunit.c"
#endif
