// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzing of recorded files: read, shown, paired, rebuilt, exported and redacted.
 *
 * The first byte says how the rest is put into a file: as it is; or as its records, or as
 * its description, with checksums that are right, which no mutation finds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bundle/redact_trace.h"
#include "diff/rebuild.h"
#include "event/pairs.h"
#include "event/triggers.h"
#include "event/vms.h"
#include "file/read.h"
#include "file/wire.h"
#include "lib/text/event_text.h"
#include "show/perfetto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IMAGE_MAX (1 << 20)

/* struct image - A file in memory */
struct image {
	uint8_t data[IMAGE_MAX];
	size_t size;
	size_t at;
};

static struct image image;
static const char plain_meta[] =
	"{\"start_ns\":1,\"events\":[{\"event\":\"viommu_cmd_submit\",\"recorded\":true,"
	"\"args\":[[\"seq\",\"number\"],[\"cmd\",\"command\"],[\"\",\"\"]]},"
	"{\"event\":\"viommu_cmd_complete\",\"recorded\":true,"
	"\"args\":[[\"seq\",\"number\"],[\"ret\",\"ret\"]]},"
	"{\"event\":\"viommu_event_record\",\"recorded\":true,\"args\":[[\"record\",\"record\"],"
	"[\"\",\"\"]]},{\"event\":\"viommu_init\",\"recorded\":true,"
	"\"args\":[[\"serial\",\"number\"],[\"ret\",\"ret\"]]},"
	"{\"event\":\"viommu_queue_stuck\",\"recorded\":true,\"args\":[[\"queue\",\"queue\"],"
	"[\"head\",\"hex\"],[\"tail\",\"hex\"],[\"stuck\",\"ns\"]]},"
	"{\"event\":\"viommu_devid_map\",\"recorded\":true,\"args\":[[\"gdev_id\",\"bdf\"],"
	"[\"hdev_id\",\"bdf\"],[\"ret\",\"ret\"]]},"
	"{\"event\":\"viommu_ipa_map\",\"recorded\":true,\"args\":[[\"ipa\",\"hex\"],"
	"[\"size\",\"hex\"],[\"ret\",\"ret\"]]}]}";

static void put(const void *data, size_t size)
{
	memcpy(image.data + image.size, data, size);
	image.size += size;
}

static void put_block(enum trace_block_type type, const void *data, size_t size, uint32_t number)
{
	struct trace_wire_block header = {
		.magic = htole32(TRACE_BLOCK_MAGIC),
		.type = type,
		.codec = TRACE_PLAIN,
		.number = htole32(number),
		.size = htole32(size),
		.unpacked = htole32(size),
	};

	header.crc = htole32(trace_wire_crc(header, data, size));
	put(&header, sizeof(header));
	put(data, size);
}

static void make(const uint8_t *data, size_t size)
{
	struct trace_wire_header header = {.version = htole16(TRACE_VERSION)};
	bool is_meta;

	image.size = image.at = 0;
	if (!size)
		return;
	if (data[0] % 3 == 0) {
		put(data + 1, size - 1);
		return;
	}
	is_meta = data[0] % 3 == 1;
	memcpy(header.magic, TRACE_MAGIC, TRACE_MAGIC_LEN);
	put(&header, sizeof(header));
	put_block(TRACE_BLOCK_META, is_meta ? (const void *)(data + 1) : plain_meta,
		  is_meta ? size - 1 : strlen(plain_meta), 0);
	if (!is_meta)
		put_block(TRACE_BLOCK_RECORDS, data + 1, size - 1, 1);
	put_block(TRACE_BLOCK_END, is_meta ? (const void *)(data + 1) : "{}",
		  is_meta ? size - 1 : 2, is_meta ? 1 : 2);
}

static ssize_t read_image(void *context, void *buf, size_t len)
{
	(void)context;
	if (len > image.size - image.at)
		len = image.size - image.at;
	memcpy(buf, image.data + image.at, len);
	image.at += len;
	return len;
}

/* struct user - What reads a file */
struct user {
	struct vms vms;
	struct pairs pairs;
	struct rebuild rebuild;
	struct triggers triggers;
	struct perfetto *perfetto;
};

static void done(void *context, const struct pairs_command *command, uint64_t ns)
{
	struct user *user = context;

	perfetto_command(user->perfetto, &command->submit, ns, NULL);
}

static void on_fire(void *context, enum trigger_kind kind, const struct vtr_event *event,
		    const char *text)
{
	(void)context;
	(void)kind;
	(void)event;
	(void)text;
}

static void use_event(struct user *user, const struct trace_item *item)
{
	const struct vtr_event *event = &item->event;
	char text[EVENT_TEXT_MAX];

	event_args(text, sizeof(text), event, item->event_type);
	pairs_event(&user->pairs, event, 0);
	perfetto_event(user->perfetto, event, item->event_type,
		       vms_find(&user->vms, event->iommu, event->guest_id));
	rebuild_event(&user->rebuild, event);
	triggers_event(&user->triggers, event);
}

static void use(struct user *user, const struct trace_item *item)
{
	const struct trace_viommu *viommu = &item->viommu;

	switch (item->type) {
	case TRACE_EVENT:
		use_event(user, item);
		break;
	case TRACE_VIOMMU:
		vms_set(&user->vms, viommu->iommu, viommu->guest_id, viommu->pid, viommu->name);
		rebuild_viommu(&user->rebuild, viommu);
		break;
	case TRACE_VDEVICE:
		rebuild_vdevice(&user->rebuild, &item->vdevice);
		break;
	case TRACE_TRIGGER:
		perfetto_trigger(user->perfetto, &item->trigger);
		break;
	case TRACE_CLOCK:
		perfetto_clock(user->perfetto, item->real_ns);
		break;
	default:
		pairs_lost(&user->pairs);
		triggers_lost(&user->triggers);
	}
}

static void read_all(FILE *null)
{
	struct user user = {.pairs = {.done = done, .context = &user}};
	struct facts facts = {};
	struct trace_item item;
	struct trace_reader *r;
	char error[160];

	r = trace_read_start(read_image, NULL, error, sizeof(error));
	if (!r)
		return;
	user.triggers =
		(struct triggers){.p99_ns = 1000, .window_ns = 1000, .faults = 3, .fire = on_fire};
	triggers_parse(user.triggers.on, "all");
	user.perfetto = perfetto_begin(null, trace_read_meta(r));
	while (trace_read_next(r, &item) < TRACE_WHOLE)
		use(&user, &item);
	perfetto_end(user.perfetto);
	perfetto_free(user.perfetto);
	rebuild_facts(&user.rebuild, NULL, &facts);
	facts_free(&facts);
	rebuild_free(&user.rebuild);
	triggers_free(&user.triggers);
	pairs_free(&user.pairs);
	vms_free(&user.vms);
	trace_read_free(r);
}

static void redact_all(FILE *null)
{
	int from = memfd_create("from", 0), to = memfd_create("to", 0);
	struct redact redact;
	struct redact_trace job = {
		.redact = &redact,
		.from = from,
		.to = to,
		.viommus = null,
		.vdevices = null,
	};
	char error[256] = "";

	if (redact_init(&redact, true, true) &&
	    write(from, image.data, image.size) == (ssize_t)image.size) {
		lseek(from, 0, SEEK_SET);
		redact_trace(&job, error, sizeof(error));
	}
	redact_free(&redact);
	close(from);
	close(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *null;

	if (!null)
		null = fopen("/dev/null", "w");
	if (size > IMAGE_MAX / 2)
		return 0;
	make(data, size);
	read_all(null);
	redact_all(null);
	return 0;
}
