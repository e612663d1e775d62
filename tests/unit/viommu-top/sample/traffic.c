// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of what IOMMUs count: since the tool runs, each of its own, in order.
 */
#include "sample/traffic.h"
#include "tap.h"

static struct traffic_meter meter;

static struct vt_iommu iommu(unsigned int index, uint64_t cmds, uint64_t waits)
{
	struct vt_iommu now = {.index = index, .timed = 1, .cmds = cmds, .waits = waits};

	now.done[1] = waits;
	now.done[3] = cmds - waits;
	now.latency.bucket[40] = waits;
	return now;
}

static bool take(struct vt_iommu now)
{
	return traffic_read(&meter, &now);
}

static void test_start(void)
{
	ok(take(iommu(5, 1000, 300)) && take(iommu(2, 70, 30)), "IOMMUs are read");
	is_number(meter.sum.nr, 2, "there are two");
	is_number(meter.sum.item[0].index, 2, "they are sorted");
	is_number(meter.sum.item[1].count[VT_CMD], 0, "what was before does not count");
	is_number(meter.sum.item[1].latency.bucket[40], 0, "nor its latencies");
}

static void test_gains(void)
{
	const struct traffic *first = &meter.sum.item[0], *second = &meter.sum.item[1];

	ok(take(iommu(2, 75, 31)) && take(iommu(5, 1100, 340)), "they are read again");
	is_number(first->count[VT_CMD], 5, "commands of the first");
	is_number(second->count[VT_CMD], 100, "and of the second");
	is_number(second->count[VT_WAIT], 40, "waits");
	is_number(second->cmds[3], 60, "commands by type");
	is_number(second->latency.bucket[40], 40, "latencies");
}

/* Commands are counted since boot whatever happens to the times */
static void test_anew(void)
{
	const struct traffic *second = &meter.sum.item[1];
	struct vt_iommu untimed = {.index = 5, .cmds = 1200};

	ok(take(untimed), "it is timed no more");
	is_number(second->count[VT_CMD], 200, "its commands still count");
	is_number(second->count[VT_WAIT], 40, "no wait is one too many");
	ok(take(iommu(5, 1210, 7)), "it is timed again");
	is_number(second->count[VT_CMD], 210, "commands go on");
	is_number(second->count[VT_WAIT], 47, "so do waits");
	is_number(second->latency.bucket[40], 47, "and latencies");
}

int main(void)
{
	test_start();
	test_gains();
	test_anew();
	traffic_meter_free(&meter);
	return tap_end();
}
