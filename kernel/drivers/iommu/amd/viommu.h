/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AMD hardware-accelerated vIOMMU: what its files share.
 *
 * viommu.c           discovery, switching on and off, sysfs
 * viommu_ipa.c       IOMMU private address space
 * viommu_guest_id.c  guest IDs
 * viommu_object.c    life of one vIOMMU
 * viommu_cmd.c       host commands: sequence numbers, whose they are
 * viommu_event.c     host event log: whose records are, decoding
 * viommu_iter.c      BPF iterator over all vIOMMUs
 */

#ifndef AMD_IOMMU_VIOMMU_H
#define AMD_IOMMU_VIOMMU_H

#include <linux/xarray.h>

#include "amd_iommu_types.h"

/* Guest IDs have 16 bits. 0 means none, bit 15 marks secure vIOMMUs. */
#define AMD_VIOMMU_GUEST_ID_MIN		1
#define AMD_VIOMMU_GUEST_ID_MAX		0x7fff
#define AMD_VIOMMU_NR_GUEST_IDS		SZ_64K

/* Vendor-specific capability of the IOMMU function */
#define AMD_VIOMMU_CAP_VF_BAR_LO	0x08
#define   VF_BAR_LO_ADDR		GENMASK(31, 28)
#define AMD_VIOMMU_CAP_VF_BAR_HI	0x0c
#define AMD_VIOMMU_CAP_VFCTRL_BAR_LO	0x10
#define   VFCTRL_BAR_LO_ADDR		GENMASK(31, 22)
#define AMD_VIOMMU_CAP_VFCTRL_BAR_HI	0x14
#define   AMD_VIOMMU_BAR_ENABLE		BIT(0)

/* VF region: one 4 KiB page per guest; VF control region: 64 bytes each */
#define AMD_VIOMMU_VF_PAGE_SIZE		SZ_4K
#define AMD_VIOMMU_VF_SIZE	\
	((resource_size_t)AMD_VIOMMU_NR_GUEST_IDS * AMD_VIOMMU_VF_PAGE_SIZE)
#define AMD_VIOMMU_VFCTRL_ENTRY_SIZE	SZ_64
#define AMD_VIOMMU_VFCTRL_SIZE	\
	((resource_size_t)AMD_VIOMMU_NR_GUEST_IDS * AMD_VIOMMU_VFCTRL_ENTRY_SIZE)

/* RESET_VMMIO command */
#define CMD_RESET_VMMIO_GUEST_ID	GENMASK(15, 0)
#define CMD_RESET_VMMIO_ALL		BIT(28)
#define CMD_RESET_VMMIO_VCMD		BIT(31)

/* IPA: guest MMIO backing and dirty status, mapped for all guests at boot */
#define AMD_VIOMMU_IPA_BOOT_BASE	0
#define AMD_VIOMMU_IPA_BOOT_CHUNK	SZ_2M
#define AMD_VIOMMU_IPA_BOOT_CHUNKS	4

/**
 * struct amd_viommu_region - One of the two MMIO regions firmware assigns
 * @phys: physical base
 * @size: length in bytes
 * @base: kernel mapping, uncached
 */
struct amd_viommu_region {
	phys_addr_t phys;
	resource_size_t size;
	u8 __iomem *base;
};

/**
 * struct amd_viommu_ipa - IOMMU private address space of one IOMMU
 * @domain: v1 domain that maps IPA to SPA
 * @own:    stands for the IOMMU as a DMA device: lock and ID of its own DTE
 * @boot:   memory behind the first 8 MiB, uncached
 */
struct amd_viommu_ipa {
	struct protection_domain *domain;
	struct iommu_dev_data own;
	struct page *boot[AMD_VIOMMU_IPA_BOOT_CHUNKS];
};

/**
 * struct amd_viommu_hw - Hardware vIOMMU of one IOMMU, while it is enabled
 * @vf:         VF region: guest registers
 * @vfctrl:     VF control region: per-guest set-up by the host
 * @ipa:        private address space
 * @guests:     guest ID to vIOMMU; hands out the IDs
 * @domains:    host domain ID to the vIOMMU that commands for it count for
 * @wait_guest: guest ID of the last command for a guest that no
 *              COMPLETION_WAIT follows yet, under &amd_iommu.lock
 *
 * Entries of @guests and @domains may be used under &amd_iommu.lock: they are
 * removed first and that lock taken once after, see amd_viommu_quiesce().
 */
