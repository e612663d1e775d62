// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recordings: what --json wrote, sample by sample.
 *
 * Only the places of the samples are kept in memory, so that a recording of
 * days can be gone through. A sample counts once the "interval" object that
 * closes it is there: a recording whose end is missing is good up to that.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <json-c/json.h>

#include "lib/sys/array.h"
#include "lib/text/jsonget.h"
#include "lib/text/message.h"
#include "lib/text/text.h"
#include "sample/queues.h"
#include "sample/recording.h"
#include "sample/recording_parts.h"
#include "sample/totals.h"

/* What --json writes begins so; what other programs made of it may not */
#define OWN_TYPE "{\"type\":\""
/* More than any machine has: a recording may say what it likes */
#define IOMMUS_MAX 65536
#define REMEDY "make recordings with viommu-top --json >FILE"

/**
 * struct recording - An open recording
 * @path:        its name
 * @file:        the file
 * @line:        the line read last
 * @size:        memory of @line
 * @sample:      where each sample begins
 * @nr:          how many
 * @room:        how many fit
 * @iommus:      of the machine
 * @interval_ns: as asked for
 * @host:        it is of a kernel without our driver
 */
struct recording {
	const char *path;
	FILE *file;
	char *line;
	size_t size;
	off_t *sample;
	size_t nr;
	size_t room;
	struct iommus iommus;
	uint64_t interval_ns;
	bool host;
};

/*
 * Objects
 */

static void get_queue(struct json_object *object, struct vt_queue *queue)
{
	uint64_t size = json_get_u64(object, "size");

	/* Heads and tails are taken modulo the size, a power of two */
	if (!size || size > UINT32_MAX || (size & (size - 1)))
		return;
	queue->size = size;
	queue->head = json_get_u64(object, "head");
	queue->tail = json_get_u64(object, "tail");
	queue->flags = (json_get_flag(object, "enabled") ? VT_QUEUE_ENABLED : 0) |
		       (json_get_flag(object, "running") ? VT_QUEUE_RUNNING : 0) |
		       (json_get_flag(object, "overflow") ? VT_QUEUE_OVERFLOW : 0) |
		       (json_get_flag(object, "stuck") ? VT_QUEUE_STUCK : 0);
	queue->entries = json_get_u64(object, "entries");
	queue->overflows = json_get_u64(object, "overflows");
	queue->stucks = json_get_u64(object, "stucks");
}

static void get_queues(struct json_object *object, struct vt_queue queue[VT_NR_QUEUES])
{
	struct json_object *queues;
	size_t nr = json_get_list(object, "queues", &queues);

	for (size_t i = 0; i < nr; i++) {
		struct json_object *member = json_object_array_get_idx(queues, i);

		if (!json_object_is_type(member, json_type_object))
			continue;
		for (int type = 0; type < VT_NR_QUEUES; type++)
			if (!strcmp(json_get_string(member, "queue"), queue_name(type)))
				get_queue(member, &queue[type]);
	}
}

/* Names are made safe anew: anybody can write to a file */
static bool get_viommu(struct json_object *object, struct viommu *viommu)
{
	struct vt_record *rec = &viommu->rec;

	memset(viommu, 0, sizeof(*viommu));
	rec->serial = json_get_u64(object, "serial");
	/* The age for now: the time is known at the end of the sample */
	rec->created_ns = json_get_u64(object, "age_ns");
	rec->cmds = json_get_u64(object, "cmds");
	rec->waits = json_get_u64(object, "waits");
	rec->wait_errors = json_get_u64(object, "wait_errors");
	rec->wait_ns_total = json_get_u64(object, "wait_total_ns");
	rec->events = json_get_u64(object, "events");
	rec->iommu = json_get_u64(object, "iommu");
	rec->tgid = json_get_u64(object, "pid");
	rec->guest_id = json_get_u64(object, "guest_id");
	rec->domain_id = json_get_u64(object, "domain_id");
	viommu->pinned = json_get_u64(object, "pinned_bytes");
	get_queues(object, rec->queue);
	snprintf(rec->comm, sizeof(rec->comm), "%s", json_get_string(object, "comm"));
	snprintf(viommu->name, sizeof(viommu->name), "%s", json_get_string(object, "vm"));
	text_sanitize(viommu->name);
	vmid_set_uuid(&viommu->id, json_get_string(object, "uuid"));
	vmid_set_kube(&viommu->id, json_get_string(object, "namespace"),
		      json_get_string(object, "vmi"));
	viommu->lost = json_get_u64(object, "lost");
	viommu->latency = latency_new();
	if (!viommu->latency)
		return false;
	recording_get_hist(object, &viommu->latency->hist);
	return true;
}

