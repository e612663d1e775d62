// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of viommu_event.c, which includes this file: whose records are, and
 * that nothing a VMM can hold is waited for to find out.
 */

#include <linux/completion.h>
#include <linux/kthread.h>

#include <kunit/test.h>

#define EVENT_TEST_GUEST	0x1357
#define EVENT_TEST_DEVICE	0x0880
#define EVENT_TEST_DOMAIN	42
#define EVENT_TEST_BUFFER	0xfff8

/* A guest, and a device, a domain and a buffer, each of another guest */
enum event_test_owner { NOBODY, BY_GUEST_ID, BY_DEVICE, BY_DOMAIN, BY_BUFFER,
		       NR_OWNERS };

struct event_test_ctx {
	struct amd_iommu iommu;
	struct amd_viommu_hw hw;
	struct amd_iommu_vdevice vdev;
	struct amd_iommu_viommu owners[NR_OWNERS];
};

static void event_test_store(struct kunit *test, struct xarray *xa,
			     unsigned long index, void *entry)
{
	xa_init(xa);
	KUNIT_ASSERT_EQ(test, xa_err(xa_store(xa, index, entry, GFP_KERNEL)), 0);
}

static int event_test_init(struct kunit *test)
{
	struct event_test_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	spin_lock_init(&ctx->hw.event_lock);
	xa_init(&ctx->hw.gdoms);
	ctx->iommu.viommu_hw = &ctx->hw;
	for (int i = 0; i < NR_OWNERS; i++) {
		ctx->owners[i].serial = i;
		ctx->owners[i].guest_id = 0x100 + i;
		ctx->owners[i].iommu = &ctx->iommu;
		mutex_init(&ctx->owners[i].queue_lock);
		mutex_init(&ctx->owners[i].gdom_lock);
		xa_init(&ctx->owners[i].vdevices);
		spin_lock_init(&ctx->owners[i].core.veventqs_lock);
		INIT_LIST_HEAD(&ctx->owners[i].core.veventqs);
		ratelimit_state_init(&ctx->owners[i].log_rs, 3600 * HZ,
				     DEFAULT_RATELIMIT_BURST);
		ratelimit_set_flags(&ctx->owners[i].log_rs, RATELIMIT_MSG_ON_RELEASE);
	}
	ctx->vdev.viommu = &ctx->owners[BY_DEVICE];
	event_test_store(test, &ctx->hw.guests, EVENT_TEST_GUEST, &ctx->owners[BY_GUEST_ID]);
	event_test_store(test, &ctx->hw.devices, EVENT_TEST_DEVICE, &ctx->vdev);
	event_test_store(test, &ctx->hw.domains, EVENT_TEST_DOMAIN, &ctx->owners[BY_DOMAIN]);
	event_test_store(test, &ctx->hw.buffers, EVENT_TEST_BUFFER, &ctx->owners[BY_BUFFER]);
	return 0;
}

static void event_test_exit(struct kunit *test)
{
	struct event_test_ctx *ctx = test->priv;

	if (!ctx)
		return;
	xa_destroy(&ctx->hw.guests);
	xa_destroy(&ctx->hw.devices);
	xa_destroy(&ctx->hw.domains);
	xa_destroy(&ctx->hw.buffers);
}

static const struct event_test_param {
	const char *name;
	u8 code;
	u16 id0;	/* of the first dword */
	u32 dw1;
	enum event_test_owner owner;
} event_test_params[] = {
	{ "page fault of a guest's device", EVENT_TYPE_IO_FAULT,
	  EVENT_TEST_DEVICE, EVENT_TEST_DOMAIN, BY_DEVICE },
	{ "page fault in a guest's domain", EVENT_TYPE_IO_FAULT,
	  EVENT_TEST_DEVICE + 1, EVENT_TEST_DOMAIN, BY_DOMAIN },
	{ "page fault of a guest's buffer, in a domain of several", EVENT_TYPE_IO_FAULT,
	  EVENT_TEST_BUFFER, EVENT_TEST_DOMAIN, BY_BUFFER },
	{ "page fault in a PASID", EVENT_TYPE_IO_FAULT,
	  EVENT_TEST_DEVICE + 1, EVENT_DW1_FLAG_GN | EVENT_TEST_DOMAIN, NOBODY },
	{ "page fault of the host", EVENT_TYPE_IO_FAULT,
	  EVENT_TEST_DEVICE + 1, EVENT_TEST_DOMAIN + 1, NOBODY },
	{ "page table error in a guest's domain", EVENT_TYPE_PAGE_TAB_ERR,
	  EVENT_TEST_DEVICE + 1, EVENT_TEST_DOMAIN, BY_DOMAIN },
	{ "illegal entry of a guest's device", EVENT_TYPE_ILL_DEV,
	  EVENT_TEST_DEVICE, 0, BY_DEVICE },
	{ "illegal entry of the host", EVENT_TYPE_ILL_DEV,
	  EVENT_TEST_DEVICE + 1, EVENT_TEST_DOMAIN, NOBODY },
	{ "invalidation that timed out", EVENT_TYPE_IOTLB_INV_TO,
	  EVENT_TEST_DEVICE, 0, BY_DEVICE },
	{ "invalid page request", EVENT_TYPE_INV_PPR_REQ,
	  EVENT_TEST_DEVICE, EVENT_TEST_DOMAIN, BY_DEVICE },
	{ "illegal command, which names no device", EVENT_TYPE_ILL_CMD,
	  EVENT_TEST_DEVICE, EVENT_TEST_DOMAIN, NOBODY },
	{ "GUEST_EVENT_FAULT", EVENT_TYPE_GUEST_EVENT_FAULT,
	  EVENT_TEST_DEVICE, EVENT_TEST_GUEST, BY_GUEST_ID },
	{ "GUEST_EVENT_FAULT of nobody", EVENT_TYPE_GUEST_EVENT_FAULT,
	  EVENT_TEST_GUEST, EVENT_TEST_GUEST + 1, NOBODY },
	{ "VIOMMU_HARDWARE_ERROR", EVENT_TYPE_VIOMMU_HW_ERR,
	  EVENT_TEST_GUEST, EVENT_TEST_DOMAIN, BY_GUEST_ID },
	{ "VIOMMU_HARDWARE_ERROR of nobody", EVENT_TYPE_VIOMMU_HW_ERR,
	  EVENT_TEST_DEVICE, EVENT_TEST_GUEST, NOBODY },
};

