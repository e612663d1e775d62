// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of trans_devid.c, which includes this file: who gets which
 * translation device ID. The DTEs behind the IDs are viommu_trans.c's.
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>

#define TRANS_TEST_LAST		0x3f
/* A segment that no real IOAPIC, HPET or device is in */
#define TRANS_TEST_SEGMENT	0xfffe

struct trans_test_guest {
	struct amd_iommu_viommu viommu;
	struct iommu_dev_data trans;
};

struct trans_test_ctx {
	struct amd_iommu iommu;
	struct amd_iommu_pci_seg seg;
	struct amd_viommu_trans_pool *pool;
	u16 alias_table[TRANS_TEST_LAST + 1];
	struct trans_test_guest guests[3];
	struct pci_bus bus;
	struct pci_dev pdev;
	unsigned long dma_aliases[BITS_TO_LONGS(256)];	/* one for every devfn */
	int set_ret;
	int nr_set, nr_stopped, nr_cleared;
};

static struct trans_test_guest *trans_test_guest(struct amd_iommu_viommu *aviommu)
{
	return container_of(aviommu, struct trans_test_guest, viommu);
}

/*
 * In the place of viommu_trans.c
 */

static int trans_test_set(struct amd_iommu_viommu *aviommu, u16 trans_devid)
{
	struct trans_test_ctx *ctx = kunit_get_current_test()->priv;

	if (ctx->set_ret)
		return ctx->set_ret;
	ctx->nr_set++;
	aviommu->trans = &trans_test_guest(aviommu)->trans;
	aviommu->trans->devid = trans_devid;
	aviommu->trans_devid = trans_devid;
	return 0;
}

static void trans_test_stop(struct amd_iommu_viommu *aviommu)
{
	struct trans_test_ctx *ctx = kunit_get_current_test()->priv;

	ctx->nr_stopped++;
	aviommu->trans_devid = 0;
}

static void trans_test_clear(struct amd_iommu_viommu *aviommu)
{
	struct trans_test_ctx *ctx = kunit_get_current_test()->priv;

	ctx->nr_cleared++;
	aviommu->trans = NULL;
}

/*
 * Set-up
 */

static void trans_test_free_pool(void *data)
{
	struct amd_viommu_trans_pool *pool = data;

	xa_destroy(&pool->users);
	bitmap_free(pool->reserved);
	bitmap_free(pool->likely);
	kfree(pool);
}

/* A device on a root bus of its own */
static void trans_test_make_device(struct trans_test_ctx *ctx, u8 devfn)
{
	ctx->pdev.bus = &ctx->bus;
	ctx->pdev.devfn = devfn;
	ctx->pdev.dev.bus = &pci_bus_type;
	ctx->pdev.dev.init_name = "kunit";
}

static int trans_test_init(struct kunit *test)
{
	struct trans_test_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;

	ctx->seg.id = TRANS_TEST_SEGMENT;
	ctx->seg.last_bdf = TRANS_TEST_LAST;
	ctx->seg.alias_table = ctx->alias_table;
	for (int devid = 0; devid <= TRANS_TEST_LAST; devid++)
		ctx->alias_table[devid] = devid;
	INIT_LIST_HEAD(&ctx->seg.unity_map);
	ctx->iommu.pci_seg = &ctx->seg;
	for (int i = 0; i < ARRAY_SIZE(ctx->guests); i++)
		ctx->guests[i].viommu.iommu = &ctx->iommu;

	KUNIT_ASSERT_EQ(test, amd_viommu_trans_devid_init(&ctx->seg), 0);
	ctx->pool = ctx->seg.trans_pool;
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, trans_test_free_pool,
							ctx->pool), 0);

	kunit_activate_static_stub(test, amd_viommu_trans_set, trans_test_set);
	kunit_activate_static_stub(test, amd_viommu_trans_stop, trans_test_stop);
	kunit_activate_static_stub(test, amd_viommu_trans_clear, trans_test_clear);
	return 0;
}

/* The ID that a guest gets, or a negative errno */
static int trans_test_alloc(struct trans_test_ctx *ctx, int guest)
{
	struct amd_iommu_viommu *aviommu = &ctx->guests[guest].viommu;

	return amd_viommu_trans_devid_alloc(aviommu) ?: aviommu->trans_devid;
}

static void trans_test_free(struct trans_test_ctx *ctx, int guest)
{
	amd_viommu_trans_devid_stop(&ctx->guests[guest].viommu);
	amd_viommu_trans_devid_free(&ctx->guests[guest].viommu);
}

