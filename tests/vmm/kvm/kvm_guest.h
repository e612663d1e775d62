/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the guest that KVM runs and its VMM share.
 */
#ifndef VMM_KVM_GUEST_H
#define VMM_KVM_GUEST_H

#include <stdint.h>

/* Guest physical addresses: what it is to do, its code, its stack */
#define KVM_GUEST_JOB 0xff000
#define KVM_GUEST_CODE 0x100000
#define KVM_GUEST_STACK 0x110000

/* The third page of the IOMMU's registers is the VF page */
#define KVM_GUEST_IOMMU 0xfd000000
#define KVM_GUEST_VF (KVM_GUEST_IOMMU + 0x2000)

/**
 * struct kvm_guest_job - What the guest is to do, and what it did
 * @ring:    command buffer, a guest physical address
 * @size:    of it, in bytes
 * @store:   where COMPLETION_WAITs store
 * @gdom_id: domain to invalidate
 * @rounds:  invalidations to queue, each with a COMPLETION_WAIT behind it
 * @entry_at: table entry to change before, or 0
 * @entry:   what to write there
 * @done:    rounds that completed
 */
struct kvm_guest_job {
	uint32_t ring;
	uint32_t size;
	uint32_t store;
	uint32_t gdom_id;
	uint32_t rounds;
	uint32_t entry_at;
	uint64_t entry;
	uint32_t done;
	uint32_t pad;
};

#endif
