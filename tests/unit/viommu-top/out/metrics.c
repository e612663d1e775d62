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
static struct options opts;

static void fill(uint64_t ns, uint64_t count)
{
	snap.viommu[0].latency->hist.bucket[viommu_hist_bucket(ns)] += count;
}

static void make(void)
{
	static const struct filter all = {};
	static struct iommus iommus;

	snap.viommu = calloc(1, sizeof(*snap.viommu));
	snap.nr = 1;
	snap.viommu[0].latency = latency_new();
	snap.viommu[0].rec.serial = 1;
	snap.viommu[0].rec.guest_id = 7;
	fill(255, 3);
	fill(256, 5);
	fill(1023, 7);
	fill(1024, 11);
	session.opts = &opts;
	session.iommus = &iommus;
	session.samples = 1;
	session.snaps[0] = snap;
	model_build(&session.model, &session.snaps[0], NULL, &all);
}

static void write_all(enum expo_format format, enum metrics_level level)
{
	size_t len;
	FILE *file;

	opts.level = level;
	free(text);
	file = open_memstream(&text, &len);
	metrics_write(file, format, &session);
	fclose(file);
}

static bool has(const char *line)
{
	return strstr(text, line);
}

static void test_bounds(void)
{
	make();
	write_all(EXPO_TEXT, LEVEL_QUEUE);
	ok(has("le=\"2.55e-07\"} 3\n"), "255 ns are up to 255 ns, 256 ns are not");
	ok(has("le=\"1.023e-06\"} 15\n"), "1023 ns are up to 1023 ns, 1024 ns are not");
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
	write_all(EXPO_TEXT, LEVEL_QUEUE);
	ok(has("amd_viommu_table_bytes{iommu=\"ivhd0\",guest_id=\"7\",vm=\"\"} 12288\n"),
	   "memory of tables");
	ok(has("amd_viommu_trans_devids_used 1\n"), "translation device IDs in use");
	ok(has("amd_viommu_trans_devids_available 41\n"), "and all that there are");
	ok(has("amd_viommu_vdevices{iommu=\"ivhd0\",guest_id=\"7\",vm=\"\"} 0\n"),
	   "no devices are none, not unknown");
	ok(!has("amd_viommu_domains"), "domains are");
	ok(!has("amd_viommu_user_") && !has("amd_viommu_guest_domain_ids"),
	   "so are shares of users");
	ok(has("amd_viommu_tool_cpu_seconds_total 1.500000\n"), "what watching costs");
}

static void test_quota(void)
{
	struct vt_record *rec = &session.snaps[0].viommu[0].rec;

	rec->known |= VT_KNOWS_QUOTA;
	rec->uid = 1000;
	rec->quota = (struct vt_quota){
		.trans_devids = 3,
		.trans_devids_max = VT_NO_LIMIT,
		.domain_ids = 17,
		.domain_ids_max = 16384,
		.all_domain_ids = 19,
		.host_domain_ids = 16384,
	};
	write_all(EXPO_TEXT, LEVEL_QUEUE);
	ok(has("amd_viommu_user_trans_devids{uid=\"1000\"} 3\n"), "what a user has");
	ok(!has("amd_viommu_user_trans_devids_max{"), "no limit is no number");
	ok(has("amd_viommu_user_domain_ids{uid=\"1000\"} 17\n") &&
		   has("amd_viommu_user_domain_ids_max{uid=\"1000\"} 16384\n"),
	   "of both, and what it may have");
	ok(has("amd_viommu_guest_domain_ids_used 19\n") &&
		   has("amd_viommu_guest_domain_ids_available 49152\n"),
	   "what all have, and what is not the host's");
	rec->known &= ~VT_KNOWS_QUOTA;
}

/* Each value counts as the middle of its bucket */
static void test_sum(void)
{
	struct hist hist = {};

	is_number(hist_sum(&hist), 0, "nothing has no sum");
	hist.bucket[viommu_hist_bucket(3)] = 2;
	is_number(hist_sum(&hist), 6, "small values are exact");
	hist.bucket[viommu_hist_bucket(1000)] = 10;
	ok(hist_sum(&hist) > 8750 && hist_sum(&hist) < 11250, "others to an eighth");
}

static void test_exemplar(void)
{
	struct command command = {.viommu = 1, .opcode = 3};
	struct parts *parts = &session.snaps[0].parts;

	command.latency.max_ns = 1023;
	command.latency.slowest = (struct vtr_exemplar){.seq = 42, .ns = 700};
	session.snaps[0].mono_ns = 1700;
	session.snaps[0].real_ns = 5000000000;
	list_add(&parts->commands, &command, sizeof(command));
	write_all(EXPO_OPENMETRICS, LEVEL_QUEUE);
	ok(has("vm=\"\",le=\"1.023e-06\"} 15 # {seq=\"42\",opcode=\"0x3\"} 0.000001023 4.999999\n"),
	   "an exemplar is in its bucket");
	ok(has("vm=\"\",le=\"4.095e-06\"} 26\n"), "and in no other");
	ok(has("amd_viommu_host_latency_seconds_bucket{le=\"1.023e-06\"} 0 # {seq"),
	   "that of the host, too");
	ok(has("\n# EOF\n") && has("# TYPE amd_viommu_commands counter\n") &&
		   has("# UNIT amd_viommu_table_bytes bytes\n"),
	   "as OpenMetrics");
	write_all(EXPO_TEXT, LEVEL_QUEUE);
	ok(!has("# {") && !has("# EOF") && !has("_created") && !has("# UNIT") &&
		   has("# TYPE amd_viommu_commands_total counter\n"),
	   "the text format has none of that");
}

