// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of the latency histograms: buckets, differences, percentiles.
 */
#include <stdint.h>

#include "lib/text/hist.h"
#include "tap.h"

static void test_buckets(void)
{
	bool gapless = true, inside = true, ascending = true;

	for (uint32_t i = 0; i + 1 < VIOMMU_HIST_BUCKETS; i++) {
		uint64_t floor = viommu_hist_floor(i);
		uint64_t next = viommu_hist_floor(i + 1);

		ascending &= floor < next;
		inside &= viommu_hist_bucket(floor) == i;
		gapless &= viommu_hist_bucket(next - 1) == i;
	}
	ok(ascending, "buckets ascend");
	ok(inside, "the floor of each bucket is in it");
	ok(gapless, "the last value of each bucket is in it");
	is_number(viommu_hist_bucket(0), 0, "zero is in the first bucket");
	is_number(viommu_hist_bucket(UINT64_MAX), VIOMMU_HIST_BUCKETS - 1,
		  "the largest value is in the last bucket");
	ok(viommu_hist_floor(VIOMMU_HIST_BUCKETS - 1) > 25000000000ull,
	   "25 seconds are below the last bucket");
}

static void test_resolution(void)
{
	bool fine = true;

	for (uint32_t i = VIOMMU_HIST_STEPS; i < VIOMMU_HIST_BUCKETS; i++) {
		uint64_t floor = viommu_hist_floor(i);

		fine &= (viommu_hist_floor(i + 1) - floor) * 4 <= floor;
	}
	ok(fine, "no bucket is wider than a quarter of its floor");
}

static void fill(struct hist *hist, uint64_t value, uint64_t times)
{
	hist->bucket[viommu_hist_bucket(value)] += times;
}

static bool near(uint64_t got, uint64_t want)
{
	return got >= want - want / 4 && got <= want + want / 4;
}

static void test_percentiles(void)
{
	struct hist hist = {};
	uint64_t value = 42;

	ok(!hist_percentile(&hist, 50, &value), "nothing has no percentiles");
	is_number(value, 42, "and leaves the result alone");

	fill(&hist, 1000, 1);
	ok(hist_percentile(&hist, 50, &value) && near(value, 1000),
	   "the median of one value is that value");
	ok(hist_percentile(&hist, 99, &value) && near(value, 1000), "so is its 99th percentile");

	fill(&hist, 1000, 97);
	fill(&hist, 1000000, 2);
	is_number(hist_count(&hist), 100, "100 values are counted");
	hist_percentile(&hist, 98, &value);
	ok(near(value, 1000), "98 %% of 98 fast and 2 slow are fast");
	hist_percentile(&hist, 99, &value);
	ok(near(value, 1000000), "the 99th percentile is slow");
	hist_percentile(&hist, 100, &value);
	ok(near(value, 1000000), "the maximum is slow");
	ok(hist_percentile_max(&hist, 100, 999990, &value) && value == 999990,
	   "and no percentile is longer than the longest");
}

static void test_uniform(void)
{
	struct hist hist = {};
	uint64_t p50, p99;

	for (uint64_t i = 1; i <= 10000; i++)
		fill(&hist, i * 10, 1);
	hist_percentile(&hist, 50, &p50);
	hist_percentile(&hist, 99, &p99);
	ok(p50 > 48000 && p50 < 52000, "median of 10..100000 is %llu", (unsigned long long)p50);
	ok(p99 > 97000 && p99 < 110000, "99th percentile of it is %llu", (unsigned long long)p99);
}

static void test_clamped(void)
{
	struct hist hist = {};
	uint64_t value = 0;

	fill(&hist, UINT64_MAX, 3);
	hist_percentile(&hist, 99, &value);
	is_number(value, viommu_hist_floor(VIOMMU_HIST_BUCKETS - 1),
		  "of the last bucket only the floor is known");
}

static void test_delta(void)
{
	struct hist then = {}, now = {}, delta;

	fill(&then, 500, 3);
	fill(&now, 500, 10);
	fill(&now, 9000, 1);
	hist_delta(&delta, &now, &then);
	is_number(hist_count(&delta), 8, "a difference is what was gained");
	hist_delta(&delta, &then, &now);
	is_number(hist_count(&delta), 0, "a difference is never negative");
	hist_add(&then, &now);
	is_number(hist_count(&then), 14, "a sum has the values of both");
}

int main(void)
{
	test_buckets();
	test_resolution();
	test_percentiles();
	test_uniform();
	test_clamped();
	test_delta();
	return tap_end();
}
