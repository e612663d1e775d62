// SPDX-License-Identifier: GPL-2.0-only
/*
 * One VM as iommufd sees it: a device, its stage-2 table, vIOMMUs.
 */
#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iommufd.h"
#include "vfio.h"

#define EFR_VIOMMU (1ull << 55)

/**
 * vm_error() - Say what failed, why, and what helps
 * @ret:    negative errno
 * @what:   the call that failed
 * @remedy: what the user can do, or NULL
 *
 * Return: @ret
 */
int vm_error(int ret, const char *what, const char *remedy)
{
	fprintf(stderr, "%s: %s: %s%s%s\n", program_invocation_short_name, what, strerror(-ret),
		remedy ? "; " : "", remedy ? remedy : "");
	return ret;
}

static int open_iommufd(struct vm *vm)
{
	vm->iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (vm->iommufd < 0)
		return vm_error(-errno, "/dev/iommu",
				"this needs a kernel with CONFIG_IOMMUFD, and root");
	return 0;
}

static int bind_device(struct vm *vm, const char *device)
{
	uint64_t efr = 0;
	int ret;

	vm->vfio = vfio_open(device);
	if (vm->vfio < 0)
		return vm_error(vm->vfio, device, "is it bound to vfio-pci, and free?");

	ret = vfio_bind(vm->vfio, vm->iommufd, &vm->dev);
	if (ret)
		return vm_error(ret, "VFIO_DEVICE_BIND_IOMMUFD",
				"another process may have the device");

	ret = iommufd_amd_features(vm->iommufd, vm->dev, &efr);
	if (ret)
		return vm_error(ret, "IOMMU_GET_HW_INFO", "not behind an AMD IOMMU?");
	if (!(efr & EFR_VIOMMU))
		return vm_error(-EOPNOTSUPP, "hardware vIOMMU of the device's IOMMU",
				"boot with amd_iommu=viommu and see "
				"/sys/class/iommu/*/amd-iommu/viommu");
	return 0;
}

static int map_memory(struct vm *vm)
{
	int ret;

	vm->mem =
		mmap(NULL, VM_MEM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (vm->mem == MAP_FAILED) {
		vm->mem = NULL;
		return vm_error(-errno, "guest memory", NULL);
	}
	ret = iommufd_ioas_alloc(vm->iommufd, &vm->ioas);
	if (ret)
		return vm_error(ret, "IOMMU_IOAS_ALLOC", NULL);
	ret = iommufd_map(vm->iommufd, vm->ioas, vm->mem, VM_MEM_IOVA, VM_MEM_SIZE);
	if (ret)
		return vm_error(ret, "IOMMU_IOAS_MAP", NULL);
	return 0;
}

static int attach_parent(struct vm *vm)
{
	int ret;

	ret = iommufd_nest_parent_alloc(vm->iommufd, vm->dev, vm->ioas, &vm->hwpt);
	if (ret)
		return vm_error(ret, "IOMMU_HWPT_ALLOC of a nesting parent",
				"the IOMMU lacks what nested translation needs");
	ret = vfio_attach(vm->vfio, vm->hwpt);
	if (ret)
		return vm_error(ret, "VFIO_DEVICE_ATTACH_IOMMUFD_PT", NULL);
	return 0;
}

/**
 * vm_open() - Assign a device to a new VM
 * @vm:     the VM
 * @device: vfioN
 *
 * Return: 0, or a negative errno after saying why; vm_close() either way.
 */
int vm_open(struct vm *vm, const char *device)
{
	int ret;

	*vm = (struct vm){.vfio = -1, .iommufd = -1};
	ret = open_iommufd(vm);
	if (!ret)
		ret = bind_device(vm, device);
	if (!ret)
		ret = map_memory(vm);
	if (!ret)
		ret = attach_parent(vm);
	return ret;
}

/** vm_close() - Give everything back that vm_open() took */
void vm_close(struct vm *vm)
{
	if (vm->vfio >= 0)
		close(vm->vfio);
	if (vm->hwpt)
		iommufd_destroy(vm->iommufd, vm->hwpt);
	if (vm->ioas)
		iommufd_destroy(vm->iommufd, vm->ioas);
	if (vm->iommufd >= 0)
		close(vm->iommufd);
	if (vm->mem)
		munmap(vm->mem, VM_MEM_SIZE);
	*vm = (struct vm){.vfio = -1, .iommufd = -1};
}

static int map_vf(struct vm *vm, struct vm_viommu *viommu)
{
	void *page = mmap(NULL, VF_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, vm->iommufd,
			  viommu->vf_offset);

	if (page == MAP_FAILED)
		return vm_error(-errno, "mmap of the VF page", NULL);
	viommu->vf = page;
	return 0;
}

static const char *alloc_remedy(int ret)
{
	switch (ret) {
	case -EOPNOTSUPP:
		return "the IOMMU has no vIOMMU of this type (AMD is 3)";
	case -ENOSPC:
		return "every guest ID of the IOMMU is in use: end another VM";
	case -EIO:
		return "the IOMMU does not answer: see dmesg";
	default:
		return NULL;
	}
}

/**
 * vm_viommu_create() - Give a VM a vIOMMU
 * @type: vIOMMU type to ask for
 * @map:  map its VF page, too
 *
 * Return: 0, or a negative errno after saying why.
 */
int vm_viommu_create(struct vm *vm, struct vm_viommu *viommu, uint32_t type, bool map)
{
	int ret;

	*viommu = (struct vm_viommu){};
	ret = iommufd_viommu_alloc(vm->iommufd, type, vm->dev, vm->hwpt, &viommu->id,
				   &viommu->vf_offset);
	if (ret)
		return vm_error(ret, "IOMMU_VIOMMU_ALLOC", alloc_remedy(ret));
	if (!map)
		return 0;
	ret = map_vf(vm, viommu);
	if (ret)
		vm_viommu_destroy(vm, viommu);
	return ret;
}

/** vm_viommu_destroy() - The reverse of vm_viommu_create() */
int vm_viommu_destroy(struct vm *vm, struct vm_viommu *viommu)
{
	int ret;

	if (viommu->vf)
		munmap((void *)viommu->vf, VF_PAGE_SIZE);
	ret = iommufd_destroy(vm->iommufd, viommu->id);
	*viommu = (struct vm_viommu){};
	return ret ? vm_error(ret, "IOMMU_DESTROY of a vIOMMU", NULL) : 0;
}

/** vf_read() - Read a guest register, as a guest does: 32 bits */
uint32_t vf_read(const struct vm_viommu *viommu, unsigned int reg)
{
	return *(volatile uint32_t *)(viommu->vf + reg);
}

/** vf_write() - Write a guest register */
void vf_write(const struct vm_viommu *viommu, unsigned int reg, uint32_t val)
{
	*(volatile uint32_t *)(viommu->vf + reg) = val;
}

/**
 * vf_check() - See that a guest register holds what it should
 *
 * Return: 0, or -EIO after saying what it holds.
 */
int vf_check(const struct vm_viommu *viommu, unsigned int reg, uint32_t expected)
{
	uint32_t val = vf_read(viommu, reg);

	if (val == expected)
		return 0;
	fprintf(stderr, "%s: VF page, register %03xh: 0x%x instead of 0x%x\n",
		program_invocation_short_name, reg, val, expected);
	return -EIO;
}
