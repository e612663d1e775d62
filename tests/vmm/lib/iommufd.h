/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The iommufd calls of a VMM, one function each. All return 0 or a negative
 * errno.
 */
#ifndef VMM_IOMMUFD_H
#define VMM_IOMMUFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int iommufd_ioas_alloc(int iommufd, uint32_t *ioas);
int iommufd_map(int iommufd, uint32_t ioas, const void *mem, uint64_t iova, size_t size);
int iommufd_map_access(int iommufd, uint32_t ioas, const void *mem, uint64_t iova, size_t size,
		       bool writable);
int iommufd_unmap(int iommufd, uint32_t ioas, uint64_t iova, size_t size);
int iommufd_nest_parent_alloc(int iommufd, uint32_t dev, uint32_t ioas, uint32_t *hwpt);
int iommufd_dirty_parent_alloc(int iommufd, uint32_t dev, uint32_t ioas, uint32_t *hwpt);
int iommufd_small_pages(int iommufd, uint32_t ioas);
int iommufd_dirty_tracking(int iommufd, uint32_t hwpt, bool on);
int iommufd_dirty_bitmap(int iommufd, uint32_t hwpt, uint64_t iova, uint64_t length,
			 uint64_t page_size, uint64_t *bitmap);
int iommufd_amd_features(int iommufd, uint32_t dev, uint64_t *efr);
int iommufd_viommu_alloc(int iommufd, uint32_t type, uint32_t dev, uint32_t hwpt, uint32_t *viommu,
			 uint64_t *vf_offset);
int iommufd_vdevice_alloc(int iommufd, uint32_t viommu, uint32_t dev, uint64_t gdev_id,
			  uint32_t *vdevice);
int iommufd_fault_alloc(int iommufd, uint32_t *queue, int *fd);
int iommufd_nested_alloc(int iommufd, uint32_t viommu, uint32_t dev, const uint64_t dte[4],
			 uint32_t fault, uint32_t *hwpt);
int iommufd_veventq_alloc(int iommufd, uint32_t viommu, uint32_t type, uint32_t depth,
			  uint32_t *queue, int *fd);
int iommufd_queue_alloc(int iommufd, uint32_t viommu, uint32_t type, uint32_t index, uint64_t gpa,
			uint64_t size, uint32_t *queue);
int iommufd_invalidate(int iommufd, uint32_t viommu, const uint64_t (*cmds)[2], uint32_t *nr);
int iommufd_control_set(int iommufd, uint32_t viommu, uint64_t control);
int iommufd_control_get(int iommufd, uint32_t viommu, uint64_t *control);
uint64_t iommufd_irq_eventfd(uint32_t index, int fd);
int iommufd_irq_set(int iommufd, uint32_t viommu, uint64_t value);
int iommufd_destroy(int iommufd, uint32_t id);

#endif
