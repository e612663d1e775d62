// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of viommu_trans.c, which includes this file: what becomes of a
 * guest's translation device ID, and of one that a device needs. DTEs and
 * registers are left out.
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>

#include "trans_kunit.h"

/* A user that nobody is */
#define TRANS_TEST_UID		0xffffffe0

struct trans_test_guest {
	struct amd_iommu_viommu viommu;
	struct iommu_dev_data trans;
};

struct trans_test_ctx {
	struct amd_iommu iommu;
	struct amd_iommu_pci_seg seg;
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
 * In the place of DTEs and registers
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

	ctx->iommu.pci_seg = &ctx->seg;
	for (int i = 0; i < ARRAY_SIZE(ctx->guests); i++) {
		ctx->guests[i].viommu.iommu = &ctx->iommu;
		ctx->guests[i].viommu.owner.uid = KUIDT_INIT(TRANS_TEST_UID);
		mutex_init(&ctx->guests[i].viommu.queue_lock);
	}

	trans_test_make_segment(test, &ctx->seg, ctx->alias_table);

	kunit_activate_static_stub(test, viommu_trans_set, trans_test_set);
	kunit_activate_static_stub(test, viommu_trans_stop, trans_test_stop);
	kunit_activate_static_stub(test, viommu_trans_clear, trans_test_clear);
	return 0;
}

/* The ID that a guest gets, or a negative errno */
static int trans_test_alloc(struct trans_test_ctx *ctx, int guest)
{
	struct amd_iommu_viommu *aviommu = &ctx->guests[guest].viommu;

	return amd_viommu_trans_init(aviommu) ?: aviommu->trans_devid;
}

static void trans_test_free(struct trans_test_ctx *ctx, int guest)
{
	amd_viommu_trans_stop(&ctx->guests[guest].viommu);
	amd_viommu_trans_uninit(&ctx->guests[guest].viommu);
}

static u32 trans_test_free_ids(struct trans_test_ctx *ctx)
{
	u32 used;

	return amd_viommu_trans_devid_count(&ctx->seg, &used);
}

static u32 trans_test_used_ids(struct trans_test_ctx *ctx)
{
	u32 used;

	amd_viommu_trans_devid_count(&ctx->seg, &used);
	return used;
}

static struct amd_iommu_viommu *trans_test_user(struct trans_test_ctx *ctx, u16 devid)
{
	guard(mutex)(&amd_viommu_trans_lock);

	return amd_viommu_trans_devid_reserve(&ctx->seg, devid);
}

static void trans_test_reserve(struct trans_test_ctx *ctx, u16 first, u16 last)
{
	for (u16 devid = first; devid <= last; devid++)
		trans_test_user(ctx, devid);
}

static void trans_test_evict(struct trans_test_ctx *ctx, u32 devid)
{
	guard(mutex)(&amd_viommu_trans_lock);

	viommu_trans_evict(&ctx->seg, devid);
}

/*
 * Handing out
 */

static void runs_out_and_goes_on(struct kunit *test)
{
	struct trans_test_ctx *ctx = test->priv;

	trans_test_reserve(ctx, 2, TRANS_TEST_LAST);
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
	KUNIT_EXPECT_EQ(test, trans_test_used_ids(ctx), 0);
}

/*
 * Devices that come later
 */

/* Its own requester ID, that of a quirk, and that of the IVRS */
static void a_device_evicts_from_all_its_ids(struct kunit *test)
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
	amd_viommu_trans_evict(&ctx->iommu, &ctx->pdev.dev);
	KUNIT_EXPECT_EQ(test, ctx->nr_set, 2 * ARRAY_SIZE(ids));
	for (int i = 0; i < ARRAY_SIZE(ids); i++) {
		KUNIT_EXPECT_EQ(test, ctx->guests[i].viommu.trans_devid, TRANS_TEST_LAST - i);
		KUNIT_EXPECT_PTR_EQ(test, trans_test_user(ctx, ids[i]), NULL);
		KUNIT_EXPECT_EQ(test, amd_viommu_trans_devid_prefer(&ctx->seg, ids[i]), -EBUSY);
	}
	/* And once more when it is plugged in again */
	amd_viommu_trans_evict(&ctx->iommu, &ctx->pdev.dev);
	KUNIT_EXPECT_EQ(test, ctx->nr_set, 2 * ARRAY_SIZE(ids));
}