static bool add_viommu(struct snapshot *snap, struct json_object *object)
{
	struct viommu *viommu = array_add(&snap->viommu, &snap->nr, &snap->room, sizeof(*viommu));

	if (!viommu)
		return false;
	if (!get_viommu(object, viommu))
		return false;
	if (snap->host.on)
		viommu->rec.serial = HOST_SERIAL(viommu->rec.tgid, viommu->rec.iommu);
	if (!recording_get_parts(object, &snap->parts, &viommu->rec))
		return false;
	if (snap->host.on)
		viommu->rec.known |= VT_KNOWS_HOST;
	return true;
}

static int by_serial(const void *x, const void *y)
{
	const struct viommu *a = x, *b = y;

	return (a->rec.serial > b->rec.serial) - (a->rec.serial < b->rec.serial);
}

/* Without our driver: what it had, it knows */
static void get_known(struct snapshot *snap, struct json_object *object)
{
	if (!snap->host.on)
		return;
	snap->host.known = 1u << PROBE_COMMAND;
	if (json_has(object, totals_name(VT_WAIT)))
		snap->host.known |= 1u << PROBE_WAIT;
	if (json_has(object, totals_name(VT_WAIT_ERROR)))
		snap->host.known |= 1u << PROBE_TIMEOUT;
	if (json_has(object, totals_name(VT_EVENT)))
		snap->host.known |= 1u << PROBE_RECORD;
	if (json_has(object, totals_name(VT_EVENT_LOG_OVERFLOW)))
		snap->host.known |= 1u << PROBE_RESTART;
}
/* What versions lost that measured latencies themselves */
static const char *const losses[] = {
	"unmatched_waits",
	"untracked_waits",
	"unfinished_waits",
	"command_latencies_lost",
};

static bool get_traffic(struct json_object *object, struct traffic_list *list)
{
	struct traffic *traffic = traffic_add(list, json_get_u64(object, "iommu"));
	struct json_object *types;
	size_t nr = json_get_list(object, "commands", &types);

	if (!traffic)
		return false;
	traffic->typed = json_has(object, "commands");
	for (int i = 0; i < VT_NR_COUNTERS; i++)
		traffic->count[i] = json_get_u64(object, totals_name(i));
	for (size_t i = 0; i < nr; i++) {
		struct json_object *type = json_object_array_get_idx(types, i);
		uint64_t opcode;

		if (!json_object_is_type(type, json_type_object))
			continue;
		opcode = json_get_u64(type, "opcode");
		if (opcode < VTR_OPCODES)
			traffic->cmds[opcode] = json_get_u64(type, "count");
	}
	recording_get_hist(object, &traffic->latency);
	return true;
}

static bool get_iommus(struct json_object *object, struct traffic_list *list)
{
	struct json_object *iommus;
	size_t nr = json_get_list(object, "iommus", &iommus);

	for (size_t i = 0; i < nr && i < IOMMUS_MAX; i++) {
		struct json_object *member = json_object_array_get_idx(iommus, i);

		if (json_object_is_type(member, json_type_object) && !get_traffic(member, list))
			return false;
	}
	return true;
}

