// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of how iommu.c, which includes this file, changes device table
 * entries.
 *
 * The hardware reads all of an entry at once, whenever it likes, and software
 * writes one half after the other. So every state in between must be an entry
 * that one could have meant. Each write and each flush is recorded, and judged
 * once all is over.
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>

#define DTE_TEST_STEPS	8

/* After a write: the entry as it is then; or a flush, which leaves it alone */
struct dte_step {
	bool flush;
	struct dev_table_entry dte;
};

struct dte_ctx {
	struct dev_table_entry *entry;
	struct amd_iommu_pci_seg pci_seg;
	struct amd_iommu iommu;
	struct iommu_dev_data dev_data;
	struct dev_table_entry old, new;
	struct dte_step steps[DTE_TEST_STEPS];
	unsigned int nr_steps;
	const char *from, *to;
};

/*
 * What is recorded; under a spinlock, hence no judgment here
 */

static void dte_test_record(struct dte_ctx *ctx, bool flush)
{
	if (ctx->nr_steps < DTE_TEST_STEPS)
		ctx->steps[ctx->nr_steps] = (struct dte_step){
			.flush = flush, .dte = *ctx->entry,
		};
	ctx->nr_steps++;
}

static void dte_test_written(struct dev_table_entry *ptr)
{
	dte_test_record(kunit_get_current_test()->priv, false);
}

static void dte_test_flush(struct amd_iommu *iommu, u16 devid)
{
	dte_test_record(kunit_get_current_test()->priv, true);
}

/*
 * What entries there are
 */

#define DTE_TEST_HOST	(DTE_FLAG_V | DTE_FLAG_TV | DTE_FLAG_IR | DTE_FLAG_IW |	\
			 FIELD_PREP_CONST(DTE_MODE_MASK, 3))

static const struct dte_kind {
	const char *name;
	u64 flags;
	u64 root;
	u16 domid;
	u64 gcr3;
	u8 levels;
} dte_kinds[] = {
	{ "invalid" },
	{ "blocked", DTE_FLAG_V | DTE_FLAG_TV },
	{ "v1", DTE_TEST_HOST, 0x1111000, 0x21 },
	{ "v1 of another domain", DTE_TEST_HOST, 0x2222000, 0x22 },
	{ "nested, 4 levels", DTE_TEST_HOST | DTE_FLAG_GV, 0x1111000, 0x23,
	  0x123456789a000ULL, GUEST_PGTABLE_4_LEVEL },
	{ "nested, 4 levels, other tables", DTE_TEST_HOST | DTE_FLAG_GV, 0x2222000, 0x24,
	  0xfedcba9871000ULL, GUEST_PGTABLE_4_LEVEL },
	{ "nested, 5 levels", DTE_TEST_HOST | DTE_FLAG_GV, 0x1111000, 0x25,
	  0x2468ace02000ULL, GUEST_PGTABLE_5_LEVEL },
};

static struct dev_table_entry dte_of(const struct dte_kind *kind)
{
	return (struct dev_table_entry){ .data = {
		kind->flags | kind->root | FIELD_PREP(DTE_GCR3_14_12, kind->gcr3 >> 12 & 0x7),
		FIELD_PREP(DTE_GCR3_30_15, kind->gcr3 >> 15 & 0xffff) |
			FIELD_PREP(DTE_GCR3_51_31, kind->gcr3 >> 31) | kind->domid,
		FIELD_PREP(DTE_GPT_LEVEL_MASK, kind->levels),
	} };
}

/* None, and devices of two guests */
static const u64 dte_vimus[] = {
	0,
	DTE_FLAG_VIMU_EN | FIELD_PREP_CONST(DTE_GDEVICE_ID, 0x10) |
		FIELD_PREP_CONST(DTE_GUEST_ID, 0x1),
	DTE_FLAG_VIMU_EN | FIELD_PREP_CONST(DTE_GDEVICE_ID, 0xffef) |
		FIELD_PREP_CONST(DTE_GUEST_ID, 0x7ffe),
};

/* The half that changes of DMA translation must leave alone, and one to ignore */
#define DTE_TEST_INTR		(BIT_ULL(0) | 0x1234567000ULL | 0x6ULL << 60)
#define DTE_TEST_INTR_OTHER	(BIT_ULL(1) | 0x7654321000ULL | 0x9ULL << 60)

/*
 * What must hold
 */

static void dte_expect(struct kunit *test, bool condition, const char *what)
{
	struct dte_ctx *ctx = test->priv;

	KUNIT_EXPECT_TRUE_MSG(test, condition, "%s: from %s (%llx) to %s (%llx)",
			      what, ctx->from, ctx->old.data[3], ctx->to,
			      ctx->new.data[3]);
}

static u64 dte_test_level(const struct dev_table_entry *dte)
{
	return dte->data[2] & DTE_GPT_LEVEL_MASK;
}

/* Host half, domain ID, GCR3 and GuestPagingMode are all of the same entry */
static bool dte_test_is_like(const struct dev_table_entry *dte,
			     const struct dev_table_entry *whole)
{
	return dte->data128[0] == whole->data128[0] &&
	       (!(dte->data[0] & DTE_FLAG_GV) ||
		dte_test_level(dte) == dte_test_level(whole));
}