static u32 trans_test_free_ids(struct trans_test_ctx *ctx)
{
	u32 used;

	return amd_viommu_trans_devid_count(&ctx->seg, &used);
}

/*
 * Handing out
 */

static void hands_out_from_the_top(struct kunit *test)
{
	struct trans_test_ctx *ctx = test->priv;
	u32 used;

	KUNIT_EXPECT_EQ(test, trans_test_free_ids(ctx), TRANS_TEST_LAST);
	reserve(ctx->pool, TRANS_TEST_LAST - 1);
	KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, 0), TRANS_TEST_LAST);
	KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, 1), TRANS_TEST_LAST - 2);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_count(&ctx->seg, &used),
			TRANS_TEST_LAST - 3);
	KUNIT_EXPECT_EQ(test, used, 2);
}

static void spares_where_devices_are_likely(struct kunit *test)
{
	struct trans_test_ctx *ctx = test->priv;

	bitmap_set(ctx->pool->likely, 2, TRANS_TEST_LAST - 1);
	KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, 0), 1);
	/* Nothing else is left */
	KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, 1), TRANS_TEST_LAST);
}

static void prefers_once(struct kunit *test)
{
	struct trans_test_ctx *ctx = test->priv;

	reserve(ctx->pool, 6);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_prefer(&ctx->seg, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_prefer(&ctx->seg, 6), -EBUSY);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_prefer(&ctx->seg,
							    TRANS_TEST_LAST + 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_prefer(&ctx->seg, 5), 0);
	KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, 0), 5);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_prefer(&ctx->seg, 5), -EBUSY);
	KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, 1), TRANS_TEST_LAST);
}

static void runs_out_and_goes_on(struct kunit *test)
{
	struct trans_test_ctx *ctx = test->priv;

	reserve_range(ctx->pool, 2, 0xffff);
	KUNIT_EXPECT_EQ(test, trans_test_free_ids(ctx), 1);
	KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, 0), 1);
	KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, ctx->nr_set, 1);

	trans_test_free(ctx, 0);
	KUNIT_EXPECT_EQ(test, ctx->nr_stopped, 1);
	KUNIT_EXPECT_EQ(test, ctx->nr_cleared, 1);
	KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, 1), 1);
}

static void takes_back_what_cannot_be_set(struct kunit *test)
{
	struct trans_test_ctx *ctx = test->priv;

	ctx->set_ret = -ENOMEM;
	KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, 0), -ENOMEM);
	KUNIT_EXPECT_EQ(test, trans_test_free_ids(ctx), TRANS_TEST_LAST);
	KUNIT_EXPECT_TRUE(test, xa_empty(&ctx->pool->users));
}

/* What the IVRS names; a unity map for all devices names none */
static void leaves_out_what_the_ivrs_names(struct kunit *test)
{
	struct trans_test_ctx *ctx = test->priv;
	struct unity_map_entry some = { .devid_start = 0x10, .devid_end = 0x12 };
	struct unity_map_entry all = { .devid_end = TRANS_TEST_LAST };

	list_add(&some.list, &ctx->seg.unity_map);
	list_add(&all.list, &ctx->seg.unity_map);
	ctx->alias_table[8] = 9;
	reserve_ivrs(&ctx->seg, ctx->pool);
	list_del(&some.list);
	list_del(&all.list);

	for (u32 devid = 1; devid <= TRANS_TEST_LAST; devid++)
		KUNIT_EXPECT_EQ_MSG(test, is_free(ctx->pool, devid),
				    !(devid == 8 || devid == 9 ||
				      (devid >= 0x10 && devid <= 0x12)),
				    "%#x", devid);
}

/*
 * Devices that come later
 */

