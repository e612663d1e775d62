/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU: hardware-accelerated vIOMMU
 *
 * Not to be included directly: amd_iommu.h does.
 */

#ifndef HW_I386_AMD_VIOMMU_H
#define HW_I386_AMD_VIOMMU_H

#include "qemu/bitops.h"
#include "qemu/thread.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "hw/pci/pci_device.h"
#include "system/memory.h"

typedef struct AMDVIState AMDVIState;
typedef struct AMDVITlb AMDVITlb;
typedef struct AMDVIAddressSpace AMDVIAddressSpace;

/* EFR, EFR2: what the feature itself and nesting parents need */
#define AMDVI_FEATURE_GIOSUP            BIT_ULL(48)
#define AMDVI_FEATURE_VIOMMUSUP         BIT_ULL(55)
/* What PASIDs need: EPHSup, GCR3 tables of three levels, and a PASmax */
#define AMDVI_PASID_BITS                16
#define AMDVI_FEATURE_PASIDS            \
    (BIT_ULL(50) | (AMDVI_PASID_BITS - 1ULL) << 32 | 2ULL << 14)
#define AMDVI_FEATURE2_GCR3TRPMODE      BIT_ULL(3)

/* Control register */
#define AMDVI_CONTROL_VCMDEN            BIT_ULL(52)
#define AMDVI_CONTROL_VIOMMUEN          BIT_ULL(53)
#define AMDVI_CONTROL_GCR3TRPMODE       BIT_ULL(58)
#define AMDVI_CONTROL_GSTBUFTRPMODE     BIT_ULL(60)
#define AMDVI_CONTROL_VIOMMU_BITS \
    (AMDVI_CONTROL_VCMDEN | AMDVI_CONTROL_VIOMMUEN | \
     AMDVI_CONTROL_GCR3TRPMODE | AMDVI_CONTROL_GSTBUFTRPMODE)

/* Commands */
#define AMDVI_CMD_INSERT_GUEST_EVENT    0x09
#define AMDVI_CMD_RESET_VMMIO           0x0a

/*
 * Where firmware would put the two regions of the first IOMMU: clear of RAM and
 * PCI windows. Those of the next are a step further up.
 */
#define AMDVI_VIOMMU_VF_BASE            0xa000000000ULL
#define AMDVI_VIOMMU_VF_SIZE            (256 * MiB)
#define AMDVI_VIOMMU_VFCTRL_SIZE        (4 * MiB)
#define AMDVI_VIOMMU_STEP               0x20000000ULL

#define AMDVI_NO_PASID                  UINT32_MAX

/* Device table entry, fourth quadword */
#define AMDVI_DTE3_VIMUEN               BIT_ULL(15)
#define AMDVI_DTE3_GDEV_ID(dte3)        extract64(dte3, 16, 16)
#define AMDVI_DTE3_GUEST_ID(dte3)       extract64(dte3, 32, 16)

/* Events: which kind of access of the vIOMMU raised it */
#define AMDVI_VFLAG_EVENT               BIT(2)
#define AMDVI_VFLAG_POINTER             BIT(3)
#define AMDVI_VFLAG_CMD                 BIT(4)

/* Tables of the guest's on the way of a request: of GCR3, and of addresses */
#define AMDVI_GUEST_TABLES              (3 + 5)

/* A translation that is cached: the first five fields are its tag */
typedef struct AMDVITlbEntry {
    uint64_t first;                     /* address of the page */
    uint64_t page_mask;                 /* size of the page less one */
    uint32_t pasid;                     /* 0 without one */
    uint16_t domid;
    bool nested;                        /* through the guest stage, too */
    uint64_t addr;                      /* start of the page it leads to */
    IOMMUAccessFlags perm;
    /* What it takes of the host stage, if nested: guest physical addresses */
    uint64_t gpa;                       /* of the page */
    uint64_t tables[AMDVI_GUEST_TABLES];
    unsigned num_tables;
} AMDVITlbEntry;

/* What a guest is interrupted for */
typedef enum AMDVIIrqKind {
    AMDVI_IRQ_EVENT,
    AMDVI_IRQ_PPR,
    AMDVI_IRQ_COMWAIT,
} AMDVIIrqKind;

/* One guest ID that is in use: absent ones read as all zero */
typedef struct AMDVIGuest {
    uint64_t vf[16];                    /* VF page 000h...07Fh */
    uint64_t vfctrl[8];                 /* VF control entry */
    uint16_t id;
    bool ready;                         /* waits for its turn */
    unsigned irqs;                      /* to be sent, by AMDVIIrqKind */
} AMDVIGuest;

/* Before the next turn of a guest that has more to do, unless a test says so */
#define AMDVI_VIOMMU_PAUSE_NS           20000

/* So much that is dropped from a cache costs one, see amdvi_viommu_charge() */
#define AMDVI_DROPPED_PER_UNIT          8

