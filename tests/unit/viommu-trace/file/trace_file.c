// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of recorded files: what is written is read, from a file that was
 * cut anywhere all whole blocks are, and nothing that is wrong goes unnoticed.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file/read.h"
#include "file/wire.h"
#include "file/write.h"
#include "tap.h"

/* Prime, and more than fit in a block */
#define NR_EVENTS 4993
#define LOST_AT 1009
#define LOST 17

/* struct image - A file in memory */
struct image {
	uint8_t *data;
	size_t size;
	size_t at;
};

static ssize_t read_image(void *context, void *buf, size_t len)
{
	struct image *image = context;
	size_t left = image->size - image->at;

	/* In pieces, as pipes have them */
	if (len > 4099)
		len = 4099;
	if (len > left)
		len = left;
	memcpy(buf, image->data + image->at, len);
	image->at += len;
	return len;
}

static struct vtr_event event_of(unsigned int i)
{
	struct vtr_event event = {
		/* Those of another processor may be a bit older */
		.ns = 1000000000ull + i * 1009 - (i % 7 == 3) * 2000,
		/* Sequence numbers of an IOMMU have no gaps */
		.arg = {i / 6, i * 0x123456789abcdefull, ~0ull - i, 0},
		.iommu = i % 3,
		.pid = i % 11 ? (int)(4321 + i % 5) : -1,
		.guest_id = i % 0x7fff,
		.id = i % 2 ? VTR_cmd_submit : VTR_guest_id_free,
	};

	snprintf(event.comm, sizeof(event.comm), "vmm-%u", i % 13);
	return event;
}

/* Arguments that an event does not have are not kept */
static bool same_event(const struct vtr_event *got, unsigned int i)
{
	struct vtr_event want = event_of(i);

	for (unsigned int word = event_words(&event_types[want.id]); word < VTR_ARGS; word++)
		want.arg[word] = 0;
	return !memcmp(got, &want, sizeof(want));
}

static const struct trace_viommu guest = {
	.iommu = 1,
	.guest_id = 0x7fff,
	.pid = 4321,
	.existing = true,
	.serial = 1ull << 40,
	.created_ns = 12345,
	.cmds = 77,
	.events = 5,
	.domain_id = 9,
	.trans_devid = 0xffff,
	.control = 0x1234,
	.queue_reg = {1, 2, 3},
	.queue_size = {4096, 0, 8192},
	.comm = "qemu",
	.name = "db-1",
};

static const struct trace_vdevice device = {1, 0x7fff, 0x10, 0xf8, 3};

static struct image image_of(int fd)
{
	struct image image = {.size = lseek(fd, 0, SEEK_END)};

	image.data = malloc(image.size);
	if (pread(fd, image.data, image.size, 0) != (ssize_t)image.size)
		image.size = 0;
	close(fd);
	return image;
}

static struct image record(void)
{
	bool wanted[VTR_NR_EVENTS] = {[VTR_cmd_submit] = true, [VTR_guest_id_free] = true};
	int fd = memfd_create("trace", 0);
	struct trace_end end = {.ns = 99, .why = "count"};
	struct trace_meta meta;
	struct trace_writer *w;
	bool good;

	good = trace_meta_now(&meta, wanted);
	w = trace_write_start(fd, &meta);
	good &= w && trace_write_viommu(w, &guest) && trace_write_vdevice(w, &device);
	for (unsigned int i = 0; i < NR_EVENTS; i++) {
		struct vtr_event event = event_of(i);

		good &= i != LOST_AT || trace_write_lost(w, LOST);
		good &= trace_write_event(w, &event);
		good &= i % 1000 != 999 || trace_write_flush(w);
	}
	good &= trace_write_end(w, &end);
	ok(good, "a file is written");
	is_number(trace_write_bytes(w), lseek(fd, 0, SEEK_END), "and its size is known");
	trace_write_free(w);
	trace_meta_free(&meta);
	return image_of(fd);
}

static struct trace_reader *start(struct image *image)
{
	char error[160];

	image->at = 0;
	return trace_read_start(read_image, image, error, sizeof(error));
}

