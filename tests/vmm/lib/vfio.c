// SPDX-License-Identifier: GPL-2.0-only
/*
 * Assignable devices: vfio character devices.
 */
#include "vfio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEVICES "/dev/vfio/devices"

static int number(const char *name)
{
	return atoi(name + strlen("vfio"));
}

static int compare(const void *a, const void *b)
{
	const struct vfio_device *x = a, *y = b;

	return number(x->name) - number(y->name);
}

static int find_bdf(struct vfio_device *dev)
{
	char path[128], target[512];
	const char *base;
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/class/vfio-dev/%s/device", dev->name);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	base = strrchr(target, '/');
	snprintf(dev->bdf, sizeof(dev->bdf), "%.31s", base ? base + 1 : target);
	return 0;
}

/* @entry: NULL behind the last one; not being able to read is not the end */
static int next(DIR *dir, struct dirent **entry)
{
	errno = 0;
	*entry = readdir(dir);
	return *entry ? 0 : -errno;
}

/**
 * vfio_list() - List all devices, by number
 * @list: gets up to @max devices
 *
 * Return: their count, or a negative errno.
 */
int vfio_list(struct vfio_device *list, size_t max)
{
	struct dirent *entry;
	size_t n = 0;
	int ret = 0;
	DIR *dir;

	dir = opendir(DEVICES);
	if (!dir)
		return -errno;
	while (n < max && !(ret = next(dir, &entry)) && entry) {
		struct vfio_device *dev = &list[n];

		if (strncmp(entry->d_name, "vfio", 4))
			continue;
		memset(dev, 0, sizeof(*dev));
		snprintf(dev->name, sizeof(dev->name), "%.31s", entry->d_name);
		ret = find_bdf(dev);
		/* One that is just being unplugged has no name any more */
		if (ret && ret != -ENOENT)
			break;
		ret = 0;
		n++;
	}
	closedir(dir);
	qsort(list, n, sizeof(*list), compare);
	return ret ? ret : (int)n;
}

/**
 * vfio_claim() - Take a device for one viommu-vmm
 * @name: vfioN
 *
 * Anybody may open a device, but only one process can bind it. A lock tells
 * those of us who run at the same time; what others have bound shows later.
 *
 * Return: a file descriptor that holds the claim until it is closed, -EWOULDBLOCK
 * when another one has the device, or another negative errno.
 */
int vfio_claim(const char *name)
{
	int fd = vfio_open(name);
	int err;

	if (fd < 0 || !flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	err = errno;
	close(fd);
	return -err;
}

/**
 * vfio_open() - Open a device by name
 *
 * Return: a file descriptor or a negative errno.
 */
int vfio_open(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/**
 * vfio_bind() - Hand a device to iommufd
 * @dev: gets its ID there
 */
int vfio_bind(int vfio, int iommufd, uint32_t *dev)
{
	struct vfio_device_bind_iommufd cmd = {.argsz = sizeof(cmd), .iommufd = iommufd};

	if (ioctl(vfio, VFIO_DEVICE_BIND_IOMMUFD, &cmd))
		return -errno;
	*dev = cmd.out_devid;
	return 0;
}

/** vfio_attach() - Let a device do DMA through a table */
int vfio_attach(int vfio, uint32_t hwpt)
{
	struct vfio_device_attach_iommufd_pt cmd = {.argsz = sizeof(cmd), .pt_id = hwpt};

	return ioctl(vfio, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &cmd) ? -errno : 0;
}

/** vfio_detach() - Let a device do no DMA */
int vfio_detach(int vfio)
{
	struct vfio_device_detach_iommufd_pt cmd = {.argsz = sizeof(cmd)};

	return ioctl(vfio, VFIO_DEVICE_DETACH_IOMMUFD_PT, &cmd) ? -errno : 0;
}

/**
 * vfio_find() - The device at a PCI address
 * @bdf: as in 0000:00:08.0
 *
 * Return: 0, -ENODEV if it is not assignable, or another negative errno.
 */
int vfio_find(const char *bdf, struct vfio_device *dev)
{
	struct vfio_device list[VFIO_MAX];
	int n = vfio_list(list, VFIO_MAX);

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		if (!strcmp(list[i].bdf, bdf)) {
			*dev = list[i];
			return 0;
		}
	}
	return -ENODEV;
}

static int region(int vfio, uint32_t index, struct vfio_region_info *info)
{
	*info = (struct vfio_region_info){.argsz = sizeof(*info), .index = index};
	return ioctl(vfio, VFIO_DEVICE_GET_REGION_INFO, info) ? -errno : 0;
}

/**
 * vfio_enable() - Let a bound device answer and do DMA
 * @vendor: gets its PCI vendor ID
 * @device: gets its PCI device ID
 */
int vfio_enable(int vfio, uint16_t *vendor, uint16_t *device)
{
	struct vfio_region_info config;
	uint16_t command;
	int ret = region(vfio, VFIO_PCI_CONFIG_REGION_INDEX, &config);

	if (ret)
		return ret;
	if (pread(vfio, vendor, 2, config.offset) != 2 ||
	    pread(vfio, device, 2, config.offset + 2) != 2 ||
	    pread(vfio, &command, 2, config.offset + 4) != 2)
		return -EIO;
	/* Memory space, bus master */
	command |= 0x6;
	return pwrite(vfio, &command, 2, config.offset + 4) == 2 ? 0 : -EIO;
}

/**
 * vfio_bar_map() - Map BAR 0 of a bound device
 * @bar:  gets where it is
 * @size: gets its size in bytes
 */
int vfio_bar_map(int vfio, volatile void **bar, size_t *size)
{
	struct vfio_region_info info;
	int ret = region(vfio, VFIO_PCI_BAR0_REGION_INDEX, &info);
	void *mem;

	if (ret)
		return ret;
	mem = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, vfio, info.offset);
	if (mem == MAP_FAILED)
		return -errno;
	*bar = mem;
	*size = info.size;
	return 0;
}
