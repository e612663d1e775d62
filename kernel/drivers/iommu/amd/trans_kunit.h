/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI segment for KUnit tests of what has translation device IDs.
 */

#ifndef AMD_IOMMU_TRANS_KUNIT_H
#define AMD_IOMMU_TRANS_KUNIT_H

#include <kunit/test.h>

#include "viommu_internal.h"

#define TRANS_TEST_LAST		0x3f
/* A segment that no real IOAPIC, HPET or device is in */
#define TRANS_TEST_SEGMENT	0xfffe

KUNIT_DEFINE_ACTION_WRAPPER(trans_test_free_pool, amd_viommu_trans_devid_uninit,
			    struct amd_iommu_pci_seg *);

/* With a pool until the test ends */
static inline void trans_test_make_segment(struct kunit *test,
					   struct amd_iommu_pci_seg *seg,
					   u16 *alias_table)
{
	seg->id = TRANS_TEST_SEGMENT;
	seg->last_bdf = TRANS_TEST_LAST;
	seg->alias_table = alias_table;
	for (int devid = 0; devid <= TRANS_TEST_LAST; devid++)
		alias_table[devid] = devid;
	INIT_LIST_HEAD(&seg->unity_map);

	KUNIT_ASSERT_EQ(test, amd_viommu_trans_devid_init(seg), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, trans_test_free_pool,
							seg), 0);
}

#endif /* AMD_IOMMU_TRANS_KUNIT_H */