static void test_all(struct image *image)
{
	struct trace_reader *r = start(image);
	const struct trace_meta *meta = trace_read_meta(r);
	unsigned int events = 0, wrong = 0, lost_at = 0;
	struct trace_item item;

	is_number(meta->nr_types, VTR_NR_EVENTS, "all events are described");
	ok(trace_meta_recorded(meta, VTR_cmd_submit), "this one was recorded");
	ok(!trace_meta_recorded(meta, VTR_init), "that one was not");
	ok(trace_read_next(r, &item) == TRACE_VIOMMU &&
		   !memcmp(&item.viommu, &guest, sizeof(guest)),
	   "the vIOMMU comes back");
	ok(trace_read_next(r, &item) == TRACE_VDEVICE &&
		   !memcmp(&item.vdevice, &device, sizeof(device)),
	   "so does the device");
	while (trace_read_next(r, &item) < TRACE_WHOLE) {
		if (item.type == TRACE_LOST && item.lost == LOST)
			lost_at = events;
		if (item.type != TRACE_EVENT)
			continue;
		wrong += !same_event(&item.event, events) ||
			 strcmp(item.event_type->name, event_types[item.event.id].name);
		events++;
	}
	is_number(events, NR_EVENTS, "as many events as were written");
	is_number(wrong, 0, "and all the same");
	is_number(lost_at, LOST_AT, "what was lost is where it was lost");
	ok(item.type == TRACE_WHOLE, "the file is whole");
	is_number(item.end.events, NR_EVENTS, "its end counts the events");
	is_number(item.end.lost, LOST, "and those lost");
	is_string(item.end.why, "count", "and says why it ended");
	ok(trace_read_next(r, &item) == TRACE_WHOLE, "an end stays the end");
	trace_read_free(r);
}

/* Reads all there is. Events, or -1 if one is not what was written in its place */
static int read_all(struct image *image, enum trace_item_type *end)
{
	struct trace_reader *r = start(image);
	struct trace_item item;
	int events = 0;

	*end = TRACE_DAMAGED;
	if (!r)
		return 0;
	while (trace_read_next(r, &item) < TRACE_WHOLE)
		if (item.type == TRACE_EVENT && !same_event(&item.event, events++))
			events = -1;
	*end = item.type;
	trace_read_free(r);
	return events;
}

static void test_cut(const struct image *image)
{
	struct image cut = *image;
	unsigned int wrong = 0, fewer = 0;
	enum trace_item_type end;
	int most = 0;

	for (cut.size = 0; cut.size < image->size; cut.size += 1 + cut.size / 300) {
		int events = read_all(&cut, &end);

		wrong += events < 0 || end == TRACE_WHOLE;
		fewer += events < most;
		most = events;
	}
	is_number(wrong, 0, "a file that was cut is never taken for whole");
	is_number(fewer, 0, "the longer it is the more events it has");
	cut.size = image->size - 1;
	is_number(read_all(&cut, &end), NR_EVENTS, "without its last byte it has all");
	ok(end == TRACE_TRUNCATED, "and is known to be cut off");
}

static void test_bits(const struct image *image)
{
	struct image bad = *image;
	unsigned int wrong = 0;
	enum trace_item_type end;

	for (size_t at = 0; at < image->size; at += 1 + at / 150) {
		/* Bytes of the header that are not used */
		if (at >= 10 && at < 16)
			continue;
		bad.data[at] ^= 0x10;
		wrong += read_all(&bad, &end) < 0 || end == TRACE_WHOLE;
		bad.data[at] ^= 0x10;
	}
	is_number(wrong, 0, "no bit can change unnoticed");
}

static void test_others(const struct image *image)
{
	struct image other = *image;
	enum trace_item_type end;
	char error[160];

	other.size = 0;
	other.at = 0;
	ok(!trace_read_start(read_image, &other, error, sizeof(error)), "an empty file is refused");
	is_string(error, "is empty", "as what it is");
	other.size = 12;
	other.at = 0;
	ok(!trace_read_start(read_image, &other, error, sizeof(error)), "so are twelve bytes");
	other.size = image->size;
	other.at = 1;
	ok(!trace_read_start(read_image, &other, error, sizeof(error)), "and something else");
	is_string(error, "was not written by viommu-trace record", "as that");
	other.at = 0;
	other.data[8]++;
	ok(!trace_read_start(read_image, &other, error, sizeof(error)), "and another version");
	ok(strstr(error, "has version 3 "), "which is named");
	other.data[8]--;
	other.data = malloc(image->size + 1);
	memcpy(other.data, image->data, image->size);
	other.data[other.size++] = 0;
	read_all(&other, &end);
	ok(end == TRACE_DAMAGED, "something behind the end is told");
	free(other.data);
}

