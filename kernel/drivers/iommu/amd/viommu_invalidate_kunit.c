// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of viommu_invalidate.c, which includes this file: what of a
 * guest's commands reaches the hardware, and with whose IDs. The commands are
 * the hardware's, so they stand here as numbers.
 */

#include <kunit/test.h>
#include <linux/prandom.h>

#include "cmd_kunit.h"

/* The host's */
#define INV_TEST_HDEV		0x0880
#define INV_TEST_HDEV_NO_ATS	0x0881
#define INV_TEST_HDEV_NO_PASID	0x0882
#define INV_TEST_PARENT		7
#define INV_TEST_QDEP		0x20
/* The guest's */
#define INV_TEST_GDEV		0x0010
#define INV_TEST_GDEV_NO_ATS	0x0011
#define INV_TEST_GDEV_NO_PASID	0x0013

#define INV_TEST_MAX_CMDS	3
#define INV_TEST_MMIO_SIZE	SZ_16K

struct inv_test_ctx {
	struct amd_iommu iommu;
	struct amd_iommu_viommu viommu;
	struct protection_domain parent;
	struct guest_domain_mapping_info domains[2];
	struct iommu_dev_data dev, dev_no_ats, dev_no_pasid;
};

/* In the place of iommufd's vDevices */
static struct iommu_dev_data *inv_test_device(struct amd_iommu_viommu *aviommu,
					      u16 gdev_id)
{
	struct inv_test_ctx *ctx = container_of(aviommu, struct inv_test_ctx, viommu);

	switch (gdev_id) {
	case INV_TEST_GDEV:
		return &ctx->dev;
	case INV_TEST_GDEV_NO_ATS:
		return &ctx->dev_no_ats;
	case INV_TEST_GDEV_NO_PASID:
		return &ctx->dev_no_pasid;
	default:
		return NULL;
	}
}

static void inv_test_domain(struct kunit *test, u16 gdom_id,
			    struct guest_domain_mapping_info *info, u32 hdom_id)
{
	struct inv_test_ctx *ctx = test->priv;

	info->hdom_id = hdom_id;
	KUNIT_ASSERT_EQ(test, 0,
			xa_err(xa_store(&ctx->viommu.gdomid_array, gdom_id, info,
					GFP_KERNEL)));
}

/* A command buffer and registers that no hardware looks at */
static void inv_test_iommu(struct kunit *test, struct amd_iommu *iommu)
{
	void *mmio = kunit_kzalloc(test, INV_TEST_MMIO_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mmio);
	iommu->mmio_base = (u8 __iomem __force *)mmio;
	iommu->cmd_buf = kunit_kzalloc(test, CMD_BUFFER_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, iommu->cmd_buf);
	raw_spin_lock_init(&iommu->lock);
}

static int inv_test_init(struct kunit *test)
{
	struct inv_test_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	mutex_init(&ctx->viommu.gdom_lock);
	xa_init(&ctx->viommu.gdomid_array);
	xa_init(&ctx->viommu.core.vdevs);
	ctx->viommu.iommu = &ctx->iommu;
	ctx->viommu.parent = &ctx->parent;
	ctx->parent.id = INV_TEST_PARENT;
	ctx->dev.devid = INV_TEST_HDEV;
	ctx->dev.ats_enabled = true;
	ctx->dev.ats_qdep = INV_TEST_QDEP;
	ctx->dev.pasid_enabled = true;
	ctx->dev_no_pasid = ctx->dev;
	ctx->dev_no_pasid.devid = INV_TEST_HDEV_NO_PASID;
	ctx->dev_no_pasid.pasid_enabled = false;
	ctx->dev_no_ats.devid = INV_TEST_HDEV_NO_ATS;
	mutex_init(&ctx->dev.mutex);
	mutex_init(&ctx->dev_no_pasid.mutex);
	mutex_init(&ctx->dev_no_ats.mutex);
	inv_test_iommu(test, &ctx->iommu);
	inv_test_domain(test, 5, &ctx->domains[0], 42);
	inv_test_domain(test, 0xffff, &ctx->domains[1], 0x1234);
	kunit_activate_static_stub(test, viommu_inv_device, inv_test_device);
	return 0;
}

static void inv_test_exit(struct kunit *test)
{
	struct inv_test_ctx *ctx = test->priv;

	if (ctx)
		xa_destroy(&ctx->viommu.gdomid_array);
}

