// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-insns: how many instructions it takes to map a page for a device and to
 * unmap it, flush included.
 *
 * In a VM whose clocks follow its one processor, an instruction a nanosecond, the
 * time stamp counter counts instructions, whatever the machine that emulates it
 * does meanwhile. While the processor does not idle, it counts nothing else.
 *
 * Only calls that Linux has without our change are made unless a vIOMMU is asked
 * for.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <x86intrin.h>

#include "lib/iommufd.h"
#include "lib/vfio.h"
#include "lib/vm.h"

#define VIOMMU_TYPE_AMD 3
#define ROUNDS_MAX 1000
/* Instructions of a loop that shows whether somebody counts */
#define LOOP_INSNS 2000000u

/** enum domain - What the device is attached to */
enum domain { DOMAIN_PAGING, DOMAIN_PARENT, DOMAIN_VIOMMU };

static const char *const domains[] = {
	[DOMAIN_PAGING] = "paging",
	[DOMAIN_PARENT] = "parent",
	[DOMAIN_VIOMMU] = "viommu",
};

/**
 * struct arguments - The command line
 * @domain: what to measure
 * @rounds: figures to print
 * @ops:    maps and unmaps for each
 */
struct arguments {
	enum domain domain;
	unsigned long rounds;
	unsigned long ops;
};

static const struct argp_option options[] = {
	{"domain", 'd', "KIND", 0,
	 "paging, parent (of nested ones), or viommu: a parent with a vIOMMU on it (paging)", 0},
	{"rounds", 'r', "N", 0, "Print N figures (5)", 0},
	{"ops", 'n', "N", 0, "Map and unmap N times for each (512)", 0},
	{},
};

static const char doc[] =
	"Count the instructions of mapping and unmapping a page of a device's memory.\v"
	"Each figure is a line of JSON. Needs a VM that counts: COUNT_INSNS=yes, see scripts/vm.sh.";

static unsigned long number(struct argp_state *state, const char *arg, unsigned long max)
{
	char *end;
	unsigned long value = strtoul(arg, &end, 10);

	if (*end || !value || value > max)
		argp_error(state, "%s: not a number from 1 to %lu", arg, max);
	return value;
}

