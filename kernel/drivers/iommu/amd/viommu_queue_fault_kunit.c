// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of viommu_event.c, which includes this file: which queue of
 * a guest a record of the host event log is about.
 */

#include <kunit/test.h>

#define FAULT_TEST_IOMMU	0x0002
#define FAULT_TEST_BUFFER	0xfff8
#define FAULT_TEST_DEVICE	0x0880

/* Queues of the guest; there is no PPR log but where a case has one */
#define FAULT_TEST_CMD		0x0000000000300000ULL
#define FAULT_TEST_CMD_SIZE	0x1000
#define FAULT_TEST_EVT		0x000ffffffff80000ULL	/* up to 2 ^ 52 */
#define FAULT_TEST_EVT_SIZE	0x80000

/* Of the first dword */
#define FAULT_TEST_VNR		0x08000000
#define FAULT_TEST_VEVENT	0x20000000
#define FAULT_TEST_VPTR		0x40000000
#define FAULT_TEST_VCMD		0x80000000

/* Results beside the queues' types */
#define FAULT_TEST_NONE		AMD_VIOMMU_NR_QUEUES
#define FAULT_TEST_NO_ACCESS	(AMD_VIOMMU_NR_QUEUES + 1)

struct fault_test_ctx {
	struct amd_iommu iommu;
	struct amd_iommu_viommu viommu;
};

static int fault_test_init(struct kunit *test)
{
	struct fault_test_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	struct amd_viommu_queue *queues;

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	ctx->iommu.devid = FAULT_TEST_IOMMU;
	ctx->viommu.iommu = &ctx->iommu;
	ctx->viommu.trans_devid = FAULT_TEST_BUFFER;
	queues = ctx->viommu.queues;
	queues[AMD_VIOMMU_CMD].base = FAULT_TEST_CMD;
	queues[AMD_VIOMMU_CMD].size = FAULT_TEST_CMD_SIZE;
	queues[AMD_VIOMMU_EVT].base = FAULT_TEST_EVT;
	queues[AMD_VIOMMU_EVT].size = FAULT_TEST_EVT_SIZE;
	return 0;
}

/* The queue, or why there is none */
static int fault_test_queue(struct fault_test_ctx *ctx, u8 code, u32 dw0, u64 address)
{
	struct amd_iommu_event event = {
		.data = { dw0, (u32)code << EVENT_TYPE_SHIFT,
			  lower_32_bits(address), upper_32_bits(address) },
	};

	if (!viommu_event_is_access(&ctx->viommu, &event))
		return FAULT_TEST_NO_ACCESS;
	return viommu_event_queue(&ctx->viommu, &event);
}

