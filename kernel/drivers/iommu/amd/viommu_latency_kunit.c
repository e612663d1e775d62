// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of viommu_latency.c, which includes this file: every command is
 * counted once, for its IOMMU and for whom it was.
 */

#include <kunit/test.h>

#define LATENCY_TEST_GUEST	0x1357

struct latency_test_ctx {
	struct amd_iommu iommu;
	struct amd_iommu_viommu viommu;
};

static int latency_test_init(struct kunit *test)
{
	struct latency_test_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	raw_spin_lock_init(&ctx->iommu.lock);
	/* As if there had been commands before */
	ctx->iommu.cmd_seq = 1000;
	ctx->viommu.iommu = &ctx->iommu;
	ctx->viommu.guest_id = LATENCY_TEST_GUEST;
	KUNIT_ASSERT_EQ(test, amd_viommu_latency_on(&ctx->iommu, AMD_VIOMMU_TIMED_GUESTS), 0);
	KUNIT_ASSERT_EQ(test, amd_viommu_latency_alloc(&ctx->viommu), 0);
	return 0;
}

static void latency_test_exit(struct kunit *test)
{
	struct latency_test_ctx *ctx = test->priv;

	if (!ctx)
		return;
	if (ctx->viommu.latency)
		amd_viommu_latency_free(&ctx->viommu);
	amd_viommu_latency_off(&ctx->iommu, AMD_VIOMMU_TIMED_GUESTS);
}

/* Returns its sequence number */
static u64 latency_test_submit(struct latency_test_ctx *ctx, u32 opcode, bool guest)
{
	struct iommu_cmd cmd = { .data[1] = opcode << 28 };

	guard(raw_spinlock_irqsave)(&ctx->iommu.lock);
	ctx->iommu.cmd_seq++;
	amd_viommu_latency_start(&ctx->iommu, &cmd, guest ? &ctx->viommu : NULL);
	return ctx->iommu.cmd_seq;
}

static u64 latency_test_sum(const struct amd_viommu_latency *latency)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < AMD_VIOMMU_LATENCY_BUCKETS; i++)
		sum += latency->bucket[i];
	return sum;
}

static void latency_test_expect(struct kunit *test, u32 opcode, u64 all, u64 guest)
{
	struct latency_test_ctx *ctx = test->priv;
	const struct amd_viommu_latency *latency = &ctx->iommu.viommu_timing->latency[opcode];

	KUNIT_EXPECT_EQ(test, latency->opcode, opcode);
	KUNIT_EXPECT_EQ(test, latency->count, all);
	KUNIT_EXPECT_EQ(test, latency_test_sum(latency), all);
	if (!viommu_latency_rows[opcode])
		return;
	latency = &ctx->viommu.latency[viommu_latency_rows[opcode] - 1];
	KUNIT_EXPECT_EQ(test, latency->opcode, opcode);
	KUNIT_EXPECT_EQ(test, latency->count, guest);
	KUNIT_EXPECT_EQ(test, latency_test_sum(latency), guest);
}

static void latency_test_buckets(struct kunit *test)
{
	u64 floor = 0;

	KUNIT_EXPECT_EQ(test, viommu_latency_bucket(0), 0);
	KUNIT_EXPECT_EQ(test, viommu_latency_bucket(3), 3);
	for (unsigned int i = 0; i < AMD_VIOMMU_LATENCY_BUCKETS; i++) {
		floor = i < 4 ? i : (4 + i % 4) * BIT_ULL(i / 4 - 1);
		KUNIT_EXPECT_EQ(test, viommu_latency_bucket(floor), i);
		if (floor)
			KUNIT_EXPECT_EQ(test, viommu_latency_bucket(floor - 1), i - 1);
	}
	KUNIT_EXPECT_EQ(test, viommu_latency_bucket(U64_MAX), AMD_VIOMMU_LATENCY_BUCKETS - 1);
}

static void latency_test_wait_ends_all_before(struct kunit *test)
{
	struct latency_test_ctx *ctx = test->priv;
	u64 first, second;

	latency_test_submit(ctx, CMD_INV_IOMMU_PAGES, true);
	latency_test_submit(ctx, CMD_INV_ALL, false);
	first = latency_test_submit(ctx, CMD_COMPL_WAIT, true);
	latency_test_submit(ctx, CMD_INV_IOMMU_PAGES, false);
	second = latency_test_submit(ctx, CMD_COMPL_WAIT, false);

	amd_viommu_latency_end(&ctx->iommu, first);
	latency_test_expect(test, CMD_INV_IOMMU_PAGES, 1, 1);
	latency_test_expect(test, CMD_INV_ALL, 1, 0);
	latency_test_expect(test, CMD_COMPL_WAIT, 1, 1);

	amd_viommu_latency_end(&ctx->iommu, second);
	/* Who waited longer finds all counted */
	amd_viommu_latency_end(&ctx->iommu, first);
	latency_test_expect(test, CMD_INV_IOMMU_PAGES, 2, 1);
	latency_test_expect(test, CMD_COMPL_WAIT, 2, 1);
	latency_test_expect(test, CMD_INV_DEV_ENTRY, 0, 0);
}

