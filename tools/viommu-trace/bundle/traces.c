// SPDX-License-Identifier: GPL-2.0-only
/*
 * For a support case: a trace, who is there, latencies, drift.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bundle/bundle.h"
#include "bundle/child.h"
#include "bundle/redact_trace.h"
#include "file/bundle_open.h"
#include "lib/sys/wait.h"
#include "lib/text/message.h"

#define NSEC_PER_SEC 1000000000ull
#define LOOK_NS 100000000ull
/* Loading programs takes its time, too; who is not done by then is stuck */
#define GRACE_NS (60 * NSEC_PER_SEC)
#define STOP_GRACE_NS (10 * NSEC_PER_SEC)

static void nap(struct bundle *bundle)
{
	static const struct timespec ts = {.tv_nsec = LOOK_NS};

	/* Nobody needs to read standard output, and one interrupt is enough */
	switch (wait_until(wait_now_ns() + LOOK_NS, false)) {
	case WAIT_STOP:
		if (!bundle->interrupted)
			msg("interrupted: finishing with what is there");
		bundle->interrupted = true;
		nanosleep(&ts, NULL);
		break;
	case WAIT_CLOSED:
		nanosleep(&ts, NULL);
		break;
	default:
		break;
	}
}

/* Until all have ended */
static void wait_for(struct bundle *bundle, struct bundle_child *children, size_t nr)
{
	uint64_t end = wait_now_ns() + bundle->duration_ns + GRACE_NS;
	bool running = true, stopped = false;

	while (running) {
		running = false;
		for (size_t i = 0; i < nr; i++)
			running |= bundle_child_running(&children[i]);
		if (!running)
			return;
		nap(bundle);
		if (bundle->interrupted && !stopped) {
			for (size_t i = 0; i < nr; i++)
				bundle_child_stop(&children[i], false);
			stopped = true;
			end = wait_now_ns() + STOP_GRACE_NS;
		}
		for (size_t i = 0; wait_now_ns() > end && i < nr; i++)
			bundle_child_stop(&children[i], true);
	}
}

/* What a child wrote; NULL if that is nothing */
static void *map_output(int fd, size_t *size)
{
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st) || !st.st_size)
		return NULL;
	*size = st.st_size;
	data = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
	return data == MAP_FAILED ? NULL : data;
}

/*
 * JSON of other commands
 */

