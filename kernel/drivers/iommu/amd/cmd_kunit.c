// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of iommu.c, which includes this file: whatever the driver is asked
 * for, the command that it builds is none that stops the IOMMU.
 */

#include <kunit/test.h>
#include <linux/prandom.h>

#include "cmd_kunit.h"

#define CMD_TEST_ROUNDS		5000

struct cmd_test_ctx {
	struct rnd_state rnd;
};

static int cmd_test_init(struct kunit *test)
{
	struct cmd_test_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	/* The same each time */
	prandom_seed_state(&ctx->rnd, 7);
	return 0;
}

static u64 cmd_test_u64(struct cmd_test_ctx *ctx)
{
	u64 high = prandom_u32_state(&ctx->rnd);

	return high << 32 | prandom_u32_state(&ctx->rnd);
}

/* From one bit to all of them: small numbers and large ones */
static u64 cmd_test_number(struct cmd_test_ctx *ctx)
{
	return cmd_test_u64(ctx) >> prandom_u32_state(&ctx->rnd) % 64;
}

static u32 cmd_test_pasid(struct cmd_test_ctx *ctx)
{
	return cmd_test_number(ctx) & GENMASK(19, 0);
}

/* Any of those that INVALIDATE_IOMMU_PAGES is queued with */
static u32 cmd_test_flags(struct cmd_test_ctx *ctx)
{
	return prandom_u32_state(&ctx->rnd) &
	       (CMD_INV_IOMMU_PAGES_PDE_MASK | CMD_INV_IOMMU_PAGES_GN_MASK);
}

static void a_command_is_legal(struct kunit *test)
{
	struct cmd_test_ctx *ctx = test->priv;
	struct amd_iommu *iommu = kunit_kzalloc(test, sizeof(*iommu), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, iommu);
	for (int i = 0; i < CMD_TEST_ROUNDS; i++) {
		u64 first = cmd_test_number(ctx), last = first | cmd_test_number(ctx);
		u32 pasid = cmd_test_pasid(ctx), random = cmd_test_u64(ctx);
		bool gn = random & BIT(16);
		struct iommu_cmd cmds[7];

		/* As the semaphore is: 8 bytes, below 2^52 */
		iommu->cmd_sem_paddr = cmd_test_u64(ctx) & GENMASK_ULL(51, 3);
		build_completion_wait(&cmds[0], iommu, cmd_test_u64(ctx));
		build_inv_dte(&cmds[1], random);
		build_inv_iommu_pages(&cmds[2], first, last, random, pasid,
				      cmd_test_flags(ctx));
		build_inv_iotlb_pages(&cmds[3], random, random >> 20, first, last,
				      pasid, gn);
		build_complete_ppr(&cmds[4], random, pasid, random >> 17,
				   random >> 3, gn);
		build_inv_all(&cmds[5]);
		build_inv_irt(&cmds[6], random);
		for (int j = 0; j < ARRAY_SIZE(cmds); j++)
			KUNIT_ASSERT_TRUE_MSG(test, cmd_test_is_legal(&cmds[j]),
					      "%08x %08x %08x %08x",
					      cmds[j].data[0], cmds[j].data[1],
					      cmds[j].data[2], cmds[j].data[3]);
	}
}

/* Or the device keeps what it should drop, and drops another's */
static void a_pasid_is_named_whole(struct kunit *test)
{
	struct cmd_test_ctx *ctx = test->priv;
	struct iommu_cmd cmd;

	for (int i = 0; i < CMD_TEST_ROUNDS; i++) {
		u32 pasid = cmd_test_pasid(ctx);

		build_inv_iotlb_pages(&cmd, 0x880, 32, 0, U64_MAX, pasid, true);
		KUNIT_ASSERT_EQ(test, cmd_test_iotlb_pasid(&cmd), pasid);
		build_inv_iotlb_pages(&cmd, 0x880, 32, 0, U64_MAX, pasid, false);
		KUNIT_ASSERT_EQ(test, cmd_test_iotlb_pasid(&cmd), 0);
	}
}

static struct kunit_case cmd_test_cases[] = {
	KUNIT_CASE(a_command_is_legal),
	KUNIT_CASE(a_pasid_is_named_whole),
	{}
};

static struct kunit_suite cmd_test_suite = {
	.name		= "amd_iommu_cmd",
	.init		= cmd_test_init,
	.test_cases	= cmd_test_cases,
};

kunit_test_suite(cmd_test_suite);