/* False if vIOMMUs are missing */
static bool close_sample(struct snapshot *snap, struct json_object *object, bool all)
{
	snap->mono_ns = json_get_u64(object, "monotonic_ns");
	snap->real_ns = json_get_u64(object, "time_ns");
	snap->missed = json_get_u64(object, "missed_runs");
	snap->latencies_lost = json_get_u64(object, "latencies_lost");
	for (size_t i = 0; i < sizeof(losses) / sizeof(*losses); i++)
		snap->latencies_lost += json_get_u64(object, losses[i]);
	snap->bpf_ns = json_get_u64(object, "bpf_ns");
	for (int i = 0; i < VT_NR_COUNTERS; i++)
		snap->count[i] = json_get_u64(object, totals_name(i));
	recording_get_hist(object, &snap->latency);
	if (!get_iommus(object, &snap->traffic))
		return false;
	get_known(snap, object);
	snap->parts.cpu_ns = json_get_u64(object, "cpu_ns");
	snap->parts.happened_lost = json_get_u64(object, "happened_lost");
	if (json_has(object, "cpu_ns"))
		snap->parts.known |= PART_CPU;
	if (json_has(object, "latencies_lost") || json_has(object, "command_latencies_lost"))
		snap->parts.known |= PART_COMMANDS;
	if (json_has(object, "happened_lost"))
		snap->parts.known |= PART_HAPPENED_LOST;
	if (!parts_sort(&snap->parts))
		return false;

	for (size_t i = 0; i < snap->nr; i++) {
		struct vt_record *rec = &snap->viommu[i].rec;
		uint64_t age = rec->created_ns;

		rec->created_ns = snap->mono_ns > age ? snap->mono_ns - age : 0;
	}
	if (snap->nr)
		qsort(snap->viommu, snap->nr, sizeof(*snap->viommu), by_serial);
	return !all || snap->nr == json_get_u64(object, "viommus");
}

/*
 * Lines
 */

static bool starts_with(const char *line, const char *start)
{
	return !strncmp(line, start, strlen(start));
}

/* Without parsing it, if it is as --json writes it: recordings are long */
static bool is_of_type(const char *line, const char *type)
{
	struct json_object *object;
	size_t len = strlen(type);
	bool is;

	if (starts_with(line, OWN_TYPE)) {
		line += strlen(OWN_TYPE);
		return starts_with(line, type) && line[len] == '"';
	}
	if (!strstr(line, type))
		return false;
	object = json_tokener_parse(line);
	is = json_object_is_type(object, json_type_object) &&
	     !strcmp(json_get_string(object, "type"), type);
	json_object_put(object);
	return is;
}

static bool next_line(struct recording *r)
{
	ssize_t len = getline(&r->line, &r->size, r->file);

	/* Without an end it is cut off, and the writer never finished it */
	return len > 0 && r->line[len - 1] == '\n';
}

static bool add_sample(struct recording *r, off_t begin)
{
	off_t *sample = array_add(&r->sample, &r->nr, &r->room, sizeof(*sample));

	if (!sample)
		return false;
	*sample = begin;
	return true;
}

static bool find_samples(struct recording *r)
{
	off_t begin = ftello(r->file);

	while (next_line(r)) {
		if (!is_of_type(r->line, "interval"))
			continue;
		if (!add_sample(r, begin))
			return false;
		begin = ftello(r->file);
	}
	return true;
}

static enum exit_code refuse(const struct recording *r, const char *why)
{
	msg("cannot replay %s: %s", r->path, why);
	return EXIT_FAIL;
}

static enum exit_code take_ready(struct recording *r, struct json_object *ready)
{
	uint64_t iommus = json_get_u64(ready, "iommus"), version = json_get_u64(ready, "version");

	if (!version)
		return refuse(r, "it was made by a viommu-top too old for that; " REMEDY);
	if (version > RECORDING_VERSION)
		return refuse(r, "its format is newer than this viommu-top: update viommu-top");
	if (json_get_u64(ready, "active_only"))
		return refuse(r, "what was idle is left out of it: record without --active");
	r->interval_ns = json_get_u64(ready, "interval_ns");
	r->host = !strcmp(json_get_string(ready, "mode"), "host");
	if (!r->interval_ns)
		return refuse(r, "it does not tell its interval; " REMEDY);
	/* It is only how many there were that matters */
	for (uint64_t i = 0; i < iommus && i < IOMMUS_MAX; i++) {
		struct iommu_info *info =
			array_add(&r->iommus.info, &r->iommus.nr, &r->iommus.room, sizeof(*info));

		if (!info)
			return refuse(r, "out of memory");
		info->index = i;
		snprintf(info->state, sizeof(info->state), "%s", r->host ? "" : "enabled");
	}
	return EXIT_OK;
}

