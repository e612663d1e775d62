/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The AMD IOMMUs of this machine and what became of their vIOMMU.
 */
#ifndef LIB_SYS_IOMMUS_H
#define LIB_SYS_IOMMUS_H

#include <stdbool.h>
#include <stddef.h>

#define IOMMUS_SYSFS "/sys/class/iommu"

/**
 * struct iommu_info - One IOMMU
 * @index: N of ivhdN
 * @state: as sysfs has it: "enabled", "off", …; empty if it does not say
 */
struct iommu_info {
	int index;
	char state[24];
};

/**
 * struct iommus - All IOMMUs, by index; zero before they are read
 * @info: each
 * @nr:   how many
 * @room: how many fit
 */
struct iommus {
	struct iommu_info *info;
	size_t nr;
	size_t room;
};

/**
 * iommus_read() - Look for IOMMUs
 * @iommus: result
 * @dir:    IOMMUS_SYSFS, or another directory for tests
 */
void iommus_read(struct iommus *iommus, const char *dir);

/**
 * iommus_indices() - How many indices there are, from 0 to the highest; at least one
 * @iommus: as read
 */
unsigned int iommus_indices(const struct iommus *iommus);

/**
 * iommus_enabled() - How many IOMMUs have the vIOMMU enabled
 * @iommus: as read
 */
size_t iommus_enabled(const struct iommus *iommus);

/**
 * iommus_problem() - Why no vIOMMU can exist
 * @iommus: as read
 * @buf:    the explanation, with a remedy
 * @len:    its size
 *
 * Return: false if at least one IOMMU is fine, or does not say.
 */
bool iommus_problem(const struct iommus *iommus, char *buf, size_t len);

#endif /* LIB_SYS_IOMMUS_H */
