/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AMD hardware-accelerated vIOMMU: what its files share.
 *
 * viommu.c           discovery, switching on and off, sysfs
 * viommu_ipa.c       IOMMU private address space
 * viommu_guest_id.c  guest IDs
 * viommu_object.c    life of one vIOMMU
 * viommu_table.c     a guest's DeviceID and DomainID tables
 * viommu_template.c  pages of default entries for them
 * viommu_trans.c     DTE that guests' buffers translate through
 * trans_devid.c      whose requester ID that is
 * viommu_vdevice.c   devices of guests; nested.c has their domains
 * viommu_queue.c     queues that the hardware serves guests
 * viommu_queue_watch.c  what those do, from outside
 * viommu_queue_fault.c  those that the hardware could not reach
 * viommu_invalidate.c  guests' invalidations that the VMM forwards
 * viommu_cmd.c       host commands: sequence numbers, whose they are
 * viommu_event.c     host event log: whose records are, decoding
 * viommu_vevent.c    records handed to the VMM
 * viommu_iter.c      BPF iterators over all vIOMMUs and vDevices
 * viommu_debugfs.c   what the hardware holds of each guest
 */

#ifndef AMD_IOMMU_VIOMMU_H
#define AMD_IOMMU_VIOMMU_H

#include <linux/io.h>
#include <linux/iommufd.h>
#include <linux/xarray.h>

#include "amd_iommu.h"
#include "amd_iommu_types.h"

/* Guest IDs have 16 bits. 0 means none, bit 15 marks secure vIOMMUs. */
#define AMD_VIOMMU_GUEST_ID_MIN		1
#define AMD_VIOMMU_GUEST_ID_MAX		0x7ffe
/* Never handed out: the driver's own, see viommu_template.c */
#define AMD_VIOMMU_GUEST_ID_OWN		0x7fff
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

/* VF control entry of a guest */
#define AMD_VIOMMU_VFCTRL_DEVID_MAP	0x00
#define AMD_VIOMMU_VFCTRL_DOMID_MAP	0x08
#define AMD_VIOMMU_VFCTRL_MISC		0x10
#define AMD_VIOMMU_VFCTRL_EVTB_BASE	0x18
#define AMD_VIOMMU_VFCTRL_CMD		0x20
#define AMD_VIOMMU_VFCTRL_EVT		0x28
#define AMD_VIOMMU_VFCTRL_PPR		0x30
#define AMD_VIOMMU_VFCTRL_PPRB_BASE	0x38

#define   AMD_VIOMMU_QUEUE_ENABLE	BIT_ULL(8)

/* VF page of a guest */
#define AMD_VIOMMU_VF_CMD_HEAD		0x00
#define AMD_VIOMMU_VF_CMD_TAIL		0x08
#define AMD_VIOMMU_VF_EVT_HEAD		0x10
#define AMD_VIOMMU_VF_EVT_TAIL		0x18
#define AMD_VIOMMU_VF_STATUS		0x20
#define   AMD_VIOMMU_VF_STATUS_EVT_OVERFLOW	BIT(0)
#define   AMD_VIOMMU_VF_STATUS_EVT_RUN		BIT(3)
#define   AMD_VIOMMU_VF_STATUS_CMD_RUN		BIT(4)
#define   AMD_VIOMMU_VF_STATUS_PPR_OVERFLOW	BIT(5)
#define   AMD_VIOMMU_VF_STATUS_PPR_RUN		BIT(7)
#define AMD_VIOMMU_VF_PPR_HEAD		0x30
#define AMD_VIOMMU_VF_PPR_TAIL		0x38
#define   AMD_VIOMMU_VF_POINTER		GENMASK(18, 4)