static enum exit_code read_ready(struct recording *r)
{
	struct json_object *ready = NULL;
	enum exit_code code;

	if (next_line(r) && is_of_type(r->line, "ready"))
		ready = json_tokener_parse(r->line);
	if (!ready)
		return refuse(r, "it does not begin with a \"ready\" object; " REMEDY);
	code = take_ready(r, ready);
	json_object_put(ready);
	return code;
}

enum exit_code recording_open(struct recording **replay, const char *path)
{
	struct recording *r = *replay = calloc(1, sizeof(*r));
	struct stat st;
	enum exit_code code;

	if (!r) {
		msg("out of memory");
		return EXIT_FAIL;
	}
	r->path = path;
	r->file = fopen(path, "re");
	if (!r->file)
		return refuse(r, strerror(errno));
	if (fstat(fileno(r->file), &st) || !S_ISREG(st.st_mode))
		return refuse(r, "it is no plain file: save it to one first");
	code = read_ready(r);
	if (code)
		return code;
	if (!find_samples(r))
		return refuse(r, "out of memory");
	return r->nr ? EXIT_OK : refuse(r, "there is no complete sample in it: record for longer");
}

static bool read_object(struct recording *r, struct snapshot *snap, bool all, bool *closed)
{
	struct json_object *object = json_tokener_parse(r->line);
	const char *type;
	bool done = true;

	if (!json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		return false;
	}
	type = json_get_string(object, "type");
	*closed = !strcmp(type, "interval");
	if (*closed)
		done = close_sample(snap, object, all);
	else if (!strcmp(type, "viommu") || !strcmp(type, "existing"))
		done = add_viommu(snap, object);
	json_object_put(object);
	return done;
}

static int compare_serials(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* Without parsing it, which takes much longer */
static bool is_of_others(const char *line, const struct serials *only)
{
	static const char key[] = "\"serial\":";
	const char *found = strstr(line, key);
	uint64_t serial;

	if (!found || !starts_with(line, OWN_TYPE) || is_of_type(line, "interval"))
		return false;
	serial = strtoull(found + strlen(key), NULL, 10);
	return !bsearch(&serial, only->serial, only->nr, sizeof(serial), compare_serials);
}

static bool read_sample(struct recording *r, size_t index, struct snapshot *snap,
			const struct serials *only)
{
	bool closed = false;

	snapshot_empty(snap);
	parts_empty(&snap->parts);
	traffic_empty(&snap->traffic);
	snap->host.on = r->host;
	if (fseeko(r->file, r->sample[index], SEEK_SET))
		return false;
	while (!closed) {
		if (!next_line(r))
			return false;
		if (only && is_of_others(r->line, only))
			continue;
		if (!read_object(r, snap, !only, &closed))
			return false;
	}
	return true;
}

bool recording_read(struct recording *r, size_t index, struct snapshot *snap)
{
	if (read_sample(r, index, snap, NULL))
		return true;
	msg("cannot replay %s: sample %zu is damaged (after byte %lld)", r->path, index,
	    (long long)r->sample[index]);
	return false;
}

bool recording_read_of(struct recording *r, size_t index, struct snapshot *snap,
		       const struct serials *only)
{
	return read_sample(r, index, snap, only);
}

size_t recording_back(const struct recording *r, size_t index, size_t samples, uint64_t bytes)
{
	size_t first = index;

	while (first && index - first < samples &&
	       (uint64_t)(r->sample[index] - r->sample[first - 1]) <= bytes)
		first--;
	return first;
}

size_t recording_nr(const struct recording *r)
{
	return r->nr;
}

const struct iommus *recording_iommus(const struct recording *r)
{
	return &r->iommus;
}

uint64_t recording_interval_ns(const struct recording *r)
{
	return r->interval_ns;
}

void recording_close(struct recording *r)
{
	if (!r)
		return;
	if (r->file)
		fclose(r->file);
	free(r->line);
	free(r->sample);
	free(r->iommus.info);
	free(r);
}
