// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a recorded file of events.
 *
 * A file may come from another version, may have been cut off, or may not be
 * one at all: nothing in it is believed before it is checked.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "event/gaps.h"
#include "file/read.h"
#include "file/wire.h"
#include "lib/sys/array.h"
#include "lib/text/text.h"

/* Many more than there are: one costs half a kilobyte */
#define TYPES_MAX 1024

struct process {
	int pid;
	char comm[16];
};

/**
 * struct trace_reader - A file that is being read
 * @read:    where from
 * @context: its first argument
 * @offset:  bytes read
 * @number:  of the next block
 * @meta:    what is true of the whole file
 * @own:     this program's id of each event of the file
 * @payload: the last block as it was stored, and its header
 * @header:  of that block
 * @records: the block unpacked
 * @in:      what of it is to be read yet
 * @run:     what is to be read yet of a run of events in it
 * @before:  the event before in the block, or zeroes
 * @told:    there was one in a run
 * @args:    of the last event in the block of each type and code, or zeroes
 * @process: processes that the block has named
 * @nr:      how many
 * @room:    how many fit
 * @gaps:    in sequence numbers of commands
 * @held:    an event with a gap before it, which comes next
 * @holds:   there is one
 * @last:    from TRACE_WHOLE on: how the file ended
 * @end:     with TRACE_WHOLE
 * @error:   with TRACE_DAMAGED
 */
struct trace_reader {
	trace_read_fn read;
	void *context;
	uint64_t offset;
	uint32_t number;
	struct trace_meta meta;
	uint16_t *own;
	uint8_t *payload;
	struct trace_wire_block header;
	uint8_t *records;
	struct wire_in in;
	struct wire_in run;
	struct vtr_event before;
	bool told;
	uint64_t (*args)[VHW_CODES][VTR_ARGS];
	struct process *process;
	size_t nr;
	size_t room;
	struct gaps gaps;
	struct trace_item held;
	bool holds;
	enum trace_item_type last;
	struct trace_end end;
	char error[160];
};