/* A domain of a guest: its name for it, and the host's */
typedef struct AMDVIDomain {
    uint16_t host_id;
    uint16_t guest_id;                  /* the first, if it has several */
} AMDVIDomain;

/* The domains of a guest, as its DomainID table has them */
typedef struct AMDVIDomains {
    GArray *domains;                    /* AMDVIDomain, each hDomID once */
    bool hole;                          /* some of the table is not there: */
    hwaddr hole_ipa;                    /* the first entry that is not */
} AMDVIDomains;

/* A page request of a device */
typedef struct AMDVIPageRequest {
    hwaddr addr;
    uint32_t pasid;                     /* AMDVI_NO_PASID without one */
    uint16_t group;
    bool last;                          /* of its group */
    bool read;
    bool write;
    bool exec;
    bool user;
} AMDVIPageRequest;

/* The tables of a guest; the values are the source in VIOMMU_HARDWARE_ERROR */
typedef enum AMDVIMapKind {
    AMDVI_MAP_DEVID = 0,
    AMDVI_MAP_DOMID = 1,
} AMDVIMapKind;

#define AMDVI_MAP_ENTRIES               65536

typedef enum AMDVIMapResult {
    AMDVI_MAP_VALID,
    AMDVI_MAP_INVALID,
    AMDVI_MAP_UNREADABLE,               /* reported to the host */
} AMDVIMapResult;

/*
 * The sheet of this hardware leaves questions open. Each x- property picks an
 * answer; software must cope with all of them.
 */
typedef struct AMDVIViommu {
    bool enabled;                       /* the feature exists */
    bool bars;                          /* firmware enabled the two BARs */
    bool gst_buf_trp;                   /* control bit 60 sticks */
    uint8_t entry_format;               /* 1: table entry format, 0 to 2 */
    bool map_invalid_ignored;           /* 2: valid = 0 leaves the entry */
    bool map_reads_zero;                /* 3: 00h/08h read 0 */
    bool reset_keeps_vf;                /* 4: RESET_VMMIO spares the VF page */
    bool insert_event_ignored;          /* 5: INSERT_GUEST_EVENT is a nop */
    bool illegal_skipped;               /* 6: the queue goes on after it */
    bool unmapped_domid_illegal;        /* 8: it is an illegal command */
    bool vf_needs_vcmd;                 /* 9: VF pages want control 52 too */
    bool vcmd_ignored;                  /* 9: queues do not want it */
    bool base_keeps_pointers;           /* 10: base write keeps head, tail */
    bool overflow_keeps_run;            /* 11: a full log's run bit stays */
    bool buffer_fault_own_id;           /* 12: the fault is the IOMMU's own */
    bool inval_all_global;              /* a guest's touches all guests */
    bool map_fault_dropped;             /* 7: stores to what is not mapped */
    bool ipa_misses_cached;             /* so are translations that failed */
    bool irq_wide;                      /* 16 bytes for a level 1 entry */
    bool irq_each_entry;                /* interrupts while one is pending */
    bool comwait_silent;                /* COMPLETION_WAIT does not interrupt */
    uint64_t pause_ns;                  /* of a queue, before its next turn */

    bool cache;                         /* DTEs and translations are cached */
    bool broken;                        /* control bit 53 is stuck at 0 */

    GHashTable *guests;                 /* guest ID to AMDVIGuest */
    GHashTable *dtes;                   /* requester ID to its DTE */
    GHashTable *dtes_of;                /* guest ID to its requester IDs */
    AMDVITlb *tlb;
    GHashTable *domains;                /* guest ID to its AMDVIDomains */
    uint16_t ipa_domid;                 /* of the private address space */
    GQueue fresh;                       /* AMDVIGuest with commands to run */
    GQueue unfinished;                  /* that had a turn, and have more */
    QEMUBH *turn;                       /* of the first of those */
    QEMUBH *next_turn;                  /* of the first of these */
    QEMUTimer *pause;                   /* until that one */
    QEMUBH *interrupt;                  /* sends what guests are to get */
    unsigned spent;                     /* of the turn that is on */
    GHashTable *pri_waiters;            /* devices that get answers */
    MemoryRegion vf;
    MemoryRegion vfctrl;
} AMDVIViommu;

bool amdvi_viommu_realize(AMDVIState *s, Error **errp);
void amdvi_viommu_reset(AMDVIState *s);
bool amdvi_viommu_control(AMDVIState *s, uint64_t bits);

/* Caches */
void amdvi_cache_init(AMDVIState *s);
void amdvi_cache_reset(AMDVIState *s);
const uint64_t *amdvi_dte_cache_lookup(AMDVIState *s, uint16_t devid);
void amdvi_dte_cache_fill(AMDVIState *s, uint16_t devid, const uint64_t *dte);
void amdvi_dte_cache_inval(AMDVIState *s, uint16_t devid);
const AMDVITlbEntry *amdvi_tlb_lookup(AMDVIState *s, const AMDVITlbEntry *tag,
                                      hwaddr addr, IOMMUAccessFlags access);
