// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of the ring of the last events, and of files with what was before a trigger.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/read.h"
#include "fly/incident.h"
#include "fly/names.h"
#include "fly/past.h"
#include "tap.h"

#define SECOND 1000000000ull
#define MIB (1ull << 20)

static int directory;
static bool wanted[VTR_NR_EVENTS];

/* struct content - What a file has */
struct content {
	unsigned int events;
	unsigned int viommus;
	unsigned int existing;
	unsigned int vdevices;
	unsigned int triggers;
	uint64_t lost;
	uint64_t first;
	uint64_t last;
	uint64_t before_trigger;
	struct trace_viommu viommu;
	struct trace_trigger trigger;
	struct trace_end end;
	enum trace_item_type how;
};

static struct content content_of(int fd)
{
	struct content c = {.how = TRACE_DAMAGED};
	struct trace_reader *r;
	struct trace_item item;
	char error[160];

	lseek(fd, 0, SEEK_SET);
	r = trace_read_start(trace_read_fd, &fd, error, sizeof(error));
	if (!r)
		return c;
	while (trace_read_next(r, &item) < TRACE_WHOLE) {
		switch (item.type) {
		case TRACE_EVENT:
			if (!c.events++)
				c.first = item.event.arg[0];
			c.last = item.event.arg[0];
			break;
		case TRACE_VIOMMU:
			if (!c.viommus++)
				c.viommu = item.viommu;
			c.existing += item.viommu.existing;
			break;
		case TRACE_VDEVICE:
			c.vdevices++;
			break;
		case TRACE_LOST:
			c.lost += item.lost;
			break;
		case TRACE_TRIGGER:
			c.triggers++;
			c.trigger = item.trigger;
			c.before_trigger = c.last;
			break;
		default:
			break;
		}
	}
	c.how = item.type;
	c.end = item.end;
	trace_read_free(r);
	return c;
}

static struct content content_of_file(const char *name)
{
	int fd = openat(directory, name, O_RDONLY);
	struct content c = content_of(fd);

	close(fd);
	return c;
}

static uint64_t seq;

static struct vtr_event event_at(uint64_t ns, enum vtr_event_id id, uint64_t arg0, uint64_t arg1)
{
	return (struct vtr_event){
		.ns = ns,
		.id = id,
		.guest_id = 5,
		.pid = 42,
		.comm = "vmm",
		.arg = {arg0, arg1},
	};
}

/* A command each 10 ms, as it is looked at 20 times a second */
static uint64_t run(struct past *past, uint64_t from, uint64_t span)
{
	uint64_t now;

	for (now = from; now < from + span; now += SECOND / 100) {
		const struct vtr_event event = event_at(now, VTR_cmd_submit, ++seq, 0);

		past_event(past, &event);
		if (seq % 5 == 0)
			past_tick(past, now);
	}
	return now;
}

static const struct trace_viommu guest = {
	.guest_id = 5,
	.pid = 42,
	.existing = true,
	.serial = 1,
	.cmds = 100,
	.comm = "vmm",
	.name = "db-1",
};
static const struct trace_vdevice device = {0, 5, 0x10, 0xf8, 1};

static void begin(struct past *past, int dir, uint64_t keep, uint64_t max, uint64_t now)
{
	const struct past_options options = {
		.directory = dir,
		.keep_ns = keep,
		.part_ns = keep / 4,
		.max_bytes = max,
		.wanted = wanted,
	};

	*past = (struct past){};
	past_viommu(past, &guest);
	past_vdevice(past, &device);
	ok(past_begin(past, &options, now), "it begins");
}

static struct trace_trigger trigger_at(uint64_t ns)
{
	return (struct trace_trigger){ns, 0, 5, "p99", "slow"};
}

