/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the driver's files in debugfs are.
 */
#ifndef LIB_SYS_DEBUGFS_H
#define LIB_SYS_DEBUGFS_H

#define DEBUGFS_DIR "/sys/kernel/debug/iommu/amd"

#endif /* LIB_SYS_DEBUGFS_H */
