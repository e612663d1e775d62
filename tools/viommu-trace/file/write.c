// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing a recorded file of events.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "file/wire.h"
#include "file/write.h"

/* A block is written when it is so large, or when it is flushed */
#define BLOCK_BYTES (64u << 10)
/* No record is larger: its length fits in two bytes, and so does its room */
#define RECORD_MAX 1024
#define PROCESSES_MAX 256
#define LEVEL 3

struct process {
	int pid;
	char comm[16];
};

/**
 * struct trace_writer - A file that is being written
 * @fd:       where to
 * @written:  bytes
 * @number:   of the next block
 * @error:    what went wrong, an errno
 * @zstd:     packs blocks
 * @packed:   room for one
 * @room:     its size
 * @block:    records that are to be written
 * @used:     bytes of it
 * @ns:       time of the last event in @block
 * @process:  processes that @block has named
 * @nr:       how many
 * @words:    arguments of each event
 * @events:   events so far
 * @lost:     events lost so far
 */
struct trace_writer {
	int fd;
	uint64_t written;
	uint32_t number;
	int error;
	ZSTD_CCtx *zstd;
	void *packed;
	size_t room;
	uint8_t block[BLOCK_BYTES + 2 * RECORD_MAX];
	size_t used;
	uint64_t ns;
	struct process process[PROCESSES_MAX];
	unsigned int nr;
	unsigned int words[VTR_NR_EVENTS];
	uint64_t events;
	uint64_t lost;
};

static bool fail(struct trace_writer *w, int error)
{
	w->error = error;
	errno = error;
	return false;
}

static bool write_all(struct trace_writer *w, const void *data, size_t len)
{
	while (len) {
		ssize_t n = write(w->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(w, errno);
		data = (const char *)data + n;
		len -= n;
		w->written += n;
	}
	return true;
}

static bool write_block(struct trace_writer *w, enum trace_block_type type, const void *data,
			size_t size)
{
	size_t packed = ZSTD_compressCCtx(w->zstd, w->packed, w->room, data, size, LEVEL);
	bool smaller = !ZSTD_isError(packed) && packed < size;
	struct trace_wire_block header = {
		.magic = htole32(TRACE_BLOCK_MAGIC),
		.type = type,
		.codec = smaller ? TRACE_ZSTD : TRACE_PLAIN,
		.number = htole32(w->number),
		.size = htole32(smaller ? packed : size),
		.unpacked = htole32(size),
	};
	const void *payload = smaller ? w->packed : data;
	size_t length = smaller ? packed : size;

	if (w->error)
		return fail(w, w->error);
	header.crc = htole32(trace_wire_crc(header, payload, length));
	w->number++;
	return write_all(w, &header, sizeof(header)) && write_all(w, payload, length);
}

static bool write_json(struct trace_writer *w, enum trace_block_type type,
		       struct json_object *object)
{
	const char *text =
		object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN) : NULL;
	bool done;

	done = text ? write_block(w, type, text, strlen(text)) : fail(w, ENOMEM);
	json_object_put(object);
	return done;
}

bool trace_write_flush(struct trace_writer *w)
{
	bool done = !w->used || write_block(w, TRACE_BLOCK_RECORDS, w->block, w->used);

	/* Each block can be read without the others */
	w->used = 0;
	w->ns = 0;
	w->nr = 0;
	return done && !w->error;
}

/* A record may follow, and another one that it needs */
static bool make_room(struct trace_writer *w)
{
	if (w->error)
		return fail(w, w->error);
	return w->used < BLOCK_BYTES || trace_write_flush(w);
}

static void add(struct trace_writer *w, enum trace_record_type type, const uint8_t *record,
		const uint8_t *end)
{
	uint8_t *at = w->block + w->used;

	at = varint_put(at, type);
	at = varint_put(at, end - record);
	memcpy(at, record, end - record);
	w->used = at + (end - record) - w->block;
}

static uint8_t *string_put(uint8_t *to, const char *text, size_t max)
{
	size_t len = strnlen(text, max);

	to = varint_put(to, len);
	memcpy(to, text, len);
	return to + len;
}

static unsigned int process_of(struct trace_writer *w, const struct vtr_event *event)
{
	uint8_t record[RECORD_MAX], *at = record;
	struct process *process;

	for (unsigned int i = w->nr; i--;)
		if (w->process[i].pid == event->pid &&
		    !memcmp(w->process[i].comm, event->comm, sizeof(event->comm)))
			return i;
	process = &w->process[w->nr];
	process->pid = event->pid;
	memcpy(process->comm, event->comm, sizeof(event->comm));
	at = varint_put(at, zigzag(event->pid));
	at = string_put(at, event->comm, sizeof(event->comm));
	add(w, TRACE_RECORD_PROCESS, record, at);
	return w->nr++;
}