static void latency_test_timeout_counts_later(struct kunit *test)
{
	struct latency_test_ctx *ctx = test->priv;

	latency_test_submit(ctx, CMD_COMPL_WAIT, true);
	amd_viommu_latency_timeout(&ctx->iommu);
	latency_test_expect(test, CMD_COMPL_WAIT, 0, 0);
	KUNIT_EXPECT_EQ(test, ctx->iommu.viommu_timing->timeouts, 1);

	amd_viommu_latency_end(&ctx->iommu, latency_test_submit(ctx, CMD_COMPL_WAIT, false));
	latency_test_expect(test, CMD_COMPL_WAIT, 2, 1);
}

static void latency_test_more_than_fit(struct kunit *test)
{
	struct latency_test_ctx *ctx = test->priv;
	unsigned int nr = 2 * CMD_BUFFER_ENTRIES + 7;

	for (unsigned int i = 0; i < nr; i++)
		latency_test_submit(ctx, CMD_INV_IOTLB_PAGES, i % 2);
	/* Those whose places were taken */
	latency_test_expect(test, CMD_INV_IOTLB_PAGES, nr - CMD_BUFFER_ENTRIES,
			    (nr - CMD_BUFFER_ENTRIES) / 2);
	amd_viommu_latency_end(&ctx->iommu, latency_test_submit(ctx, CMD_COMPL_WAIT, false));
	latency_test_expect(test, CMD_INV_IOTLB_PAGES, nr, nr / 2);
	latency_test_expect(test, CMD_COMPL_WAIT, 1, 0);
}

static void latency_test_guest_goes(struct kunit *test)
{
	struct latency_test_ctx *ctx = test->priv;
	u64 seq;

	latency_test_submit(ctx, CMD_RESET_VMMIO, true);
	seq = latency_test_submit(ctx, CMD_COMPL_WAIT, true);
	amd_viommu_latency_free(&ctx->viommu);
	amd_viommu_latency_end(&ctx->iommu, seq);
	KUNIT_EXPECT_EQ(test, ctx->iommu.viommu_timing->latency[CMD_RESET_VMMIO].count, 1);
	KUNIT_EXPECT_EQ(test, ctx->iommu.viommu_timing->latency[CMD_COMPL_WAIT].count, 1);
}

static void latency_test_users(struct kunit *test)
{
	struct latency_test_ctx *ctx = test->priv;
	u64 seq = latency_test_submit(ctx, CMD_COMPL_WAIT, false);

	KUNIT_ASSERT_EQ(test, amd_viommu_latency_on(&ctx->iommu, AMD_VIOMMU_TIMED_TRACE), 0);
	amd_viommu_latency_off(&ctx->iommu, AMD_VIOMMU_TIMED_GUESTS);
	KUNIT_ASSERT_NOT_NULL(test, ctx->iommu.viommu_timing);
	amd_viommu_latency_off(&ctx->iommu, AMD_VIOMMU_TIMED_TRACE);
	KUNIT_EXPECT_NULL(test, ctx->iommu.viommu_timing);
	/* Nobody's time, but no harm */
	latency_test_submit(ctx, CMD_COMPL_WAIT, true);
	amd_viommu_latency_end(&ctx->iommu, seq);

	/* What was under way is none of those that come later */
	KUNIT_ASSERT_EQ(test, amd_viommu_latency_on(&ctx->iommu, AMD_VIOMMU_TIMED_GUESTS), 0);
	amd_viommu_latency_end(&ctx->iommu, latency_test_submit(ctx, CMD_COMPL_WAIT, false));
	latency_test_expect(test, CMD_COMPL_WAIT, 1, 0);
}

static struct kunit_case latency_test_cases[] = {
	KUNIT_CASE(latency_test_buckets),
	KUNIT_CASE(latency_test_wait_ends_all_before),
	KUNIT_CASE(latency_test_timeout_counts_later),
	KUNIT_CASE(latency_test_more_than_fit),
	KUNIT_CASE(latency_test_guest_goes),
	KUNIT_CASE(latency_test_users),
	{}
};

static struct kunit_suite latency_test_suite = {
	.name = "amd_viommu_latency",
	.init = latency_test_init,
	.exit = latency_test_exit,
	.test_cases = latency_test_cases,
};

kunit_test_suite(latency_test_suite);
