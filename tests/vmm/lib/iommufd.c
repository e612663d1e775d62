// SPDX-License-Identifier: GPL-2.0-only
/*
 * The iommufd calls of a VMM.
 */
#include "iommufd.h"

#include <errno.h>
#include <linux/iommufd.h>
#include <sys/ioctl.h>

static int call(int iommufd, unsigned long request, void *arg)
{
	return ioctl(iommufd, request, arg) ? -errno : 0;
}

/** iommufd_ioas_alloc() - Make an empty address space */
int iommufd_ioas_alloc(int iommufd, uint32_t *ioas)
{
	struct iommu_ioas_alloc cmd = {.size = sizeof(cmd)};
	int ret = call(iommufd, IOMMU_IOAS_ALLOC, &cmd);

	*ioas = cmd.out_ioas_id;
	return ret;
}

/** iommufd_map() - Map @size bytes of @mem at @iova for reading and writing */
int iommufd_map(int iommufd, uint32_t ioas, const void *mem, uint64_t iova, size_t size)
{
	return iommufd_map_access(iommufd, ioas, mem, iova, size, true);
}

/** iommufd_map_access() - Map @size bytes of @mem at @iova, perhaps read-only */
int iommufd_map_access(int iommufd, uint32_t ioas, const void *mem, uint64_t iova, size_t size,
		       bool writable)
{
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 (writable ? IOMMU_IOAS_MAP_WRITEABLE : 0),
		.ioas_id = ioas,
		.user_va = (uintptr_t)mem,
		.length = size,
		.iova = iova,
	};

	return call(iommufd, IOMMU_IOAS_MAP, &cmd);
}

/** iommufd_unmap() - Undo iommufd_map() */
int iommufd_unmap(int iommufd, uint32_t ioas, uint64_t iova, size_t size)
{
	struct iommu_ioas_unmap cmd = {
		.size = sizeof(cmd),
		.ioas_id = ioas,
		.iova = iova,
		.length = size,
	};

	return call(iommufd, IOMMU_IOAS_UNMAP, &cmd);
}

static int iommufd_parent_alloc(int iommufd, uint32_t dev, uint32_t ioas, uint32_t flags,
				uint32_t *hwpt)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = flags,
		.dev_id = dev,
		.pt_id = ioas,
	};
	int ret = call(iommufd, IOMMU_HWPT_ALLOC, &cmd);

	*hwpt = cmd.out_hwpt_id;
	return ret;
}

/** iommufd_nest_parent_alloc() - Make a stage-2 table of @ioas that can be nested on */
int iommufd_nest_parent_alloc(int iommufd, uint32_t dev, uint32_t ioas, uint32_t *hwpt)
{
	return iommufd_parent_alloc(iommufd, dev, ioas, IOMMU_HWPT_ALLOC_NEST_PARENT, hwpt);
}

/** iommufd_dirty_parent_alloc() - Make one that can tell which of its pages were written */
int iommufd_dirty_parent_alloc(int iommufd, uint32_t dev, uint32_t ioas, uint32_t *hwpt)
{
	return iommufd_parent_alloc(iommufd, dev, ioas,
				    IOMMU_HWPT_ALLOC_NEST_PARENT | IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
				    hwpt);
}

/** iommufd_small_pages() - Have all that comes to be mapped in @ioas in pages of 4 KiB */
int iommufd_small_pages(int iommufd, uint32_t ioas)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd),
		.option_id = IOMMU_OPTION_HUGE_PAGES,
		.op = IOMMU_OPTION_OP_SET,
		.object_id = ioas,
		.val64 = 0,
	};

	return call(iommufd, IOMMU_OPTION, &cmd);
}

/** iommufd_dirty_tracking() - Note from now on, or no longer, what is written */
int iommufd_dirty_tracking(int iommufd, uint32_t hwpt, bool on)
{
	struct iommu_hwpt_set_dirty_tracking cmd = {
		.size = sizeof(cmd),
		.flags = on ? IOMMU_HWPT_DIRTY_TRACKING_ENABLE : 0,
		.hwpt_id = hwpt,
	};

	return call(iommufd, IOMMU_HWPT_SET_DIRTY_TRACKING, &cmd);
}