static const struct fault_test_param {
	const char *name;
	u8 code;
	u32 dw0;
	u64 address;
	int queue;
} fault_test_params[] = {
	{ "page fault, first byte of the command buffer", EVENT_TYPE_IO_FAULT,
	  FAULT_TEST_BUFFER, FAULT_TEST_CMD, AMD_VIOMMU_CMD },
	{ "page fault, its last byte", EVENT_TYPE_IO_FAULT,
	  FAULT_TEST_BUFFER, FAULT_TEST_CMD + FAULT_TEST_CMD_SIZE - 1, AMD_VIOMMU_CMD },
	{ "page fault, a byte below it", EVENT_TYPE_IO_FAULT,
	  FAULT_TEST_BUFFER, FAULT_TEST_CMD - 1, FAULT_TEST_NONE },
	{ "page fault, a byte above it", EVENT_TYPE_IO_FAULT,
	  FAULT_TEST_BUFFER, FAULT_TEST_CMD + FAULT_TEST_CMD_SIZE, FAULT_TEST_NONE },
	{ "page fault, 4 GiB above it", EVENT_TYPE_IO_FAULT,
	  FAULT_TEST_BUFFER, FAULT_TEST_CMD + SZ_4G, FAULT_TEST_NONE },
	{ "page fault, first byte of the event log", EVENT_TYPE_IO_FAULT,
	  FAULT_TEST_BUFFER, FAULT_TEST_EVT, AMD_VIOMMU_EVT },
	{ "page fault, last byte that there is", EVENT_TYPE_IO_FAULT,
	  FAULT_TEST_BUFFER, BIT_ULL(52) - 1, AMD_VIOMMU_EVT },
	{ "page fault, a byte below the event log", EVENT_TYPE_IO_FAULT,
	  FAULT_TEST_BUFFER, FAULT_TEST_EVT - 1, FAULT_TEST_NONE },
	{ "page fault at 0, where no PPR log is", EVENT_TYPE_IO_FAULT,
	  FAULT_TEST_BUFFER, 0, FAULT_TEST_NONE },
	{ "page fault in the name of the IOMMU", EVENT_TYPE_IO_FAULT,
	  FAULT_TEST_IOMMU, FAULT_TEST_CMD, AMD_VIOMMU_CMD },
	{ "page fault of a device, where a queue is", EVENT_TYPE_IO_FAULT,
	  FAULT_TEST_DEVICE, FAULT_TEST_CMD, FAULT_TEST_NO_ACCESS },
	{ "page fault of a device, with the flag of commands", EVENT_TYPE_IO_FAULT,
	  FAULT_TEST_VCMD | FAULT_TEST_DEVICE, 0x1000, FAULT_TEST_NO_ACCESS },

	{ "page fault of a command's store", EVENT_TYPE_IO_FAULT,
	  FAULT_TEST_VCMD | FAULT_TEST_BUFFER, 0x1000, AMD_VIOMMU_CMD },
	{ "page fault of a command's store into the event log", EVENT_TYPE_IO_FAULT,
	  FAULT_TEST_VCMD | FAULT_TEST_BUFFER, FAULT_TEST_EVT, AMD_VIOMMU_EVT },
	{ "page fault with all other flags", EVENT_TYPE_IO_FAULT,
	  FAULT_TEST_VNR | FAULT_TEST_VEVENT | FAULT_TEST_VPTR | FAULT_TEST_BUFFER,
	  0x1000, FAULT_TEST_NONE },

	/* Its address is one of the host */
	{ "page table error, where a queue is", EVENT_TYPE_PAGE_TAB_ERR,
	  FAULT_TEST_BUFFER, FAULT_TEST_CMD, FAULT_TEST_NONE },
	{ "page table error, where the event log is, of a command", EVENT_TYPE_PAGE_TAB_ERR,
	  FAULT_TEST_VCMD | FAULT_TEST_BUFFER, FAULT_TEST_EVT, AMD_VIOMMU_CMD },
	{ "page table error of a device", EVENT_TYPE_PAGE_TAB_ERR,
	  FAULT_TEST_VCMD | FAULT_TEST_DEVICE, FAULT_TEST_CMD, FAULT_TEST_NO_ACCESS },

	/* Its address is one of the IOMMU's private address space */
	{ "VIOMMU_HARDWARE_ERROR, where a queue is", EVENT_TYPE_VIOMMU_HW_ERR,
	  0x1357, FAULT_TEST_CMD, FAULT_TEST_NONE },
	{ "VIOMMU_HARDWARE_ERROR of a command", EVENT_TYPE_VIOMMU_HW_ERR,
	  FAULT_TEST_VCMD | 0x1357, FAULT_TEST_EVT, AMD_VIOMMU_CMD },

	{ "illegal device table entry", EVENT_TYPE_ILL_DEV,
	  FAULT_TEST_VCMD | FAULT_TEST_BUFFER, FAULT_TEST_CMD, FAULT_TEST_NO_ACCESS },
	{ "device table error", EVENT_TYPE_DEV_TAB_ERR,
	  FAULT_TEST_VCMD | FAULT_TEST_BUFFER, FAULT_TEST_CMD, FAULT_TEST_NO_ACCESS },
	{ "illegal command of the host", EVENT_TYPE_ILL_CMD,
	  FAULT_TEST_IOMMU, FAULT_TEST_CMD, FAULT_TEST_NO_ACCESS },
	{ "command buffer of the host", EVENT_TYPE_CMD_HARD_ERR,
	  FAULT_TEST_IOMMU, FAULT_TEST_CMD, FAULT_TEST_NO_ACCESS },
	{ "invalidation that timed out", EVENT_TYPE_IOTLB_INV_TO,
	  FAULT_TEST_BUFFER, FAULT_TEST_CMD, FAULT_TEST_NO_ACCESS },
	{ "invalid request", EVENT_TYPE_INV_DEV_REQ,
	  FAULT_TEST_BUFFER, FAULT_TEST_CMD, FAULT_TEST_NO_ACCESS },
	{ "invalid page request", EVENT_TYPE_INV_PPR_REQ,
	  FAULT_TEST_BUFFER, FAULT_TEST_CMD, FAULT_TEST_NO_ACCESS },
};

