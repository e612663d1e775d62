/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual machine of KVM with one processor.
 */
#ifndef VMM_KVM_H
#define VMM_KVM_H

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct kvm - The machine
 * @kvm:  /dev/kvm
 * @vm:   file of the machine
 * @vcpu: file of its processor
 * @run:  what the kernel and the VMM share of that
 * @run_size: size of it
 * @slots: memory slots so far
 */
struct kvm {
	int kvm;
	int vm;
	int vcpu;
	struct kvm_run *run;
	size_t run_size;
	uint32_t slots;
};

int kvm_open(struct kvm *kvm);
void kvm_close(struct kvm *kvm);
int kvm_memory(struct kvm *kvm, uint64_t gpa, size_t size, volatile void *mem);
int kvm_start(struct kvm *kvm, uint32_t ip, uint32_t sp);
void kvm_alarm(struct kvm *kvm, unsigned int timeout_ms);
int kvm_run(struct kvm *kvm);

#endif
