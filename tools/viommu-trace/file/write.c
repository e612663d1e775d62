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
/* Fast: events are told as what differs from those before, which is short already */
#define LEVEL -20

struct process {
	int pid;
	char comm[16];
};

/**
 * struct last - The last event of a type, and of a type of command or record
 * @block: in which block it was, as @number of the writer and 1
 * @arg:   what it told
 */
struct last {
	uint32_t block;
	uint64_t arg[VTR_ARGS];
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
 * @run:      where the length of the run of events is in @block that goes on, or 0
 * @before:   the event before in @block, or zeroes
 * @types:    how many types of events it describes
 * @own:      which of these is one of this program, @types for none
 * @last:     the last ones of each type
 * @process:  processes that @block has named
 * @nr:       how many
 * @words:    arguments of each type
 * @command:  which of these is a command or a record, if that is one, or VTR_ARGS
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
	size_t run;
	struct vtr_event before;
	size_t types;
	size_t own[VTR_NR_EVENTS];
	struct last (*last)[VHW_CODES];
	struct process process[PROCESSES_MAX];
	unsigned int nr;
	unsigned int *words;
	unsigned int *command;
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

/* Its length is not known before */
static void end_run(struct trace_writer *w)
{
	uint8_t *at = w->block + w->run;
	size_t size = w->block + w->used - (at + TRACE_RUN_LENGTH);

	if (!w->run)
		return;
	for (int i = 0; i < TRACE_RUN_LENGTH; i++, size >>= 7)
		at[i] = (size & 0x7f) | (i < TRACE_RUN_LENGTH - 1 ? 0x80 : 0);
	w->run = 0;
}

bool trace_write_flush(struct trace_writer *w)
{
	bool done;

	end_run(w);
	done = !w->used || write_block(w, TRACE_BLOCK_RECORDS, w->block, w->used);
	/* Each block can be read without the others */
	w->used = 0;
	memset(&w->before, 0, sizeof(w->before));
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
	uint8_t *at;

	end_run(w);
	at = w->block + w->used;
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

static bool same_comm(const char *a, const char *b)
{
	uint64_t words[2][2];

	memcpy(words[0], a, sizeof(words[0]));
	memcpy(words[1], b, sizeof(words[1]));
	return words[0][0] == words[1][0] && words[0][1] == words[1][1];
}

static unsigned int process_of(struct trace_writer *w, const struct vtr_event *event)
{
	uint8_t record[RECORD_MAX], *at = record;
	struct process *process;

	for (unsigned int i = w->nr; i--;)
		if (w->process[i].pid == event->pid && same_comm(w->process[i].comm, event->comm))
			return i;
	process = &w->process[w->nr];
	process->pid = event->pid;
	memcpy(process->comm, event->comm, sizeof(event->comm));
	at = varint_put(at, zigzag(event->pid));
	at = string_put(at, event->comm, sizeof(event->comm));
	add(w, TRACE_RECORD_PROCESS, record, at);
	return w->nr++;
}

static bool same_who(const struct vtr_event *a, const struct vtr_event *b)
{
	return a->pid == b->pid && a->guest_id == b->guest_id && a->iommu == b->iommu &&
	       same_comm(a->comm, b->comm);
}

static void begin_run(struct trace_writer *w)
{
	w->block[w->used] = TRACE_RECORD_RUN;
	w->run = w->used + 1;
	w->used = w->run + TRACE_RUN_LENGTH;
}

static uint8_t *put_args(struct trace_writer *w, uint8_t *at, size_t type,
			 const struct vtr_event *event)
{
	unsigned int words = w->words[type], command = w->command[type], code = 0;
	struct last *last;

	if (command < VTR_ARGS) {
		code = event->arg[command] >> VHW_CODE_SHIFT;
		*at++ = code;
	}
	last = &w->last[type][code];
	if (last->block != w->number + 1)
		*last = (struct last){.block = w->number + 1};
	for (unsigned int i = 0; i < words; i++) {
		at = varint_put(at, zigzag(event->arg[i] - last->arg[i]));
		last->arg[i] = event->arg[i];
	}
	return at;
}

bool trace_write_event_of(struct trace_writer *w, size_t type, const struct vtr_event *event)
{
	unsigned int process;
	uint8_t *at;
	bool same;

	if (type >= w->types)
		return fail(w, EINVAL);
	if (w->nr == PROCESSES_MAX && !trace_write_flush(w))
		return false;
	if (!make_room(w))
		return false;
	/* Nobody is the first in a block */
	same = w->nr && same_who(event, &w->before);
	process = same ? 0 : process_of(w, event);
	if (!w->run)
		begin_run(w);
	at = w->block + w->used;
	at = varint_put(at, (uint64_t)type << 1 | same);
	at = varint_put(at, zigzag(event->ns - w->before.ns));
	if (!same) {
		at = varint_put(at, process);
		at = varint_put(at, event->iommu);
		at = varint_put(at, event->guest_id);
	}
	at = put_args(w, at, type, event);
	w->used = at - w->block;
	if (same)
		w->before.ns = event->ns;
	else
		w->before = *event;
	w->events++;
	return true;
}

bool trace_write_event(struct trace_writer *w, const struct vtr_event *event)
{
	if (event->id >= VTR_NR_EVENTS)
		return fail(w, EINVAL);
	return trace_write_event_of(w, w->own[event->id], event);
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
	/* What is not packed yet becomes no larger */
	return w->written + w->used;
}

bool trace_write_end(struct trace_writer *w, struct trace_end *end)
{
	end->events = w->events;
	end->lost = w->lost;
	return trace_write_flush(w) && write_json(w, TRACE_BLOCK_END, trace_end_to_json(end));
}

static bool describe_types(struct trace_writer *w, const struct trace_meta *meta)
{
	w->types = meta->nr_types;
	w->last = calloc(w->types + 1, sizeof(*w->last));
	w->words = calloc(w->types + 1, sizeof(*w->words));
	w->command = calloc(w->types + 1, sizeof(*w->command));
	if (!w->last || !w->words || !w->command)
		return fail(w, ENOMEM);
	for (size_t i = 0; i < w->types; i++) {
		w->words[i] = event_words(&meta->type[i]);
		w->command[i] = event_command(&meta->type[i]);
	}
	for (int id = 0; id < VTR_NR_EVENTS; id++) {
		w->own[id] = 0;
		while (w->own[id] < w->types &&
		       strcmp(meta->type[w->own[id]].name, event_types[id].name))
			w->own[id]++;
	}
	return true;
}

static bool begin(struct trace_writer *w, const struct trace_meta *meta)
{
	struct trace_wire_header header = {
		.version = htole16(TRACE_VERSION),
	};

	/* It has no NUL at its end */
	memcpy(header.magic, TRACE_MAGIC, TRACE_MAGIC_LEN);
	if (!describe_types(w, meta))
		return false;
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
	free(w->last);
	free(w->words);
	free(w->command);
	free(w);
}
