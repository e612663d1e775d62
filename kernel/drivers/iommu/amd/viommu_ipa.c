// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOMMU private address space (IPA).
 *
 * The hardware keeps the state of all vIOMMUs in memory, which it reaches as a
 * DMA device of its own: its requester ID has a DTE with a v1 table that maps
 * IPA to system physical addresses. Software maps memory there and never
 * writes it. The memory is uncached for the CPU, and write-back again before
 * anybody else gets it.
 */

#define pr_fmt(fmt)	"AMD-Vi: " fmt

#include <linux/iommu.h>
#include <linux/set_memory.h>

#include <kunit/static_stub.h>

#include "viommu_internal.h"

#include <trace/events/amd_viommu.h>

/* @address: as INVALIDATE_IOMMU_PAGES has it, with the bit that says if there is a size */
static int viommu_ipa_flush_address(struct amd_iommu *iommu,
				    struct amd_viommu_hw *hw, u64 address)
{
	struct iommu_cmd cmd = {};

	KUNIT_STATIC_STUB_REDIRECT(viommu_ipa_flush_address, iommu, hw, address);

	cmd.data[1] = hw->ipa.domain->id | CMD_INV_IOMMU_PAGES << 28;
	cmd.data[2] = lower_32_bits(address) | CMD_INV_IOMMU_PAGES_PDE_MASK;
	cmd.data[3] = upper_32_bits(address);
	return amd_iommu_queue_command_wait(iommu, &cmd);
}

/*
 * @len is a power of two, and @ipa a multiple of it. Hardware may cache absent
 * entries, too, so that a map needs this as well.
 */
static void viommu_ipa_flush(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
			     u64 ipa, size_t len)
{
	u64 address = ipa;

	if (len > PAGE_SIZE)
		address |= ((len / 2 - 1) & PAGE_MASK) |
			   CMD_INV_IOMMU_PAGES_SIZE_MASK;
	if (viommu_ipa_flush_address(iommu, hw, address))
		WRITE_ONCE(hw->flush_failed, true);
}

/* Whether the hardware may still use memory that was unmapped */
static bool viommu_ipa_is_stale(struct amd_iommu *iommu, struct amd_viommu_hw *hw)
{
	if (!READ_ONCE(hw->flush_failed))
		return false;
	/* A flush that timed out may be complete by now */
	if (viommu_ipa_flush_address(iommu, hw, CMD_INV_IOMMU_ALL_PAGES_ADDRESS |
						CMD_INV_IOMMU_PAGES_SIZE_MASK))
		return true;
	WRITE_ONCE(hw->flush_failed, false);
	return false;
}

static int viommu_ipa_map_repeated(struct protection_domain *domain, u64 ipa,
				   size_t len, struct page *page, size_t size)
{
	size_t done;
	int ret = 0;

	for (done = 0; done < len && !ret; done += size)
		ret = iommu_map(&domain->domain, ipa + done, page_to_phys(page),
				size, IOMMU_READ | IOMMU_WRITE,
				GFP_KERNEL_ACCOUNT);
	if (!ret)
		return 0;

	/* The last one failed */
	if (done > size)
		iommu_unmap(&domain->domain, ipa, done - size);
	return ret;
}

/**
 * amd_viommu_ipa_map() - Put memory behind a range of the address space
 * @iommu:    IOMMU
 * @hw:       its vIOMMU
 * @guest_id: guest that has the range, 0 for what all guests share
 * @ipa:      start of the range
 * @len:      length of the range in bytes, a multiple of @size
 * @page:     uncached memory, see amd_viommu_ipa_alloc()
 * @size:     its size in bytes; it is repeated to fill the range
 *
 * Readable and writable for the hardware. Returns with the flush completed.
 *
 * Return: 0, or a negative errno with nothing mapped.
 */
int amd_viommu_ipa_map(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
		       u16 guest_id, u64 ipa, size_t len, struct page *page,
		       size_t size)
{
	struct protection_domain *domain = hw->ipa.domain;
	int ret = viommu_ipa_map_repeated(domain, ipa, len, page, size);

	viommu_ipa_flush(iommu, hw, ipa, len);
	trace_viommu_ipa_map(iommu, guest_id, ipa, len, ret);
	return ret;
}

