// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of viommu_event.c, which includes this file: a guest finds its
 * own IDs in a record, and learns none of the host's.
 */

#include <kunit/test.h>

/* The host's */
#define HDEV		0x0880
#define IOMMU_DEV	0x0002
#define BUFFER		0xfff8	/* translation device ID */
#define HDOM		42
#define OTHER		0x00ff	/* device or domain that is nobody's */
#define ANOTHERS	43	/* domain of another guest */
/* The guest's */
#define GDEV		0x0010
#define GDOM		5

struct vevent_test_ctx {
	struct amd_iommu iommu;
	struct amd_viommu_hw hw;
	struct amd_iommu_viommu viommu, other;
	struct amd_iommu_vdevice vdev;
};

static void vevent_test_store(struct kunit *test, struct xarray *xa,
			      unsigned long index, void *entry)
{
	KUNIT_ASSERT_EQ(test, xa_err(xa_store(xa, index, entry, GFP_KERNEL)), 0);
}

static int vevent_test_init(struct kunit *test)
{
	struct vevent_test_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	ctx->iommu.devid = IOMMU_DEV;
	ctx->iommu.viommu_hw = &ctx->hw;
	ctx->viommu.iommu = &ctx->iommu;
	ctx->viommu.trans_devid = BUFFER;
	ctx->other.iommu = &ctx->iommu;
	xa_init(&ctx->hw.domains);
	xa_init(&ctx->hw.gdoms);
	xa_init(&ctx->viommu.vdevices);
	ctx->vdev.gdev_id = GDEV;
	vevent_test_store(test, &ctx->viommu.vdevices, HDEV, &ctx->vdev);
	KUNIT_ASSERT_EQ(test, amd_viommu_hdom_link(&ctx->viommu, GDOM - 1, HDOM - 1), 0);
	KUNIT_ASSERT_EQ(test, amd_viommu_hdom_link(&ctx->viommu, GDOM, HDOM), 0);
	KUNIT_ASSERT_EQ(test, amd_viommu_hdom_link(&ctx->other, GDOM, ANOTHERS), 0);
	return 0;
}

static void vevent_test_exit(struct kunit *test)
{
	struct vevent_test_ctx *ctx = test->priv;

	if (!ctx)
		return;
	xa_destroy(&ctx->viommu.vdevices);
	xa_destroy(&ctx->hw.gdoms);
	xa_destroy(&ctx->hw.domains);
}

/* A record; what is in @flags of the first two dwords belongs to no ID */
#define RECORD(code, id0, flags0, id1, flags1)	\
	{ (flags0) | (id0), (code) << EVENT_TYPE_SHIFT | (flags1) | (id1) }

#define PASID_HIGH	0x000a0000
#define VFLAGS		0x58000000
#define FLAGS		0x01200000