/* False if it says that something is missing */
static bool copy_line(struct bundle *bundle, FILE *out, const char *line, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object = tokener ? json_tokener_parse_ex(tokener, line, len) : NULL;
	struct json_object *complete;
	bool good = true;

	if (object && json_object_object_get_ex(object, "complete", &complete))
		good = json_object_get_boolean(complete);
	/* What is no JSON could be anything */
	if (object && redact_json(&bundle->redact, object))
		fprintf(out, "%s\n",
			json_object_to_json_string_ext(
				object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	if (tokener)
		json_tokener_free(tokener);
	return good;
}

static bool copy_lines(struct bundle *bundle, FILE *out, const char *data, size_t size)
{
	const char *end = data + size, *newline;
	bool good = true;

	for (; data < end; data = newline + 1) {
		newline = memchr(data, '\n', end - data);
		if (!newline)
			break;
		good &= copy_line(bundle, out, data, newline - data);
	}
	return good;
}

/* Of an orderly end; one that fails says why */
static bool ended_well(const struct bundle_child *child, bool one_is_fine)
{
	return !child->status || (one_is_fine && child->status == 1 << 8);
}

static void add_json(struct bundle *bundle, const char *name, const struct bundle_child *child,
		     bool one_is_fine)
{
	char *text = NULL, why[256];
	const char *note;
	bool good = ended_well(child, one_is_fine), complete;
	size_t size, length;
	char *data = map_output(child->out, &size);
	FILE *out;

	bundle_child_why(child, why, sizeof(why));
	if (!data || (!good && child->status == -1)) {
		bundle_archive_missing(bundle->archive, name, "%s", why);
		return;
	}
	out = open_memstream(&text, &length);
	if (out) {
		complete = copy_lines(bundle, out, data, size);
		fclose(out);
		note = complete ? NULL : "it says itself that something is missing";
		bundle_archive_add(bundle->archive, name, text, length, good ? note : why);
	}
	munmap(data, size);
	free(text);
}

/*
 * The trace
 */

static void add_output(struct bundle *bundle, const char *name, int fd, const char *note)
{
	size_t size = 0;
	void *data = map_output(fd, &size);

	bundle_archive_add(bundle->archive, name, data ? data : "", size, note);
	if (data)
		munmap(data, size);
}

static void add_list(struct bundle *bundle, const char *name, FILE *file, char **text, size_t *size)
{
	if (file)
		fclose(file);
	if (*text)
		bundle_archive_add(bundle->archive, name, *text, *size, NULL);
	free(*text);
}

static bool copy_trace(struct bundle *bundle, int from, int to, const char *note, char *error,
		       size_t len)
{
	char *viommus = NULL, *vdevices = NULL;
	size_t nr_viommus = 0, nr_vdevices = 0;
	struct redact_trace job = {
		.redact = &bundle->redact,
		.from = from,
		.to = to,
		.viommus = open_memstream(&viommus, &nr_viommus),
		.vdevices = open_memstream(&vdevices, &nr_vdevices),
	};
	bool good = job.viommus && job.vdevices && redact_trace(&job, error, len);

	if (good)
		add_output(bundle, BUNDLE_TRACE, to, *error ? error : note);
	add_list(bundle, "viommus.ndjson", job.viommus, &viommus, &nr_viommus);
	add_list(bundle, "vdevices.ndjson", job.vdevices, &vdevices, &nr_vdevices);
	return good;
}

static void add_trace(struct bundle *bundle, const struct bundle_child *child)
{
	int to = memfd_create(BUNDLE_TRACE, MFD_CLOEXEC);
	char why[256], error[256] = "";
	bool empty = lseek(child->out, 0, SEEK_END) <= 0;

	bundle_child_why(child, why, sizeof(why));
	if (empty || to < 0) {
		static const char *const names[] = {BUNDLE_TRACE, "viommus.ndjson",
						    "vdevices.ndjson"};

		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			bundle_archive_missing(bundle->archive, names[i], "%s",
					       empty ? why : strerror(errno));
	} else {
		lseek(child->out, 0, SEEK_SET);
		if (!copy_trace(bundle, child->out, to, child->status ? why : NULL, error,
				sizeof(error)))
			bundle_archive_missing(bundle->archive, BUNDLE_TRACE, "%s", error);
	}
	if (to >= 0)
		close(to);
}

static void add_diff(struct bundle *bundle)
{
	static char *const argv[] = {"viommu-trace", "diff", "--once", "--json", NULL};
	struct bundle_child child;

	if (bundle->interrupted) {
		bundle_archive_missing(bundle->archive, "diff.ndjson", "interrupted");
		return;
	}
	bundle_child_start(&child, argv);
	wait_for(bundle, &child, 1);
	/* Drift is one of the things it may find */
	add_json(bundle, "diff.ndjson", &child, true);
	bundle_child_close(&child);
}

static void add_check(struct bundle *bundle)
{
	static char *const argv[] = {"viommu-trace", "check", NULL};
	struct bundle_child child;
	size_t size;
	char *text;

	bundle_child_start(&child, argv);
	wait_for(bundle, &child, 1);
	text = map_output(child.out, &size);
	if (text) {
		bundle_text(bundle, "check.txt", text, size, NULL);
		munmap(text, size);
	} else {
		bundle_archive_missing(bundle->archive, "check.txt", "it says nothing");
	}
	bundle_child_close(&child);
}

void bundle_traces(struct bundle *bundle)
{
	enum { RECORD, LATENCY, CHILDREN };
	char seconds[32];
	char *const record[] = {"viommu-trace", "record",     "--output",	"-", "--duration",
				seconds,	"--max-size", BUNDLE_TRACE_MIB, NULL};
	char *const latency[] = {"viommu-trace", "latency", "--json", "--duration", seconds, NULL};
	struct bundle_child child[CHILDREN];

	snprintf(seconds, sizeof(seconds), "%.3f", (double)bundle->duration_ns / NSEC_PER_SEC);
	msg("tracing for %s seconds", seconds);
	bundle_child_start(&child[RECORD], record);
	bundle_child_start(&child[LATENCY], latency);
	wait_for(bundle, child, CHILDREN);
	/* First, as it knows the names of VMs */
	add_trace(bundle, &child[RECORD]);
	add_json(bundle, "latency.ndjson", &child[LATENCY], false);
	for (int i = 0; i < CHILDREN; i++)
		bundle_child_close(&child[i]);
	msg("comparing the driver with the hardware");
	add_diff(bundle);
	add_check(bundle);
}
