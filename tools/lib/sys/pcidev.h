/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sysfs tells of a PCI device, and who has it.
 */
#ifndef LIB_SYS_PCIDEV_H
#define LIB_SYS_PCIDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct pcidev - A PCI device of this machine
 * @segment: PCI segment
 * @devid:   bus, device and function
 * @driver:  name of its driver, or empty
 * @iommu:   index of the AMD IOMMU that translates for it, -1 if none does
 * @group:   its IOMMU group, -1 if it has none
 * @cdev:    its VFIO device file ("vfio0"), or empty
 */
struct pcidev {
	unsigned int segment;
	unsigned int devid;
	char driver[32];
	int iommu;
	int group;
	char cdev[24];
};

/**
 * pcidev_read() - Look at a device
 * @dev:     result
 * @segment: PCI segment
 * @devid:   bus, device and function
 *
 * Return: false if there is no such device.
 */
bool pcidev_read(struct pcidev *dev, unsigned int segment, unsigned int devid);

/**
 * struct vfio_file - A file of VFIO that a process has open
 * @pid:   the process
 * @group: the group, -1 if it is the file of one device
 * @cdev:  the device's file, or empty
 */
struct vfio_file {
	pid_t pid;
	int group;
	char cdev[24];
};

/**
 * struct vfio_files - All of them, those that this user may see
 * @nr:   how many
 * @room: for how many there is room
 * @file: each, ordered by process
 */
struct vfio_files {
	size_t nr;
	size_t room;
	struct vfio_file *file;
};

/**
 * vfio_files_read() - Look through the descriptors of all processes
 * @files: result
 *
 * Return: false without memory.
 */
bool vfio_files_read(struct vfio_files *files);

/** vfio_files_free() - The opposite */
void vfio_files_free(struct vfio_files *files);

/**
 * vfio_owner() - Which process has a device
 * @files: as read
 * @dev:   the device
 *
 * Return: 0 if none has, or none that this user may see.
 */
pid_t vfio_owner(const struct vfio_files *files, const struct pcidev *dev);

#endif /* LIB_SYS_PCIDEV_H */
