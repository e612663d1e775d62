// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of viommu_ipa.c, which includes this file: what is flushed, and
 * what becomes of memory when the IOMMU does not answer.
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>

struct ipa_test_ctx {
	struct amd_iommu iommu;
	struct amd_viommu_hw hw;
	u64 address;	/* of the last flush */
	int nr_flushes;
	int ret;	/* what the IOMMU answers */
};

static int ipa_test_flush(struct amd_iommu *iommu, struct amd_viommu_hw *hw,
			  u64 address)
{
	struct ipa_test_ctx *ctx = kunit_get_current_test()->priv;

	ctx->address = address;
	ctx->nr_flushes++;
	return ctx->ret;
}

static int ipa_test_init(struct kunit *test)
{
	struct ipa_test_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	kunit_activate_static_stub(test, viommu_ipa_flush_address, ipa_test_flush);
	return 0;
}

/* The address has the size in it, as the hardware reads it: bit 0 says so */
static void a_flush_covers_its_range(struct kunit *test)
{
	static const struct {
		u64 ipa;
		size_t len;
		u64 address;
	} cases[] = {
		{ 0x1000101000ULL, SZ_4K, 0x1000101000ULL },
		{ 0x1000102000ULL, SZ_8K, 0x1000102001ULL },
		{ 0x1000104000ULL, SZ_16K, 0x1000105001ULL },
		{ 0x2000080000ULL, SZ_512K, 0x20000bf001ULL },
		{ 0x1000100000ULL, SZ_1M, 0x100017f001ULL },
		{ 0x0000200000ULL, SZ_2M, 0x00002ff001ULL },
	};
	struct ipa_test_ctx *ctx = test->priv;

	for (int i = 0; i < ARRAY_SIZE(cases); i++) {
		viommu_ipa_flush(&ctx->iommu, &ctx->hw, cases[i].ipa, cases[i].len);
		KUNIT_EXPECT_EQ(test, ctx->address, cases[i].address);
	}
	KUNIT_EXPECT_FALSE(test, ctx->hw.flush_failed);
}

static void memory_is_lost_while_the_iommu_is_silent(struct kunit *test)
{
	struct ipa_test_ctx *ctx = test->priv;
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	/* One more reference than amd_viommu_ipa_free() knows of */
	get_page(page);

	ctx->ret = -EIO;
	viommu_ipa_flush(&ctx->iommu, &ctx->hw, 0, SZ_4K);
	KUNIT_EXPECT_TRUE(test, ctx->hw.flush_failed);
	amd_viommu_ipa_free(&ctx->iommu, &ctx->hw, page, SZ_4K);
	KUNIT_EXPECT_EQ(test, page_count(page), 2);
	KUNIT_EXPECT_EQ(test, atomic64_read(&ctx->hw.leaked), SZ_4K);

	/* It answers again: all that it may have kept goes first */
	ctx->ret = 0;
	amd_viommu_ipa_free(&ctx->iommu, &ctx->hw, page, SZ_4K);
	KUNIT_EXPECT_EQ(test, ctx->address, CMD_INV_IOMMU_ALL_PAGES_ADDRESS | 1);
	KUNIT_EXPECT_FALSE(test, ctx->hw.flush_failed);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	KUNIT_EXPECT_EQ(test, atomic64_read(&ctx->hw.leaked), SZ_4K);
	KUNIT_EXPECT_EQ(test, ctx->nr_flushes, 3);
	put_page(page);
}

static struct kunit_case ipa_test_cases[] = {
	KUNIT_CASE(a_flush_covers_its_range),
	KUNIT_CASE(memory_is_lost_while_the_iommu_is_silent),
	{}
};

static struct kunit_suite ipa_test_suite = {
	.name		= "amd_viommu_ipa",
	.init		= ipa_test_init,
	.test_cases	= ipa_test_cases,
};

kunit_test_suite(ipa_test_suite);
