// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sysfs tells of a PCI device, and who has it.
 *
 * A VMM has its devices by VFIO: it holds the file of their IOMMU group open,
 * or with iommufd the file of each device.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/sys/array.h"
#include "lib/sys/pcidev.h"

#define DEVICES "/sys/bus/pci/devices"

/* Where a symbolic link of sysfs leads to, the last part of it */
static bool read_link(char *name, size_t len, const char *dir, const char *link)
{
	char path[300], target[512];
	const char *base;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, link);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return false;
	target[n] = '\0';
	base = strrchr(target, '/');
	snprintf(name, len, "%.*s", (int)len - 1, base ? base + 1 : target);
	return true;
}

static void read_cdev(struct pcidev *dev, const char *dir)
{
	struct dirent *entry;
	char path[300];
	DIR *handle;

	snprintf(path, sizeof(path), "%s/vfio-dev", dir);
	handle = opendir(path);
	while (handle && (entry = readdir(handle)))
		if (!strncmp(entry->d_name, "vfio", 4))
			snprintf(dev->cdev, sizeof(dev->cdev), "%.23s", entry->d_name);
	if (handle)
		closedir(handle);
}

bool pcidev_read(struct pcidev *dev, unsigned int segment, unsigned int devid)
{
	char dir[64], name[64];

	*dev = (struct pcidev){.segment = segment, .devid = devid, .iommu = -1, .group = -1};
	snprintf(dir, sizeof(dir), DEVICES "/%04x:%02x:%02x.%x", segment, devid >> 8 & 0xff,
		 devid >> 3 & 0x1f, devid & 7);
	if (access(dir, F_OK))
		return false;
	if (read_link(name, sizeof(name), dir, "driver"))
		snprintf(dev->driver, sizeof(dev->driver), "%.31s", name);
	if (read_link(name, sizeof(name), dir, "iommu_group") && isdigit((unsigned char)*name))
		dev->group = atoi(name);
	if (read_link(name, sizeof(name), dir, "iommu") && !strncmp(name, "ivhd", 4))
		dev->iommu = atoi(name + 4);
	read_cdev(dev, dir);
	return true;
}

static bool add_file(struct vfio_files *files, const struct vfio_file *file)
{
	struct vfio_file *new = array_add(&files->file, &files->nr, &files->room, sizeof(*new));

	if (new)
		*new = *file;
	return new;
}

/* "/dev/vfio/12", "/dev/vfio/devices/vfio0" */
static bool is_vfio(struct vfio_file *file, const char *target)
{
	int end = 0;

	if (sscanf(target, "/dev/vfio/%d%n", &file->group, &end) == 1 && end && !target[end])
		return true;
	file->group = -1;
	return sscanf(target, "/dev/vfio/devices/%23s", file->cdev) == 1;
}

static bool read_process(struct vfio_files *files, pid_t pid)
{
	struct dirent *entry;
	char target[64];
	char path[64];
	DIR *handle;
	bool good = true;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	handle = opendir(path);
	while (handle && good && (entry = readdir(handle))) {
		struct vfio_file file = {.pid = pid, .group = -1};
		ssize_t n = readlinkat(dirfd(handle), entry->d_name, target, sizeof(target) - 1);

		if (n <= 0)
			continue;
		target[n] = '\0';
		if (is_vfio(&file, target))
			good = add_file(files, &file);
	}
	if (handle)
		closedir(handle);
	return good;
}

static int by_process(const void *a, const void *b)
{
	const struct vfio_file *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

bool vfio_files_read(struct vfio_files *files)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool good = true;

	*files = (struct vfio_files){};
	while (proc && good && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			good = read_process(files, atoi(entry->d_name));
	if (proc)
		closedir(proc);
	if (files->nr)
		qsort(files->file, files->nr, sizeof(*files->file), by_process);
	return good;
}

void vfio_files_free(struct vfio_files *files)
{
	free(files->file);
	*files = (struct vfio_files){};
}

pid_t vfio_owner(const struct vfio_files *files, const struct pcidev *dev)
{
	for (size_t i = 0; i < files->nr; i++) {
		const struct vfio_file *file = &files->file[i];

		if ((file->group >= 0 && file->group == dev->group) ||
		    (*file->cdev && !strcmp(file->cdev, dev->cdev)))
			return file->pid;
	}
	return 0;
}
