// SPDX-License-Identifier: GPL-2.0-only
/*
 * The AMD IOMMUs of this machine, from sysfs.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys/array.h"
#include "lib/sys/file.h"
#include "lib/sys/iommus.h"

static void read_state(struct iommu_info *info, const char *dir)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/ivhd%d/amd-iommu/viommu", dir, info->index);
	file_read_line(info->state, sizeof(info->state), path);
}

static int by_index(const void *a, const void *b)
{
	const struct iommu_info *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

void iommus_read(struct iommus *iommus, const char *dir)
{
	DIR *handle = opendir(dir);
	struct dirent *entry;

	iommus->nr = 0;
	if (!handle)
		return;
	while ((entry = readdir(handle))) {
		struct iommu_info *info;
		unsigned int index;

		if (sscanf(entry->d_name, "ivhd%u", &index) != 1)
			continue;
		info = array_add(&iommus->info, &iommus->nr, &iommus->room, sizeof(*info));
		if (!info)
			break;
		info->index = index;
		read_state(info, dir);
	}
	closedir(handle);
	if (iommus->nr)
		qsort(iommus->info, iommus->nr, sizeof(*iommus->info), by_index);
}

unsigned int iommus_indices(const struct iommus *iommus)
{
	return iommus->nr ? iommus->info[iommus->nr - 1].index + 1 : 1;
}

static bool is_state(const struct iommu_info *info, const char *state)
{
	return !strcmp(info->state, state);
}

static size_t count_state(const struct iommus *iommus, const char *state)
{
	size_t count = 0;

	for (size_t i = 0; i < iommus->nr; i++)
		count += is_state(&iommus->info[i], state);
	return count;
}

size_t iommus_enabled(const struct iommus *iommus)
{
	return count_state(iommus, "enabled");
}

/* The state that a user can do most about comes first */
static const char *remedy(const struct iommus *iommus)
{
	if (count_state(iommus, "off"))
		return "boot with amd_iommu=viommu";
	if (count_state(iommus, "firmware-bug"))
		return "the firmware did not enable the vIOMMU's BARs: update it, or enable vIOMMU in its set-up";
	if (count_state(iommus, "failed"))
		return "set-up failed: see \"dmesg | grep AMD-Vi\"";
	return "the hardware has no vIOMMU, or guest APIC mode is off: see \"dmesg | grep AMD-Vi\"";
}

bool iommus_problem(const struct iommus *iommus, char *buf, size_t len)
{
	size_t used;

	if (!iommus->nr) {
		snprintf(
			buf, len,
			"not found: no AMD IOMMU is in use (/sys/class/iommu has no ivhd*): enable it in the firmware's set-up and do not boot with amd_iommu=off");
		return true;
	}
	if (iommus_enabled(iommus) || count_state(iommus, ""))
		return false;

	used = snprintf(buf, len, "is not enabled on any IOMMU (");
	for (size_t i = 0; i < iommus->nr && used < len; i++)
		used += snprintf(buf + used, len - used, "%sivhd%d: %s", i ? ", " : "",
				 iommus->info[i].index, iommus->info[i].state);
	if (used < len)
		snprintf(buf + used, len - used, "): %s", remedy(iommus));
	return true;
}
