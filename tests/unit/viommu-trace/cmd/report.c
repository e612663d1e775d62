// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of viommu-trace report, on files made for it.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cmd/cmd.h"
#include "file/write.h"
#include "lib/text/jsonget.h"
#include "tap.h"

#define MS 1000000ull
#define COMPLETION_WAIT (1ull << 60)
#define INVALIDATE_PAGES (3ull << 60)

/* Two VMs, one after the other, that have had the same guest ID */
static void write_owner(struct trace_writer *w, int pid, const char *name, uint64_t ns,
			uint64_t serial)
{
	struct vtr_event event = {.id = VTR_guest_id_alloc, .guest_id = 3, .pid = pid, .ns = ns};
	struct trace_viommu viommu = {.guest_id = 3, .pid = pid};

	snprintf(viommu.name, sizeof(viommu.name), "%s", name);
	trace_write_viommu(w, &viommu);
	trace_write_event(w, &event);
	event.id = VTR_init;
	event.arg[0] = serial;
	trace_write_event(w, &event);
}

static void write_command(struct trace_writer *w, uint64_t seq, uint64_t ns, uint64_t span)
{
	struct vtr_event event = {
		.id = VTR_cmd_submit,
		.guest_id = 3,
		.ns = ns,
		.arg = {seq, INVALIDATE_PAGES},
	};

	trace_write_event(w, &event);
	event.arg[0] = seq + 1;
	event.arg[1] = COMPLETION_WAIT;
	trace_write_event(w, &event);
	event = (struct vtr_event){
		.id = VTR_cmd_complete,
		.guest_id = 3,
		.ns = ns + span,
		.arg = {seq + 1, 0},
	};
	trace_write_event(w, &event);
}

static void write_free(struct trace_writer *w, uint64_t ns)
{
	const struct vtr_event event = {.id = VTR_guest_id_free, .guest_id = 3, .ns = ns};

	trace_write_event(w, &event);
}

static void write_file(char *path, bool gap)
{
	bool wanted[VTR_NR_EVENTS];
	struct trace_end end = {.why = "count"};
	struct trace_writer *w;
	struct trace_meta meta;
	int fd = mkstemp(path);

	memset(wanted, true, sizeof(wanted));
	if (fd < 0 || !trace_meta_now(&meta, wanted))
		abort();
	w = trace_write_start(fd, &meta);
	write_owner(w, 10, "alpha", 100 * MS, 5);
	write_command(w, 1, 101 * MS, 5 * MS);
	write_free(w, 110 * MS);
	write_owner(w, 11, "beta", 120 * MS, 6);
	write_command(w, gap ? 21 : 3, 121 * MS, MS / 100);
	trace_write_end(w, &end);
	trace_write_free(w);
	trace_meta_free(&meta);
	close(fd);
}

/* What it prints, and how it exits */
static char *report(int *code, char *path, char *a, char *b)
{
	char *argv[] = {"report", "--json", path, a, b, NULL};
	int out = memfd_create("out", 0), saved = dup(STDOUT_FILENO), argc = 3;
	static char text[65536];
	ssize_t n;

	while (argv[argc])
		argc++;
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	*code = cmd_report(argc, argv);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	n = pread(out, text, sizeof(text) - 1, 0);
	text[n < 0 ? 0 : n] = '\0';
	close(out);
	close(saved);
	return text;
}

/* A value of the first line that has these values */
static uint64_t find(char *text, const char *type, const char *vm, const char *command,
		     const char *key)
{
	char *copy = strdup(text), *rest = copy, *line;
	uint64_t value = ~0ull;

	while (value == ~0ull && (line = strsep(&rest, "\n"))) {
		struct json_object *object = json_tokener_parse(line);

		if (object && !strcmp(json_get_string(object, "type"), type) &&
		    (!vm || !strcmp(json_get_string(object, "vm"), vm)) &&
		    (!command || !strcmp(json_get_string(object, "command"), command)))
			value = json_get_u64(object, key);
		json_object_put(object);
	}
	free(copy);
	return value;
}

static void test_owners(void)
{
	static const char command[] = "INVALIDATE_IOMMU_PAGES";
	char path[] = "/tmp/report-XXXXXX", *text;
	int code;

	write_file(path, false);
	text = report(&code, path, "--latency", NULL);
	is_number(code, EXIT_OK, "latencies of VMs that had the same guest ID");
	is_number(find(text, "latency", "alpha", command, "max_ns"), 5 * MS, "of the first");
	is_number(find(text, "latency", "beta", command, "max_ns"), MS / 100, "of the second");
	is_number(find(text, "latency", "alpha", command, "count"), 1, "each its own");
	is_number(find(text, "latency", "alpha", command, "serial"), 5, "by its serial");
	is_number(find(text, "latency", "beta", command, "serial"), 6, "each");
	text = report(&code, path, "--latency", "--guest=alpha");
	is_number(find(text, "latency", "alpha", command, "max_ns"), 5 * MS,
		  "of the first, if it is asked for");
	is_number(find(text, "latency", "beta", NULL, "count"), ~0ull, "and nobody else's");
	unlink(path);
}

/* The clock is set an hour ahead between the two commands of a file */
static void test_clock(void)
{
	static const uint64_t hour = 3600 * 1000000000ull;
	char path[] = "/tmp/report-XXXXXX", *text;
	struct trace_end end = {.why = "count"};
	bool wanted[VTR_NR_EVENTS];
	uint64_t before, after;
	struct trace_writer *w;
	struct trace_meta meta;
	int fd = mkstemp(path), code;

	memset(wanted, true, sizeof(wanted));
	if (fd < 0 || !trace_meta_now(&meta, wanted))
		abort();
	w = trace_write_start(fd, &meta);
	write_command(w, 1, 100 * MS, MS);
	trace_write_clock(w, meta.real_ns + hour);
	write_free(w, 110 * MS);
	trace_write_end(w, &end);
	text = report(&code, path, "-e", "cmd_submit");
	before = find(text, "event", NULL, NULL, "time_ns");
	text = report(&code, path, "-e", "guest_id_free");
	after = find(text, "event", NULL, NULL, "time_ns");
	is_number(before, meta.real_ns + 100 * MS, "the time of day when recording began");
	is_number(after - before, hour + 10 * MS, "and that after the clock was set");
	trace_write_free(w);
	trace_meta_free(&meta);
	close(fd);
	unlink(path);
}

/* As if what the driver queued on a CPU that went offline was between the two */
static void test_gap(void)
{
	char path[] = "/tmp/report-XXXXXX", *text;
	int code;

	write_file(path, true);
	text = report(&code, path, "--fail-on-loss", NULL);
	is_number(code, EXIT_LOST, "commands that are in no trace are lost");
	is_number(find(text, "totals", NULL, NULL, "lost"), 18, "as many as sequence numbers tell");
	is_number(find(text, "totals", NULL, NULL, "complete"), 0, "so it is not complete");
	is_number(find(text, "lost", NULL, NULL, "events"), 18, "and where that was");
	text = report(&code, path, "--latency", "--fail-on-loss");
	is_number(code, EXIT_LOST, "also of latencies");
	is_number(find(text, "interval", NULL, NULL, "events_lost"), 18, "that lack them");
	unlink(path);
	strcpy(path, "/tmp/report-XXXXXX");
	write_file(path, false);
	report(&code, path, "--fail-on-loss", NULL);
	is_number(code, EXIT_OK, "without a gap nothing is");
	unlink(path);
}

int main(void)
{
	test_owners();
	test_gap();
	test_clock();
	return tap_end();
}