/**
 * iommufd_dirty_bitmap() - Which pages of @page_size were written, and forget it
 * @bitmap: all zero, a bit for each page of the range
 */
int iommufd_dirty_bitmap(int iommufd, uint32_t hwpt, uint64_t iova, uint64_t length,
			 uint64_t page_size, uint64_t *bitmap)
{
	struct iommu_hwpt_get_dirty_bitmap cmd = {
		.size = sizeof(cmd),
		.hwpt_id = hwpt,
		.iova = iova,
		.length = length,
		.page_size = page_size,
		.data = (uintptr_t)bitmap,
	};

	return call(iommufd, IOMMU_HWPT_GET_DIRTY_BITMAP, &cmd);
}

/** iommufd_amd_features() - Extended features of the AMD IOMMU of a device */
int iommufd_amd_features(int iommufd, uint32_t dev, uint64_t *efr)
{
	struct iommu_hw_info_amd amd = {};
	struct iommu_hw_info cmd = {
		.size = sizeof(cmd),
		.dev_id = dev,
		.data_len = sizeof(amd),
		.data_uptr = (uintptr_t)&amd,
	};
	int ret = call(iommufd, IOMMU_GET_HW_INFO, &cmd);

	if (!ret && cmd.out_data_type != IOMMU_HW_INFO_TYPE_AMD)
		ret = -ENODEV;
	*efr = amd.efr;
	return ret;
}

/**
 * iommufd_viommu_alloc() - Make a vIOMMU on the IOMMU of a device
 * @vf_offset: gets the mmap offset of the guest's VF page
 */
int iommufd_viommu_alloc(int iommufd, uint32_t type, uint32_t dev, uint32_t hwpt, uint32_t *viommu,
			 uint64_t *vf_offset)
{
	struct iommu_viommu_amd amd = {};
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = type,
		.dev_id = dev,
		.hwpt_id = hwpt,
		.data_len = sizeof(amd),
		.data_uptr = (uintptr_t)&amd,
	};
	int ret = call(iommufd, IOMMU_VIOMMU_ALLOC, &cmd);

	*viommu = cmd.out_viommu_id;
	*vf_offset = amd.out_vfmmio_mmap_offset;
	return ret;
}

/**
 * iommufd_vdevice_alloc() - Make a device the device of a guest
 * @gdev_id: its requester ID for the guest
 */
int iommufd_vdevice_alloc(int iommufd, uint32_t viommu, uint32_t dev, uint64_t gdev_id,
			  uint32_t *vdevice)
{
	struct iommu_vdevice_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = viommu,
		.dev_id = dev,
		.virt_id = gdev_id,
	};
	int ret = call(iommufd, IOMMU_VDEVICE_ALLOC, &cmd);

	*vdevice = cmd.out_vdevice_id;
	return ret;
}

/**
 * iommufd_fault_alloc() - Make a queue for page requests of devices
 * @fd: gets the file they are read from
 */
int iommufd_fault_alloc(int iommufd, uint32_t *queue, int *fd)
{
	struct iommu_fault_alloc cmd = {.size = sizeof(cmd)};
	int ret = call(iommufd, IOMMU_FAULT_QUEUE_ALLOC, &cmd);

	*queue = cmd.out_fault_id;
	*fd = ret ? -1 : (int)cmd.out_fault_fd;
	return ret;
}

/**
 * iommufd_nested_alloc() - Make a guest's own translation
 * @dte: device table entry as the guest wrote it
 * @fault: queue for page requests, or 0
 */
int iommufd_nested_alloc(int iommufd, uint32_t viommu, uint32_t dev, const uint64_t dte[4],
			 uint32_t fault, uint32_t *hwpt)
{
	struct iommu_hwpt_amd_guest guest = {.dte = {dte[0], dte[1], dte[2], dte[3]}};
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.dev_id = dev,
		.pt_id = viommu,
		.flags = fault ? IOMMU_HWPT_FAULT_ID_VALID : 0,
		.data_type = IOMMU_HWPT_DATA_AMD_GUEST,
		.data_len = sizeof(guest),
		.data_uptr = (uintptr_t)&guest,
		.fault_id = fault,
	};
	int ret = call(iommufd, IOMMU_HWPT_ALLOC, &cmd);

	*hwpt = cmd.out_hwpt_id;
	return ret;
}