KUNIT_ARRAY_PARAM_DESC(event_test, event_test_params, name);

static void a_record_counts_for_its_guest(struct kunit *test)
{
	const struct event_test_param *param = test->param_value;
	struct event_test_ctx *ctx = test->priv;
	struct amd_iommu_event event = {
		.data = { 0xf8000000 | param->id0,
			  (u32)param->code << EVENT_TYPE_SHIFT | param->dw1 },
	};

	KUNIT_EXPECT_TRUE(test, amd_viommu_event_record(&ctx->iommu, &event));
	for (int i = 0; i < NR_OWNERS; i++)
		KUNIT_EXPECT_EQ(test, atomic64_read(&ctx->owners[i].stats.events),
				i != NOBODY && i == param->owner);
	KUNIT_EXPECT_EQ(test, atomic64_read(&ctx->vdev.events),
			param->owner == BY_DEVICE);
}

/* Neither keeps a guest another one's records out of the log, nor the host's */
static void a_guest_does_not_fill_the_log(struct kunit *test)
{
	struct event_test_ctx *ctx = test->priv;
	struct amd_iommu_event event = {
		.data = { EVENT_TEST_DEVICE, EVENT_TYPE_ILL_DEV << EVENT_TYPE_SHIFT },
	}, other = {
		.data = { 0, (u32)EVENT_TYPE_GUEST_EVENT_FAULT << EVENT_TYPE_SHIFT |
			     EVENT_TEST_GUEST },
	}, host = {
		.data = { EVENT_TEST_DEVICE + 1, EVENT_TYPE_ILL_DEV << EVENT_TYPE_SHIFT },
	};
	unsigned int nr_printed = 0;

	for (int i = 0; i < 100; i++)
		nr_printed += amd_viommu_event_record(&ctx->iommu, &event);
	KUNIT_EXPECT_EQ(test, nr_printed, DEFAULT_RATELIMIT_BURST);
	KUNIT_EXPECT_EQ(test, atomic64_read(&ctx->owners[BY_DEVICE].stats.events), 100);

	KUNIT_EXPECT_TRUE(test, amd_viommu_event_record(&ctx->iommu, &other));
	KUNIT_EXPECT_TRUE(test, amd_viommu_event_record(&ctx->iommu, &host));
}

struct event_test_thread {
	struct amd_iommu *iommu;
	struct completion done;
};

static int event_test_thread(void *data)
{
	struct event_test_thread *thread = data;
	/* One that needs queues, domains and devices of the guest */
	const struct amd_iommu_event event = {
		.data = { EVENT_DW0_VFLAG_CMD | EVENT_TEST_BUFFER,
			  EVENT_TYPE_IO_FAULT << EVENT_TYPE_SHIFT | EVENT_TEST_DOMAIN },
	};

	amd_viommu_event_record(thread->iommu, &event);
	complete(&thread->done);
	return 0;
}

/* Calls of a VMM hold these, over whatever its guest or its memory makes of it */
static void no_lock_of_a_guest_is_waited_for(struct kunit *test)
{
	struct event_test_ctx *ctx = test->priv;
	struct amd_iommu_viommu *viommu = &ctx->owners[BY_BUFFER];
	struct event_test_thread thread = { .iommu = &ctx->iommu };
	unsigned long left;

	viommu->trans_devid = EVENT_TEST_BUFFER;
	init_completion(&thread.done);

	amd_viommu_list_lock();
	mutex_lock(&viommu->gdom_lock);
	mutex_lock(&viommu->queue_lock);
	KUNIT_EXPECT_FALSE(test, IS_ERR(kthread_run(event_test_thread, &thread,
						    "amd_viommu_event")));
	left = wait_for_completion_timeout(&thread.done, 10 * HZ);
	mutex_unlock(&viommu->queue_lock);
	mutex_unlock(&viommu->gdom_lock);
	amd_viommu_list_unlock();

	KUNIT_EXPECT_NE(test, left, 0);
	if (!left)
		wait_for_completion(&thread.done);
	KUNIT_EXPECT_EQ(test, atomic64_read(&viommu->stats.events), 1);
	KUNIT_EXPECT_EQ(test, viommu->queues[AMD_VIOMMU_CMD].nr_fault, 1);
}

static struct kunit_case event_test_cases[] = {
	KUNIT_CASE_PARAM(a_record_counts_for_its_guest, event_test_gen_params),
	KUNIT_CASE(a_guest_does_not_fill_the_log),
	KUNIT_CASE(no_lock_of_a_guest_is_waited_for),
	{}
};

static struct kunit_suite event_test_suite = {
	.name		= "amd_viommu_event",
	.init		= event_test_init,
	.exit		= event_test_exit,
	.test_cases	= event_test_cases,
};

kunit_test_suite(event_test_suite);