/*
 * What a later version may write
 */

static uint8_t *put_block(uint8_t *at, unsigned int type, unsigned int number, const void *data,
			  size_t size)
{
	struct trace_wire_block header = {
		.magic = htole32(TRACE_BLOCK_MAGIC),
		.type = type,
		.number = htole32(number),
		.size = htole32(size),
		.unpacked = htole32(size),
	};

	header.crc = htole32(trace_wire_crc(header, data, size));
	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header), data, size);
	return at + sizeof(header) + size;
}

static uint8_t *put_record(uint8_t *at, unsigned int type, const void *data, size_t size)
{
	at = varint_put(at, type);
	at = varint_put(at, size);
	memcpy(at, data, size);
	return at + size;
}

static struct image later(void)
{
	static const char meta[] =
		"{\"new\":{},\"events\":[{\"event\":\"viommu_new\",\"recorded\":true,\"args\":"
		"[[\"a\",\"shiny\"],[\"b\",\"ret\"],[\"c\",\"hex\"],[\"d\",\"hex\"],[\"e\",\"hex\"]]},"
		"{\"event\":\"viommu_init\",\"recorded\":true,\"args\":[[\"serial\",\"number\"]]}]}";
	static const uint8_t process[] = {20, 2, 'v', 'm', 'x'};
	static const uint8_t lost[] = {5, 6, 7};
	/* index, time, process, IOMMU, guest ID, five words and something else */
	static const uint8_t new[] = {0, 4, 0, 1, 2, 7, 8, 9, 10, 11, 12};
	static const uint8_t init[] = {1, 4, 0, 1, 2};
	struct image image = {.data = calloc(1, 4096)};
	uint8_t records[256], *at = records;
	uint8_t *out = image.data;

	at = put_record(at, TRACE_RECORD_PROCESS, process, sizeof(process));
	at = put_record(at, 99, "what?", 5);
	at = put_record(at, TRACE_RECORD_EVENT, new, sizeof(new));
	at = put_record(at, TRACE_RECORD_LOST, lost, sizeof(lost));
	at = put_record(at, TRACE_RECORD_EVENT, init, sizeof(init));
	memcpy(out, TRACE_MAGIC "\1", TRACE_MAGIC_LEN + 1);
	out = put_block(out + 16, TRACE_BLOCK_META, 0, meta, strlen(meta));
	out = put_block(out, 77, 1, "new", 3);
	out = put_block(out, TRACE_BLOCK_RECORDS, 2, records, at - records);
	out = put_block(out, TRACE_BLOCK_END, 3, "{\"events\":2}", 12);
	image.size = out - image.data;
	return image;
}

/* Commands of one process with something in between, by which nothing else changes */
static struct vtr_event command_of(unsigned int i)
{
	return (struct vtr_event){
		.ns = 1000 + 10 * i,
		.arg = {i + 1, (uint64_t)(i % 16) << 60 | i % 3, i % 5 ? 0x7fff0000 + i : ~0ull},
		.iommu = 1023,
		.pid = 7,
		.guest_id = 0xffff,
		.id = VTR_cmd_submit,
		.comm = "fifteen letters",
	};
}

static void test_alike(void)
{
	bool wanted[VTR_NR_EVENTS] = {[VTR_cmd_submit] = true}, good;
	int fd = memfd_create("trace", 0);
	unsigned int wrong = 0, events = 0;
	struct trace_end end = {};
	struct trace_item item;
	struct trace_writer *w;
	struct trace_meta meta;
	struct trace_reader *r;
	struct image image;

	good = trace_meta_now(&meta, wanted);
	w = trace_write_start(fd, &meta);
	for (unsigned int i = 0; good && i < NR_EVENTS; i++) {
		struct vtr_event event = command_of(i);

		good = trace_write_event(w, &event) && (i % 7 || trace_write_clock(w, i)) &&
		       (i % 1009 || trace_write_flush(w));
	}
	ok(good && trace_write_end(w, &end), "commands that differ little are written");
	trace_write_free(w);
	trace_meta_free(&meta);
	image = image_of(fd);
	ok(image.size < 8 * NR_EVENTS, "in few bytes: %zu", image.size);
	r = start(&image);
	while (r && trace_read_next(r, &item) < TRACE_WHOLE) {
		struct vtr_event want = command_of(events);

		if (item.type != TRACE_EVENT)
			continue;
		wrong += memcmp(&item.event, &want, sizeof(want)) != 0;
		events++;
	}
	is_number(events, NR_EVENTS, "all are read");
	is_number(wrong, 0, "as they were");
	trace_read_free(r);
	free(image.data);
}