static enum domain domain_of(struct argp_state *state, const char *arg)
{
	for (unsigned int i = 0; i < sizeof(domains) / sizeof(*domains); i++)
		if (!strcmp(arg, domains[i]))
			return i;
	argp_error(state, "%s: neither paging, nor parent, nor viommu", arg);
	return DOMAIN_PAGING;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'd':
		a->domain = domain_of(state, arg);
		return 0;
	case 'r':
		a->rounds = number(state, arg, ROUNDS_MAX);
		return 0;
	case 'n':
		a->ops = number(state, arg, 1ul << 30);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Instructions of this CPU so far */
static uint64_t insns(void)
{
	return __rdtsc();
}

/* What a loop takes, and an interrupt in between, or another process */
static uint64_t loop(void)
{
	uint32_t loops = LOOP_INSNS / 2;
	uint64_t before = insns();

	asm volatile("1: dec %0; jnz 1b" : "+r"(loops) : : "cc");
	return insns() - before;
}

/* One of several is not interrupted for long */
static bool counted(void)
{
	for (int i = 0; i < 100; i++) {
		uint64_t taken = loop();

		if (taken >= LOOP_INSNS && taken < LOOP_INSNS + LOOP_INSNS / 50)
			return true;
	}
	return false;
}

static int attach(struct vm *vm, enum domain domain)
{
	uint32_t pt = vm->ioas, viommu;
	uint64_t vf_offset;
	int ret;

	if (domain != DOMAIN_PAGING) {
		ret = iommufd_nest_parent_alloc(vm->iommufd, vm->dev, vm->ioas, &vm->hwpt);
		if (ret)
			return vm_error(ret, "IOMMU_HWPT_ALLOC of a nesting parent", NULL);
		pt = vm->hwpt;
	}
	ret = vfio_attach(vm->vfio, pt);
	if (ret)
		return vm_error(ret, "VFIO_DEVICE_ATTACH_IOMMUFD_PT", NULL);
	if (domain != DOMAIN_VIOMMU)
		return 0;
	ret = iommufd_viommu_alloc(vm->iommufd, VIOMMU_TYPE_AMD, vm->dev, vm->hwpt, &viommu,
				   &vf_offset);
	return ret ? vm_error(ret, "IOMMU_VIOMMU_ALLOC", NULL) : 0;
}

static int open_device(struct vm *vm)
{
	struct vfio_device list[VFIO_MAX];
	int nr = vfio_list(list, VFIO_MAX);

	if (nr <= 0)
		return vm_error(-ENODEV, "/dev/vfio/devices", "no device is bound to vfio-pci");
	vm->vfio = vfio_open(list[0].name);
	if (vm->vfio < 0)
		return vm_error(vm->vfio, list[0].name, "is it free?");
	return 0;
}

static int set_up(struct vm *vm, enum domain domain)
{
	int ret;

	*vm = (struct vm){.vfio = -1, .iommufd = -1};
	vm->iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (vm->iommufd < 0)
		return vm_error(-errno, "/dev/iommu", NULL);
	ret = open_device(vm);
	if (ret)
		return ret;
	ret = vfio_bind(vm->vfio, vm->iommufd, &vm->dev);
	if (ret)
		return vm_error(ret, "VFIO_DEVICE_BIND_IOMMUFD", NULL);
	ret = iommufd_ioas_alloc(vm->iommufd, &vm->ioas);
	if (ret)
		return vm_error(ret, "IOMMU_IOAS_ALLOC", NULL);
	vm->mem = mmap(NULL, VM_MEM_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (vm->mem == MAP_FAILED)
		return vm_error(-errno, "memory", NULL);
	/* The tables around the page that comes and goes stay */
	ret = iommufd_map(vm->iommufd, vm->ioas, vm->mem, VM_MEM_IOVA, VM_MEM_SIZE);
	if (ret)
		return vm_error(ret, "IOMMU_IOAS_MAP", NULL);
	return attach(vm, domain);
}

static int operate(const struct vm *vm, unsigned long ops)
{
	int ret = 0;

	for (unsigned long i = 0; i < ops && !ret; i++) {
		ret = iommufd_map(vm->iommufd, vm->ioas, vm->mem, VM_SPARE_IOVA, VM_SPARE_SIZE);
		ret = ret ?: iommufd_unmap(vm->iommufd, vm->ioas, VM_SPARE_IOVA, VM_SPARE_SIZE);
	}
	return ret ? vm_error(ret, "IOMMU_IOAS_MAP or UNMAP", NULL) : 0;
}

static int measure(const struct vm *vm, const struct arguments *a)
{
	/* What is done once only, caches that fill */
	int ret = operate(vm, a->ops);

	for (unsigned long i = 0; i < a->rounds && !ret; i++) {
		uint64_t before = insns(), after;

		ret = operate(vm, a->ops);
		after = insns();
		printf("{\"measure\":\"insns\",\"domain\":\"%s\",\"ops\":%lu,\"insns\":%" PRIu64
		       "}\n",
		       domains[a->domain], a->ops, after - before);
	}
	return ret;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {.options = options, .parser = parse, .doc = doc};
	struct arguments a = {.rounds = 5, .ops = 512};
	struct vm vm;
	int ret;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (!counted()) {
		fprintf(stderr,
			"viommu-insns: this VM does not count: start it with COUNT_INSNS=yes\n");
		return EXIT_FAILURE;
	}
	/* Written at the end, not between two marks */
	setvbuf(stdout, NULL, _IOFBF, 1 << 17);
	ret = set_up(&vm, a.domain);
	return ret || measure(&vm, &a) ? EXIT_FAILURE : EXIT_SUCCESS;
}