static const struct inv_test_param {
	const char *name;
	u64 guest[2];
	int ret;
	u64 host[INV_TEST_MAX_CMDS][2];	/* up to one that is 0 */
} inv_test_params[] = {
	{ "COMPLETION_WAIT: nothing to be done",
	  { 0x1000000000000000, 0 } },
	{ "COMPLETION_WAIT, flush, address and data of a store",
	  { 0x100fffffffffffff & ~3ULL, U64_MAX } },
	{ "COMPLETION_WAIT, store",
	  { 0x1000000000000001, 0 }, -EINVAL },
	{ "COMPLETION_WAIT, interrupt",
	  { 0x1000000000000002, 0 }, -EINVAL },

	{ "INVALIDATE_DEVTAB_ENTRY",
	  { 0x2000000000000010, 0 }, 0,
	  { { 0x2000000000000880, 0 } } },
	{ "INVALIDATE_DEVTAB_ENTRY, no such device",
	  { 0x2000000000000880, 0 }, -ENXIO },

	{ "INVALIDATE_IOMMU_PAGES, a page",
	  { 0x3000000500000000, 0x123456789abcd000 }, 0,
	  { { 0x3000002a00000000, 0x123456789abcd000 } } },
	{ "INVALIDATE_IOMMU_PAGES, all of a domain",
	  { 0x3000ffff00000000, 0x7ffffffffffff003 }, 0,
	  { { 0x3000123400000000, 0x7ffffffffffff003 } } },
	{ "INVALIDATE_IOMMU_PAGES, all of a PASID",
	  { 0x30000005000fedcb, 0x7ffffffffffff007 }, 0,
	  { { 0x3000002a000fedcb, 0x7ffffffffffff007 } } },
	{ "INVALIDATE_IOMMU_PAGES, PASID without GN",
	  { 0x3000000500000001, 0x7ffffffffffff003 }, -EINVAL },
	{ "INVALIDATE_IOMMU_PAGES, unused domain",
	  { 0x3000000600000000, 0x1000 }, 0,
	  { { 0x3000000700000000, 0x1000 } } },
	{ "INVALIDATE_IOMMU_PAGES, number of a domain of the host",
	  { 0x3000002a00000000, 0x1000 }, 0,
	  { { 0x3000000700000000, 0x1000 } } },

	{ "INVALIDATE_IOTLB_PAGES, the guest's idea of the device's queue",
	  { 0x40001234ab000010, 0x7ffffffffffff001 }, 0,
	  { { 0x4000088020000880, 0x7ffffffffffff001 } } },
	{ "INVALIDATE_IOTLB_PAGES, PASID",
	  { 0x40dc000000fe0010, 0x1005 }, 0,
	  { { 0x40dc088020fe0880, 0x1005 } } },
	{ "INVALIDATE_IOTLB_PAGES, PASID of 20 bits",
	  { 0x4adc000000fe0010, 0x1005 }, 0,
	  { { 0x4adc088020fe0880, 0x1005 } } },
	{ "INVALIDATE_IOTLB_PAGES, PASID of 20 bits, device without",
	  { 0x4adc000000fe0013, 0x1005 }, 0,
	  { { 0x4000088220000882, 0x1001 } } },
	{ "INVALIDATE_IOTLB_PAGES, PASID's highest bits without GN",
	  { 0x4800000000000010, 0x1001 }, -EINVAL },
	{ "INVALIDATE_IOTLB_PAGES, PASID's lower half without GN",
	  { 0x4001000000000010, 0x1001 }, -EINVAL },
	{ "INVALIDATE_IOTLB_PAGES, PASID's upper half without GN",
	  { 0x4000000000010010, 0x1001 }, -EINVAL },
	{ "INVALIDATE_IOTLB_PAGES, PDE",
	  { 0x4000000000000010, 0x1002 }, -EINVAL },
	{ "INVALIDATE_IOTLB_PAGES, device without ATS",
	  { 0x4000000000000011, 0x1000 } },
	{ "INVALIDATE_IOTLB_PAGES, PASID, device without",
	  { 0x40dc000000fe0013, 0x1005 }, 0,
	  { { 0x4000088220000882, 0x1001 } } },
	{ "INVALIDATE_IOTLB_PAGES, no PASID, device without",
	  { 0x4000000000000013, 0x1001 }, 0,
	  { { 0x4000088220000882, 0x1001 } } },
	{ "INVALIDATE_IOTLB_PAGES, no such device",
	  { 0x4000000000000012, 0x1000 }, -ENXIO },

	{ "INVALIDATE_IOMMU_ALL: each domain of the guest, the parent's first",
	  { 0x8000000000000000, 0 }, 0,
	  { { 0x3000000700000000, 0x7ffffffffffff003 },
	    { 0x3000002a00000000, 0x7ffffffffffff003 },
	    { 0x3000123400000000, 0x7ffffffffffff003 } } },

	{ "opcode 0", { 0, 0 }, -EOPNOTSUPP },
	{ "INVALIDATE_INTERRUPT_TABLE", { 0x5000000000000010, 0 }, -EOPNOTSUPP },
	{ "PREFETCH_IOMMU_PAGES", { 0x6000000000000010, 0 }, -EOPNOTSUPP },
	{ "COMPLETE_PPR", { 0x7000000000000010, 0 }, -EOPNOTSUPP },
	{ "INSERT_GUEST_EVENT", { 0x9000000100000000, 0 }, -EOPNOTSUPP },
	{ "RESET_VMMIO", { 0xa000000090000001, 0 }, -EOPNOTSUPP },
	{ "opcode Bh", { 0xb000000000000000, 0 }, -EOPNOTSUPP },
	{ "opcode Ch", { 0xc000000000000000, 0 }, -EOPNOTSUPP },
	{ "opcode Dh", { 0xd000000000000000, 0 }, -EOPNOTSUPP },
	{ "opcode Eh", { 0xe000000000000000, 0 }, -EOPNOTSUPP },
	{ "opcode Fh", { 0xf000000000000000, 0 }, -EOPNOTSUPP },
};

