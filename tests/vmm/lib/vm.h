/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One VM as iommufd sees it: a device, its stage-2 table, vIOMMUs.
 */
#ifndef VMM_VM_H
#define VMM_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* VF page: guest IOMMU registers from 2000h on */
#define VF_CMD_TAIL 0x08
#define VF_EVT_HEAD 0x10
#define VF_STATUS 0x20
#define VF_POINTER_MASK 0x7fff0u
#define VF_PAGE_SIZE 4096

/* Guest memory: a page of it is mapped and unmapped by the workload */
#define VM_MEM_IOVA 0x10000000ull
#define VM_MEM_SIZE (256u * 1024)
#define VM_SPARE_IOVA (VM_MEM_IOVA + VM_MEM_SIZE)
#define VM_SPARE_SIZE 4096u

/**
 * struct vm_viommu - One vIOMMU of a VM
 * @id:        iommufd object ID
 * @vf_offset: mmap offset of its VF page
 * @vf:        the VF page, or NULL
 */
struct vm_viommu {
	uint32_t id;
	uint64_t vf_offset;
	volatile uint8_t *vf;
};

/**
 * struct vm - One VM
 * @vfio, @iommufd: file descriptors, -1 = none
 * @dev, @ioas, @hwpt: iommufd IDs: device, address space, nesting parent
 * @mem: guest memory
 */
struct vm {
	int vfio;
	int iommufd;
	uint32_t dev;
	uint32_t ioas;
	uint32_t hwpt;
	void *mem;
};

int vm_open(struct vm *vm, const char *device);
void vm_close(struct vm *vm);
int vm_viommu_create(struct vm *vm, struct vm_viommu *viommu, uint32_t type, bool map);
int vm_viommu_destroy(struct vm *vm, struct vm_viommu *viommu);

uint32_t vf_read(const struct vm_viommu *viommu, unsigned int reg);
void vf_write(const struct vm_viommu *viommu, unsigned int reg, uint32_t val);
int vf_check(const struct vm_viommu *viommu, unsigned int reg, uint32_t expected);

int vm_error(int ret, const char *what, const char *remedy);

#endif
