// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sizes of BPF maps.
 */
#include "lib/bpf/maps.h"
#include "lib/sys/iommus.h"

void maps_size_by_iommu(struct bpf_map *map, unsigned int each)
{
	static struct iommus iommus;

	if (!iommus.nr)
		iommus_read(&iommus, IOMMUS_SYSFS);
	bpf_map__set_max_entries(map, each * iommus_indices(&iommus));
}