void amdvi_tlb_fill(AMDVIState *s, const AMDVITlbEntry *entry);
hwaddr amdvi_size_mask(hwaddr addr);
bool amdvi_tlb_missed(AMDVIState *s, uint16_t domid, hwaddr ipa);
void amdvi_tlb_fill_miss(AMDVIState *s, uint16_t domid, hwaddr ipa);
void amdvi_tlb_inval_pages(AMDVIState *s, const uint64_t *cmd);
unsigned amdvi_tlb_inval_domain(AMDVIState *s, uint16_t domid);
unsigned amdvi_dte_cache_inval_guest(AMDVIState *s, uint16_t guest_id);

/* Translation */
bool amdvi_gcr3_is_gpa(AMDVIState *s);
bool amdvi_xlate(AMDVIState *s, uint16_t devid, const uint64_t *dte,
                 uint32_t pasid, hwaddr addr, IOMMUAccessFlags access,
                 bool report, IOMMUTLBEntry *ret);

/* Registers */
extern const MemoryRegionOps amdvi_viommu_vf_ops;
extern const MemoryRegionOps amdvi_viommu_vfctrl_ops;
void amdvi_viommu_class_init(ObjectClass *klass);
uint64_t amdvi_viommu_control_mask(AMDVIState *s);
AMDVIGuest *amdvi_viommu_guest(AMDVIState *s, uint16_t guest_id, bool create);

/* Commands */
bool amdvi_viommu_reset_vmmio(AMDVIState *s, const uint64_t *cmd);
bool amdvi_viommu_execute(AMDVIState *s, AMDVIGuest *guest,
                          const uint64_t *cmd);

/* Command buffers */
void amdvi_viommu_queue_init(AMDVIState *s);
void amdvi_viommu_queue_reset(AMDVIState *s);
void amdvi_viommu_kick(AMDVIState *s, AMDVIGuest *guest);
void amdvi_viommu_kick_all(AMDVIState *s);
void amdvi_viommu_charge(AMDVIState *s, unsigned cost);
bool amdvi_viommu_buffer(AMDVIState *s, AMDVIGuest *guest, hwaddr gpa,
                         void *buf, size_t len, bool is_write, uint8_t vflag);

/* Events */
void amdvi_viommu_log_hw_error(AMDVIState *s, uint16_t guest_id,
                               AMDVIMapKind source, hwaddr ipa,
                               uint16_t flags, uint8_t vflag);
void amdvi_viommu_log_buffer_fault(AMDVIState *s, uint16_t devid,
                                   uint16_t domid, hwaddr gpa, uint16_t flags,
                                   uint8_t vflag);
void amdvi_viommu_log_illegal_command(AMDVIState *s, AMDVIGuest *guest,
                                      hwaddr gpa);
bool amdvi_viommu_log_fault(AMDVIState *s, const uint64_t *dte, uint32_t pasid,
                            hwaddr addr, uint16_t flags);
bool amdvi_viommu_log_ppr(AMDVIState *s, const uint64_t *dte,
                          const AMDVIPageRequest *request);
bool amdvi_viommu_log_event(AMDVIState *s, AMDVIGuest *guest,
                            const uint64_t *evt);

/* Interrupts */
void amdvi_viommu_irq_init(AMDVIState *s);
void amdvi_viommu_interrupt(AMDVIState *s, AMDVIGuest *guest,
                            AMDVIIrqKind kind, bool pending);
void amdvi_viommu_interrupt_enabled(AMDVIState *s, AMDVIGuest *guest,
                                    unsigned reg, uint64_t old);

/* Page requests: see PCIIOMMUOps */
void amdvi_ppr_init(AMDVIState *s);
void amdvi_ppr_register_notifier(PCIBus *bus, void *opaque, int devfn,
                                 uint32_t pasid, IOMMUPRINotifier *notifier);
void amdvi_ppr_unregister_notifier(PCIBus *bus, void *opaque, int devfn,
                                   uint32_t pasid);
int amdvi_ppr_request(PCIBus *bus, void *opaque, int devfn, uint32_t pasid,
                      bool priv_req, bool exec_req, hwaddr addr, bool lpig,
                      uint16_t prgi, bool is_read, bool is_write);
void amdvi_ppr_complete(AMDVIState *s, const uint64_t *cmd);

/* IOMMU private address space */
hwaddr amdvi_viommu_map_ipa(uint16_t guest_id, AMDVIMapKind kind,
                            uint16_t index);
void amdvi_viommu_map_store(AMDVIState *s, uint16_t guest_id,
                            AMDVIMapKind kind, uint64_t val);
AMDVIMapResult amdvi_viommu_map_load(AMDVIState *s, uint16_t guest_id,
                                     AMDVIMapKind kind, uint16_t index,
                                     uint16_t *host_id);
const AMDVIDomains *amdvi_viommu_domains(AMDVIState *s, uint16_t guest_id);
void amdvi_viommu_forget_domains(AMDVIState *s);

#endif
