/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AMD hardware-accelerated vIOMMU: what its own files share.
 *
 * Files by layer, the lowest first. A file calls its own layer and lower ones.
 *
 * viommu_regs.c          registers
 * viommu_list.c          vIOMMUs and vDevices that exist, and how to find them
 * viommu_quota.c         shares of users in what is scarce
 * viommu_latency.c       how long host commands take
 * viommu_cmd.c           host commands: sequence numbers, the guests they are for
 * viommu_ipa.c           IOMMU private address space
 * viommu_default_page.c  pages of default entries for guests' ID tables
 * viommu_table.c         a guest's DeviceID and DomainID tables
 * viommu_queue_sample.c  what the host can see of guests' queues
 * viommu_queue.c         queues that the hardware serves guests
 * viommu_irq.c           interrupts for records in guests' logs
 * viommu_map.c           which host ID a guest's ID stands for
 * trans_devid.c          pool of requester IDs for guests' buffers
 * viommu_trans.c         DTE that guests' buffers translate through
 * viommu_debugfs.c       what the hardware holds of each guest
 * viommu_iter.c          BPF iterators over all vIOMMUs and vDevices
 * viommu_object.c        life of one vIOMMU
 * viommu_vdevice.c       devices of guests; nested.c has their domains
 * viommu_invalidate.c    guests' invalidations that the VMM forwards
 * viommu_event.c         host event log: records of guests, and their VMMs
 * viommu.c               discovery, switching on and off, sysfs
 */

#ifndef AMD_IOMMU_VIOMMU_INTERNAL_H
#define AMD_IOMMU_VIOMMU_INTERNAL_H

#include <linux/cleanup.h>
#include <linux/timex.h>
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
 * @nobody_devid: host device ID that guests' device IDs stand for by default
 * @devid_default_page: default entries behind all DeviceID tables, or NULL if
 *              the hardware does not allow it
 * @default_pages_on: new tables are made of default pages
 * @flush_failed: the IOMMU did not answer a flush of @ipa
 * @leaked:     memory that it may still use since, in bytes
 * @guests:     guest ID to vIOMMU; hands out the IDs
 * @domains:    host domain ID to the vIOMMU that commands for it count for
 * @devices:    host device ID to vDevice
 * @buffers:    translation device ID to the vIOMMU whose buffers it reaches
 * @gdoms:      host domain ID to the guest domain ID that it stands for, a value
 * @irq_lock:   interrupts of guests: all below, and &amd_iommu_viommu.irqs
 * @irq_domain: Linux's interrupts that stand for them, or NULL
 * @irq_table:  first level of the table that the own DTE of @ipa leads to, or NULL
 * @irtes:      its second level: number of the entry of the first to 256 IRTEs
 * @event_lock: held while a record of the event log is looked at
 * @debugfs:    directory of the guests
 * @wait_guest: vIOMMU of the last command that no COMPLETION_WAIT follows yet,
 *              or NULL; under &amd_iommu.lock
 * @waited_guest: vIOMMU that the last COMPLETION_WAIT was for, or NULL; valid only
 *              as long as &amd_iommu.lock is held since then
 * @flush_guest: vIOMMU that has the domain of the last flush, or NULL; likewise
 * @flush_domain: that domain
 *
 * Entries of @guests, @domains, @devices and @buffers may be used under
 * &amd_iommu.lock, as commands do, and under @event_lock, as the event log does:
 * they are removed first and both locks are taken once after, see
 * amd_viommu_sync().
 */
