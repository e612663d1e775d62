/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AMD hardware-accelerated vIOMMU: what its own files share.
 *
 * Files by layer, the lowest first. A file calls its own layer and lower ones.
 *
 * viommu_regs.c          registers
 * viommu_list.c          vIOMMUs and vDevices that exist, and how to find them
 * viommu_quota.c         shares of users in what is scarce
 * viommu_cmd.c           host commands: sequence numbers, whose they are
 * viommu_ipa.c           IOMMU private address space
 * viommu_default_page.c  pages of default entries for guests' ID tables
 * viommu_table.c         a guest's DeviceID and DomainID tables
 * viommu_queue_sample.c  what guests' queues do, as seen from outside
 * viommu_queue.c         queues that the hardware serves guests
 * viommu_map.c           which host ID a guest's ID stands for
 * trans_devid.c          pool of requester IDs for guests' buffers
 * viommu_trans.c         DTE that guests' buffers translate through
 * viommu_debugfs.c       what the hardware holds of each guest
 * viommu_iter.c          BPF iterators over all vIOMMUs and vDevices
 * viommu_object.c        life of one vIOMMU
 * viommu_vdevice.c       devices of guests; nested.c has their domains
 * viommu_invalidate.c    guests' invalidations that the VMM forwards
 * viommu_event.c         host event log: whose records are, and who is told
 * viommu.c               discovery, switching on and off, sysfs
 */

#ifndef AMD_IOMMU_VIOMMU_INTERNAL_H
#define AMD_IOMMU_VIOMMU_INTERNAL_H

#include <linux/cleanup.h>
#include <linux/xarray.h>

#include "viommu.h"
#include "viommu_regs.h"

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
 * @table_lock: guests' tables: their memory, its mappings, their entries
 * @devid_default_page: default entries behind all DeviceID tables, or NULL if
 *              the hardware does not allow it
 * @default_pages_on: new tables are made of default pages
 * @flush_failed: the IOMMU did not answer a flush of @ipa
 * @leaked:     memory that it may still use since, in bytes
 * @guests:     guest ID to vIOMMU; hands out the IDs
 * @domains:    host domain ID to the vIOMMU that commands for it count for
 * @devices:    host device ID to vDevice
 * @buffers:    translation device ID to the vIOMMU whose buffers it reaches
 * @debugfs:    directory of the guests
 * @wait_guest: guest ID of the last command for a guest that no
 *              COMPLETION_WAIT follows yet, under &amd_iommu.lock
 *
 * Entries of @guests, @domains, @devices and @buffers may be used under
 * &amd_iommu.lock: they are removed first and that lock is taken once after,
 * see amd_viommu_sync().
 */
struct amd_viommu_hw {
	struct amd_viommu_region vf;
	struct amd_viommu_region vfctrl;
	struct amd_viommu_ipa ipa;
	struct mutex table_lock;	/* see above */
	struct page *devid_default_page;
	bool default_pages_on;
	bool flush_failed;
	atomic64_t leaked;
	struct xarray guests;
	struct xarray domains;
	struct xarray devices;
	struct xarray buffers;
	struct dentry *debugfs;
	u16 wait_guest;
};

/**
 * struct amd_viommu_domain - A domain of a guest, for iterators
 * @viommu:  vIOMMU of the guest
 * @gdom_id: guest domain ID
 * @hdom_id: host domain ID that stands for it
 * @users:   nested domains that have it
 * @mapped:  the guest's DomainID table has it: a device was attached
 */
struct amd_viommu_domain {
	struct amd_iommu_viommu *viommu;
	u16 gdom_id;
	u16 hdom_id;
	u32 users;
	bool mapped;
};

/* viommu_list.c */
void amd_viommu_list_lock(void);
void amd_viommu_list_unlock(void);
DEFINE_LOCK_GUARD_0(amd_viommu_list, amd_viommu_list_lock(),
		    amd_viommu_list_unlock())
struct amd_iommu_viommu *amd_viommu_find(u64 serial);
struct amd_iommu_viommu *amd_viommu_find_after(unsigned long *serial);
struct amd_iommu_vdevice *amd_viommu_vdevice_find_after(unsigned long *serial);
int amd_viommu_list_add(struct amd_iommu_viommu *aviommu);
void amd_viommu_list_del(struct amd_iommu_viommu *aviommu);
int amd_viommu_list_add_vdevice(struct amd_iommu_vdevice *vdev);
void amd_viommu_list_del_vdevice(struct amd_iommu_vdevice *vdev);
int amd_viommu_guest_id_alloc(struct amd_iommu_viommu *aviommu);
void amd_viommu_guest_id_free(struct amd_iommu_viommu *aviommu);
void amd_viommu_sync(struct amd_iommu *iommu);

/* viommu_quota.c */
u32 amd_viommu_quota_used(struct amd_iommu_viommu *aviommu,
			  enum amd_viommu_resource resource, u32 *share);

