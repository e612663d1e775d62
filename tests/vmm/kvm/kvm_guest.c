// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest that KVM runs: bare, in protected mode, without paging, interrupts
 * or a library. It does with its IOMMU's command buffer what an operating system
 * does after a change of its tables, and halts.
 */
#include "kvm_guest.h"

/* Registers of the VF page */
#define CMD_TAIL 0x08

#define CMD_COMPLETION_WAIT 0x10000000
#define CMD_INV_PAGES 0x30000000
#define WAIT_STORE 1
/* Everything of the domain: S, PDE, and GN for PASID 0 of the guest's own */
#define INV_ALL_LOW (0xfffff000 | 7)
#define INV_ALL_HIGH 0x7fffffff

static uint32_t tail;

static void submit(const struct kvm_guest_job *job, uint32_t dw0, uint32_t dw1, uint32_t dw2,
		   uint32_t dw3)
{
	volatile uint32_t *command = (volatile uint32_t *)(job->ring + tail);

	command[0] = dw0;
	command[1] = dw1;
	command[2] = dw2;
	command[3] = dw3;
	/* Stores are not reordered on this processor, but by compilers */
	__asm__ volatile("" ::: "memory");
	tail = (tail + 16) & (job->size - 1);
	*(volatile uint32_t *)(KVM_GUEST_VF + CMD_TAIL) = tail;
}

/* The first thing in the image is where it starts */
__attribute__((section(".text.start"), noreturn)) void start(void)
{
	volatile struct kvm_guest_job *result = (volatile struct kvm_guest_job *)KVM_GUEST_JOB;
	const struct kvm_guest_job job = *(const struct kvm_guest_job *)KVM_GUEST_JOB;
	volatile uint32_t *word = (volatile uint32_t *)job.store;

	tail = *(volatile uint32_t *)(KVM_GUEST_VF + CMD_TAIL);
	if (job.entry_at)
		*(volatile uint64_t *)job.entry_at = job.entry;
	for (uint32_t round = 0; round < job.rounds; round++) {
		uint32_t value = *word + 1;

		submit(&job, 0, CMD_INV_PAGES | job.gdom_id, INV_ALL_LOW, INV_ALL_HIGH);
		submit(&job, job.store | WAIT_STORE, CMD_COMPLETION_WAIT, value, 0);
		while (*word != value)
			;
		result->done = round + 1;
	}
	for (;;)
		__asm__ volatile("hlt");
}
