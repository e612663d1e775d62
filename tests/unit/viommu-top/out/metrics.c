// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of the metrics: buckets count values up to and including their
 * bound, and what is not known is not there.
 */
#include <stdlib.h>
#include <string.h>

#include "out/metrics.h"
#include "tap.h"

static struct session session;
static struct snapshot snap;
static char *text;

static void fill(uint64_t ns, uint64_t count)
{
	snap.viommu[0].slot.latency.bucket[viommu_hist_bucket(ns)] += count;
}

static void make(void)
{
	static const struct filter all = {};
	static struct options opts;
	static struct iommus iommus;

	snap.viommu = calloc(1, sizeof(*snap.viommu));
	snap.nr = 1;
	snap.viommu[0].rec.serial = 1;
	snap.viommu[0].rec.guest_id = 7;
	snap.viommu[0].slot.birth = 1;
	fill(255, 3);
	fill(256, 5);
	fill(1023, 7);
	fill(1024, 11);
	session.opts = &opts;
	session.iommus = &iommus;
	session.snaps[0] = snap;
	model_build(&session.model, &session.snaps[0], NULL, &all);
}

static void write_all(void)
{
	size_t len;
	FILE *file;

	free(text);
	file = open_memstream(&text, &len);
	metrics_write(file, &session);
	fclose(file);
}

static bool has(const char *line)
{
	return strstr(text, line);
}

static void test_bounds(void)
{
	make();
	write_all();
	ok(has("le=\"0.000000255\"} 3\n"), "255 ns are up to 255 ns, 256 ns are not");
	ok(has("le=\"0.000001023\"} 15\n"), "1023 ns are up to 1023 ns, 1024 ns are not");
	ok(has("le=\"17.179869183\"} 26\n"), "all are up to 17 s");
	ok(has("le=\"+Inf\"} 26\n"), "and in all");
}

static void test_unknown(void)
{
	struct vt_record *rec = &session.snaps[0].viommu[0].rec;
	static const struct filter all = {};

	ok(!has("amd_viommu_table_bytes") && !has("amd_viommu_vdevices") &&
		   !has("amd_viommu_trans_devids") && !has("tool_cpu"),
	   "what is not known is no metric");
	rec->known = VT_KNOWS_TABLES | VT_KNOWS_TRANS | VT_KNOWS_FREE;
	rec->table_bytes = 12288;
	rec->trans_devid = 0x1200;
	rec->trans_free = 40;
	session.snaps[0].parts.known = PART_VDEVICES | PART_CPU;
	session.snaps[0].parts.cpu_ns = 1500000000;
	model_build(&session.model, &session.snaps[0], NULL, &all);
	write_all();
	ok(has("amd_viommu_table_bytes{iommu=\"ivhd0\",guest_id=\"7\",vm=\"\"} 12288\n"),
	   "memory of tables");
	ok(has("amd_viommu_trans_devids_used 1\n"), "translation device IDs in use");
	ok(has("amd_viommu_trans_devids_available 41\n"), "and all that there are");
	ok(has("amd_viommu_vdevices{iommu=\"ivhd0\",guest_id=\"7\",vm=\"\"} 0\n"),
	   "no devices are none, not unknown");
	ok(!has("amd_viommu_domains"), "domains are");
	ok(has("amd_viommu_tool_cpu_seconds_total 1.500000000\n"), "what watching costs");
}

int main(void)
{
	test_bounds();
	test_unknown();
	model_free(&session.model);
	snapshot_free(&session.snaps[0]);
	free(text);
	return tap_end();
}
