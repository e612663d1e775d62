// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of what is made of recorded files that somebody changed, checksums and
 * all: names, commands, what exists, a redacted copy. It proves most when built
 * with sanitizers (make CFLAGS="-g -fsanitize=address,undefined").
 */
#include <ctype.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zstd.h>

#include "bundle/redact_trace.h"
#include "diff/rebuild.h"
#include "event/pairs.h"
#include "event/vms.h"
#include "file/read.h"
#include "file/wire.h"
#include "file/write.h"
#include "lib/text/event_text.h"
#include "tap.h"

/* Prime */
#define ROUNDS 1999
/* A copy takes longer than reading */
#define COPY_EVERY 17
#define MAX_BYTES (1 << 20)

/* struct image - A file in memory */
struct image {
	uint8_t *data;
	size_t size;
	size_t at;
};

/* Always the same */
static uint64_t state = 88172645463325252ull;

static uint32_t any(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 16) % below;
}

static ssize_t read_image(void *context, void *buf, size_t len)
{
	struct image *image = context;

	if (len > image->size - image->at)
		len = image->size - image->at;
	memcpy(buf, image->data + image->at, len);
	image->at += len;
	return len;
}

/*
 * A file with some of everything
 */

static void write_some(struct trace_writer *w)
{
	const struct trace_viommu guest = {
		.iommu = 1,
		.guest_id = 5,
		.pid = 4321,
		.existing = true,
		.serial = 7,
		.queue_size = {4096, 4096, 4096},
		.comm = "qemu",
		.name = "db-1",
	};
	const struct trace_vdevice device = {1, 5, 0x10, 0xf8, 3};
	const struct trace_trigger trigger = {1000, 1, 5, "p99", "3 of 120 commands"};

	trace_write_viommu(w, &guest);
	trace_write_vdevice(w, &device);
	for (unsigned int i = 0; i < 5 * VTR_NR_EVENTS; i++) {
		const struct vtr_event event = {
			.ns = 1000000 + 1009 * i,
			.arg = {i / 2, i % 2 ? i : 0, i % 3 ? 0 : i, i % 5 ? 0 : i},
			.iommu = i % 2,
			.pid = i % 7,
			.guest_id = i % 3 ? 5 : 6,
			.id = i % VTR_NR_EVENTS,
			.comm = "vmm",
		};

		trace_write_event(w, &event);
		if (i % 50 == 11)
			trace_write_trigger(w, &trigger);
		if (i % 50 == 17)
			trace_write_lost(w, i);
		if (i % 50 == 49)
			trace_write_flush(w);
	}
}

static struct image record(void)
{
	bool wanted[VTR_NR_EVENTS];
	int fd = memfd_create("trace", 0);
	struct trace_end end = {.ns = 99, .why = "count"};
	struct image image = {};
	struct trace_meta meta;
	struct trace_writer *w;

	memset(wanted, true, sizeof(wanted));
	trace_meta_now(&meta, wanted);
	w = trace_write_start(fd, &meta);
	write_some(w);
	ok(trace_write_end(w, &end), "a file is written");
	trace_write_free(w);
	trace_meta_free(&meta);
	image.size = lseek(fd, 0, SEEK_END);
	image.data = malloc(image.size);
	if (pread(fd, image.data, image.size, 0) != (ssize_t)image.size)
		image.size = 0;
	close(fd);
	return image;
}

/*
 * Changed
 */

static void change(uint8_t *data, size_t size)
{
	static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff, '"', '{', '[', ']', 0x1b, '\n', '0'};

	for (uint32_t i = 0, nr = 1 + any(6); size && i < nr; i++) {
		size_t at = any(size);

		switch (any(4)) {
		case 0:
			data[at] ^= 1 << any(8);
			break;
		case 1:
			data[at] = any(256);
			break;
		case 2:
			data[at] = odd[any(sizeof(odd))];
			break;
		default:
			/* Numbers without end */
			for (uint32_t n = 1 + any(12); n && at < size; n--)
				data[at++] = 0xff;
		}
	}
}

static struct trace_wire_block header_at(const struct image *image, size_t at)
{
	struct trace_wire_block header;

	memcpy(&header, image->data + at, sizeof(header));
	return header;
}

static size_t count_blocks(const struct image *image)
{
	size_t nr = 0;

	for (size_t at = sizeof(struct trace_wire_header); at < image->size; nr++)
		at += sizeof(struct trace_wire_block) + le32toh(header_at(image, at).size);
	return nr;
}

/* Unpacked, so that it can be changed, with a checksum that is right */
static size_t change_block(uint8_t *out, struct trace_wire_block header, const uint8_t *payload)
{
	size_t size = le32toh(header.unpacked);
	uint8_t *data = out + sizeof(header);

	if (header.codec == TRACE_PLAIN)
		memcpy(data, payload, size);
	else
		ZSTD_decompress(data, size, payload, le32toh(header.size));
	change(data, size);
	if (!any(10))
		size = any(size + 1);
	header.codec = TRACE_PLAIN;
	header.size = header.unpacked = htole32(size);
	header.crc = htole32(trace_wire_crc(header, data, size));
	memcpy(out, &header, sizeof(header));
	return sizeof(header) + size;
}