struct amd_viommu_hw {
	struct amd_viommu_region vf;
	struct amd_viommu_region vfctrl;
	struct amd_viommu_ipa ipa;
	struct xarray guests;
	struct xarray domains;
	u16 wait_guest;
};

/**
 * struct amd_viommu_wait - One COMPLETION_WAIT on its way
 * @seq:      its sequence number on the IOMMU
 * @start_ns: when it was queued, CLOCK_MONOTONIC; 0 if for no guest
 * @serial:   serial of the vIOMMU it counts for
 * @guest_id: guest ID of that vIOMMU, 0 if for no guest
 */
struct amd_viommu_wait {
	u64 seq;
	u64 start_ns;
	u64 serial;
	u16 guest_id;
};

#ifdef CONFIG_AMD_IOMMU_IOMMUFD

extern struct mutex amd_viommu_lock;
extern struct xarray amd_viommus;

/* viommu.c */
void amd_iommu_viommu_enable(void);
void amd_viommu_init_all(void);
void amd_viommu_disable(struct amd_iommu *iommu);
void amd_viommu_resume(struct amd_iommu *iommu);
const char *amd_viommu_state_name(struct amd_iommu *iommu);

/* viommu_ipa.c */
int amd_viommu_ipa_init(struct amd_iommu *iommu, struct amd_viommu_hw *hw);
void amd_viommu_ipa_uninit(struct amd_iommu *iommu, struct amd_viommu_hw *hw);

/* viommu_guest_id.c */
int amd_viommu_guest_id_alloc(struct amd_iommu_viommu *aviommu);
void amd_viommu_guest_id_free(struct amd_iommu_viommu *aviommu);

/* viommu_object.c */
int amd_viommu_create(struct amd_iommu_viommu *aviommu,
		      const struct iommu_user_data *user_data);
void amd_viommu_destroy(struct amd_iommu_viommu *aviommu);

/* viommu_cmd.c */
int amd_viommu_reset_vmmio(struct amd_iommu_viommu *aviommu);
int amd_viommu_domain_link(struct amd_iommu_viommu *aviommu);
void amd_viommu_domain_unlink(struct amd_iommu_viommu *aviommu);
void amd_viommu_quiesce(struct amd_iommu *iommu);
void amd_viommu_cmd_submit(struct amd_iommu *iommu, struct iommu_cmd *cmd,
			   struct amd_viommu_wait *wait);
void amd_viommu_cmd_complete(struct amd_iommu *iommu,
			     const struct amd_viommu_wait *wait, int ret);

/* viommu_event.c */
void amd_viommu_event_record(struct amd_iommu *iommu,
			     const struct amd_iommu_event *event);
void amd_viommu_report_event(struct amd_iommu *iommu,
			     const struct amd_iommu_event *event);
void amd_viommu_event_log_overflow(struct amd_iommu *iommu);
void amd_viommu_event_log_restart(struct amd_iommu *iommu);

#else /* CONFIG_AMD_IOMMU_IOMMUFD */

static inline void amd_iommu_viommu_enable(void)
{
	pr_notice("AMD-Vi: amd_iommu=viommu needs CONFIG_AMD_IOMMU_IOMMUFD\n");
}

static inline const char *amd_viommu_state_name(struct amd_iommu *iommu)
{
	return "unsupported";
}

static inline void amd_viommu_init_all(void) { }
static inline void amd_viommu_disable(struct amd_iommu *iommu) { }
static inline void amd_viommu_resume(struct amd_iommu *iommu) { }

static inline void
amd_viommu_cmd_submit(struct amd_iommu *iommu, struct iommu_cmd *cmd,
		      struct amd_viommu_wait *wait) { }
static inline void
amd_viommu_cmd_complete(struct amd_iommu *iommu,
			const struct amd_viommu_wait *wait, int ret) { }

static inline void
amd_viommu_event_record(struct amd_iommu *iommu,
			const struct amd_iommu_event *event) { }
static inline void
amd_viommu_report_event(struct amd_iommu *iommu,
			const struct amd_iommu_event *event) { }
static inline void amd_viommu_event_log_overflow(struct amd_iommu *iommu) { }
static inline void amd_viommu_event_log_restart(struct amd_iommu *iommu) { }

#endif /* CONFIG_AMD_IOMMU_IOMMUFD */

#endif /* AMD_IOMMU_VIOMMU_H */
