/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sizes of BPF maps.
 */
#ifndef LIB_BPF_MAPS_H
#define LIB_BPF_MAPS_H

#include <bpf/libbpf.h>

/**
 * maps_size_by_iommu() - Have room for each IOMMU of this machine
 * @map:  is not loaded yet; its index begins with that of the IOMMU
 * @each: entries of an IOMMU
 */
void maps_size_by_iommu(struct bpf_map *map, unsigned int each);

#endif /* LIB_BPF_MAPS_H */