/**
 * amd_viommu_ipa_unmap() - The reverse of amd_viommu_ipa_map()
 * @iommu:    IOMMU
 * @hw:       its vIOMMU
 * @guest_id: guest that has the range
 * @ipa:      start of the range
 * @len:      length of the range in bytes
 *
 * Returns with the flush completed: the memory is the caller's again.
 */
void amd_viommu_ipa_unmap(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
			  u16 guest_id, u64 ipa, size_t len)
{
	struct protection_domain *domain = hw->ipa.domain;

	iommu_unmap(&domain->domain, ipa, len);
	viommu_ipa_flush(iommu, hw, ipa, len);
	trace_viommu_ipa_unmap(iommu, guest_id, ipa, len);
}

/**
 * amd_viommu_ipa_alloc() - Allocate memory for the hardware
 * @iommu: IOMMU that it is near to
 * @size:  size in bytes, a power of two of at least a page
 *
 * Zeroed, and uncached for the CPU. Charged to the caller's memory cgroup.
 *
 * Return: its first page, or NULL.
 */
struct page *amd_viommu_ipa_alloc(struct amd_iommu *iommu, size_t size)
{
	unsigned int order = get_order(size);
	struct page *page;

	page = alloc_pages_node(dev_to_node(&iommu->dev->dev),
				GFP_KERNEL_ACCOUNT | __GFP_ZERO, order);
	if (!page)
		return NULL;
	if (set_memory_uc((unsigned long)page_address(page), 1 << order)) {
		/* It may have changed some of the pages */
		set_memory_wb((unsigned long)page_address(page), 1 << order);
		__free_pages(page, order);
		return NULL;
	}
	return page;
}

/**
 * amd_viommu_ipa_free() - Free memory that the hardware does not use any more
 * @iommu: IOMMU
 * @hw:    its vIOMMU
 * @page:  as returned by amd_viommu_ipa_alloc(), or NULL
 * @size:  its size in bytes
 *
 * Where the IOMMU did not answer the flush that followed an unmap, memory is
 * lost rather than freed, and counted in &amd_viommu_hw.leaked.
 */
void amd_viommu_ipa_free(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
			 struct page *page, size_t size)
{
	unsigned int order = get_order(size);

	if (!page)
		return;
	if (viommu_ipa_is_stale(iommu, hw)) {
		atomic64_add(size, &hw->leaked);
		pr_err_ratelimited("ivhd%d: vIOMMU: does not answer, %zu bytes that it may still use are lost\n",
				   iommu->index, size);
		return;
	}
	/* Losing it is better than handing it out uncached */
	if (WARN_ON(set_memory_wb((unsigned long)page_address(page),
				  1 << order)))
		return;
	__free_pages(page, order);
}

static u64 viommu_ipa_boot_chunk(int chunk)
{
	return AMD_VIOMMU_IPA_BOOT_BASE + chunk * AMD_VIOMMU_IPA_BOOT_CHUNK;
}

static void viommu_ipa_unmap_boot(struct amd_iommu *iommu,
				  struct amd_viommu_hw *hw)
{
	struct amd_viommu_ipa *ipa = &hw->ipa;

	for (int i = AMD_VIOMMU_IPA_BOOT_CHUNKS - 1; i >= 0; i--) {
		if (!ipa->boot[i])
			continue;
		amd_viommu_ipa_unmap(iommu, hw, 0, viommu_ipa_boot_chunk(i),
				     AMD_VIOMMU_IPA_BOOT_CHUNK);
		amd_viommu_ipa_free(iommu, hw, ipa->boot[i],
				    AMD_VIOMMU_IPA_BOOT_CHUNK);
		ipa->boot[i] = NULL;
	}
}