static void dte_test_judge_state(struct kunit *test, const struct dev_table_entry *dte)
{
	struct dte_ctx *ctx = test->priv;

	dte_expect(test, (dte->data[2] & DTE_DATA2_INTR_MASK) == DTE_TEST_INTR,
		   "interrupt half changed");
	if (!(dte->data[0] & DTE_FLAG_V))
		return;
	dte_expect(test, dte_test_is_like(dte, &ctx->old) ||
		   dte_test_is_like(dte, &ctx->new), "mixture of two entries");
	/* A guest ID and a device ID of another guest name nobody's device */
	dte_expect(test, dte->data[3] == ctx->old.data[3] ||
		   dte->data[3] == ctx->new.data[3], "mixture of two guests");
}

/*
 * Between two valid states with an invalid one in between there is a flush:
 * otherwise the hardware may never see that it was invalid, and still read
 * one half of the entry before and one half after.
 */
static void dte_test_judge_flushes(struct kunit *test)
{
	struct dte_ctx *ctx = test->priv;
	bool was_valid = ctx->old.data[0] & DTE_FLAG_V, stale = false;

	for (unsigned int i = 0; i < ctx->nr_steps; i++) {
		struct dte_step *step = &ctx->steps[i];
		bool valid = step->dte.data[0] & DTE_FLAG_V;

		if (step->flush) {
			stale = false;
			continue;
		}
		dte_expect(test, !(valid && stale), "valid again without a flush");
		stale |= was_valid && !valid;
		was_valid = valid;
	}
	/* And nothing of what was before is used from then on */
	dte_expect(test, ctx->steps[ctx->nr_steps - 1].flush, "no flush at the end");
}

static void dte_test_judge(struct kunit *test)
{
	struct dte_ctx *ctx = test->priv;

	KUNIT_ASSERT_GE(test, ctx->nr_steps, 3);
	KUNIT_ASSERT_LE(test, ctx->nr_steps, DTE_TEST_STEPS);
	for (unsigned int i = 0; i < ctx->nr_steps; i++)
		dte_test_judge_state(test, &ctx->steps[i].dte);
	dte_test_judge_flushes(test);

	dte_expect(test, ctx->entry->data128[0] == ctx->new.data128[0], "lower half");
	dte_expect(test, ctx->entry->data[2] == (ctx->new.data[2] | DTE_TEST_INTR),
		   "third quarter");
	dte_expect(test, ctx->entry->data[3] == ctx->new.data[3], "fourth quarter");
}

/*
 * The cases
 */

static void dte_test_change(struct kunit *test, const struct dte_kind *from,
			    const struct dte_kind *to, u64 old_vimu, u64 new_vimu)
{
	struct dte_ctx *ctx = test->priv;
	struct dev_table_entry new;

	ctx->from = from->name;
	ctx->to = to->name;
	ctx->old = dte_of(from);
	ctx->old.data[3] = old_vimu;
	ctx->new = dte_of(to);
	ctx->new.data[3] = new_vimu;
	ctx->nr_steps = 0;

	*ctx->entry = ctx->old;
	ctx->entry->data[2] |= DTE_TEST_INTR;
	new = ctx->new;
	new.data[2] |= DTE_TEST_INTR_OTHER;
	amd_iommu_update_own_dte(&ctx->iommu, &ctx->dev_data, &new);
	dte_test_judge(test);
}

static void dte_test_changes(struct kunit *test, const struct dte_kind *from,
			     const struct dte_kind *to)
{
	for (int i = 0; i < ARRAY_SIZE(dte_vimus); i++)
		for (int j = 0; j < ARRAY_SIZE(dte_vimus); j++)
			dte_test_change(test, from, to, dte_vimus[i], dte_vimus[j]);
}

/* From one kind to every kind, itself among them */
static void no_state_is_a_mixture(struct kunit *test)
{
	for (int to = 0; to < ARRAY_SIZE(dte_kinds); to++)
		dte_test_changes(test, test->param_value, &dte_kinds[to]);
}

KUNIT_ARRAY_PARAM_DESC(dte, dte_kinds, name);

#define DTE_TEST_DEVID	5

static int dte_test_init(struct kunit *test)
{
	struct dte_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	/* A page, because 128-bit writes want alignment */
	ctx->pci_seg.dev_table = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->pci_seg.dev_table);
	ctx->entry = &ctx->pci_seg.dev_table[DTE_TEST_DEVID];
	ctx->iommu.pci_seg = &ctx->pci_seg;
	spin_lock_init(&ctx->dev_data.dte_lock);
	ctx->dev_data.devid = DTE_TEST_DEVID;
	test->priv = ctx;
	kunit_activate_static_stub(test, dte_written, dte_test_written);
	kunit_activate_static_stub(test, iommu_flush_dte_sync, dte_test_flush);
	return 0;
}

static struct kunit_case dte_test_cases[] = {
	KUNIT_CASE_PARAM(no_state_is_a_mixture, dte_gen_params),
	{}
};

static struct kunit_suite dte_test_suite = {
	.name		= "amd_iommu_dte",
	.init		= dte_test_init,
	.test_cases	= dte_test_cases,
};

kunit_test_suite(dte_test_suite);
