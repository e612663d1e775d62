// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of viommu_vdevice.c, which includes this file: which devices can
 * be a guest's.
 */

#include <kunit/test.h>

#define VDEVICE_TEST_ID		0x20
#define VDEVICE_TEST_OTHER	0x28

struct vdevice_test_ctx {
	struct amd_iommu iommu;
	struct amd_iommu_pci_seg seg;
	u16 alias_table[256];
	struct pci_bus bus;
	struct pci_dev pdev;
	unsigned long dma_aliases[BITS_TO_LONGS(256)];	/* one for every devfn */
};

/* A device on a root bus of its own */
static int vdevice_test_init(struct kunit *test)
{
	struct vdevice_test_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	for (int devid = 0; devid < ARRAY_SIZE(ctx->alias_table); devid++)
		ctx->alias_table[devid] = devid;
	ctx->seg.alias_table = ctx->alias_table;
	ctx->iommu.pci_seg = &ctx->seg;
	ctx->pdev.bus = &ctx->bus;
	ctx->pdev.devfn = VDEVICE_TEST_ID;
	return 0;
}

static void a_device_with_its_own_id_is_taken(struct kunit *test)
{
	struct vdevice_test_ctx *ctx = test->priv;

	/* What another device has does not matter */
	ctx->alias_table[VDEVICE_TEST_OTHER] = VDEVICE_TEST_ID;
	KUNIT_EXPECT_EQ(test, viommu_vdevice_check_aliases(&ctx->iommu, &ctx->pdev), 0);
}

/* By a quirk, as behind a bridge, and by the IVRS */
static void one_with_another_id_is_refused(struct kunit *test)
{
	struct vdevice_test_ctx *ctx = test->priv;

	ctx->pdev.dma_alias_mask = ctx->dma_aliases;
	set_bit(VDEVICE_TEST_OTHER, ctx->dma_aliases);
	KUNIT_EXPECT_EQ(test, viommu_vdevice_check_aliases(&ctx->iommu, &ctx->pdev),
			-EOPNOTSUPP);
	ctx->pdev.dma_alias_mask = NULL;
	ctx->alias_table[VDEVICE_TEST_ID] = VDEVICE_TEST_OTHER;
	KUNIT_EXPECT_EQ(test, viommu_vdevice_check_aliases(&ctx->iommu, &ctx->pdev),
			-EOPNOTSUPP);
}

static struct kunit_case vdevice_test_cases[] = {
	KUNIT_CASE(a_device_with_its_own_id_is_taken),
	KUNIT_CASE(one_with_another_id_is_refused),
	{}
};

static struct kunit_suite vdevice_test_suite = {
	.name		= "amd_viommu_vdevice",
	.init		= vdevice_test_init,
	.test_cases	= vdevice_test_cases,
};

kunit_test_suite(vdevice_test_suite);