static enum trace_item_type damaged(struct trace_reader *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static enum trace_item_type damaged(struct trace_reader *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(r->error, sizeof(r->error), fmt, args);
	va_end(args);
	r->last = TRACE_DAMAGED;
	return r->last;
}

ssize_t trace_read_fd(void *context, void *buf, size_t len)
{
	return read(*(int *)context, buf, len);
}

/* Bytes read, fewer only at the end of the file, or -1 */
static ssize_t read_bytes(struct trace_reader *r, void *buf, size_t len)
{
	size_t used = 0;

	while (used < len) {
		ssize_t n = r->read(r->context, (char *)buf + used, len - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (!n)
			break;
		used += n;
	}
	r->offset += used;
	return used;
}

/*
 * Blocks
 */

/* TRACE_EVENT if there is a whole one, which is then in @payload */
static enum trace_item_type read_block(struct trace_reader *r)
{
	struct trace_wire_block *h = &r->header;
	uint64_t at = r->offset;
	ssize_t n = read_bytes(r, h, sizeof(*h));
	uint32_t size, unpacked;

	if (n < 0)
		return damaged(r, "cannot be read: %s", strerror(errno));
	if (n < (ssize_t)sizeof(*h))
		return r->last = TRACE_TRUNCATED;
	size = le32toh(h->size);
	unpacked = le32toh(h->unpacked);
	if (le32toh(h->magic) != TRACE_BLOCK_MAGIC || size > TRACE_BLOCK_MAX ||
	    unpacked > TRACE_BLOCK_MAX)
		return damaged(r, "is damaged at byte %" PRIu64 ": no block begins there", at);
	free(r->payload);
	r->payload = malloc(size + 1);
	if (!r->payload)
		return damaged(r, "cannot be read: out of memory");
	n = read_bytes(r, r->payload, size);
	if (n < 0)
		return damaged(r, "cannot be read: %s", strerror(errno));
	if (n < (ssize_t)size)
		return r->last = TRACE_TRUNCATED;
	if (le32toh(h->crc) != trace_wire_crc(*h, r->payload, size))
		return damaged(r,
			       "is damaged in the block at byte %" PRIu64 ": its checksum is wrong",
			       at);
	if (le32toh(h->number) != r->number++)
		return damaged(r, "is damaged at byte %" PRIu64 ": a block is missing there", at);
	return TRACE_EVENT;
}

static bool unpack(struct trace_reader *r)
{
	uint32_t size = le32toh(r->header.size), unpacked = le32toh(r->header.unpacked);

	free(r->records);
	r->records = malloc(unpacked + 1);
	r->in = (struct wire_in){r->records, r->records + unpacked};
	if (!r->records) {
		damaged(r, "cannot be read: out of memory");
		return false;
	}
	if (r->header.codec == TRACE_PLAIN && size == unpacked) {
		memcpy(r->records, r->payload, size);
		return true;
	}
	if (r->header.codec == TRACE_ZSTD &&
	    ZSTD_decompress(r->records, unpacked, r->payload, size) == unpacked)
		return true;
	damaged(r, "is damaged: block %u cannot be unpacked", le32toh(r->header.number));
	return false;
}

static enum trace_item_type end_of_file(struct trace_reader *r)
{
	ssize_t more;
	char byte;

	if (!trace_end_parse(&r->end, (const char *)r->records, r->in.end - r->in.at))
		return damaged(r, "is damaged: its end is not understood");
	more = read_bytes(r, &byte, 1);
	if (more < 0)
		return damaged(r, "cannot be read: %s", strerror(errno));
	if (more)
		return damaged(r, "has something behind its end");
	return r->last = TRACE_WHOLE;
}

/* Records in @in, or how the file ends */
static enum trace_item_type next_block(struct trace_reader *r)
{
	for (;;) {
		enum trace_item_type type = read_block(r);

		if (type != TRACE_EVENT)
			return type;
		if (r->header.type != TRACE_BLOCK_RECORDS && r->header.type != TRACE_BLOCK_END)
			continue;
		if (!unpack(r))
			return r->last;
		r->run = (struct wire_in){};
		memset(&r->before, 0, sizeof(r->before));
		r->told = false;
		memset(r->args, 0, r->meta.nr_types * sizeof(*r->args));
		r->nr = 0;
		if (r->header.type == TRACE_BLOCK_END)
			return end_of_file(r);
		return TRACE_EVENT;
	}
}

/*
 * Records
 */

static bool add_process(struct trace_reader *r, struct wire_in *in)
{
	struct process *process;

	process = array_add(&r->process, &r->nr, &r->room, sizeof(*process));
	if (!process) {
		damaged(r, "cannot be read: out of memory");
		return false;
	}
	process->pid = unzigzag(varint_get(in));
	string_get(in, process->comm, sizeof(process->comm));
	return true;
}

static enum trace_item_type get_event(struct trace_reader *r, struct wire_in *in,
				      struct trace_item *item)
{
	uint64_t type = varint_get(in), process;
	struct vtr_event *event = &item->event;

	memset(event, 0, sizeof(*event));
	r->before.ns += unzigzag(varint_get(in));
	process = varint_get(in);
	if (type >= r->meta.nr_types || process >= r->nr)
		return damaged(r, "is damaged: it has an event that it does not describe");
	event->ns = r->before.ns;
	event->id = r->own[type];
	event->iommu = varint_get(in);
	event->guest_id = varint_get(in);
	event->pid = r->process[process].pid;
	memcpy(event->comm, r->process[process].comm, sizeof(event->comm));
	for (int i = 0; i < VTR_ARGS; i++)
		event->arg[i] = varint_get(in);
	item->event_type = &r->meta.type[type];
	return TRACE_EVENT;
}

/* What is told of it is what differs from the one before */
static enum trace_item_type get_from_run(struct trace_reader *r, struct trace_item *item)
{
	struct wire_in *in = &r->run;
	uint64_t head = varint_get(in), type = head >> 1, process;
	const struct event_type *t;
	unsigned int code = 0;
	uint64_t *last;

	r->before.ns += unzigzag(varint_get(in));
	if (!(head & 1)) {
		process = varint_get(in);
		r->before.iommu = varint_get(in);
		r->before.guest_id = varint_get(in);
		if (process >= r->nr)
			return damaged(r, "is damaged: it has an event of nobody");
		r->before.pid = r->process[process].pid;
		memcpy(r->before.comm, r->process[process].comm, sizeof(r->before.comm));
	} else if (!r->told) {
		return damaged(r, "is damaged: it has an event of nobody");
	}
	r->told = true;
	if (type >= r->meta.nr_types)
		return damaged(r, "is damaged: it has an event that it does not describe");
	t = &r->meta.type[type];
	if (event_command(t) < VTR_ARGS)
		code = varint_get(in) % VHW_CODES;
	last = r->args[type][code];
	item->event = r->before;
	item->event.id = r->own[type];
	for (unsigned int i = 0; i < event_words(t); i++) {
		if (in->at == in->end)
			return damaged(r, "is damaged: it ends in the middle of an event");
		last[i] += unzigzag(varint_get(in));
		item->event.arg[i] = last[i];
	}
	item->event_type = t;
	return TRACE_EVENT;
}

static enum trace_item_type get_viommu(struct wire_in *in, struct trace_viommu *viommu)
{
	memset(viommu, 0, sizeof(*viommu));
	viommu->existing = varint_get(in);
	viommu->iommu = varint_get(in);
	viommu->guest_id = varint_get(in);
	viommu->pid = unzigzag(varint_get(in));
	string_get(in, viommu->comm, sizeof(viommu->comm));
	string_get(in, viommu->name, sizeof(viommu->name));
	text_sanitize(viommu->comm);
	text_sanitize(viommu->name);
	viommu->serial = varint_get(in);
	viommu->created_ns = varint_get(in);
	viommu->cmds = varint_get(in);
	viommu->events = varint_get(in);
	viommu->domain_id = varint_get(in);
	viommu->trans_devid = varint_get(in);
	viommu->control = varint_get(in);
	for (int i = 0; i < VTR_NR_QUEUES; i++) {
		viommu->queue_reg[i] = varint_get(in);
		viommu->queue_size[i] = varint_get(in);
	}
	return TRACE_VIOMMU;
}

static enum trace_item_type get_vdevice(struct wire_in *in, struct trace_vdevice *vdevice)
{
	memset(vdevice, 0, sizeof(*vdevice));
	vdevice->iommu = varint_get(in);
	vdevice->guest_id = varint_get(in);
	vdevice->gdev_id = varint_get(in);
	vdevice->hdev_id = varint_get(in);
	vdevice->serial = varint_get(in);
	return TRACE_VDEVICE;
}

static enum trace_item_type get_trigger(struct wire_in *in, struct trace_trigger *trigger)
{
	trigger->ns = varint_get(in);
	trigger->iommu = varint_get(in);
	trigger->guest_id = varint_get(in);
	string_get(in, trigger->kind, sizeof(trigger->kind));
	string_get(in, trigger->text, sizeof(trigger->text));
	text_sanitize(trigger->kind);
	text_sanitize(trigger->text);
	return TRACE_TRIGGER;
}

/* False for what the caller need not know */
static bool get_record(struct trace_reader *r, struct trace_item *item)
{
	uint64_t type = varint_get(&r->in), size = varint_get(&r->in);
	struct wire_in in;

	if (size > (uint64_t)(r->in.end - r->in.at)) {
		item->type = damaged(r, "is damaged: a record is longer than its block");
		return true;
	}
	in = (struct wire_in){r->in.at, r->in.at + size};
	r->in.at += size;
	switch (type) {
	case TRACE_RECORD_EVENT:
		item->type = get_event(r, &in, item);
		return true;
	case TRACE_RECORD_RUN:
		r->run = in;
		return false;
	case TRACE_RECORD_PROCESS:
		item->type = TRACE_DAMAGED;
		return !add_process(r, &in);
	case TRACE_RECORD_VIOMMU:
		item->type = get_viommu(&in, &item->viommu);
		return true;
	case TRACE_RECORD_VDEVICE:
		item->type = get_vdevice(&in, &item->vdevice);
		return true;
	case TRACE_RECORD_LOST:
		item->type = TRACE_LOST;
		item->lost = varint_get(&in);
		return true;
	case TRACE_RECORD_CLOCK:
		item->type = TRACE_CLOCK;
		item->real_ns = unzigzag(varint_get(&in));
		return true;
	case TRACE_RECORD_TRIGGER:
		item->type = get_trigger(&in, &item->trigger);
		return true;
	default:
		return false;
	}
}

/* Likewise */
static bool get_item(struct trace_reader *r, struct trace_item *item)
{
	if (r->run.at == r->run.end)
		return get_record(r, item);
	item->type = get_from_run(r, item);
	return true;
}

/* Where some VMs are left out, or commands as such, gaps mean nothing */
static bool has_all_commands(const struct trace_reader *r)
{
	return !r->meta.filtered && trace_meta_recorded(&r->meta, VTR_cmd_submit);
}

/* False for losses that are known already */
static bool look_for_gap(struct trace_reader *r, struct trace_item *item)
{
	uint64_t missing;

	if (!has_all_commands(r))
		return true;
	if (item->type == TRACE_LOST) {
		item->lost = gaps_lost(&r->gaps, item->lost);
		return item->lost;
	}
	missing = item->type == TRACE_EVENT ? gaps_event(&r->gaps, &item->event) : 0;
	if (missing) {
		r->held = *item;
		r->holds = true;
		item->type = TRACE_LOST;
		item->lost = missing;
		item->unseen = true;
	}
	return true;
}

enum trace_item_type trace_read_next(struct trace_reader *r, struct trace_item *item)
{
	if (r->holds) {
		r->holds = false;
		*item = r->held;
		return item->type;
	}
	item->unseen = false;
	for (;;) {
		item->type = r->last;
		item->end = r->end;
		if (r->last >= TRACE_WHOLE)
			return r->last;
		if (r->run.at == r->run.end && r->in.at == r->in.end) {
			next_block(r);
			continue;
		}
		if (get_item(r, item) && look_for_gap(r, item))
			return item->type;
	}
}

/*
 * The beginning
 */

/* Those of bundles are unpacked before they come here, where that is possible */
static bool is_packed(const struct trace_wire_header *header)
{
	return !memcmp(header->magic, "\x28\xb5\x2f\xfd", 4) ||
	       !memcmp(header->magic, "\x1f\x8b", 2);
}

static bool check_header(struct trace_reader *r)
{
	struct trace_wire_header header;
	ssize_t n = read_bytes(r, &header, sizeof(header));
	unsigned int version;

	if (n < 0) {
		damaged(r, "cannot be read: %s", strerror(errno));
		return false;
	}
	if (!n) {
		damaged(r, "is empty");
		return false;
	}
	if (n == (ssize_t)sizeof(header) && is_packed(&header)) {
		damaged(r, "is packed: a bundle can be read from a file, and not from a pipe");
		return false;
	}
	if (n < (ssize_t)sizeof(header) || memcmp(header.magic, TRACE_MAGIC, TRACE_MAGIC_LEN)) {
		damaged(r, "was not written by viommu-trace record");
		return false;
	}
	version = le16toh(header.version);
	if (version < TRACE_OLDEST_VERSION || version > TRACE_VERSION) {
		damaged(r, "has version %u of the format, and this program reads %u to %u", version,
			TRACE_OLDEST_VERSION, TRACE_VERSION);
		return false;
	}
	return true;
}

static uint16_t own_id(const char *name)
{
	int i;

	for (i = 0; i < VTR_NR_EVENTS; i++)
		if (!strcmp(event_types[i].name, name))
			break;
	return i;
}

static bool read_meta(struct trace_reader *r)
{
	if (!check_header(r))
		return false;
	switch (read_block(r)) {
	case TRACE_EVENT:
		break;
	case TRACE_TRUNCATED:
		damaged(r, "ends before its first event");
		return false;
	default:
		return false;
	}
	if (!unpack(r))
		return false;
	if (r->header.type != TRACE_BLOCK_META ||
	    !trace_meta_parse(&r->meta, (const char *)r->records, r->in.end - r->in.at)) {
		damaged(r, "is damaged: it does not say what is in it");
		return false;
	}
	r->in.at = r->in.end;
	if (r->meta.nr_types > TYPES_MAX) {
		damaged(r, "is damaged: it describes %zu kinds of events", r->meta.nr_types);
		return false;
	}
	r->own = calloc(r->meta.nr_types + 1, sizeof(*r->own));
	r->args = calloc(r->meta.nr_types + 1, sizeof(*r->args));
	if (!r->own || !r->args) {
		damaged(r, "cannot be read: out of memory");
		return false;
	}
	for (size_t i = 0; i < r->meta.nr_types; i++)
		r->own[i] = own_id(r->meta.type[i].name);
	return true;
}

struct trace_reader *trace_read_start(trace_read_fn read, void *context, char *error, size_t len)
{
	struct trace_reader *r = calloc(1, sizeof(*r));

	if (!r) {
		snprintf(error, len, "cannot be read: out of memory");
		return NULL;
	}
	r->read = read;
	r->context = context;
	if (read_meta(r))
		return r;
	snprintf(error, len, "%s", r->error);
	trace_read_free(r);
	return NULL;
}

const struct trace_meta *trace_read_meta(const struct trace_reader *r)
{
	return &r->meta;
}

const char *trace_read_error(const struct trace_reader *r)
{
	return r->error;
}

void trace_read_free(struct trace_reader *r)
{
	if (!r)
		return;
	gaps_free(&r->gaps);
	trace_meta_free(&r->meta);
	free(r->own);
	free(r->args);
	free(r->payload);
	free(r->records);
	free(r->process);
	free(r);
}
