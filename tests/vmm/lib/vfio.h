/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Assignable devices: vfio character devices.
 */
#ifndef VMM_VFIO_H
#define VMM_VFIO_H

#include <stddef.h>
#include <stdint.h>

#define VFIO_NAME_MAX 32
#define VFIO_MAX 256

/**
 * struct vfio_device - One assignable device
 * @name: vfioN, as under /dev/vfio/devices
 * @bdf:  PCI address, or "" when not known
 */
struct vfio_device {
	char name[VFIO_NAME_MAX];
	char bdf[VFIO_NAME_MAX];
};

int vfio_list(struct vfio_device *list, size_t max);
int vfio_claim(const char *name);
int vfio_open(const char *name);
int vfio_bind(int vfio, int iommufd, uint32_t *dev);
int vfio_attach(int vfio, uint32_t hwpt);
int vfio_detach(int vfio);
int vfio_find(const char *bdf, struct vfio_device *dev);
int vfio_enable(int vfio, uint16_t *vendor, uint16_t *device);
int vfio_bar_map(int vfio, volatile void **bar, size_t *size);

#endif