/* viommu_cmd.c */
int amd_viommu_reset_vmmio(struct amd_iommu_viommu *aviommu);

/* viommu_ipa.c */
int amd_viommu_ipa_init(struct amd_iommu *iommu, struct amd_viommu_hw *hw);
void amd_viommu_ipa_uninit(struct amd_iommu *iommu, struct amd_viommu_hw *hw);
int amd_viommu_ipa_map(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
		       u16 guest_id, u64 ipa, size_t len, struct page *page,
		       size_t size);
void amd_viommu_ipa_unmap(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
			  u16 guest_id, u64 ipa, size_t len);
struct page *amd_viommu_ipa_alloc(struct amd_iommu *iommu, size_t size);
void amd_viommu_ipa_free(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
			 struct page *page, size_t size);

/* viommu_default_page.c */
void amd_viommu_default_page_init(struct amd_iommu *iommu,
				  struct amd_viommu_hw *hw);
struct page *
amd_viommu_default_page_alloc(struct amd_iommu *iommu,
			      const struct amd_viommu_table_type *type,
			      u16 host_id);
struct page *amd_viommu_default_page_in_use(struct amd_viommu_hw *hw);

/* viommu_table.c */
int amd_viommu_tables_init(struct amd_iommu_viommu *aviommu);
void amd_viommu_tables_uninit(struct amd_iommu_viommu *aviommu);
size_t amd_viommu_tables_memory(struct amd_iommu_viommu *aviommu);
bool amd_viommu_table_is_shared(const struct amd_viommu_table_type *type,
				struct amd_viommu_table *table, u16 id);
struct page *
amd_viommu_table_alloc_page(struct amd_iommu_viommu *aviommu,
			    const struct amd_viommu_table_type *type,
			    struct amd_viommu_table *table, u16 id, u16 host_id);
int amd_viommu_table_unshare_page(struct amd_iommu_viommu *aviommu,
				  const struct amd_viommu_table_type *type,
				  struct amd_viommu_table *table, u16 id,
				  struct page *page);
void amd_viommu_table_set(struct amd_iommu_viommu *aviommu,
			  const struct amd_viommu_table_type *type, u16 id,
			  u16 host_id);

/* viommu_queue_sample.c */
void amd_viommu_queue_sample(struct amd_iommu_viommu *aviommu,
			     enum amd_viommu_queue_type type);
void amd_viommu_queues_sample(struct amd_iommu_viommu *aviommu);

/* viommu_queue.c */
u64 amd_viommu_cmds_pause(struct amd_iommu_viommu *aviommu);
void amd_viommu_cmds_resume(struct amd_iommu_viommu *aviommu, u64 paused);
void amd_viommu_queues_cut_off(struct amd_iommu_viommu *aviommu);
void amd_viommu_queues_suspend(struct amd_iommu_viommu *aviommu);
void amd_viommu_queues_resume(struct amd_iommu_viommu *aviommu);

/* viommu_map.c */
int amd_viommu_devid_map_set(struct amd_iommu_viommu *aviommu, u16 gdev_id,
			     u16 hdev_id);
void amd_viommu_devid_map_clear(struct amd_iommu_viommu *aviommu, u16 gdev_id);

/* trans_devid.c */
extern struct mutex amd_viommu_trans_lock;
int amd_viommu_trans_devid_init(struct amd_iommu_pci_seg *pci_seg);
void amd_viommu_trans_devid_uninit(struct amd_iommu_pci_seg *pci_seg);
int amd_viommu_trans_devid_alloc(struct amd_iommu_viommu *aviommu,
				 u16 *trans_devid);
void amd_viommu_trans_devid_free(struct amd_iommu_pci_seg *pci_seg,
				 u16 trans_devid);
struct amd_iommu_viommu *
amd_viommu_trans_devid_reserve(struct amd_iommu_pci_seg *pci_seg, u16 devid);
int amd_viommu_trans_devid_prefer(struct amd_iommu_pci_seg *pci_seg, u16 devid);
u32 amd_viommu_trans_devid_count(struct amd_iommu_pci_seg *pci_seg, u32 *used);

/* viommu_trans.c */
int amd_viommu_trans_init(struct amd_iommu_viommu *aviommu);
void amd_viommu_trans_stop(struct amd_iommu_viommu *aviommu);
void amd_viommu_trans_uninit(struct amd_iommu_viommu *aviommu);

/* viommu_debugfs.c */
#ifdef CONFIG_AMD_IOMMU_DEBUGFS
void amd_viommu_debugfs_add(struct amd_iommu_viommu *aviommu);
void amd_viommu_debugfs_remove(struct amd_iommu_viommu *aviommu);
#else
static inline void amd_viommu_debugfs_add(struct amd_iommu_viommu *aviommu) { }
static inline void amd_viommu_debugfs_remove(struct amd_iommu_viommu *aviommu) { }
#endif

#endif /* AMD_IOMMU_VIOMMU_INTERNAL_H */
