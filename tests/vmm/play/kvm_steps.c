// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-play: a step that lets a guest of KVM use its command buffer.
 *
 * The guest is kvm_guest.c. Either its VF page is memory to KVM, and what it
 * writes there goes to the hardware; or it is not, and each access comes here,
 * to be forwarded to the hardware, or to be emulated without.
 */
#include <errno.h>
#include <string.h>

#include "kvm/kvm.h"
#include "kvm/kvm_guest.h"
#include "play.h"
#include "guest/trapped_cmds.h"

#define TIMEOUT_MS 30000

/* The guest's image, of the linker's making */
extern const char image[] __asm__("_binary_kvm_guest_bin_start");
extern const char image_end[] __asm__("_binary_kvm_guest_bin_end");

enum mode {
	MODE_ACCELERATED,
	MODE_FORWARDED,
	MODE_EMULATED,
	NR_MODES,
};

static const char *const modes[NR_MODES] = {
	[MODE_ACCELERATED] = "accelerated",
	[MODE_FORWARDED] = "forwarded",
	[MODE_EMULATED] = "emulated",
};

/**
 * struct guest - The guest while it runs
 * @kvm:  its machine
 * @mode: who serves its accesses to the VF page
 * @vf:   that of the hardware
 * @cmds: command buffer without hardware
 * @trapped: accesses that came here
 */
struct guest {
	struct kvm kvm;
	enum mode mode;
	volatile void *vf;
	struct trapped_cmds cmds;
	unsigned int trapped;
};

static int find_mode(const char *name)
{
	for (int mode = 0; mode < NR_MODES; mode++)
		if (!strcmp(name, modes[mode]))
			return mode;
	return -1;
}

static volatile uint32_t *reg(const struct guest *guest, uint32_t offset)
{
	return (volatile uint32_t *)((volatile char *)guest->vf + offset);
}

static int write_reg(struct guest *guest, uint32_t offset, uint32_t value)
{
	if (guest->mode == MODE_EMULATED)
		return trapped_cmds_write(&guest->cmds, offset, value);
	*reg(guest, offset) = value;
	return 0;
}

static uint32_t read_reg(const struct guest *guest, uint32_t offset)
{
	if (guest->mode == MODE_EMULATED)
		return trapped_cmds_read(&guest->cmds, offset);
	return *reg(guest, offset);
}

/* Registers are 32 bits wide for this guest */
static int serve(struct guest *guest)
{
	struct kvm_run *run = guest->kvm.run;
	uint64_t offset = run->mmio.phys_addr - KVM_GUEST_VF;
	uint32_t value;

	if (offset > 4092 || offset % 4 || run->mmio.len != sizeof(value))
		return -EFAULT;
	guest->trapped++;
	if (run->mmio.is_write) {
		memcpy(&value, run->mmio.data, sizeof(value));
		return write_reg(guest, offset, value);
	}
	value = read_reg(guest, offset);
	memcpy(run->mmio.data, &value, sizeof(value));
	return 0;
}

/* Until it halts */
static int run(struct guest *guest)
{
	int ret = kvm_run(&guest->kvm);

	while (!ret && guest->kvm.run->exit_reason == KVM_EXIT_MMIO) {
		ret = serve(guest);
		if (!ret)
			ret = kvm_run(&guest->kvm);
	}
	if (ret || guest->kvm.run->exit_reason == KVM_EXIT_HLT)
		return ret;
	fprintf(stderr, "viommu-play: the guest of KVM ends with reason %u\n",
		guest->kvm.run->exit_reason);
	return -EFAULT;
}

static int load(struct guest *guest, const struct guest_ram *ram)
{
	size_t size = image_end - image;
	void *code = guest_ram_at(ram, KVM_GUEST_CODE, size);
	int ret = 0;

	if (!code)
		return -EFAULT;
	memcpy(code, image, size);
	for (unsigned int i = 0; i < ram->nr && !ret; i++)
		ret = kvm_memory(&guest->kvm, ram->piece[i].gpa, ram->piece[i].size,
				 ram->piece[i].mem);
	if (!ret && guest->mode == MODE_ACCELERATED)
		ret = kvm_memory(&guest->kvm, KVM_GUEST_VF, 4096, guest->vf);
	return ret ? ret : kvm_start(&guest->kvm, KVM_GUEST_CODE, KVM_GUEST_STACK);
}

static int boot(struct guest *guest, const struct guest_ram *ram)
{
	int ret = kvm_open(&guest->kvm);

	if (ret)
		return ret;
	ret = load(guest, ram);
	if (!ret) {
		kvm_alarm(&guest->kvm, TIMEOUT_MS);
		ret = run(guest);
		kvm_alarm(&guest->kvm, 0);
	}
	kvm_close(&guest->kvm);
	return ret;
}

static bool get_job(int argc, char **argv, struct kvm_guest_job *job)
{
	uint64_t n[4], gdom_id = 0, entry_at = 0;

	for (int i = 0; i < 4; i++)
		if (!word_number(argv[i], &n[i]))
			return false;
	if (!word_option(argc - 4, argv + 4, "gdom", &gdom_id) ||
	    !word_option(argc - 4, argv + 4, "entry-at", &entry_at) ||
	    !word_option(argc - 4, argv + 4, "entry", &job->entry))
		return false;
	job->ring = n[0];
	job->size = n[1];
	job->store = n[2];
	job->rounds = n[3];
	job->gdom_id = gdom_id;
	job->entry_at = entry_at;
	return true;
}

static int step_kvm_run(struct play *play, int argc, char **argv)
{
	struct object *viommu = object_find(play, argv[0], OBJECT_VIOMMU);
	struct kvm_guest_job *in_ram, job = {};
	struct guest guest = {};
	int mode = find_mode(argv[1]), ret;

	if (!viommu || mode < 0 || !get_job(argc - 2, argv + 2, &job))
		return PLAY_USAGE;
	in_ram = guest_ram_at(&play->ram, KVM_GUEST_JOB, sizeof(job));
	if (!in_ram)
		return -EFAULT;
	*in_ram = job;
	guest.mode = mode;
	guest.vf = viommu->vf;
	guest.cmds = (struct trapped_cmds){
		.iommufd = play->iommufd,
		.viommu = viommu->id,
		.ram = &play->ram,
		.ring = job.ring,
		.size = job.size,
	};

	ret = boot(&guest, &play->ram);
	snprintf(play->says, sizeof(play->says), "done=%u trapped=%u", in_ram->done, guest.trapped);
	return ret;
}

const struct step kvm_steps[] = {
	{"kvm-run",
	 "VIOMMU accelerated|forwarded|emulated RING SIZE STORE ROUNDS [gdom=N] [entry-at=GPA] "
	 "[entry=N]",
	 6, 9, false, step_kvm_run, NULL},
	{},
};