static void test_memory(void)
{
	struct incident incident = {.directory = directory};
	struct trace_trigger trigger;
	struct vtr_event event;
	struct content c;
	struct past past;
	uint64_t now;
	char *name;

	seq = 0;
	begin(&past, -1, 8 * SECOND, 64 * MIB, SECOND);
	now = run(&past, SECOND, 60 * SECOND);
	ok(past.nr <= 6, "what is old is dropped: %zu parts are left", past.nr);
	ok(past_kept_ns(&past, now) >= 8 * SECOND && past_kept_ns(&past, now) <= 11 * SECOND,
	   "it goes back as far as it has to, and not much further");
	trigger = trigger_at(now);
	past_trigger(&past, &trigger);
	ok(incident_begin(&incident, &past, "p99", now, now - 8 * SECOND, now + SECOND),
	   "a file begins");
	event = event_at(now, VTR_cmd_submit, ++seq, 0);
	past_event(&past, &event);
	incident_check(&incident, trace_write_event(incident.writer, &event));
	name = incident_end(&incident, now + SECOND);
	ok(name && strstr(name, "-p99.trace"), "and is named after its trigger");
	c = content_of_file(name);
	ok(c.how == TRACE_WHOLE, "it is a whole recording");
	is_string(c.end.why, "trigger", "that says why it ended");
	ok(c.first <= 6001 - 800 && c.first >= 6001 - 1100, "it has what was before");
	is_number(c.last, 6001, "and what came behind");
	is_number(c.events, c.last - c.first + 1, "without a gap");
	is_number(c.lost, 0, "nothing is lost");
	is_number(c.triggers, 1, "it has the trigger");
	is_number(c.before_trigger, 6000, "in its place");
	is_string(c.trigger.text, "slow", "with its words");
	is_number(c.existing, 1, "the vIOMMU is there once");
	is_number(c.vdevices, 1, "and its device");
	is_string(c.viommu.name, "db-1", "with its name");
	is_number(c.viommu.cmds, 100 + c.first - 1, "and as many commands as were before that");
	free(name);
	past_end(&past, now);
}

static void test_life(void)
{
	struct trace_viommu who = {.guest_id = 6, .pid = 43, .comm = "vmm", .name = "web-2"};
	struct past past;
	struct vtr_event event;
	struct content c;
	struct trace_writer *w;
	struct trace_end end = {};
	FILE *file = tmpfile();
	uint64_t now = SECOND;

	seq = 0;
	begin(&past, -1, SECOND, 64 * MIB, now);
	past_who(&past, &who);
	event = event_at(now, VTR_guest_id_alloc, 0, 0);
	event.guest_id = 6;
	past_event(&past, &event);
	event = event_at(now, VTR_guest_id_free, 0, 0);
	past_event(&past, &event);
	event = event_at(now, VTR_init, 17, 0);
	event.guest_id = 6;
	past_event(&past, &event);
	event = event_at(now, VTR_vdevice_init, 0x20, 0x108);
	event.guest_id = 6;
	past_event(&past, &event);
	event = event_at(now, VTR_queue_enable, 2, 0x3100000 | VHW_QUEUE_ENABLE | 9);
	event.guest_id = 6;
	past_event(&past, &event);
	event = event_at(now, VTR_control, 0x1004, 0);
	event.guest_id = 6;
	past_event(&past, &event);
	now = run(&past, now, 5 * SECOND);
	w = past_copy(&past, now - SECOND, fileno(file));
	ok(w && trace_write_end(w, &end), "a later copy");
	trace_write_free(w);
	c = content_of(fileno(file));
	is_number(c.existing, 1, "has who is there, and not who has gone");
	is_string(c.viommu.name, "web-2", "with its name");
	is_number(c.viommu.serial, 17, "its serial");
	is_number(c.viommu.control, 0x1004, "its control register");
	is_number(c.viommu.queue_size[2], 8192, "its queue");
	is_number(c.vdevices, 1, "its device");
	is_number(c.viommus, 1, "and nothing twice");
	past_end(&past, now);
	fclose(file);
}

static unsigned int nr_files(int dir, uint64_t *bytes)
{
	struct names_list list;
	unsigned int nr;

	names_read(&list, dir);
	nr = list.nr;
	*bytes = names_bytes(&list);
	names_free(&list);
	return nr;
}

static void test_files(void)
{
	uint64_t now = 100 * SECOND, bytes;
	struct content c;
	struct names_list list;
	struct past past;
	int dir;

	mkdirat(directory, "past", 0700);
	dir = openat(directory, "past", O_RDONLY | O_DIRECTORY);
	seq = 0;
	begin(&past, dir, 3600 * SECOND, 64 * MIB, now);
	past.options.part_ns = 4 * SECOND;
	now = run(&past, now, 95 * SECOND / 10);
	/* As kill -9 */
	trace_write_free(past.writer);
	past.writer = NULL;
	is_number(nr_files(dir, &bytes), 3, "what is kept in files is in files");
	past_end(&past, now);
	names_read(&list, dir);
	for (size_t i = 0; i < list.nr; i++) {
		int fd = openat(dir, list.file[i].name, O_RDONLY);

		c = content_of(fd);
		close(fd);
		ok(c.how == (i < 2 ? TRACE_WHOLE : TRACE_TRUNCATED) && c.events && c.existing == 1,
		   "%s can be read on its own", list.file[i].name);
	}
	names_free(&list);
	ok(c.last >= 850, "also the one that was not finished, up to a second before");
	/* Another run: 8 KiB are a few of them */
	begin(&past, dir, 3600 * SECOND, 8 << 10, now);
	past.options.part_ns = SECOND;
	now = run(&past, now, 30 * SECOND);
	nr_files(dir, &bytes);
	ok(bytes <= 12 << 10, "older runs count, too: %llu bytes", (unsigned long long)bytes);
	past_end(&past, now);
	close(dir);
}