static int viommu_ipa_map_boot(struct amd_iommu *iommu,
			       struct amd_viommu_hw *hw)
{
	for (int i = 0; i < AMD_VIOMMU_IPA_BOOT_CHUNKS; i++) {
		struct page *page;
		int ret;

		page = amd_viommu_ipa_alloc(iommu, AMD_VIOMMU_IPA_BOOT_CHUNK);
		if (!page)
			return -ENOMEM;

		ret = amd_viommu_ipa_map(iommu, hw, 0, viommu_ipa_boot_chunk(i),
					 AMD_VIOMMU_IPA_BOOT_CHUNK, page,
					 AMD_VIOMMU_IPA_BOOT_CHUNK);
		if (ret) {
			amd_viommu_ipa_free(iommu, hw, page,
					    AMD_VIOMMU_IPA_BOOT_CHUNK);
			return ret;
		}
		hw->ipa.boot[i] = page;
	}
	return 0;
}

static void viommu_ipa_set_own_dte(struct amd_iommu *iommu,
				   struct amd_viommu_ipa *ipa)
{
	struct pt_iommu_amdv1_hw_info pt_info;
	struct dev_table_entry new = {};

	pt_iommu_amdv1_hw_info(&ipa->domain->amdv1, &pt_info);
	new.data[0] = DTE_FLAG_V;
	amd_iommu_set_dte_v1(&ipa->own, ipa->domain, ipa->domain->id, &pt_info,
			     &new);
	amd_iommu_update_own_dte(iommu, &ipa->own, &new);
}

static void viommu_ipa_clear_own_dte(struct amd_iommu *iommu,
				     struct amd_viommu_ipa *ipa)
{
	/* As init_device_table_dma() leaves it: valid, translating nothing */
	struct dev_table_entry new = { .data = { DTE_FLAG_V | DTE_FLAG_TV } };

	amd_iommu_update_own_dte(iommu, &ipa->own, &new);
}

static struct protection_domain *
viommu_ipa_alloc_domain(struct amd_iommu *iommu)
{
	struct iommu_domain *dom;

	dom = amd_iommu_domain_alloc_paging_v1(&iommu->dev->dev, 0);
	if (IS_ERR(dom))
		return ERR_CAST(dom);
	/* Not made by the core, so what the core fills in is missing */
	dom->type = IOMMU_DOMAIN_UNMANAGED;
	return to_pdomain(dom);
}

/**
 * amd_viommu_ipa_init() - Build the private address space of an IOMMU
 * @iommu: IOMMU with translation on and the vIOMMU still off
 * @hw:    gets the address space
 *
 * Maps the first 8 MiB, zeroed, as 2 MiB pages and points the IOMMU's own DTE
 * at the table.
 *
 * Return: 0 or a negative errno with nothing left behind.
 */
int amd_viommu_ipa_init(struct amd_iommu *iommu, struct amd_viommu_hw *hw)
{
	struct amd_viommu_ipa *ipa = &hw->ipa;
	int ret;

	spin_lock_init(&ipa->own.dte_lock);
	ipa->own.devid = iommu->devid;

	ipa->domain = viommu_ipa_alloc_domain(iommu);
	if (IS_ERR(ipa->domain))
		return PTR_ERR(ipa->domain);

	/* Flushes of the domain go to this IOMMU though no device is attached */
	ret = amd_iommu_attach_own_domain(iommu, ipa->domain);
	if (ret)
		goto free_domain;

	ret = viommu_ipa_map_boot(iommu, hw);
	if (ret)
		goto unmap;

	viommu_ipa_set_own_dte(iommu, ipa);
	return 0;

unmap:
	viommu_ipa_unmap_boot(iommu, hw);
	amd_iommu_detach_own_domain(iommu, ipa->domain);
free_domain:
	amd_iommu_domain_free(&ipa->domain->domain);
	return ret;
}

/**
 * amd_viommu_ipa_uninit() - The reverse of amd_viommu_ipa_init()
 * @iommu: IOMMU with the vIOMMU off again
 * @hw:    owner of the address space
 */
void amd_viommu_ipa_uninit(struct amd_iommu *iommu, struct amd_viommu_hw *hw)
{
	struct amd_viommu_ipa *ipa = &hw->ipa;

	viommu_ipa_clear_own_dte(iommu, ipa);
	viommu_ipa_unmap_boot(iommu, hw);
	amd_iommu_detach_own_domain(iommu, ipa->domain);
	amd_iommu_domain_free(&ipa->domain->domain);
}

#ifdef CONFIG_AMD_IOMMU_VIOMMU_KUNIT_TEST
#include "viommu_ipa_kunit.c"
#endif
