// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-type1 - a VMM as it is on kernels without iommufd: VFIO's groups.
 *
 * usage: viommu-type1 [-name NAME] PAGES DEVICE...
 *
 * Takes the groups of all devices, maps PAGES pages at address 0, prints "ready",
 * and does what standard input says, a line each, printing "done" behind it:
 *
 *	cycle N   maps a page beyond the others and unmaps it, N times
 *	fault N   lets the first device, a dma-testdev, read N times where nothing is
 *
 * "-name NAME" in front names it, as it does QEMU.
 *
 * It ends with its input.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest/dma_engine.h"
#include "lib/vfio.h"

#define PAGE 4096ull
#define BEYOND (1ull << 30)
#define NOWHERE (1ull << 31)

struct vmm {
	int container;
	void *ram;
	int first;
	volatile void *bar;
};

static void die(const char *what)
{
	fprintf(stderr, "viommu-type1: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void check(bool good, const char *what)
{
	if (!good)
		die(what);
}

static int open_group(const char *device)
{
	char path[96], target[512], group[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", device);
	len = readlink(path, target, sizeof(target) - 1);
	check(len > 0, device);
	target[len] = '\0';
	snprintf(group, sizeof(group), "/dev/vfio/%.32s", strrchr(target, '/') + 1);
	fd = open(group, O_RDWR | O_CLOEXEC);
	check(fd >= 0, group);
	return fd;
}

static void add_device(struct vmm *vmm, const char *device, bool is_first)
{
	int group = open_group(device), fd;

	check(!ioctl(group, VFIO_GROUP_SET_CONTAINER, &vmm->container), "VFIO_GROUP_SET_CONTAINER");
	if (is_first)
		check(!ioctl(vmm->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), "VFIO_SET_IOMMU");
	fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, device);
	check(fd >= 0, "VFIO_GROUP_GET_DEVICE_FD");
	if (is_first)
		vmm->first = fd;
}

static void map(const struct vmm *vmm, unsigned long long iova, unsigned long long size)
{
	struct vfio_iommu_type1_dma_map cmd = {
		.argsz = sizeof(cmd),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (unsigned long)vmm->ram,
		.iova = iova,
		.size = size,
	};

	check(!ioctl(vmm->container, VFIO_IOMMU_MAP_DMA, &cmd), "VFIO_IOMMU_MAP_DMA");
}

static void unmap(const struct vmm *vmm, unsigned long long iova, unsigned long long size)
{
	struct vfio_iommu_type1_dma_unmap cmd = {.argsz = sizeof(cmd), .iova = iova, .size = size};

	check(!ioctl(vmm->container, VFIO_IOMMU_UNMAP_DMA, &cmd), "VFIO_IOMMU_UNMAP_DMA");
}

static void fault(struct vmm *vmm)
{
	uint16_t vendor, device;
	uint32_t data;
	size_t size;

	if (!vmm->bar) {
		errno = -vfio_enable(vmm->first, &vendor, &device);
		check(!errno, "cannot enable the device");
		errno = -vfio_bar_map(vmm->first, &vmm->bar, &size);
		check(!errno, "cannot map its registers");
	}
	errno = EPROTO;
	check(dma_testdev.read(vmm->bar, NOWHERE, &data, sizeof(data), DMA_NO_PASID) == -EIO,
	      "the IOMMU let a read through");
}

static void obey(struct vmm *vmm, const char *line)
{
	unsigned long nr;

	if (sscanf(line, "cycle %lu", &nr) == 1) {
		while (nr--) {
			map(vmm, BEYOND, PAGE);
			unmap(vmm, BEYOND, PAGE);
		}
	} else if (sscanf(line, "fault %lu", &nr) == 1) {
		while (nr--)
			fault(vmm);
	} else {
		errno = EINVAL;
		die(line);
	}
	puts("done");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	bool named = argc > 2 && !strcmp(argv[1], "-name");
	struct vmm vmm = {.container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC)};
	unsigned long pages;
	char line[64];

	argv += named ? 2 : 0;
	argc -= named ? 2 : 0;
	pages = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
	if (!pages) {
		fputs("usage: viommu-type1 [-name NAME] PAGES DEVICE...\n", stderr);
		return 2;
	}
	check(vmm.container >= 0, "/dev/vfio/vfio");
	for (int i = 2; i < argc; i++)
		add_device(&vmm, argv[i], i == 2);
	vmm.ram = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	check(vmm.ram != MAP_FAILED, "memory");
	map(&vmm, 0, pages * PAGE);
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		obey(&vmm, line);
	return 0;
}
