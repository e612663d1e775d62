// SPDX-License-Identifier: GPL-2.0-only
/*
 * AMD hardware-accelerated vIOMMU: discovery, switching on and off.
 */

#define pr_fmt(fmt)	"AMD-Vi: " fmt

#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/pci.h>

#include <asm/iommu.h>

#include "viommu_internal.h"

static bool viommu_requested;

/**
 * amd_iommu_viommu_enable() - amd_iommu=viommu was on the kernel command line
 */
void __init amd_iommu_viommu_enable(void)
{
	viommu_requested = true;
}

/**
 * amd_viommu_state_name() - Name the state of the vIOMMU for users
 * @iommu: IOMMU in question
 *
 * Return: the word that sysfs shows, see
 * Documentation/ABI/testing/sysfs-class-iommu-amd-iommu.
 */
const char *amd_viommu_state_name(struct amd_iommu *iommu)
{
	switch (iommu->viommu_state) {
	case AMD_VIOMMU_OFF:
		return "off";
	case AMD_VIOMMU_FIRMWARE_BUG:
		return "firmware-bug";
	case AMD_VIOMMU_FAILED:
		return "failed";
	case AMD_VIOMMU_ENABLED:
		return "enabled";
	case AMD_VIOMMU_UNSUPPORTED:
	default:
		return "unsupported";
	}
}

/*
 * Registers
 */

static bool viommu_control_test(struct amd_iommu *iommu, u8 bit)
{
	return readq(iommu->mmio_base + MMIO_CONTROL_OFFSET) & BIT_ULL(bit);
}

/* Guest buffers by GPA have no feature bit: the control bit sticks or not */
static bool viommu_enable_guest_buffer_mode(struct amd_iommu *iommu)
{
	iommu_feature_enable(iommu, CONTROL_GSTBUFFERTRPMODE);
	return viommu_control_test(iommu, CONTROL_GSTBUFFERTRPMODE);
}

static int viommu_enable(struct amd_iommu *iommu)
{
	if (!viommu_enable_guest_buffer_mode(iommu))
		return -EOPNOTSUPP;
	iommu_feature_enable(iommu, CONTROL_GCR3TRPMODE);
	/* How the two bits divide the work is not known: keep this order */
	iommu_feature_enable(iommu, CONTROL_VCMD_EN);
	iommu_feature_enable(iommu, CONTROL_VIOMMU_EN);
	return viommu_control_test(iommu, CONTROL_VIOMMU_EN) ? 0 : -EIO;
}

/* Saves where guests' queues are for amd_viommu_resume(); nothing else runs */
static void viommu_suspend_guests(struct amd_iommu *iommu)
{
	struct amd_iommu_viommu *aviommu;
	unsigned long guest_id;

	/* A vIOMMU that a crashed kernel left on has no guests of this one */
	if (!iommu->viommu_hw || !viommu_control_test(iommu, CONTROL_VIOMMU_EN))
		return;
	xa_for_each(&iommu->viommu_hw->guests, guest_id, aviommu)
		amd_viommu_queues_suspend(aviommu);
}

/**
 * amd_viommu_disable() - Stop the vIOMMU of an IOMMU
 * @iommu: IOMMU that is being switched off or taken over from another kernel
 *
 * Also clears what another kernel left on, see amd_viommu_clear_enables().
 * The memory of this one stays mapped.
 *
 * On its way to sleep and back an IOMMU is switched off and on twice, once for
 * DMA and once for interrupt remapping. Only the first call finds the vIOMMU on,
 * and saves where guests' queues are.
 */
void amd_viommu_disable(struct amd_iommu *iommu)
{
	viommu_suspend_guests(iommu);
	amd_viommu_clear_enables(iommu);
}

/**
 * amd_viommu_resume() - Switch the vIOMMU on again after the IOMMU
 * @iommu: IOMMU that is enabled again; its device table is as before
 */
void amd_viommu_resume(struct amd_iommu *iommu)
{
	struct amd_iommu_viommu *aviommu;
	unsigned long guest_id;

	if (iommu->viommu_state != AMD_VIOMMU_ENABLED)
		return;
	if (viommu_enable(iommu)) {
		pr_err("ivhd%d: vIOMMU: does not come back after resume, its guests' queues stand still\n",
		       iommu->index);
		amd_viommu_disable(iommu);
		iommu->viommu_state = AMD_VIOMMU_FAILED;
		return;
	}
	xa_for_each(&iommu->viommu_hw->guests, guest_id, aviommu) {
		amd_viommu_trans_devid_write(aviommu);
		amd_viommu_queues_resume(aviommu);
	}
}

