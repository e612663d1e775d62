/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU vIOMMU: registers of a guest (VF page) and their set-up by the
 * host (VF control entry)
 *
 * For the files of the vIOMMU only.
 */

#ifndef HW_I386_AMD_VIOMMU_REGS_H
#define HW_I386_AMD_VIOMMU_REGS_H

#include "qemu/bitops.h"

/* VF page */
#define VF_CMD_HEAD             0x00
#define VF_CMD_TAIL             0x08
#define VF_EVT_HEAD             0x10
#define VF_EVT_TAIL             0x18
#define VF_STATUS               0x20
#define VF_PPR_HEAD             0x30
#define VF_PPR_TAIL             0x38
#define VF_PPRB_HEAD            0x50
#define VF_PPRB_TAIL            0x58
#define VF_EVTB_HEAD            0x70
#define VF_EVTB_TAIL            0x78
#define VF_END                  0x80

#define VF_POINTER_MASK         MAKE_64BIT_MASK(4, 15)

#define VF_STATUS_EVT_OVERFLOW  BIT(0)
#define VF_STATUS_EVT_INT       BIT(1)
#define VF_STATUS_COMWAIT_INT   BIT(2)
#define VF_STATUS_EVT_RUN       BIT(3)
#define VF_STATUS_CMD_RUN       BIT(4)
#define VF_STATUS_PPR_OVERFLOW  BIT(5)
#define VF_STATUS_PPR_INT       BIT(6)
#define VF_STATUS_PPR_RUN       BIT(7)
#define VF_STATUS_W1C \
    (VF_STATUS_EVT_OVERFLOW | VF_STATUS_EVT_INT | VF_STATUS_COMWAIT_INT | \
     VF_STATUS_PPR_OVERFLOW | VF_STATUS_PPR_INT)

/* VF control entry */
#define VFCTRL_DEVID_MAP        0x00
#define VFCTRL_DOMID_MAP        0x08
#define VFCTRL_MISC             0x10
#define VFCTRL_EVTB_BASE        0x18
#define VFCTRL_CMD              0x20
#define VFCTRL_EVT              0x28
#define VFCTRL_PPR              0x30
#define VFCTRL_PPRB_BASE        0x38

#define VFCTRL_TRANS_DEVID(reg) extract64(reg, 16, 16)
#define VFCTRL_QUEUE_LEN(reg)   extract64(reg, 0, 4)
#define VFCTRL_QUEUE_EN         BIT_ULL(8)
/* EventIntEn, PPRIntEn */
#define VFCTRL_INT_EN           BIT_ULL(9)
/* PPRLogEn and PPREn */
#define VFCTRL_PPR_ON           (BIT_ULL(8) | BIT_ULL(10))
#define VFCTRL_MAP_STROBE       BIT_ULL(63)

/* Commands and log entries alike */
#define QUEUE_ENTRY_SIZE        16

/* Size of a queue in bytes: 2^length entries */
static inline uint32_t queue_size(uint64_t reg)
{
    return QUEUE_ENTRY_SIZE << VFCTRL_QUEUE_LEN(reg);
}

/* GPA of a command buffer or an event log */
static inline uint64_t queue_base(uint64_t reg)
{
    return reg & MAKE_64BIT_MASK(12, 40);
}

#endif
