// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of viommu_quota.c, which includes this file: who gets how much.
 */

#include <kunit/test.h>

/* Users that nobody is */
#define QUOTA_TEST_UID	0xfffffff0

struct quota_test_ctx {
	struct amd_iommu_viommu viommus[2];	/* of a user each */
	unsigned int max_trans_devids, max_domain_ids, host_domain_ids;
};

static int quota_test_init(struct kunit *test)
{
	struct quota_test_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	for (int i = 0; i < ARRAY_SIZE(ctx->viommus); i++)
		ctx->viommus[i].owner.uid = KUIDT_INIT(QUOTA_TEST_UID + i);
	ctx->max_trans_devids = viommu_max_trans_devids;
	ctx->max_domain_ids = viommu_max_domain_ids;
	ctx->host_domain_ids = viommu_host_domain_ids;
	return 0;
}

static void quota_test_exit(struct kunit *test)
{
	struct quota_test_ctx *ctx = test->priv;

	if (!ctx)
		return;
	viommu_max_trans_devids = ctx->max_trans_devids;
	viommu_max_domain_ids = ctx->max_domain_ids;
	viommu_host_domain_ids = ctx->host_domain_ids;
}

static int quota_test_charge(struct kunit *test, int user,
			     enum amd_viommu_resource resource)
{
	struct quota_test_ctx *ctx = test->priv;

	return amd_viommu_quota_charge(&ctx->viommus[user], resource);
}

static void quota_test_uncharge(struct kunit *test, int user,
				enum amd_viommu_resource resource)
{
	struct quota_test_ctx *ctx = test->priv;

	amd_viommu_quota_uncharge(&ctx->viommus[user], resource);
}

static void one_user_leaves_others_their_share(struct kunit *test)
{
	struct quota_test_ctx *ctx = test->priv;
	struct amd_viommu_quota quota;

	viommu_max_trans_devids = 2;
	KUNIT_EXPECT_EQ(test, quota_test_charge(test, 0, AMD_VIOMMU_TRANS_DEVIDS), 0);
	KUNIT_EXPECT_EQ(test, quota_test_charge(test, 0, AMD_VIOMMU_TRANS_DEVIDS), 0);
	KUNIT_EXPECT_EQ(test, quota_test_charge(test, 0, AMD_VIOMMU_TRANS_DEVIDS), -EDQUOT);
	KUNIT_EXPECT_EQ(test, quota_test_charge(test, 1, AMD_VIOMMU_TRANS_DEVIDS), 0);
	/* Of the other resource they have none yet */
	KUNIT_EXPECT_EQ(test, quota_test_charge(test, 0, AMD_VIOMMU_DOMAIN_IDS), 0);
	amd_viommu_quota_get(&ctx->viommus[0], &quota);
	KUNIT_EXPECT_EQ(test, quota.used[AMD_VIOMMU_TRANS_DEVIDS], 2);
	KUNIT_EXPECT_EQ(test, quota.share[AMD_VIOMMU_TRANS_DEVIDS], 2);
	KUNIT_EXPECT_GE(test, quota.total[AMD_VIOMMU_TRANS_DEVIDS], 3);
	KUNIT_EXPECT_EQ(test, quota.used[AMD_VIOMMU_DOMAIN_IDS], 1);
	amd_viommu_quota_get(&ctx->viommus[1], &quota);
	KUNIT_EXPECT_EQ(test, quota.used[AMD_VIOMMU_TRANS_DEVIDS], 1);
	KUNIT_EXPECT_EQ(test, quota.used[AMD_VIOMMU_DOMAIN_IDS], 0);

	quota_test_uncharge(test, 0, AMD_VIOMMU_TRANS_DEVIDS);
	KUNIT_EXPECT_EQ(test, quota_test_charge(test, 0, AMD_VIOMMU_TRANS_DEVIDS), 0);

	quota_test_uncharge(test, 0, AMD_VIOMMU_TRANS_DEVIDS);
	quota_test_uncharge(test, 0, AMD_VIOMMU_TRANS_DEVIDS);
	quota_test_uncharge(test, 0, AMD_VIOMMU_DOMAIN_IDS);
	quota_test_uncharge(test, 1, AMD_VIOMMU_TRANS_DEVIDS);
	KUNIT_EXPECT_PTR_EQ(test, xa_load(&users, QUOTA_TEST_UID), NULL);
	KUNIT_EXPECT_PTR_EQ(test, xa_load(&users, QUOTA_TEST_UID + 1), NULL);
}

/* However many users there are */
static void the_host_keeps_its_domain_ids(struct kunit *test)
{
	viommu_max_domain_ids = 0;
	viommu_host_domain_ids = SZ_64K - 2 - total[AMD_VIOMMU_DOMAIN_IDS];
	KUNIT_EXPECT_EQ(test, quota_test_charge(test, 0, AMD_VIOMMU_DOMAIN_IDS), 0);
	KUNIT_EXPECT_EQ(test, quota_test_charge(test, 1, AMD_VIOMMU_DOMAIN_IDS), 0);
	KUNIT_EXPECT_EQ(test, quota_test_charge(test, 0, AMD_VIOMMU_DOMAIN_IDS), -ENOSPC);
	KUNIT_EXPECT_EQ(test, quota_test_charge(test, 1, AMD_VIOMMU_DOMAIN_IDS), -ENOSPC);
	KUNIT_EXPECT_EQ(test, quota_test_charge(test, 1, AMD_VIOMMU_TRANS_DEVIDS), 0);
	quota_test_uncharge(test, 0, AMD_VIOMMU_DOMAIN_IDS);
	quota_test_uncharge(test, 1, AMD_VIOMMU_DOMAIN_IDS);
	quota_test_uncharge(test, 1, AMD_VIOMMU_TRANS_DEVIDS);

	viommu_host_domain_ids = UINT_MAX;
	KUNIT_EXPECT_EQ(test, quota_test_charge(test, 0, AMD_VIOMMU_DOMAIN_IDS), -ENOSPC);
	KUNIT_EXPECT_PTR_EQ(test, xa_load(&users, QUOTA_TEST_UID), NULL);
}

static struct kunit_case quota_test_cases[] = {
	KUNIT_CASE(one_user_leaves_others_their_share),
	KUNIT_CASE(the_host_keeps_its_domain_ids),
	{}
};

static struct kunit_suite quota_test_suite = {
	.name		= "amd_viommu_quota",
	.init		= quota_test_init,
	.exit		= quota_test_exit,
	.test_cases	= quota_test_cases,
};

kunit_test_suite(quota_test_suite);