/*
 * Regions that firmware assigns
 */

static phys_addr_t viommu_read_bar(struct pci_dev *pdev, int lo_offset,
				   u32 lo_mask, int hi_offset)
{
	u32 lo, hi;

	if (pci_read_config_dword(pdev, lo_offset, &lo) ||
	    pci_read_config_dword(pdev, hi_offset, &hi))
		return 0;
	if (PCI_POSSIBLE_ERROR(lo) || !(lo & AMD_VIOMMU_BAR_ENABLE))
		return 0;
	return (phys_addr_t)hi << 32 | (lo & lo_mask);
}

static bool viommu_find_regions(struct amd_iommu *iommu,
				struct amd_viommu_hw *hw)
{
	struct pci_dev *pdev = iommu->dev;
	int cap = pci_find_capability(pdev, PCI_CAP_ID_VNDR);

	if (!cap)
		return false;

	hw->vf.size = AMD_VIOMMU_VF_SIZE;
	hw->vf.phys = viommu_read_bar(pdev, cap + AMD_VIOMMU_CAP_VF_BAR_LO,
				      VF_BAR_LO_ADDR,
				      cap + AMD_VIOMMU_CAP_VF_BAR_HI);
	hw->vfctrl.size = AMD_VIOMMU_VFCTRL_SIZE;
	hw->vfctrl.phys = viommu_read_bar(pdev,
					  cap + AMD_VIOMMU_CAP_VFCTRL_BAR_LO,
					  VFCTRL_BAR_LO_ADDR,
					  cap + AMD_VIOMMU_CAP_VFCTRL_BAR_HI);
	return hw->vf.phys && hw->vfctrl.phys;
}

static int viommu_map_region(struct amd_viommu_region *region, const char *name)
{
	if (!request_mem_region(region->phys, region->size, name))
		return -EBUSY;
	region->base = ioremap(region->phys, region->size);
	if (!region->base) {
		release_mem_region(region->phys, region->size);
		return -ENOMEM;
	}
	return 0;
}

static void viommu_unmap_region(struct amd_viommu_region *region)
{
	iounmap(region->base);
	release_mem_region(region->phys, region->size);
}

static int viommu_map_regions(struct amd_viommu_hw *hw)
{
	int ret = viommu_map_region(&hw->vf, "amd_iommu vIOMMU VF");

	if (ret)
		return ret;
	ret = viommu_map_region(&hw->vfctrl, "amd_iommu vIOMMU VF control");
	if (ret)
		viommu_unmap_region(&hw->vf);
	return ret;
}

static void viommu_unmap_regions(struct amd_viommu_hw *hw)
{
	viommu_unmap_region(&hw->vfctrl);
	viommu_unmap_region(&hw->vf);
}

/*
 * Discovery
 */

static bool viommu_is_usable(struct amd_iommu *iommu)
{
	if (!check_feature(FEATURE_VIOMMUSUP)) {
		pr_info("ivhd%d: vIOMMU: not supported by this IOMMU\n",
			iommu->index);
		return false;
	}
	if (viommu_requested && !viommu_control_test(iommu, CONTROL_GA_EN)) {
		pr_info("ivhd%d: vIOMMU: not supported without guest APIC mode; do not boot with amd_iommu_intr=legacy or without interrupt remapping\n",
			iommu->index);
		return false;
	}
	/* As amd_iommu_domain_alloc_paging_flags() wants it of a nesting parent */
	if (viommu_requested && !(check_feature(FEATURE_GT) &&
				  check_feature(FEATURE_GIOSUP) &&
				  check_feature2(FEATURE_GCR3TRPMODE))) {
		pr_info("ivhd%d: vIOMMU: not supported, this IOMMU cannot nest guests' tables on the host's\n",
			iommu->index);
		return false;
	}
	/* Tables of guests and of the vIOMMU would need entries in the RMP */
	if (viommu_requested && amd_iommu_snp_en) {
		pr_info("ivhd%d: vIOMMU: not supported on a host with SEV-SNP\n",
			iommu->index);
		return false;
	}
	if (viommu_requested && amd_iommu_hatdis) {
		pr_info("ivhd%d: vIOMMU: not supported without host address translation\n",
			iommu->index);
		return false;
	}
	return true;
}