KUNIT_ARRAY_PARAM_DESC(inv_test, inv_test_params, name);

/* What is in the host's command buffer, to the bit, and that no more is there */
static void a_command_reaches_the_hardware_with_host_ids(struct kunit *test)
{
	const struct inv_test_param *param = test->param_value;
	struct inv_test_ctx *ctx = test->priv;
	const u64 *queued = (const u64 *)ctx->iommu.cmd_buf;
	struct viommu_inv_cmd cmd = { { param->guest[0], param->guest[1] } };
	u32 nr = 0;

	KUNIT_EXPECT_EQ(test, viommu_inv_execute(&ctx->viommu, &cmd), param->ret);

	for (; nr < INV_TEST_MAX_CMDS && param->host[nr][0]; nr++) {
		KUNIT_EXPECT_EQ(test, queued[2 * nr], param->host[nr][0]);
		KUNIT_EXPECT_EQ(test, queued[2 * nr + 1], param->host[nr][1]);
	}
	KUNIT_EXPECT_EQ(test, ctx->iommu.cmd_buf_tail, 16 * nr);
	KUNIT_EXPECT_EQ(test, readl(ctx->iommu.mmio_base + MMIO_CMD_TAIL_OFFSET), 16 * nr);
	/* The trace shows what the guest wrote */
	KUNIT_EXPECT_EQ(test, cmd.word[0], param->guest[0]);
	KUNIT_EXPECT_EQ(test, cmd.word[1], param->guest[1]);
}

/*
 * Each bit for itself: those of a command's fields, and no others
 */

static const struct inv_test_bits {
	const char *name;
	u64 cmd[2];	/* with GN where PASIDs are */
	u64 fields[2];
} inv_test_bits[] = {
	{ "COMPLETION_WAIT", { 0x1000000000000000, 0 },
	  { 0x000ffffffffffffc, 0xffffffffffffffff } },
	{ "INVALIDATE_DEVTAB_ENTRY", { 0x2000000000000000, 0 },
	  { 0x000000000000ffff, 0 } },
	{ "INVALIDATE_IOMMU_PAGES", { 0x3000000000000000, 4 },
	  { 0x0000ffff000fffff, 0xfffffffffffff007 } },
	{ "INVALIDATE_IOTLB_PAGES", { 0x4000000000000000, 4 },
	  { 0x0fffffffffffffff, 0xfffffffffffff005 } },
	{ "INVALIDATE_IOMMU_ALL", { 0x8000000000000000, 0 },
	  { 0, 0 } },
};

KUNIT_ARRAY_PARAM_DESC(inv_test_bits, inv_test_bits, name);

static void a_bit_of_no_field_is_refused(struct kunit *test)
{
	const struct inv_test_bits *bits = test->param_value;

	for (unsigned int bit = 0; bit < 128; bit++) {
		struct viommu_inv_cmd cmd = { { bits->cmd[0], bits->cmd[1] } };
		u64 mask = BIT_ULL(bit % 64);
		bool known = bits->fields[bit / 64] & mask;

		if (bit / 4 == 60 / 4)
			continue;	/* the opcode */
		cmd.word[bit / 64] |= mask;
		KUNIT_EXPECT_EQ_MSG(test, viommu_inv_check(&cmd), known ? 0 : -EINVAL,
				    "bit %u", bit);
	}
}

/*
 * Anything: the device and the domain are the host's ones of the guest's, and the
 * rest is as the hardware has it
 */