static const struct vevent_test_param {
	const char *name;
	u32 host[2], guest[2];
	bool hidden;	/* the address is none that a guest could have used */
	bool dropped;	/* the guest has no ID for the device */
} vevent_test_params[] = {
	{ "page fault",
	  RECORD(EVENT_TYPE_IO_FAULT, HDEV, VFLAGS, HDOM, FLAGS),
	  RECORD(EVENT_TYPE_IO_FAULT, GDEV, VFLAGS, GDOM, FLAGS) },
	{ "page fault with a PASID",
	  RECORD(EVENT_TYPE_IO_FAULT, HDEV, PASID_HIGH, HDOM, FLAGS | EVENT_DW1_FLAG_GN),
	  RECORD(EVENT_TYPE_IO_FAULT, GDEV, PASID_HIGH, HDOM, FLAGS | EVENT_DW1_FLAG_GN) },
	{ "page fault, default domain",
	  RECORD(EVENT_TYPE_IO_FAULT, HDEV, 0, OTHER, FLAGS),
	  RECORD(EVENT_TYPE_IO_FAULT, GDEV, 0, 0, FLAGS) },
	{ "page fault, another guest's domain",
	  RECORD(EVENT_TYPE_IO_FAULT, HDEV, 0, ANOTHERS, FLAGS),
	  RECORD(EVENT_TYPE_IO_FAULT, GDEV, 0, 0, FLAGS) },
	{ "page fault of a buffer",
	  RECORD(EVENT_TYPE_IO_FAULT, BUFFER, VFLAGS, OTHER, FLAGS),
	  RECORD(EVENT_TYPE_IO_FAULT, 0, VFLAGS, 0, FLAGS) },
	{ "page fault of a buffer, named by the IOMMU",
	  RECORD(EVENT_TYPE_IO_FAULT, IOMMU_DEV, VFLAGS, OTHER, FLAGS),
	  RECORD(EVENT_TYPE_IO_FAULT, 0, VFLAGS, 0, FLAGS) },
	{ "page fault of a device without a vDevice",
	  RECORD(EVENT_TYPE_IO_FAULT, OTHER, VFLAGS, HDOM, FLAGS),
	  RECORD(EVENT_TYPE_IO_FAULT, 0, VFLAGS, GDOM, FLAGS), .dropped = true },
	{ "page table error of a device without a vDevice",
	  RECORD(EVENT_TYPE_PAGE_TAB_ERR, OTHER, VFLAGS, HDOM, FLAGS),
	  RECORD(EVENT_TYPE_PAGE_TAB_ERR, 0, VFLAGS, GDOM, FLAGS), true, true },
	{ "page table error",
	  RECORD(EVENT_TYPE_PAGE_TAB_ERR, HDEV, VFLAGS, HDOM, FLAGS),
	  RECORD(EVENT_TYPE_PAGE_TAB_ERR, GDEV, VFLAGS, GDOM, FLAGS), true },
	{ "illegal entry",
	  RECORD(EVENT_TYPE_ILL_DEV, HDEV, PASID_HIGH, 0x1234, FLAGS),
	  RECORD(EVENT_TYPE_ILL_DEV, GDEV, PASID_HIGH, 0x1234, FLAGS) },
	{ "device table error",
	  RECORD(EVENT_TYPE_DEV_TAB_ERR, HDEV, VFLAGS, 0, FLAGS),
	  RECORD(EVENT_TYPE_DEV_TAB_ERR, GDEV, VFLAGS, 0, FLAGS), true },
	{ "invalidation that timed out",
	  RECORD(EVENT_TYPE_IOTLB_INV_TO, HDEV, 0, 0, 0),
	  RECORD(EVENT_TYPE_IOTLB_INV_TO, GDEV, 0, 0, 0), true },
	{ "invalid request",
	  RECORD(EVENT_TYPE_INV_DEV_REQ, HDEV, PASID_HIGH, 0x1234, FLAGS),
	  RECORD(EVENT_TYPE_INV_DEV_REQ, GDEV, PASID_HIGH, 0x1234, FLAGS), true },
	{ "invalid page request",
	  RECORD(EVENT_TYPE_INV_PPR_REQ, HDEV, PASID_HIGH, 0x1234, FLAGS),
	  RECORD(EVENT_TYPE_INV_PPR_REQ, GDEV, PASID_HIGH, 0x1234, FLAGS) },
	{ "GUEST_EVENT_FAULT",
	  RECORD(EVENT_TYPE_GUEST_EVENT_FAULT, 0, VFLAGS, 0x1357, FLAGS),
	  RECORD(EVENT_TYPE_GUEST_EVENT_FAULT, 0, VFLAGS, 0, FLAGS) },
	{ "VIOMMU_HARDWARE_ERROR",
	  RECORD(EVENT_TYPE_VIOMMU_HW_ERR, 0x1357, VFLAGS | 0x10000, 0, FLAGS),
	  RECORD(EVENT_TYPE_VIOMMU_HW_ERR, 0, VFLAGS | 0x10000, 0, FLAGS), true },
};

KUNIT_ARRAY_PARAM_DESC(vevent_test, vevent_test_params, name);

static void a_record_has_guest_ids(struct kunit *test)
{
	const struct vevent_test_param *param = test->param_value;
	struct vevent_test_ctx *ctx = test->priv;
	struct amd_iommu_event event = {
		.data = { param->host[0], param->host[1], 0x1000, 0x2 },
	};

	KUNIT_EXPECT_EQ(test, viommu_event_to_guest_ids(&ctx->viommu, &event), !param->dropped);
	KUNIT_EXPECT_EQ(test, event.data[0], param->guest[0]);
	KUNIT_EXPECT_EQ(test, event.data[1], param->guest[1]);
	KUNIT_EXPECT_EQ(test, event.data[2], param->hidden ? 0 : 0x1000);
	KUNIT_EXPECT_EQ(test, event.data[3], param->hidden ? 0 : 0x2);
}

static struct kunit_case vevent_test_cases[] = {
	KUNIT_CASE_PARAM(a_record_has_guest_ids, vevent_test_gen_params),
	{}
};

static struct kunit_suite vevent_test_suite = {
	.name		= "amd_viommu_vevent",
	.init		= vevent_test_init,
	.exit		= vevent_test_exit,
	.test_cases	= vevent_test_cases,
};

kunit_test_suite(vevent_test_suite);