static int viommu_setup(struct amd_iommu *iommu, struct amd_viommu_hw *hw)
{
	int ret = viommu_map_regions(hw);

	if (ret)
		return ret;

	ret = amd_viommu_trans_devid_init(iommu->pci_seg);
	if (ret)
		goto unmap;

	hw->nobody_devid = amd_viommu_trans_devid_nobody(iommu->pci_seg);

	ret = amd_viommu_latency_on(iommu, AMD_VIOMMU_TIMED_GUESTS);
	if (ret)
		goto unmap;

	ret = amd_viommu_ipa_init(iommu, hw);
	if (ret)
		goto unmap;

	ret = viommu_enable(iommu);
	if (ret)
		goto disable;

	amd_viommu_default_page_init(iommu, hw);
	return 0;

disable:
	amd_viommu_disable(iommu);
	amd_viommu_ipa_uninit(iommu, hw);
unmap:
	amd_viommu_latency_off(iommu, AMD_VIOMMU_TIMED_GUESTS);
	viommu_unmap_regions(hw);
	return ret;
}

static enum amd_viommu_state viommu_setup_state(struct amd_iommu *iommu,
						struct amd_viommu_hw *hw)
{
	int ret;

	if (!viommu_find_regions(iommu, hw)) {
		pr_warn(FW_BUG "ivhd%d: vIOMMU: firmware did not enable the VF and VF control BARs; running without, a firmware update may help\n",
			iommu->index);
		return AMD_VIOMMU_FIRMWARE_BUG;
	}

	ret = viommu_setup(iommu, hw);
	if (ret == -EOPNOTSUPP) {
		pr_info("ivhd%d: vIOMMU: not supported, this IOMMU does not translate guest buffers\n",
			iommu->index);
		return AMD_VIOMMU_UNSUPPORTED;
	}
	if (ret) {
		pr_err("ivhd%d: vIOMMU: set-up failed (%pe), running without\n",
		       iommu->index, ERR_PTR(ret));
		return AMD_VIOMMU_FAILED;
	}

	pr_info("ivhd%d: vIOMMU: enabled, %d guest IDs, VF %pa, VF control %pa\n",
		iommu->index, AMD_VIOMMU_GUEST_ID_MAX, &hw->vf.phys,
		&hw->vfctrl.phys);
	return AMD_VIOMMU_ENABLED;
}

static enum amd_viommu_state viommu_init_one(struct amd_iommu *iommu)
{
	enum amd_viommu_state state;
	struct amd_viommu_hw *hw;

	if (!viommu_is_usable(iommu))
		return AMD_VIOMMU_UNSUPPORTED;
	if (!viommu_requested) {
		pr_info("ivhd%d: vIOMMU: off, boot with amd_iommu=viommu to use it\n",
			iommu->index);
		return AMD_VIOMMU_OFF;
	}

	hw = kzalloc_obj(*hw);
	if (!hw)
		return AMD_VIOMMU_FAILED;
	xa_init_flags(&hw->guests, XA_FLAGS_ALLOC);
	xa_init(&hw->domains);
	xa_init(&hw->devices);
	xa_init(&hw->buffers);
	xa_init(&hw->gdoms);
	spin_lock_init(&hw->event_lock);
	mutex_init(&hw->table_lock);
	mutex_init(&hw->irq_lock);
	xa_init(&hw->irtes);

	state = viommu_setup_state(iommu, hw);
	if (state != AMD_VIOMMU_ENABLED) {
		kfree(hw);
		return state;
	}

	/* Commands and events look here from any context */
	smp_store_release(&iommu->viommu_hw, hw);
	return state;
}

/**
 * amd_viommu_init_all() - Find and enable the vIOMMU of every IOMMU
 *
 * Runs once at boot, after the IOMMUs translate and their interrupts work, so
 * that the driver sees whatever the hardware logs about it. An IOMMU on which it
 * fails runs on without vIOMMU.
 */
void amd_viommu_init_all(void)
{
	struct amd_iommu *iommu;

	for_each_iommu(iommu)
		iommu->viommu_state = viommu_init_one(iommu);
}