/* Its own requester ID, that of a quirk, and that of the IVRS */
static void a_device_claims_all_its_ids(struct kunit *test)
{
	struct trans_test_ctx *ctx = test->priv;
	static const u8 ids[] = { 0x20, 0x28, 0x30 };

	trans_test_make_device(ctx, ids[0]);
	ctx->pdev.dma_alias_mask = ctx->dma_aliases;
	set_bit(ids[1], ctx->dma_aliases);
	ctx->alias_table[ids[0]] = ids[2];

	for (int i = 0; i < ARRAY_SIZE(ids); i++) {
		KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_prefer(&ctx->seg, ids[i]), 0);
		KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, i), ids[i]);
	}
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_claim(&ctx->iommu, &ctx->pdev.dev), 0);
	KUNIT_EXPECT_EQ(test, ctx->nr_set, 2 * ARRAY_SIZE(ids));
	for (int i = 0; i < ARRAY_SIZE(ids); i++) {
		KUNIT_EXPECT_EQ(test, ctx->guests[i].viommu.trans_devid, TRANS_TEST_LAST - i);
		KUNIT_EXPECT_PTR_EQ(test, xa_load(&ctx->pool->users, ids[i]), NULL);
		KUNIT_EXPECT_FALSE(test, is_free(ctx->pool, ids[i]));
	}
	/* And once more when it is plugged in again */
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_claim(&ctx->iommu, &ctx->pdev.dev), 0);
	KUNIT_EXPECT_EQ(test, ctx->nr_set, 2 * ARRAY_SIZE(ids));
}

static void a_device_claims_a_free_one(struct kunit *test)
{
	struct trans_test_ctx *ctx = test->priv;

	trans_test_make_device(ctx, TRANS_TEST_LAST);
	KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_claim(&ctx->iommu, &ctx->pdev.dev), 0);
	KUNIT_EXPECT_EQ(test, ctx->nr_set, 0);
	KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, 0), TRANS_TEST_LAST - 1);
	/* Outside the device table there is nothing to claim */
	KUNIT_EXPECT_EQ(test, claim(ctx->pool, TRANS_TEST_LAST + 1), 0);
}

static void a_guest_that_cannot_move_stays(struct kunit *test)
{
	struct trans_test_ctx *ctx = test->priv;
	struct amd_iommu_viommu *aviommu = &ctx->guests[0].viommu;

	KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, 0), TRANS_TEST_LAST);
	ctx->set_ret = -ENOMEM;
	KUNIT_EXPECT_EQ(test, claim(ctx->pool, TRANS_TEST_LAST), -ENOMEM);
	KUNIT_EXPECT_EQ(test, aviommu->trans_devid, TRANS_TEST_LAST);
	KUNIT_EXPECT_PTR_EQ(test, xa_load(&ctx->pool->users, TRANS_TEST_LAST),
			    (void *)aviommu);
	KUNIT_EXPECT_PTR_EQ(test, xa_load(&ctx->pool->users, TRANS_TEST_LAST - 1), NULL);

	reserve_range(ctx->pool, 1, TRANS_TEST_LAST);
	ctx->set_ret = 0;
	KUNIT_EXPECT_EQ(test, claim(ctx->pool, TRANS_TEST_LAST), -ENOSPC);
	KUNIT_EXPECT_EQ(test, aviommu->trans_devid, TRANS_TEST_LAST);
}

static void a_guest_on_its_way_out_gives_way(struct kunit *test)
{
	struct trans_test_ctx *ctx = test->priv;
	struct amd_iommu_viommu *aviommu = &ctx->guests[0].viommu;

	KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, 0), TRANS_TEST_LAST);
	amd_viommu_trans_devid_stop(aviommu);
	KUNIT_EXPECT_EQ(test, claim(ctx->pool, TRANS_TEST_LAST), 0);
	KUNIT_EXPECT_EQ(test, ctx->nr_cleared, 1);
	KUNIT_EXPECT_TRUE(test, xa_empty(&ctx->pool->users));
	/* Its own end does not do so again */
	amd_viommu_trans_devid_free(aviommu);
	KUNIT_EXPECT_EQ(test, ctx->nr_cleared, 1);
}

static struct kunit_case trans_test_cases[] = {
	KUNIT_CASE(hands_out_from_the_top),
	KUNIT_CASE(spares_where_devices_are_likely),
	KUNIT_CASE(prefers_once),
	KUNIT_CASE(runs_out_and_goes_on),
	KUNIT_CASE(takes_back_what_cannot_be_set),
	KUNIT_CASE(leaves_out_what_the_ivrs_names),
	KUNIT_CASE(a_device_claims_all_its_ids),
	KUNIT_CASE(a_device_claims_a_free_one),
	KUNIT_CASE(a_guest_that_cannot_move_stays),
	KUNIT_CASE(a_guest_on_its_way_out_gives_way),
	{}
};

static struct kunit_suite trans_test_suite = {
	.name		= "amd_viommu_trans_devid",
	.init		= trans_test_init,
	.test_cases	= trans_test_cases,
};

kunit_test_suite(trans_test_suite);
