// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of viommu_irq.c, which includes this file: where the hardware
 * finds the IRTE of a guest's interrupt, whichever size it takes entries of the
 * first level to have, and what is in it.
 */

#include <kunit/test.h>

struct irq_test_ctx {
	struct amd_iommu iommu;
	struct amd_viommu_hw hw;
	struct amd_iommu_viommu viommu;
	struct pci_dev dev;
	unsigned int flushes;
};

static void irq_test_flush(struct amd_iommu *iommu)
{
	struct irq_test_ctx *ctx = container_of(iommu, struct irq_test_ctx, iommu);

	ctx->flushes++;
}

static int irq_test_init(struct kunit *test)
{
	struct irq_test_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	set_dev_node(&ctx->dev.dev, NUMA_NO_NODE);
	ctx->iommu.dev = &ctx->dev;
	ctx->iommu.viommu_hw = &ctx->hw;
	ctx->viommu.iommu = &ctx->iommu;
	xa_init(&ctx->hw.irtes);
	ctx->hw.irq_table = iommu_alloc_pages_sz(GFP_KERNEL, LEVEL1_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, ctx->hw.irq_table);
	kunit_activate_static_stub(test, viommu_irq_flush, irq_test_flush);
	return 0;
}

static void irq_test_exit(struct kunit *test)
{
	struct irq_test_ctx *ctx = test->priv;
	unsigned long index;
	void *irtes;

	if (!ctx)
		return;
	xa_for_each(&ctx->hw.irtes, index, irtes)
		iommu_free_pages(irtes);
	xa_destroy(&ctx->hw.irtes);
	iommu_free_pages(ctx->hw.irq_table);
}

/* As the hardware walks, with entries of @step bytes; NULL if it gets nowhere */
static struct irte_ga *irq_test_walk(struct irq_test_ctx *ctx, u32 id,
				     unsigned int step)
{
	u64 entry = ctx->hw.irq_table[(id >> 8 & 0x3ff) * step / sizeof(u64)];
	struct irte_ga *irtes;

	if (!(entry & 1))
		return NULL;
	irtes = phys_to_virt(__sme_clr(entry) & GENMASK_ULL(51, 12));
	return &irtes[id & 0xff];
}

static const u16 irq_test_ids[] = { 1, 2, 127, 128, 255, 256, 257, 511, 512, 0x7ffe };

static void irq_test_finds_irte(struct kunit *test)
{
	struct irq_test_ctx *ctx = test->priv;

	for (int kind = 0; kind < AMD_VIOMMU_NR_IRQS; kind++) {
		for (int i = 0; i < ARRAY_SIZE(irq_test_ids); i++) {
			u32 id = (u32)kind << 16 | irq_test_ids[i];
			struct irte_ga *irte = viommu_irq_irte(&ctx->iommu, &ctx->hw, id);

			KUNIT_ASSERT_FALSE(test, IS_ERR(irte));
			KUNIT_EXPECT_EQ_MSG(test, irte->lo.val, 0, "shared, ID %x", id);
			irte->lo.val = id;
		}
	}
	/* Later entries must have overwritten none of before */
	for (int kind = 0; kind < AMD_VIOMMU_NR_IRQS; kind++) {
		for (int i = 0; i < ARRAY_SIZE(irq_test_ids); i++) {
			u32 id = (u32)kind << 16 | irq_test_ids[i];
			struct irte_ga *irte = irq_test_walk(ctx, id, 8);

			KUNIT_ASSERT_NOT_NULL(test, irte);
			KUNIT_EXPECT_EQ_MSG(test, irte->lo.val, id, "8 bytes, ID %x", id);
			if (irq_test_ids[i] >= 256)
				continue;
			irte = irq_test_walk(ctx, id, 16);
			KUNIT_ASSERT_NOT_NULL(test, irte);
			KUNIT_EXPECT_EQ_MSG(test, irte->lo.val, id, "16 bytes, ID %x", id);
		}
	}
}

static void irq_test_writes_irte(struct kunit *test)
{
	struct irq_test_ctx *ctx = test->priv;
	struct irte_ga irte = {};
	struct amd_viommu_irq irq = { .viommu = &ctx->viommu, .irte = &irte };

	viommu_irq_aim(&irq, 0x31, 0x04030201);
	/* Valid, fixed, not posted; the destination mode is the machine's */
	KUNIT_EXPECT_EQ(test, irte.lo.val & ~BIT_ULL(6), 0x03020101);
	KUNIT_EXPECT_EQ(test, irte.hi.val, 0x0400000000000031);
	KUNIT_EXPECT_EQ(test, ctx->flushes, 1);

	viommu_irq_write(&irq, (struct irte_ga){});
	KUNIT_EXPECT_TRUE(test, !irte.lo.val && !irte.hi.val);
	KUNIT_EXPECT_EQ(test, ctx->flushes, 2);
}

static struct kunit_case irq_test_cases[] = {
	KUNIT_CASE(irq_test_finds_irte),
	KUNIT_CASE(irq_test_writes_irte),
	{}
};

static struct kunit_suite irq_test_suite = {
	.name = "amd_viommu_irq",
	.init = irq_test_init,
	.exit = irq_test_exit,
	.test_cases = irq_test_cases,
};

kunit_test_suite(irq_test_suite);