struct amd_viommu_hw {
	struct amd_viommu_region vf;
	struct amd_viommu_region vfctrl;
	struct amd_viommu_ipa ipa;
	struct mutex table_lock;	/* see above */
	u16 nobody_devid;
	struct page *devid_default_page;
	bool default_pages_on;
	bool flush_failed;
	atomic64_t leaked;
	struct xarray guests;
	struct xarray domains;
	struct xarray devices;
	struct xarray buffers;
	struct xarray gdoms;
	struct mutex irq_lock;		/* see above */
	struct irq_domain *irq_domain;
	u64 *irq_table;
	struct xarray irtes;
	spinlock_t event_lock;		/* see above */
	struct dentry *debugfs;
	struct amd_iommu_viommu *wait_guest;
	struct amd_iommu_viommu *waited_guest;
	struct amd_iommu_viommu *flush_guest;
	u16 flush_domain;
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

/**
 * struct amd_viommu_quota - Use of scarce resources by a vIOMMU's user and by all
 * @used:            how many the user has, by &enum amd_viommu_resource
 * @share:           how many the user may have, U32_MAX for no limit
 * @total:           how many all users have together
 * @host_domain_ids: domain IDs that only the host can have
 */
struct amd_viommu_quota {
	u32 used[AMD_VIOMMU_NR_RESOURCES];
	u32 share[AMD_VIOMMU_NR_RESOURCES];
	u32 total[AMD_VIOMMU_NR_RESOURCES];
	u32 host_domain_ids;
};

void amd_viommu_quota_get(const struct amd_iommu_viommu *aviommu,
			  struct amd_viommu_quota *quota);

/* viommu_latency.c */

/* Octaves from 1 ns to 34 s in four equal steps each */
#define AMD_VIOMMU_LATENCY_BUCKETS 136u
/* Opcodes that can be for a guest */
#define AMD_VIOMMU_LATENCY_ROWS 5

/**
 * struct amd_viommu_latency - How long commands with one opcode took
 * @opcode:      the opcode
 * @count:       how many are done
 * @total_ns:    sum of their latencies
 * @max_ns:      the longest latency
 * @slowest_ns:  when that command was seen to be done, CLOCK_MONOTONIC
 * @slowest_seq: its sequence number
 * @slowest_cmd: the command itself
 * @bucket:      histogram of the latencies: bucket 4 * (n - 1) + i counts from
 *               (4 + i) * 2^(n - 2) ns on, n being 2 or more; those below that
 *               count single nanoseconds, the last one has what is longer, too
 *
 * Cumulative. Written under &amd_viommu_timing.lock, read without.
 */
struct amd_viommu_latency {
	u32 opcode;
	u64 count;
	u64 total_ns;
	u64 max_ns;
	u64 slowest_ns;
	u64 slowest_seq;
	struct iommu_cmd slowest_cmd;
	u64 bucket[AMD_VIOMMU_LATENCY_BUCKETS];
};

/**
 * struct amd_viommu_pending - A command that is under way
 * @cmd:    the command
 * @start:  when it was queued, in cycles
 * @viommu: vIOMMU that it is for, or NULL
 */
struct amd_viommu_pending {
	struct iommu_cmd cmd;
	cycles_t start;
	struct amd_iommu_viommu *viommu;
};

/** enum amd_viommu_timed - For whom the commands of an IOMMU are timed */
enum amd_viommu_timed {
	AMD_VIOMMU_TIMED_GUESTS,	/* its vIOMMU is enabled */
	AMD_VIOMMU_TIMED_TRACE,		/* viommu_cmd_latency is traced */
};

/**
 * struct amd_viommu_timing - How long the commands of one IOMMU take
 * @lock:     guards all histograms of the IOMMU and of its vIOMMUs, @done and
 *            @timeouts; taken inside &amd_iommu.lock
 * @done:     sequence number of the last command that was counted
 * @timeouts: COMPLETION_WAITs that timed out
 * @users:    bit mask of &enum amd_viommu_timed
 * @mult:     nanoseconds are cycles times this
 * @shift:    and divided by two to the power of this
 * @latency:  histograms of all commands, by opcode
 * @pending:  commands behind @done, by the lowest bits of their number
 */
struct amd_viommu_timing {
	raw_spinlock_t lock;	/* see above */
	u64 done;
	u64 timeouts;
	unsigned long users;
	u32 mult;
	u32 shift;
	struct amd_viommu_latency latency[CMD_NR_OPCODES];
	struct amd_viommu_pending pending[CMD_BUFFER_ENTRIES];
};

int amd_viommu_latency_alloc(struct amd_iommu_viommu *aviommu);
void amd_viommu_latency_free(struct amd_iommu_viommu *aviommu);
int amd_viommu_latency_on(struct amd_iommu *iommu, enum amd_viommu_timed user);
void amd_viommu_latency_off(struct amd_iommu *iommu, enum amd_viommu_timed user);
void amd_viommu_latency_make_room(struct amd_iommu *iommu, u64 seq);
void amd_viommu_latency_end(struct amd_iommu *iommu, u64 seq);
void amd_viommu_latency_timeout(struct amd_iommu *iommu);

/**
 * amd_viommu_latency_start() - Note when a command is queued
 * @iommu:   IOMMU; its sequence number is that of the command
 * @cmd:     the command
 * @aviommu: vIOMMU the command is for, or NULL
 *
 * Called under &amd_iommu.lock.
 */
static inline void amd_viommu_latency_start(struct amd_iommu *iommu,
					    const struct iommu_cmd *cmd,
					    struct amd_iommu_viommu *aviommu)
{
	struct amd_viommu_timing *timing = iommu->viommu_timing;
	struct amd_viommu_pending *pending;
	u64 seq = iommu->cmd_seq;

	if (!timing)
		return;
	/* Pairs with the release of whoever counted the previous command here */
	if (unlikely(seq - smp_load_acquire(&timing->done) > CMD_BUFFER_ENTRIES))
		amd_viommu_latency_make_room(iommu, seq);

	pending = &timing->pending[seq % CMD_BUFFER_ENTRIES];
	pending->cmd = *cmd;
	pending->viommu = aviommu;
	pending->start = get_cycles();
}

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

/* viommu_irq.c */
void amd_viommu_irqs_destroy(struct amd_iommu_viommu *aviommu);

/* viommu_map.c */
int amd_viommu_devid_map_set(struct amd_iommu_viommu *aviommu, u16 gdev_id,
			     u16 hdev_id);
void amd_viommu_devid_map_clear(struct amd_iommu_viommu *aviommu, u16 gdev_id);

/* trans_devid.c */
extern struct mutex amd_viommu_trans_lock;
int amd_viommu_trans_devid_init(struct amd_iommu_pci_seg *pci_seg);
u16 amd_viommu_trans_devid_nobody(struct amd_iommu_pci_seg *pci_seg);
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
