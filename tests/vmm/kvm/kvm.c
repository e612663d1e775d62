// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtual machine of KVM with one processor. All calls return 0 or a negative
 * errno.
 */
#include "kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#define CR0_PE 1

/* Segment types: accessed, and readable code or writable data */
#define SEGMENT_CODE 0xb
#define SEGMENT_DATA 0x3

static int make_vcpu(struct kvm *kvm)
{
	int size = ioctl(kvm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	void *run;

	if (size < 0)
		return -errno;
	kvm->vm = ioctl(kvm->kvm, KVM_CREATE_VM, 0);
	if (kvm->vm < 0)
		return -errno;
	kvm->vcpu = ioctl(kvm->vm, KVM_CREATE_VCPU, 0);
	if (kvm->vcpu < 0)
		return -errno;
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, kvm->vcpu, 0);
	if (run == MAP_FAILED)
		return -errno;
	kvm->run = run;
	kvm->run_size = size;
	return 0;
}

/** kvm_open() - Make a machine without memory */
int kvm_open(struct kvm *kvm)
{
	int ret;

	*kvm = (struct kvm){.vm = -1, .vcpu = -1};
	kvm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm->kvm < 0)
		return -errno;
	ret = make_vcpu(kvm);
	if (ret)
		kvm_close(kvm);
	return ret;
}

/** kvm_close() - The end of the machine */
void kvm_close(struct kvm *kvm)
{
	const int fds[] = {kvm->vcpu, kvm->vm, kvm->kvm};

	if (kvm->run)
		munmap(kvm->run, kvm->run_size);
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/** kvm_memory() - Let the guest have memory, or registers of a device, as its own */
int kvm_memory(struct kvm *kvm, uint64_t gpa, size_t size, volatile void *mem)
{
	struct kvm_userspace_memory_region region = {
		.slot = kvm->slots,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)mem,
	};

	if (ioctl(kvm->vm, KVM_SET_USER_MEMORY_REGION, &region))
		return -errno;
	kvm->slots++;
	return 0;
}

static struct kvm_segment flat(uint16_t selector, uint8_t type)
{
	return (struct kvm_segment){
		.limit = 0xffffffff,
		.selector = selector,
		.type = type,
		.present = 1,
		.db = 1,
		.s = 1,
		.g = 1,
	};
}

/** kvm_start() - Put the processor at @ip in protected mode, all segments flat */
int kvm_start(struct kvm *kvm, uint32_t ip, uint32_t sp)
{
	struct kvm_regs regs = {.rip = ip, .rsp = sp, .rflags = 2};
	struct kvm_sregs sregs;

	if (ioctl(kvm->vcpu, KVM_GET_SREGS, &sregs))
		return -errno;
	sregs.cr0 |= CR0_PE;
	sregs.cs = flat(8, SEGMENT_CODE);
	sregs.ds = flat(16, SEGMENT_DATA);
	sregs.es = sregs.ds;
	sregs.fs = sregs.ds;
	sregs.gs = sregs.ds;
	sregs.ss = sregs.ds;
	if (ioctl(kvm->vcpu, KVM_SET_SREGS, &sregs) || ioctl(kvm->vcpu, KVM_SET_REGS, &regs))
		return -errno;
	return 0;
}

static struct kvm_run *alarmed;

/* Also if the processor does not run yet */
static void on_alarm(int sig)
{
	(void)sig;
	alarmed->immediate_exit = 1;
}

/** kvm_alarm() - Let the processor stop when the time is over; 0 for never */
void kvm_alarm(struct kvm *kvm, unsigned int timeout_ms)
{
	struct sigaction action = {.sa_handler = timeout_ms ? on_alarm : SIG_IGN};
	struct itimerval timer = {
		.it_value = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000},
	};

	alarmed = kvm->run;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/**
 * kvm_run() - Run the processor until something is for the VMM
 *
 * Return: 0 with the reason in &kvm_run.exit_reason, -ETIMEDOUT after an alarm.
 */
int kvm_run(struct kvm *kvm)
{
	int ret = ioctl(kvm->vcpu, KVM_RUN, 0) ? -errno : 0;

	return ret == -EINTR ? -ETIMEDOUT : ret;
}