bool trace_write_event(struct trace_writer *w, const struct vtr_event *event)
{
	uint8_t record[RECORD_MAX], *at = record;
	unsigned int process;

	if (event->id >= VTR_NR_EVENTS)
		return fail(w, EINVAL);
	if (w->nr == PROCESSES_MAX && !trace_write_flush(w))
		return false;
	if (!make_room(w))
		return false;
	process = process_of(w, event);
	at = varint_put(at, event->id);
	at = varint_put(at, zigzag(event->ns - w->ns));
	at = varint_put(at, process);
	at = varint_put(at, event->iommu);
	at = varint_put(at, event->guest_id);
	for (unsigned int i = 0; i < w->words[event->id]; i++)
		at = varint_put(at, event->arg[i]);
	add(w, TRACE_RECORD_EVENT, record, at);
	w->ns = event->ns;
	w->events++;
	return true;
}

bool trace_write_viommu(struct trace_writer *w, const struct trace_viommu *viommu)
{
	uint8_t record[RECORD_MAX], *at = record;

	if (!make_room(w))
		return false;
	at = varint_put(at, viommu->existing);
	at = varint_put(at, viommu->iommu);
	at = varint_put(at, viommu->guest_id);
	at = varint_put(at, zigzag(viommu->pid));
	at = string_put(at, viommu->comm, sizeof(viommu->comm));
	at = string_put(at, viommu->name, sizeof(viommu->name));
	at = varint_put(at, viommu->serial);
	at = varint_put(at, viommu->created_ns);
	at = varint_put(at, viommu->cmds);
	at = varint_put(at, viommu->events);
	at = varint_put(at, viommu->domain_id);
	at = varint_put(at, viommu->trans_devid);
	at = varint_put(at, viommu->control);
	for (int i = 0; i < VTR_NR_QUEUES; i++) {
		at = varint_put(at, viommu->queue_reg[i]);
		at = varint_put(at, viommu->queue_size[i]);
	}
	add(w, TRACE_RECORD_VIOMMU, record, at);
	return true;
}

bool trace_write_vdevice(struct trace_writer *w, const struct trace_vdevice *vdevice)
{
	uint8_t record[RECORD_MAX], *at = record;

	if (!make_room(w))
		return false;
	at = varint_put(at, vdevice->iommu);
	at = varint_put(at, vdevice->guest_id);
	at = varint_put(at, vdevice->gdev_id);
	at = varint_put(at, vdevice->hdev_id);
	at = varint_put(at, vdevice->serial);
	add(w, TRACE_RECORD_VDEVICE, record, at);
	return true;
}

bool trace_write_trigger(struct trace_writer *w, const struct trace_trigger *trigger)
{
	uint8_t record[RECORD_MAX], *at = record;

	if (!make_room(w))
		return false;
	at = varint_put(at, trigger->ns);
	at = varint_put(at, trigger->iommu);
	at = varint_put(at, trigger->guest_id);
	at = string_put(at, trigger->kind, sizeof(trigger->kind));
	at = string_put(at, trigger->text, sizeof(trigger->text));
	add(w, TRACE_RECORD_TRIGGER, record, at);
	return true;
}

bool trace_write_lost(struct trace_writer *w, uint64_t lost)
{
	uint8_t record[RECORD_MAX];

	if (!make_room(w))
		return false;
	add(w, TRACE_RECORD_LOST, record, varint_put(record, lost));
	w->lost += lost;
	return true;
}

bool trace_write_clock(struct trace_writer *w, int64_t real_ns)
{
	uint8_t record[RECORD_MAX];

	if (!make_room(w))
		return false;
	add(w, TRACE_RECORD_CLOCK, record, varint_put(record, zigzag(real_ns)));
	return true;
}

uint64_t trace_write_bytes(const struct trace_writer *w)
{
	/* What zstd makes of events, or less */
	return w->written + w->used / 4;
}

bool trace_write_end(struct trace_writer *w, struct trace_end *end)
{
	end->events = w->events;
	end->lost = w->lost;
	return trace_write_flush(w) && write_json(w, TRACE_BLOCK_END, trace_end_to_json(end));
}

static bool begin(struct trace_writer *w, const struct trace_meta *meta)
{
	struct trace_wire_header header = {
		.version = htole16(TRACE_VERSION),
	};

	/* It has no NUL at its end */
	memcpy(header.magic, TRACE_MAGIC, TRACE_MAGIC_LEN);
	for (int i = 0; i < VTR_NR_EVENTS; i++)
		w->words[i] = event_words(&event_types[i]);
	w->room = ZSTD_compressBound(sizeof(w->block));
	w->packed = malloc(w->room);
	w->zstd = ZSTD_createCCtx();
	if (!w->packed || !w->zstd)
		return fail(w, ENOMEM);
	return write_all(w, &header, sizeof(header)) &&
	       write_json(w, TRACE_BLOCK_META, trace_meta_to_json(meta));
}

struct trace_writer *trace_write_start(int fd, const struct trace_meta *meta)
{
	struct trace_writer *w = calloc(1, sizeof(*w));
	int error;

	if (!w)
		return NULL;
	w->fd = fd;
	if (begin(w, meta))
		return w;
	error = w->error;
	trace_write_free(w);
	errno = error;
	return NULL;
}

void trace_write_free(struct trace_writer *w)
{
	if (!w)
		return;
	ZSTD_freeCCtx(w->zstd);
	free(w->packed);
	free(w);
}