static void a_device_takes_a_free_one(struct kunit *test)
{
	struct trans_test_ctx *ctx = test->priv;

	trans_test_make_device(ctx, TRANS_TEST_LAST);
	amd_viommu_trans_evict(&ctx->iommu, &ctx->pdev.dev);
	KUNIT_EXPECT_EQ(test, ctx->nr_set, 0);
	KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, 0), TRANS_TEST_LAST - 1);
	/* Outside the device table there is nothing to evict from */
	trans_test_evict(ctx, TRANS_TEST_LAST + 1);
	KUNIT_EXPECT_EQ(test, ctx->nr_set, 1);
}

/* Out of memory, and out of IDs: the device gets its ID whatever it is */
static void a_guest_that_cannot_move_is_cut_off(struct kunit *test)
{
	struct trans_test_ctx *ctx = test->priv;

	for (int i = 0; i < 2; i++) {
		struct amd_iommu_viommu *aviommu = &ctx->guests[i].viommu;
		u16 devid = TRANS_TEST_LAST - i;

		ctx->set_ret = 0;
		KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, i), devid);
		if (i)
			trans_test_reserve(ctx, 1, devid - 1);
		else
			ctx->set_ret = -ENOMEM;
		trans_test_evict(ctx, devid);
		KUNIT_EXPECT_TRUE(test, aviommu->cut_off);
		KUNIT_EXPECT_EQ(test, aviommu->trans_devid, 0);
		KUNIT_EXPECT_EQ(test, ctx->nr_stopped, i + 1);
		KUNIT_EXPECT_EQ(test, ctx->nr_cleared, i + 1);
		KUNIT_EXPECT_PTR_EQ(test, trans_test_user(ctx, devid), NULL);
		KUNIT_EXPECT_EQ(test, trans_test_used_ids(ctx), 0);
		/* Its own end does not do so again */
		trans_test_free(ctx, i);
		KUNIT_EXPECT_EQ(test, ctx->nr_cleared, i + 1);
		ctx->nr_stopped = i + 1;
	}
}

static void a_guest_on_its_way_out_gives_way(struct kunit *test)
{
	struct trans_test_ctx *ctx = test->priv;
	struct amd_iommu_viommu *aviommu = &ctx->guests[0].viommu;

	KUNIT_EXPECT_EQ(test, trans_test_alloc(ctx, 0), TRANS_TEST_LAST);
	amd_viommu_trans_stop(aviommu);
	trans_test_evict(ctx, TRANS_TEST_LAST);
	KUNIT_EXPECT_EQ(test, ctx->nr_cleared, 1);
	KUNIT_EXPECT_EQ(test, trans_test_used_ids(ctx), 0);
	/* Its own end does not do so again */
	amd_viommu_trans_uninit(aviommu);
	KUNIT_EXPECT_EQ(test, ctx->nr_cleared, 1);
}

static struct kunit_case trans_test_cases[] = {
	KUNIT_CASE(runs_out_and_goes_on),
	KUNIT_CASE(takes_back_what_cannot_be_set),
	KUNIT_CASE(a_device_evicts_from_all_its_ids),
	KUNIT_CASE(a_device_takes_a_free_one),
	KUNIT_CASE(a_guest_that_cannot_move_is_cut_off),
	KUNIT_CASE(a_guest_on_its_way_out_gives_way),
	{}
};

static struct kunit_suite trans_test_suite = {
	.name		= "amd_viommu_trans",
	.init		= trans_test_init,
	.test_cases	= trans_test_cases,
};

kunit_test_suite(trans_test_suite);
