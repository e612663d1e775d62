// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of trans_devid.c, which includes this file: who gets which
 * translation device ID.
 */

#include <kunit/test.h>

#include "trans_kunit.h"

struct pool_test_ctx {
	struct amd_iommu iommu;
	struct amd_iommu_pci_seg seg;
	struct amd_viommu_trans_pool *pool;
	u16 alias_table[TRANS_TEST_LAST + 1];
	struct amd_iommu_viommu guests[2];
};

/*
 * Set-up
 */

static int pool_test_init(struct kunit *test)
{
	struct pool_test_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;

	ctx->iommu.pci_seg = &ctx->seg;
	for (int i = 0; i < ARRAY_SIZE(ctx->guests); i++)
		ctx->guests[i].iommu = &ctx->iommu;

	trans_test_make_segment(test, &ctx->seg, ctx->alias_table);
	ctx->pool = ctx->seg.trans_pool;
	return 0;
}

/* The ID that a guest gets, or a negative errno */
static int pool_test_alloc(struct pool_test_ctx *ctx, int guest)
{
	u16 trans_devid = 0;

	guard(mutex)(&amd_viommu_trans_lock);

	return amd_viommu_trans_devid_alloc(&ctx->guests[guest], &trans_devid) ?:
	       trans_devid;
}

static u32 pool_test_free_ids(struct pool_test_ctx *ctx)
{
	u32 used;

	return amd_viommu_trans_devid_count(&ctx->seg, &used);
}

/*
 * Handing out
 */

static void hands_out_from_the_top(struct kunit *test)
{
	struct pool_test_ctx *ctx = test->priv;
	u32 used;

	KUNIT_EXPECT_EQ(test, pool_test_free_ids(ctx), TRANS_TEST_LAST);
	trans_devid_reserve(ctx->pool, TRANS_TEST_LAST - 1);
	KUNIT_EXPECT_EQ(test, pool_test_alloc(ctx, 0), TRANS_TEST_LAST);
	KUNIT_EXPECT_EQ(test, pool_test_alloc(ctx, 1), TRANS_TEST_LAST - 2);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_count(&ctx->seg, &used),
			TRANS_TEST_LAST - 3);
	KUNIT_EXPECT_EQ(test, used, 2);
}

static void spares_where_devices_are_likely(struct kunit *test)
{
	struct pool_test_ctx *ctx = test->priv;

	bitmap_set(ctx->pool->likely, 2, TRANS_TEST_LAST - 1);
	KUNIT_EXPECT_EQ(test, pool_test_alloc(ctx, 0), 1);
	/* Nothing else is left */
	KUNIT_EXPECT_EQ(test, pool_test_alloc(ctx, 1), TRANS_TEST_LAST);
}

static void prefers_once(struct kunit *test)
{
	struct pool_test_ctx *ctx = test->priv;

	trans_devid_reserve(ctx->pool, 6);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_prefer(&ctx->seg, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_prefer(&ctx->seg, 6), -EBUSY);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_prefer(&ctx->seg,
							    TRANS_TEST_LAST + 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_prefer(&ctx->seg, 5), 0);
	KUNIT_EXPECT_EQ(test, pool_test_alloc(ctx, 0), 5);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_prefer(&ctx->seg, 5), -EBUSY);
	KUNIT_EXPECT_EQ(test, pool_test_alloc(ctx, 1), TRANS_TEST_LAST);
}

static void runs_out_and_goes_on(struct kunit *test)
{
	struct pool_test_ctx *ctx = test->priv;

	trans_devid_reserve_range(ctx->pool, 2, 0xffff);
	KUNIT_EXPECT_EQ(test, pool_test_free_ids(ctx), 1);
	KUNIT_EXPECT_EQ(test, pool_test_alloc(ctx, 0), 1);
	KUNIT_EXPECT_EQ(test, pool_test_alloc(ctx, 1), -ENOSPC);

	scoped_guard(mutex, &amd_viommu_trans_lock)
		amd_viommu_trans_devid_free(&ctx->seg, 1);
	KUNIT_EXPECT_EQ(test, pool_test_alloc(ctx, 1), 1);
}

/* What the IVRS names; a unity map for all devices names none */
static void leaves_out_what_the_ivrs_names(struct kunit *test)
{
	struct pool_test_ctx *ctx = test->priv;
	struct unity_map_entry some = { .devid_start = 0x10, .devid_end = 0x12 };
	struct unity_map_entry all = { .devid_end = TRANS_TEST_LAST };

	list_add(&some.list, &ctx->seg.unity_map);
	list_add(&all.list, &ctx->seg.unity_map);
	ctx->alias_table[8] = 9;
	trans_devid_reserve_ivrs(&ctx->seg, ctx->pool);
	list_del(&some.list);
	list_del(&all.list);

	for (u32 devid = 1; devid <= TRANS_TEST_LAST; devid++)
		KUNIT_EXPECT_EQ_MSG(test, trans_devid_is_free(ctx->pool, devid),
				    !(devid == 8 || devid == 9 ||
				      (devid >= 0x10 && devid <= 0x12)),
				    "%#x", devid);
}

/* A device that comes later reserves its ID, and learns who has it */
static void tells_who_must_move(struct kunit *test)
{
	struct pool_test_ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, pool_test_alloc(ctx, 0), TRANS_TEST_LAST);

	guard(mutex)(&amd_viommu_trans_lock);

	KUNIT_EXPECT_PTR_EQ(test, amd_viommu_trans_devid_reserve(&ctx->seg, TRANS_TEST_LAST),
			    &ctx->guests[0]);
	KUNIT_EXPECT_PTR_EQ(test, amd_viommu_trans_devid_reserve(&ctx->seg, 7), NULL);
	KUNIT_EXPECT_FALSE(test, trans_devid_is_free(ctx->pool, 7));
	/* Outside the device table there is nothing to reserve */
	KUNIT_EXPECT_PTR_EQ(test, amd_viommu_trans_devid_reserve(&ctx->seg, TRANS_TEST_LAST + 1),
			    NULL);
}

/* What guests' commands for devices that they do not have name is no device either */
static void has_an_id_for_no_device(struct kunit *test)
{
	struct pool_test_ctx *ctx = test->priv;

	trans_devid_reserve(ctx->pool, TRANS_TEST_LAST);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_nobody(&ctx->seg), TRANS_TEST_LAST - 1);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_nobody(&ctx->seg), TRANS_TEST_LAST - 1);
	KUNIT_EXPECT_EQ(test, pool_test_alloc(ctx, 0), TRANS_TEST_LAST - 2);
}

static void has_none_where_all_are_devices(struct kunit *test)
{
	struct pool_test_ctx *ctx = test->priv;

	trans_devid_reserve_range(ctx->pool, 0, TRANS_TEST_LAST);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_nobody(&ctx->seg), 0);
}

static struct kunit_case pool_test_cases[] = {
	KUNIT_CASE(hands_out_from_the_top),
	KUNIT_CASE(spares_where_devices_are_likely),
	KUNIT_CASE(prefers_once),
	KUNIT_CASE(runs_out_and_goes_on),
	KUNIT_CASE(leaves_out_what_the_ivrs_names),
	KUNIT_CASE(tells_who_must_move),
	KUNIT_CASE(has_an_id_for_no_device),
	KUNIT_CASE(has_none_where_all_are_devices),
	{}
};

static struct kunit_suite pool_test_suite = {
	.name		= "amd_viommu_trans_devid",
	.init		= pool_test_init,
	.test_cases	= pool_test_cases,
};

kunit_test_suite(pool_test_suite);