#define INV_TEST_ROUNDS		100000

static u64 inv_test_u64(struct rnd_state *rnd)
{
	u64 high = prandom_u32_state(rnd);

	return high << 32 | prandom_u32_state(rnd);
}

/* From none of the bits to all of them; most often an opcode that is let through */
static struct viommu_inv_cmd inv_test_anything(struct rnd_state *rnd)
{
	static const u16 gdevs[] = {
		INV_TEST_GDEV, INV_TEST_GDEV_NO_ATS, INV_TEST_GDEV_NO_PASID, 0x12,
	};
	u32 random = prandom_u32_state(rnd);
	struct viommu_inv_cmd cmd;

	for (int i = 0; i < 2; i++) {
		cmd.word[i] = inv_test_u64(rnd);
		/* Sparse, or of the fields alone */
		for (u32 n = random >> (2 * i) & 3; n; n--)
			cmd.word[i] &= inv_test_u64(rnd);
	}
	if (random & BIT(4))
		FIELD_MODIFY(CMD_OPCODE, &cmd.word[0], random >> 8 & 7);
	if (random & BIT(5) && permitted[viommu_inv_opcode(&cmd) & 7].word[0])
		for (int i = 0; i < 2; i++)
			cmd.word[i] &= permitted[viommu_inv_opcode(&cmd) & 7].word[i];
	if (random & BIT(6))
		FIELD_MODIFY(CMD_DEVICE_ID, &cmd.word[0], gdevs[random >> 16 & 3]);
	return cmd;
}

static void inv_test_is_the_guests(struct kunit *test, const struct iommu_cmd *cmd)
{
	u16 devid = cmd->data[0], domid = cmd->data[1];

	switch (cmd->data[1] >> 28) {
	case 2:
		KUNIT_ASSERT_TRUE(test, devid >= INV_TEST_HDEV && devid <= INV_TEST_HDEV_NO_PASID);
		break;
	case 3:
		KUNIT_ASSERT_TRUE(test, domid == INV_TEST_PARENT || domid == 42 || domid == 0x1234);
		break;
	case 4:
		KUNIT_ASSERT_TRUE(test, devid == INV_TEST_HDEV || devid == INV_TEST_HDEV_NO_PASID);
		KUNIT_ASSERT_EQ(test, domid, devid);
		KUNIT_ASSERT_EQ(test, cmd->data[0] >> 24, INV_TEST_QDEP);
		break;
	default:
		KUNIT_FAIL(test, "opcode %u", cmd->data[1] >> 28);
	}
}

static void nothing_illegal_reaches_the_hardware(struct kunit *test)
{
	struct inv_test_ctx *ctx = test->priv;
	const struct iommu_cmd *queued = (const struct iommu_cmd *)ctx->iommu.cmd_buf;
	u32 of_opcode[16] = {};
	struct rnd_state rnd;

	/* The same each time */
	prandom_seed_state(&rnd, 11);
	for (int i = 0; i < INV_TEST_ROUNDS; i++) {
		struct viommu_inv_cmd cmd = inv_test_anything(&rnd);

		ctx->iommu.cmd_buf_tail = 0;
		if (viommu_inv_execute(&ctx->viommu, &cmd))
			KUNIT_ASSERT_EQ(test, ctx->iommu.cmd_buf_tail, 0);
		for (u32 j = 0; j < ctx->iommu.cmd_buf_tail / sizeof(*queued); j++) {
			KUNIT_ASSERT_TRUE_MSG(test, cmd_test_is_legal(&queued[j]),
					      "%016llx %016llx", cmd.word[0], cmd.word[1]);
			inv_test_is_the_guests(test, &queued[j]);
			of_opcode[queued[j].data[1] >> 28]++;
		}
		if (!(i % 1024))
			cond_resched();
	}
	for (int opcode = 2; opcode <= 4; opcode++)
		KUNIT_EXPECT_GE(test, of_opcode[opcode], 100);
}

static struct kunit_case inv_test_cases[] = {
	KUNIT_CASE_PARAM(a_command_reaches_the_hardware_with_host_ids, inv_test_gen_params),
	KUNIT_CASE_PARAM(a_bit_of_no_field_is_refused, inv_test_bits_gen_params),
	KUNIT_CASE(nothing_illegal_reaches_the_hardware),
	{}
};

static struct kunit_suite inv_test_suite = {
	.name		= "amd_viommu_invalidate",
	.init		= inv_test_init,
	.exit		= inv_test_exit,
	.test_cases	= inv_test_cases,
};

kunit_test_suite(inv_test_suite);