/**
 * iommufd_veventq_alloc() - Listen to what the hardware logs of a guest
 * @depth: how many records are kept
 * @fd:    gets the file they are read from
 */
int iommufd_veventq_alloc(int iommufd, uint32_t viommu, uint32_t type, uint32_t depth,
			  uint32_t *queue, int *fd)
{
	struct iommu_veventq_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = viommu,
		.type = type,
		.veventq_depth = depth,
	};
	int ret = call(iommufd, IOMMU_VEVENTQ_ALLOC, &cmd);

	*queue = cmd.out_veventq_id;
	*fd = ret ? -1 : (int)cmd.out_veventq_fd;
	return ret;
}

/** iommufd_queue_alloc() - Have the hardware serve a queue in guest memory */
int iommufd_queue_alloc(int iommufd, uint32_t viommu, uint32_t type, uint32_t index, uint64_t gpa,
			uint64_t size, uint32_t *queue)
{
	struct iommu_hw_queue_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = viommu,
		.type = type,
		.index = index,
		.nesting_parent_iova = gpa,
		.length = size,
	};
	int ret = call(iommufd, IOMMU_HW_QUEUE_ALLOC, &cmd);

	*queue = cmd.out_hw_queue_id;
	return ret;
}

/**
 * iommufd_invalidate() - Forward commands of a guest
 * @cmds: two words each, as the guest wrote them
 * @nr:   how many; becomes how many were done
 */
int iommufd_invalidate(int iommufd, uint32_t viommu, const uint64_t (*cmds)[2], uint32_t *nr)
{
	struct iommu_hwpt_invalidate cmd = {
		.size = sizeof(cmd),
		.hwpt_id = viommu,
		.data_uptr = (uintptr_t)cmds,
		.data_type = IOMMU_VIOMMU_INVALIDATE_DATA_AMD,
		.entry_len = sizeof(struct iommu_viommu_amd_invalidate),
		.entry_num = *nr,
	};
	int ret = call(iommufd, IOMMU_HWPT_INVALIDATE, &cmd);

	*nr = cmd.entry_num;
	return ret;
}

/** iommufd_control_set() - Hand over what the guest wrote to its control register */
int iommufd_control_set(int iommufd, uint32_t viommu, uint64_t control)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd),
		.option_id = IOMMU_OPTION_VIOMMU_CONTROL,
		.op = IOMMU_OPTION_OP_SET,
		.object_id = viommu,
		.val64 = control,
	};

	return call(iommufd, IOMMU_OPTION, &cmd);
}

/**
 * iommufd_irq_eventfd() - Value for iommufd_irq_set()
 * @index: which interrupt
 * @fd:    eventfd, or -1 for none any more
 */
uint64_t iommufd_irq_eventfd(uint32_t index, int fd)
{
	return (uint64_t)index << 56 | (uint32_t)fd;
}

/** iommufd_irq_set() - Say how an interrupt of the guest's IOMMU is delivered */
int iommufd_irq_set(int iommufd, uint32_t viommu, uint64_t value)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd),
		.option_id = IOMMU_OPTION_VIOMMU_IRQ,
		.op = IOMMU_OPTION_OP_SET,
		.object_id = viommu,
		.val64 = value,
	};

	return call(iommufd, IOMMU_OPTION, &cmd);
}

/** iommufd_control_get() - What was handed over last */
int iommufd_control_get(int iommufd, uint32_t viommu, uint64_t *control)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd),
		.option_id = IOMMU_OPTION_VIOMMU_CONTROL,
		.op = IOMMU_OPTION_OP_GET,
		.object_id = viommu,
	};
	int ret = call(iommufd, IOMMU_OPTION, &cmd);

	*control = cmd.val64;
	return ret;
}

/** iommufd_destroy() - Destroy any object */
int iommufd_destroy(int iommufd, uint32_t id)
{
	struct iommu_destroy cmd = {.size = sizeof(cmd), .id = id};

	return call(iommufd, IOMMU_DESTROY, &cmd);
}