static void make_hostile(struct image *to, const struct image *from)
{
	size_t chosen = any(count_blocks(from)), nr = 0, at = sizeof(struct trace_wire_header);

	memcpy(to->data, from->data, at);
	to->size = at;
	to->at = 0;
	for (; at < from->size; nr++) {
		struct trace_wire_block header = header_at(from, at);
		size_t all = sizeof(header) + le32toh(header.size);
		uint8_t *out = to->data + to->size;

		if (nr == chosen) {
			to->size += change_block(out, header, from->data + at + sizeof(header));
		} else {
			memcpy(out, from->data + at, all);
			to->size += all;
		}
		at += all;
	}
}

/*
 * Used
 */

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			return false;
	return true;
}

static void done(void *context, const struct pairs_command *command, uint64_t ns)
{
	(void)command;
	*(uint64_t *)context += ns;
}

/**
 * struct user - What reads a file
 * @vms:     of the file
 * @pairs:   of its commands
 * @rebuild: what exists
 * @odd:     texts that must not be printed
 */
struct user {
	struct vms vms;
	struct pairs pairs;
	struct rebuild rebuild;
	unsigned int odd;
};

static void use(struct user *user, const struct trace_item *item)
{
	const struct trace_viommu *viommu = &item->viommu;
	char text[EVENT_TEXT_MAX];

	switch (item->type) {
	case TRACE_EVENT:
		event_args(text, sizeof(text), &item->event, item->event_type);
		user->odd += !is_printable(text);
		pairs_event(&user->pairs, &item->event, 0);
		rebuild_event(&user->rebuild, &item->event);
		break;
	case TRACE_VIOMMU:
		user->odd += !is_printable(viommu->name) || !is_printable(viommu->comm);
		vms_set(&user->vms, viommu->iommu, viommu->guest_id, viommu->pid, viommu->name);
		rebuild_viommu(&user->rebuild, viommu);
		break;
	case TRACE_VDEVICE:
		rebuild_vdevice(&user->rebuild, &item->vdevice);
		break;
	case TRACE_TRIGGER:
		user->odd += !is_printable(item->trigger.kind) || !is_printable(item->trigger.text);
		break;
	case TRACE_CLOCK:
		break;
	default:
		pairs_lost(&user->pairs);
	}
}

/* Texts that must not be printed */
static unsigned int read_all(struct image *image)
{
	char error[160];
	struct trace_reader *r = trace_read_start(read_image, image, error, sizeof(error));
	uint64_t total = 0;
	struct user user = {.pairs = {.done = done, .context = &total}};
	struct facts facts = {};
	struct trace_item item;

	if (!r)
		return !is_printable(error);
	while (trace_read_next(r, &item) < TRACE_WHOLE)
		use(&user, &item);
	user.odd += item.type == TRACE_DAMAGED && !is_printable(trace_read_error(r));
	rebuild_facts(&user.rebuild, NULL, &facts);
	facts_free(&facts);
	rebuild_free(&user.rebuild);
	pairs_free(&user.pairs);
	vms_free(&user.vms);
	trace_read_free(r);
	return user.odd;
}

/* A redacted copy can be read, as far as there is one: false if not */
static bool copy(struct image *image)
{
	int from = memfd_create("from", 0), to = memfd_create("to", 0);
	struct redact redact;
	char error[256] = "";
	struct redact_trace job = {
		.redact = &redact,
		.from = from,
		.to = to,
		.viommus = fopen("/dev/null", "w"),
		.vdevices = fopen("/dev/null", "w"),
	};
	bool good = redact_init(&redact, true, true) &&
		    write(from, image->data, image->size) == (ssize_t)image->size;
	struct trace_reader *r;

	lseek(from, 0, SEEK_SET);
	if (good && redact_trace(&job, error, sizeof(error))) {
		lseek(to, 0, SEEK_SET);
		r = trace_read_start(trace_read_fd, &to, error, sizeof(error));
		good = r;
		trace_read_free(r);
	}
	fclose(job.viommus);
	fclose(job.vdevices);
	redact_free(&redact);
	close(from);
	close(to);
	return good;
}

int main(void)
{
	struct image image = record(), hostile = {.data = malloc(MAX_BYTES)};
	unsigned int odd = read_all(&image), bad = 0;

	ok(!odd && copy(&image), "it is fine");
	for (int i = 0; i < ROUNDS; i++) {
		make_hostile(&hostile, &image);
		odd += read_all(&hostile);
		if (i % COPY_EVERY == 0)
			bad += !copy(&hostile);
	}
	is_number(odd, 0, "whatever is changed in it, nothing odd is printed");
	is_number(bad, 0, "and copies can be read");
	free(hostile.data);
	free(image.data);
	return tap_end();
}