KUNIT_ARRAY_PARAM_DESC(fault_test, fault_test_params, name);

static void a_fault_is_one_of_the_queue_at_its_address(struct kunit *test)
{
	const struct fault_test_param *param = test->param_value;

	KUNIT_EXPECT_EQ(test, fault_test_queue(test->priv, param->code, param->dw0,
					       param->address), param->queue);
}

/* As long as the guest has no queue, its buffers' requester ID still says whose it is */
static void a_guest_without_queues_has_no_faulting_one(struct kunit *test)
{
	struct fault_test_ctx *ctx = test->priv;

	memset(ctx->viommu.queues, 0, sizeof(ctx->viommu.queues));
	KUNIT_EXPECT_EQ(test, fault_test_queue(ctx, EVENT_TYPE_IO_FAULT,
					       FAULT_TEST_BUFFER, 0), FAULT_TEST_NONE);
	KUNIT_EXPECT_EQ(test, fault_test_queue(ctx, EVENT_TYPE_IO_FAULT,
					       FAULT_TEST_BUFFER, FAULT_TEST_CMD),
			FAULT_TEST_NONE);
}

/* GUEST_EVENT_FAULT does not say of which log */
static const struct fault_test_log {
	const char *name;
	bool evt, ppr;
	int queue;
} fault_test_logs[] = {
	{ "no log", false, false, FAULT_TEST_NONE },
	{ "event log only", true, false, AMD_VIOMMU_EVT },
	{ "PPR log only", false, true, AMD_VIOMMU_PPR },
	{ "both logs", true, true, FAULT_TEST_NONE },
};

KUNIT_ARRAY_PARAM_DESC(fault_test_log, fault_test_logs, name);

static void an_event_is_lost_of_the_only_log(struct kunit *test)
{
	const struct fault_test_log *param = test->param_value;
	struct fault_test_ctx *ctx = test->priv;
	struct amd_viommu_queue *queues = ctx->viommu.queues;

	/* A bit beside the one that enables it, so that a log has a register value without */
	queues[AMD_VIOMMU_CMD].reg = AMD_VIOMMU_QUEUE_ENABLE;
	queues[AMD_VIOMMU_EVT].reg = 0x200 | (param->evt ? AMD_VIOMMU_QUEUE_ENABLE : 0);
	queues[AMD_VIOMMU_PPR].reg = 0x200 | (param->ppr ? AMD_VIOMMU_QUEUE_ENABLE : 0);
	/* No address of it means anything, nor its flags */
	KUNIT_EXPECT_EQ(test, fault_test_queue(ctx, EVENT_TYPE_GUEST_EVENT_FAULT,
					       FAULT_TEST_VCMD, FAULT_TEST_CMD),
			param->queue);
}

static struct kunit_case fault_test_cases[] = {
	KUNIT_CASE_PARAM(a_fault_is_one_of_the_queue_at_its_address, fault_test_gen_params),
	KUNIT_CASE(a_guest_without_queues_has_no_faulting_one),
	KUNIT_CASE_PARAM(an_event_is_lost_of_the_only_log, fault_test_log_gen_params),
	{}
};

static struct kunit_suite fault_test_suite = {
	.name		= "amd_viommu_queue_fault",
	.init		= fault_test_init,
	.test_cases	= fault_test_cases,
};

kunit_test_suite(fault_test_suite);
