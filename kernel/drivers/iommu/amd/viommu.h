/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AMD hardware-accelerated vIOMMU: what the rest of the AMD driver calls.
 *
 * The files of the vIOMMU itself share viommu_internal.h and viommu_regs.h.
 */

#ifndef AMD_IOMMU_VIOMMU_H
#define AMD_IOMMU_VIOMMU_H

#include <linux/io.h>
#include <linux/iommufd.h>
#include <linux/jump_label.h>
#include <linux/tracepoint-defs.h>

#include "amd_iommu.h"
#include "amd_iommu_types.h"

/**
 * struct amd_viommu_wait - One COMPLETION_WAIT on its way
 * @seq:      its sequence number on the IOMMU, 0 if nobody accounts for it
 * @serial:   serial of the vIOMMU it counts for
 * @guest_id: guest ID of that vIOMMU, 0 if for no guest
 */
struct amd_viommu_wait {
	u64 seq;
	u64 serial;
	u16 guest_id;
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
 * amd_viommu_clear_enables() - Switch off every part of an IOMMU's vIOMMU
 * @iommu: IOMMU whose control register is mapped
 *
 * Every kernel that drives the IOMMU calls this, whether or not it can offer
 * vIOMMUs: an earlier kernel, before kexec or a crash, may have had guests, and
 * the hardware would go on serving their queues from that kernel's memory.
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

/* viommu.c: of init.c */
void amd_iommu_viommu_enable(void);
void amd_viommu_init_all(void);
void amd_viommu_disable(struct amd_iommu *iommu);
void amd_viommu_resume(struct amd_iommu *iommu);
const char *amd_viommu_state_name(struct amd_iommu *iommu);

/* viommu_object.c: of iommufd.c */
int amd_viommu_create(struct amd_iommu_viommu *aviommu,
		      const struct iommu_user_data *user_data);
void amd_viommu_destroy(struct amd_iommu_viommu *aviommu);

/* viommu_vdevice.c: of iommufd.c */
int amd_viommu_vdevice_init(struct iommufd_vdevice *core);

/* viommu_queue.c: of iommufd.c */
size_t amd_viommu_queue_size(struct iommufd_viommu *core,
			     enum iommu_hw_queue_type type);
int amd_viommu_queue_init(struct iommufd_hw_queue *core, u32 index);
int amd_viommu_control_set(struct iommufd_viommu *core, u64 control);
u64 amd_viommu_control_get(struct iommufd_viommu *core);

/* viommu_irq.c: of iommufd.c */
int amd_viommu_irq_set(struct iommufd_viommu *core, unsigned int index,
		       struct eventfd_ctx *ctx);

/* viommu_invalidate.c: of iommufd.c */
int amd_viommu_cache_invalidate(struct iommufd_viommu *core,
				struct iommu_user_data_array *array);

/* viommu_map.c: of nested.c */
int amd_viommu_domid_map_set(struct amd_iommu_viommu *aviommu, u16 gdom_id,
			     u16 hdom_id);
void amd_viommu_domid_map_clear(struct amd_iommu_viommu *aviommu, u16 gdom_id);

/* viommu_quota.c: of nested.c */

/**
 * enum amd_viommu_resource - Resources that are scarce and that all users share
 * @AMD_VIOMMU_TRANS_DEVIDS: translation device IDs
 * @AMD_VIOMMU_DOMAIN_IDS:   host domain IDs that stand for guests'
 * @AMD_VIOMMU_NR_RESOURCES: how many there are
 */
enum amd_viommu_resource {
	AMD_VIOMMU_TRANS_DEVIDS,
	AMD_VIOMMU_DOMAIN_IDS,
	AMD_VIOMMU_NR_RESOURCES,
};

int amd_viommu_quota_charge(struct amd_iommu_viommu *aviommu,
			    enum amd_viommu_resource resource);
void amd_viommu_quota_uncharge(struct amd_iommu_viommu *aviommu,
			       enum amd_viommu_resource resource);

/* viommu_list.c: of nested.c */
int amd_viommu_hdom_link(struct amd_iommu_viommu *aviommu, u16 gdom_id,
			 u16 hdom_id);
void amd_viommu_hdom_unlink(struct amd_iommu_viommu *aviommu, u16 hdom_id);

/* viommu_trans.c: of iommu.c */
void amd_viommu_trans_evict(struct amd_iommu *iommu, struct device *dev);
void amd_viommu_trans_change_top(struct protection_domain *parent,
				 phys_addr_t top_paddr, unsigned int top_level);
bool amd_viommu_trans_set_dirty_tracking(struct protection_domain *parent);

/* viommu_latency.c: of this file */
DECLARE_STATIC_KEY_FALSE(amd_viommu_timed);

/* viommu_cmd.c: of iommu.c and this file */
DECLARE_TRACEPOINT(viommu_cmd_submit);
DECLARE_TRACEPOINT(viommu_cmd_complete);
void amd_viommu_device_cut_off(struct amd_iommu *iommu, struct device *dev);
void amd_viommu_cmd_account(struct amd_iommu *iommu, struct iommu_cmd *cmd);
void amd_viommu_cmd_account_wait(struct amd_iommu *iommu,
				 struct amd_viommu_wait *wait);
void amd_viommu_cmd_account_end(struct amd_iommu *iommu,
				const struct amd_viommu_wait *wait, int ret);

/**
 * amd_viommu_cmd_submit() - Note that a command is about to be queued
 * @iommu: IOMMU whose command buffer has a free slot for it
 * @cmd:   the command
 *
 * Called under &amd_iommu.lock ahead of the doorbell: nothing can fail any
 * more, and the hardware cannot have completed it yet. Without a vIOMMU it is
 * a few instructions, unless somebody traces.
 */
static __always_inline void
amd_viommu_cmd_submit(struct amd_iommu *iommu, struct iommu_cmd *cmd)
{
	iommu->cmd_seq++;
	if (static_branch_unlikely(&amd_viommu_timed) ||
	    tracepoint_enabled(viommu_cmd_submit))
		amd_viommu_cmd_account(iommu, cmd);
}

/**
 * amd_viommu_cmd_wait() - Note that somebody waits for the last command
 * @iommu: IOMMU with a COMPLETION_WAIT as its last command
 * @wait:  filled for amd_viommu_cmd_complete(); zero before
 *
 * Called under &amd_iommu.lock, as it was held since amd_viommu_cmd_submit().
 */
static __always_inline void amd_viommu_cmd_wait(struct amd_iommu *iommu,
						struct amd_viommu_wait *wait)
{
	if (static_branch_unlikely(&amd_viommu_timed) ||
	    tracepoint_enabled(viommu_cmd_complete))
		amd_viommu_cmd_account_wait(iommu, wait);
}

/**
 * amd_viommu_cmd_complete() - Note that a COMPLETION_WAIT ended
 * @iommu: IOMMU it was queued on
 * @wait:  as filled by amd_viommu_cmd_wait()
 * @ret:   0, or -EIO after a time-out
 *
 * Every command of @iommu with a smaller sequence number is complete, too.
 * Called without &amd_iommu.lock, but perhaps under a domain's lock.
 */
static __always_inline void
amd_viommu_cmd_complete(struct amd_iommu *iommu,
			const struct amd_viommu_wait *wait, int ret)
{
	if (static_branch_unlikely(&amd_viommu_timed) ||
	    tracepoint_enabled(viommu_cmd_complete))
		amd_viommu_cmd_account_end(iommu, wait, ret);
}

/* viommu_event.c: of iommu.c and init.c */
bool amd_viommu_event_record(struct amd_iommu *iommu,
			     const struct amd_iommu_event *event);
void amd_viommu_report_event(struct amd_iommu *iommu,
			     const struct amd_iommu_event *event);
void amd_viommu_event_log_overflow(struct amd_iommu *iommu);
void amd_viommu_event_log_restart(struct amd_iommu *iommu);

#else /* CONFIG_AMD_IOMMU_IOMMUFD */

/* viommu.c */
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

/* viommu_trans.c */
static inline void amd_viommu_trans_evict(struct amd_iommu *iommu,
					  struct device *dev) { }
static inline void
amd_viommu_trans_change_top(struct protection_domain *parent,
			    phys_addr_t top_paddr, unsigned int top_level) { }

static inline bool
amd_viommu_trans_set_dirty_tracking(struct protection_domain *parent)
{
	return false;
}

/* viommu_cmd.c */
static inline void amd_viommu_cmd_submit(struct amd_iommu *iommu,
					 struct iommu_cmd *cmd) { }
static inline void amd_viommu_cmd_wait(struct amd_iommu *iommu,
				       struct amd_viommu_wait *wait) { }
static inline void
amd_viommu_cmd_complete(struct amd_iommu *iommu,
			const struct amd_viommu_wait *wait, int ret) { }

static inline void amd_viommu_device_cut_off(struct amd_iommu *iommu,
					     struct device *dev)
{
	dev_err(dev, "AMD-Vi: the device does not answer invalidations of its TLB, and is cut off until it is probed anew\n");
}

/* viommu_event.c */
static inline bool
amd_viommu_event_record(struct amd_iommu *iommu,
			const struct amd_iommu_event *event)
{
	return true;
}

static inline void
amd_viommu_report_event(struct amd_iommu *iommu,
			const struct amd_iommu_event *event) { }
static inline void amd_viommu_event_log_overflow(struct amd_iommu *iommu) { }
static inline void amd_viommu_event_log_restart(struct amd_iommu *iommu) { }

#endif /* CONFIG_AMD_IOMMU_IOMMUFD */

/* viommu_debugfs.c: of debugfs.c */
#if defined(CONFIG_AMD_IOMMU_IOMMUFD) && defined(CONFIG_AMD_IOMMU_DEBUGFS)
void amd_viommu_debugfs_setup(struct amd_iommu *iommu);
#else
static inline void amd_viommu_debugfs_setup(struct amd_iommu *iommu) { }
#endif

#endif /* AMD_IOMMU_VIOMMU_H */