static void test_later(void)
{
	struct image image = later();
	struct trace_reader *r = start(&image);
	struct trace_item item;

	if (!ok(r, "a file of a later version with other events is read"))
		return;
	ok(trace_read_next(r, &item) == TRACE_EVENT && item.event.id == VTR_NR_EVENTS,
	   "an event that nobody here knows");
	is_string(item.event_type->name, "viommu_new", "has its name");
	ok(item.event_type->arg[0].kind == ARG_HEX && item.event_type->arg[1].kind == ARG_RET,
	   "and arguments that can be shown");
	ok(item.event.arg[0] == 7 && item.event.arg[3] == 10 && item.event.pid == 10 &&
		   !strcmp(item.event.comm, "vm"),
	   "with their values");
	ok(trace_read_next(r, &item) == TRACE_LOST && item.lost == 5, "losses are told");
	ok(trace_read_next(r, &item) == TRACE_EVENT && item.event.id == VTR_init,
	   "an event that is known by its name has another index there");
	ok(item.event.arg[0] == 0 && item.event.ns == 4, "and fewer arguments");
	ok(trace_read_next(r, &item) == TRACE_WHOLE && item.end.events == 2, "to the end");
	trace_read_free(r);
	free(image.data);
}

/* Whoever made the checksum may have meant harm, too */
static void test_hostile(void)
{
	static const char meta[] =
		"{\"events\":[{\"event\":\"viommu_init\",\"args\":[[\"a\",\"ret\"]]}]}";
	struct image image = {.data = calloc(1, 4096)};
	uint8_t records[512], *out = image.data;
	unsigned int ended = 0, seed = 1;
	struct trace_item item;

	memcpy(out, TRACE_MAGIC "\1", TRACE_MAGIC_LEN + 1);
	out = put_block(out + 16, TRACE_BLOCK_META, 0, meta, strlen(meta));
	for (int i = 0; i < 3001; i++) {
		struct trace_reader *r;
		uint8_t *end;

		for (size_t at = 0; at < sizeof(records); at++) {
			seed = seed * 1103515245 + 12345;
			/* Types and lengths that make sense now and then */
			records[at] = seed >> 16 & (seed >> 28 ? 7 : 0xff);
		}
		end = put_block(out, TRACE_BLOCK_RECORDS, 1, records, sizeof(records));
		image.size = end - image.data;
		r = start(&image);
		while (trace_read_next(r, &item) < TRACE_WHOLE)
			;
		ended += item.type == TRACE_DAMAGED || item.type == TRACE_TRUNCATED;
		trace_read_free(r);
	}
	is_number(ended, 3001, "nonsense with a good checksum comes to an end");
	free(image.data);
}

static void test_full(void)
{
	bool wanted[VTR_NR_EVENTS] = {};
	struct vtr_event event = event_of(1);
	struct trace_meta meta;
	struct trace_writer *w;
	int fds[2];
	bool good = true;

	trace_meta_now(&meta, wanted);
	if (pipe(fds))
		return;
	w = trace_write_start(fds[1], &meta);
	close(fds[1]);
	for (int i = 0; good && i < NR_EVENTS * 100; i++)
		good = trace_write_event(w, &event);
	ok(!good, "a file that can no longer be written is told");
	ok(!trace_write_flush(w) && !trace_write_lost(w, 1), "and stays so");
	trace_write_free(w);
	trace_meta_free(&meta);
	close(fds[0]);
}

int main(void)
{
	struct image image = record();

	printf("# %zu bytes, %.1f an event\n", image.size, (double)image.size / NR_EVENTS);
	test_all(&image);
	test_cut(&image);
	test_bits(&image);
	test_others(&image);
	test_alike();
	test_later();
	test_hostile();
	test_full();
	free(image.data);
	return tap_end();
}