/* A sum over them is what there was without them */
static void test_iommus(void)
{
	struct snapshot *now = &session.snaps[0];
	struct traffic *second = traffic_add(&now->traffic, 3), *first;

	write_all(EXPO_TEXT, LEVEL_HOST);
	ok(has("amd_viommu_host_commands_total{iommu=\"ivhd3\",command=\"unknown\"} 0\n"),
	   "commands of an IOMMU whose types nobody knows");
	second->typed = true;
	second->cmds[3] = 17;
	second->count[VT_CMD] = 18;
	second->count[VT_EVENT] = 4;
	second->count[VT_GUEST_ID_ALLOC_ERROR] = 2;
	second->latency.bucket[viommu_hist_bucket(1000)] = 6;
	first = traffic_add(&now->traffic, 0);
	first->typed = true;
	write_all(EXPO_OPENMETRICS, LEVEL_QUEUE);
	ok(has("amd_viommu_host_commands_total{iommu=\"ivhd3\",command=\"INVALIDATE_IOMMU_PAGES\"} 17\n") &&
		   has("amd_viommu_host_commands_total{iommu=\"ivhd3\",command=\"COMPLETION_WAIT\"} 0\n") &&
		   has("amd_viommu_host_commands_total{iommu=\"ivhd0\",command=\"COMPLETION_WAIT\"} 0\n"),
	   "commands by IOMMU and type");
	ok(has("amd_viommu_host_events_total{iommu=\"ivhd3\"} 4\n") &&
		   has("amd_viommu_host_events_total{iommu=\"ivhd0\"} 0\n") &&
		   has("amd_viommu_host_events_created{iommu=\"ivhd3\"} "),
	   "events of each");
	ok(has("amd_viommu_operations_total{iommu=\"ivhd3\",operation=\"guest_id_alloc\",result=\"error\"} 2\n"),
	   "operations of each");
	ok(has("amd_viommu_host_latency_seconds_bucket{iommu=\"ivhd3\",le=\"1.023e-06\"} 6\n") &&
		   has("amd_viommu_host_latency_seconds_count{iommu=\"ivhd0\"} 0\n"),
	   "latencies of each");
	ok(has("amd_viommu_host_latency_seconds_bucket{iommu=\"ivhd0\",le=\"1.023e-06\"} 0 # {seq") &&
		   !has("amd_viommu_host_latency_seconds_bucket{iommu=\"ivhd3\",le=\"1.023e-06\"} 6 # {seq"),
	   "an exemplar is with the IOMMU of its vIOMMU");
	traffic_empty(&now->traffic);
}

static void test_levels(void)
{
	write_all(EXPO_TEXT, LEVEL_HOST);
	ok(has("amd_viommu_vms 1\n") && !has("guest_id=") && !has("vm=\""), "metrics of the host");
	write_all(EXPO_TEXT, LEVEL_VM);
	ok(has("amd_viommu_commands_total{pid=\"0\",vm=\"\"} 0\n") && !has("guest_id="), "of VMs");
	write_all(EXPO_TEXT, LEVEL_VIOMMU);
	ok(has("{iommu=\"ivhd0\",guest_id=\"7\"") && !has("_viommu_latency_seconds"), "of vIOMMUs");
}

static void test_odd_name(void)
{
	struct viommu *viommu = &session.snaps[0].viommu[0];
	static const struct filter all = {};

	snprintf(viommu->name, sizeof(viommu->name), "a\"b\\c\nd");
	model_build(&session.model, &session.snaps[0], NULL, &all);
	write_all(EXPO_TEXT, LEVEL_VIOMMU);
	ok(has("vm=\"a\\\"b\\\\c\\nd\"}"), "what means something in a label is escaped");
}

static void test_without(void)
{
	session.samples = 0;
	write_all(EXPO_TEXT, LEVEL_VIOMMU);
	ok(has("amd_viommu_enabled 0\n") && has("amd_viommu_build_info{") && !has("host_"),
	   "without a driver there is that there is none");
}

int main(void)
{
	test_bounds();
	test_unknown();
	test_quota();
	test_sum();
	test_exemplar();
	test_iommus();
	test_levels();
	test_odd_name();
	test_without();
	model_free(&session.model);
	snapshot_free(&session.snaps[0]);
	free(text);
	return tap_end();
}