/* What is written beyond this fails, as on a full disk */
static void limit_files(rlim_t bytes)
{
	const struct rlimit limit = {bytes, RLIM_INFINITY};

	setrlimit(RLIMIT_FSIZE, &limit);
}

static void test_full(void)
{
	struct incident incident = {.directory = directory};
	uint64_t now = 1000 * SECOND, bytes, before = nr_files(directory, &bytes);
	struct content c;
	struct past past;
	FILE *file;
	struct trace_writer *w;
	struct trace_end end = {};
	int dir;

	signal(SIGXFSZ, SIG_IGN);
	mkdirat(directory, "full", 0700);
	dir = openat(directory, "full", O_RDONLY | O_DIRECTORY);
	seq = 0;
	begin(&past, dir, 4 * SECOND, 64 * MIB, now);
	nr_files(dir, &bytes);
	/* A little more than what there is: no block fits */
	limit_files(bytes + 20);
	now = run(&past, now, 2 * SECOND);
	/* memfds obey that limit as well */
	limit_files(RLIM_INFINITY);
	ok(past.errors > 0, "what cannot be written is given up");
	is_number(past.last_error, EFBIG, "and why is known");
	now = run(&past, now, 2 * SECOND);
	file = tmpfile();
	w = past_copy(&past, 0, fileno(file));
	ok(w && trace_write_end(w, &end), "the rest is there");
	trace_write_free(w);
	c = content_of(fileno(file));
	is_number(c.last, seq, "to the last one");
	is_number(c.lost + c.events, seq, "and what is not is told");
	ok(c.lost > 0, "something is not");
	fclose(file);
	limit_files(600);
	ok(!incident_begin(&incident, &past, "p99", now, 0, now) && errno == EFBIG &&
		   !incident_open(&incident),
	   "a file for which there is no room does not begin");
	limit_files(RLIM_INFINITY);
	is_number(nr_files(directory, &bytes), before, "and leaves nothing, nor takes another one");
	past_end(&past, now);
	close(dir);
}

static void touch(const char *name, size_t bytes)
{
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (ftruncate(fd, bytes))
		perror(name);
	close(fd);
}

static bool is_there(const char *name)
{
	return !faccessat(directory, name, F_OK, 0);
}

static void test_names(void)
{
	char *one = names_new(directory, SECOND, "signal"), *other;
	uint64_t bytes;

	touch(one, 1);
	other = names_new(directory, SECOND, "signal");
	ok(strcmp(one, other), "two files of one second have two names");
	unlinkat(directory, one, 0);
	free(one);
	free(other);
	names_trim(directory, 0, NULL);
	is_number(nr_files(directory, &bytes), 0, "all can be deleted");
	touch("viommu-20260101T000000Z-p99.trace", 1000);
	touch("viommu-20260101T000000Z-p99.tar.zst", 1000);
	touch("viommu-20260102T000000Z-p99.trace", 1000);
	touch("viommu-20260103T000000Z-p99.trace", 1000);
	touch("somebody-else's.trace", 100000);
	is_number(names_trim(directory, 3000, NULL), 1, "the oldest goes where there are too many");
	ok(is_there("viommu-20260102T000000Z-p99.trace"), "and no other");
	names_trim(directory, 0, "viommu-20260103T000000Z-p99");
	ok(is_there("viommu-20260103T000000Z-p99.trace") &&
		   !is_there("viommu-20260102T000000Z-p99.trace"),
	   "the newest stays, whatever its size");
	ok(is_there("somebody-else's.trace"), "so does what is another's");
	touch("viommu-20260104T000000Z-p99.trace.part", 10);
	touch("viommu-20260105T000000Z-p99.trace.part", 0);
	touch("viommu-20260103T000000Z-p99.trace.part", 10);
	is_number(names_rescue(directory), 1, "what a killed recorder left gets its name");
	ok(is_there("viommu-20260104T000000Z-p99.trace"), "which is this");
	ok(!is_there("viommu-20260105T000000Z-p99.trace.part") &&
		   !is_there("viommu-20260105T000000Z-p99.trace"),
	   "unless it is empty");
	ok(is_there("viommu-20260103T000000Z-p99.trace.part"), "and replaces none that is whole");
}

int main(void)
{
	char name[] = "/tmp/viommu-past-XXXXXX", command[64];

	memset(wanted, true, sizeof(wanted));
	directory = open(mkdtemp(name), O_RDONLY | O_DIRECTORY);
	test_memory();
	test_life();
	test_files();
	test_full();
	test_names();
	snprintf(command, sizeof(command), "rm -r %s", name);
	ok(!system(command), "cleaned up");
	return tap_end();
}