/* Every ID table has an entry for every 16-bit ID */
#define AMD_VIOMMU_TABLE_ENTRIES	SZ_64K
#define AMD_VIOMMU_TABLE_SLOT_SIZE	SZ_4K

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
 * @table_lock: guests' tables: their memory, its mappings, their entries
 * @devid_template: page of default entries behind DeviceID tables, or NULL if
 *              the hardware does not allow it
 * @templates_on: new tables are made of templates
 * @guests:     guest ID to vIOMMU; hands out the IDs
 * @domains:    host domain ID to the vIOMMU that commands for it count for
 * @devices:    host device ID to vDevice
 * @buffers:    translation device ID to the vIOMMU whose buffers it reaches
 * @debugfs:    directory of the guests
 * @wait_guest: guest ID of the last command for a guest that no
 *              COMPLETION_WAIT follows yet, under &amd_iommu.lock
 *
 * Entries of @guests, @domains, @devices and @buffers may be used under &amd_iommu.lock: they are
 * removed first and that lock taken once after, see amd_viommu_quiesce().
 */
struct amd_viommu_hw {
	struct amd_viommu_region vf;
	struct amd_viommu_region vfctrl;
	struct amd_viommu_ipa ipa;
	struct mutex table_lock;	/* see above */
	struct page *devid_template;
	bool templates_on;
	struct xarray guests;
	struct xarray domains;
	struct xarray devices;
	struct xarray buffers;
	struct dentry *debugfs;
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

/**
 * struct amd_viommu_table_type - One of the two kinds of ID tables
 * @name:       for debugfs
 * @ipa:        where guest 0's would be in the private address space
 * @size:       size in bytes: guest N's is at @ipa + N * @size
 * @entry_size: size of an entry in bytes
 * @vfctrl:     register of the VF control entry that stores an entry
 */
struct amd_viommu_table_type {
	const char *name;
	u64 ipa;
	size_t size;
	size_t entry_size;
	u8 vfctrl;
};

/**
 * struct amd_iommu_vdevice - A host device that is a guest's device
 * @core:       iommufd's part; its virtual ID is the guest's device ID
 * @viommu:     vIOMMU of the guest
 * @dev:        the device
 * @serial:     order of creation, never reused
 * @created_ns: when, CLOCK_MONOTONIC in ns
 * @hdev_id:    host device ID
 * @gdev_id:    guest device ID
 * @events:     records of the host event log that name it
 */
struct amd_iommu_vdevice {
	struct iommufd_vdevice core;
	struct amd_iommu_viommu *viommu;
	struct device *dev;
	u64 serial;
	u64 created_ns;
	u16 hdev_id;
	u16 gdev_id;
	atomic64_t events;
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

/**
 * struct amd_viommu_queue_regs - Where the registers of a queue are
 * @name:     for messages and debugfs
 * @base:     bits of its VF control register that hold the address's upper ones
 * @run:      bit of the status register
 * @overflow: likewise, or 0
 * @head:     offset in the VF page
 * @tail:     likewise
 * @vfctrl:   offset in the VF control entry
 */
struct amd_viommu_queue_regs {
	const char *name;
	u64 base;
	u32 run;
	u32 overflow;
	u8 head;
	u8 tail;
	u8 vfctrl;
};

/**
 * amd_viommu_clear_enables() - Switch off every part of an IOMMU's vIOMMU
 * @iommu: IOMMU whose control register is mapped
 *
 * For every kernel that can drive the IOMMU, whether it can offer vIOMMUs or
 * not and whatever it was booted with: another kernel, left by kexec or by a
 * crash, may have had guests whose queues the hardware would go on serving
 * from that kernel's memory.
 */
static inline void amd_viommu_clear_enables(struct amd_iommu *iommu)
{
	static const u8 bits[] = {
		CONTROL_VIOMMU_EN, CONTROL_VCMD_EN, CONTROL_GSTBUFFERTRPMODE,
	};

	if (!check_feature(FEATURE_VIOMMUSUP))
		return;

	for (int i = 0; i < ARRAY_SIZE(bits); i++)
		if (readq(iommu->mmio_base + MMIO_CONTROL_OFFSET) &
		    BIT_ULL(bits[i]))
			iommu_feature_disable(iommu, bits[i]);
}

#ifdef CONFIG_AMD_IOMMU_IOMMUFD

extern struct mutex amd_viommu_lock;
extern struct xarray amd_viommus;
extern struct xarray amd_viommu_vdevices;
extern const struct amd_viommu_table_type amd_viommu_devid_type;
extern const struct amd_viommu_table_type amd_viommu_domid_type;
extern const struct amd_viommu_queue_regs amd_viommu_queue_regs[AMD_VIOMMU_NR_QUEUES];

/* VF control entry of a guest */
static inline u8 __iomem *amd_viommu_vfctrl(struct amd_viommu_hw *hw, u16 guest_id)
{
	return hw->vfctrl.base + guest_id * AMD_VIOMMU_VFCTRL_ENTRY_SIZE;
}

/* VF page of a guest */
static inline u8 __iomem *amd_viommu_vf(struct amd_iommu_viommu *aviommu)
{
	return aviommu->iommu->viommu_hw->vf.base +
	       aviommu->guest_id * AMD_VIOMMU_VF_PAGE_SIZE;
}

static inline unsigned int
amd_viommu_slot_entries(const struct amd_viommu_table_type *type)
{
	return AMD_VIOMMU_TABLE_SLOT_SIZE / type->entry_size;
}

/* viommu.c */
void amd_iommu_viommu_enable(void);
void amd_viommu_init_all(void);
void amd_viommu_disable(struct amd_iommu *iommu);
void amd_viommu_resume(struct amd_iommu *iommu);
const char *amd_viommu_state_name(struct amd_iommu *iommu);

/* viommu_ipa.c */
int amd_viommu_ipa_init(struct amd_iommu *iommu, struct amd_viommu_hw *hw);
void amd_viommu_ipa_uninit(struct amd_iommu *iommu, struct amd_viommu_hw *hw);
int amd_viommu_ipa_map(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
		       u16 guest_id, u64 ipa, size_t len, struct page *page,
		       size_t size);
void amd_viommu_ipa_unmap(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
			  u16 guest_id, u64 ipa, size_t len);
struct page *amd_viommu_ipa_alloc(struct amd_iommu *iommu, size_t size);
void amd_viommu_ipa_free(struct page *page, size_t size);

/* viommu_table.c */
u64 amd_viommu_table_ipa(const struct amd_viommu_table_type *type, u16 guest_id,
			 unsigned int slot);
void amd_viommu_table_store(struct amd_viommu_hw *hw,
			    const struct amd_viommu_table_type *type,
			    u16 guest_id, unsigned int first, unsigned int nr,
			    u16 host_id);
int amd_viommu_tables_init(struct amd_iommu_viommu *aviommu);
void amd_viommu_tables_uninit(struct amd_iommu_viommu *aviommu);
size_t amd_viommu_tables_memory(struct amd_iommu_viommu *aviommu);
int amd_viommu_devid_map_set(struct amd_iommu_viommu *aviommu, u16 gdev_id,
			     u16 hdev_id);
void amd_viommu_devid_map_clear(struct amd_iommu_viommu *aviommu, u16 gdev_id);
int amd_viommu_domid_map_set(struct amd_iommu_viommu *aviommu, u16 gdom_id,
			     u16 hdom_id);
void amd_viommu_domid_map_clear(struct amd_iommu_viommu *aviommu, u16 gdom_id);

/* viommu_template.c */
void amd_viommu_template_init(struct amd_iommu *iommu, struct amd_viommu_hw *hw);
struct page *amd_viommu_template_alloc(struct amd_iommu *iommu,
				       const struct amd_viommu_table_type *type,
				       u16 host_id);
struct page *amd_viommu_template_in_use(struct amd_viommu_hw *hw);

/* trans_devid.c */
int amd_viommu_trans_devid_init(struct amd_iommu_pci_seg *pci_seg);
int amd_viommu_trans_devid_alloc(struct amd_iommu_viommu *aviommu);
void amd_viommu_trans_devid_stop(struct amd_iommu_viommu *aviommu);
void amd_viommu_trans_devid_free(struct amd_iommu_viommu *aviommu);
int amd_viommu_trans_devid_claim(struct amd_iommu *iommu, struct device *dev);
int amd_viommu_trans_devid_prefer(struct amd_iommu_pci_seg *pci_seg, u16 devid);
u32 amd_viommu_trans_devid_count(struct amd_iommu_pci_seg *pci_seg, u32 *used);

/* viommu_trans.c */
int amd_viommu_trans_set(struct amd_iommu_viommu *aviommu, u16 trans_devid);
void amd_viommu_trans_stop(struct amd_iommu_viommu *aviommu);
void amd_viommu_trans_clear(struct amd_iommu_viommu *aviommu);
void amd_viommu_trans_restore(struct amd_iommu_viommu *aviommu);
void amd_viommu_trans_change_top(struct protection_domain *parent,
				 phys_addr_t top_paddr, unsigned int top_level);
bool amd_viommu_trans_set_dirty_tracking(struct protection_domain *parent);

/* viommu_vdevice.c */
int amd_viommu_vdevice_init(struct iommufd_vdevice *core);

/* viommu_queue.c */
size_t amd_viommu_queue_size(struct iommufd_viommu *core,
			     enum iommu_hw_queue_type type);
int amd_viommu_queue_init(struct iommufd_hw_queue *core, u32 index);
int amd_viommu_control_set(struct iommufd_viommu *core, u64 control);
u64 amd_viommu_control_get(struct iommufd_viommu *core);
u64 amd_viommu_cmds_pause(struct amd_iommu_viommu *aviommu);
void amd_viommu_cmds_resume(struct amd_iommu_viommu *aviommu, u64 paused);
void amd_viommu_queues_suspend(struct amd_iommu_viommu *aviommu);
void amd_viommu_queues_resume(struct amd_iommu_viommu *aviommu);

/* viommu_queue_watch.c */
void amd_viommu_queue_look(struct amd_iommu_viommu *aviommu,
			   enum amd_viommu_queue_type type);
void amd_viommu_queues_look(struct amd_iommu_viommu *aviommu);
void amd_viommu_queue_watch(struct amd_iommu_viommu *aviommu,
			    enum amd_viommu_queue_type type);

/* viommu_queue_fault.c */
void amd_viommu_queue_fault(struct amd_iommu *iommu, u64 serial,
			    const struct amd_iommu_event *event);

/* viommu_invalidate.c */
int amd_viommu_cache_invalidate(struct iommufd_viommu *core,
				struct iommu_user_data_array *array);

/* viommu_vevent.c */
void amd_viommu_vevent_deliver(struct amd_iommu *iommu, u64 serial,
			       const struct amd_iommu_event *event);

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
int amd_viommu_hdom_link(struct amd_iommu_viommu *aviommu, u16 hdom_id);
void amd_viommu_hdom_unlink(struct amd_iommu_viommu *aviommu, u16 hdom_id);
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
static inline void amd_viommu_disable(struct amd_iommu *iommu)
{
	amd_viommu_clear_enables(iommu);
}

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
static inline void
amd_viommu_trans_change_top(struct protection_domain *parent,
			    phys_addr_t top_paddr, unsigned int top_level) { }

static inline bool
amd_viommu_trans_set_dirty_tracking(struct protection_domain *parent)
{
	return false;
}

static inline int amd_viommu_trans_devid_claim(struct amd_iommu *iommu,
					       struct device *dev)
{
	return 0;
}

static inline void amd_viommu_event_log_overflow(struct amd_iommu *iommu) { }
static inline void amd_viommu_event_log_restart(struct amd_iommu *iommu) { }

#endif /* CONFIG_AMD_IOMMU_IOMMUFD */

#if defined(CONFIG_AMD_IOMMU_IOMMUFD) && defined(CONFIG_AMD_IOMMU_DEBUGFS)
void amd_viommu_debugfs_add(struct amd_iommu_viommu *aviommu);
void amd_viommu_debugfs_remove(struct amd_iommu_viommu *aviommu);
void amd_viommu_debugfs_setup(struct amd_iommu *iommu);
#else
static inline void amd_viommu_debugfs_add(struct amd_iommu_viommu *aviommu) { }
static inline void amd_viommu_debugfs_remove(struct amd_iommu_viommu *aviommu) { }
static inline void amd_viommu_debugfs_setup(struct amd_iommu *iommu) { }
#endif

#endif /* AMD_IOMMU_VIOMMU_H */
