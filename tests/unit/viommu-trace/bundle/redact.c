// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of leaving out names and addresses: none is left, the same gets the
 * same pseudonym, and everything else stays as it was.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bundle/redact_debugfs.h"
#include "bundle/redact_trace.h"
#include "file/read.h"
#include "file/write.h"
#include "tap.h"

#define ADDRESS 0x123456789abcdull
#define NR_EVENTS 101

#define NR(array) (sizeof(array) / sizeof(*(array)))

static struct redact redact;

static void test_addresses(void)
{
	uint64_t address = redact_address(&redact, ADDRESS);
	struct redact other, off;

	ok(address != ADDRESS && (address & 0xfff) == 0xbcd, "an address keeps its offset only");
	is_number(redact_address(&redact, ADDRESS), address, "and has one pseudonym");
	ok(redact_address(&redact, ADDRESS + 0x1000) >> 12 != address >> 12, "its own");
	ok(!(address >> 52), "which is an address, too");
	redact_init(&other, true, true);
	ok(redact_address(&other, ADDRESS) != address, "that is another elsewhere");
	redact_free(&other);
	redact_init(&off, false, false);
	is_number(redact_address(&off, ADDRESS), ADDRESS, "unless it is not to be left out");
	is_string(redact_name(&off, "web-1"), "web-1", "as names");
	redact_free(&off);
	is_number(redact_address(&redact, 0xfff), 0xfff, "what is below a page is none");
}

static void test_commands(void)
{
	uint64_t wait[2] = {0x1000000000000001 | (ADDRESS & ~7ull), 0x1122334455667788};
	uint64_t all[2] = {0x3000000500000000, 0x7ffffffffffff003};
	uint64_t one[2] = {0x3000000500000000, 0x12345678000};
	uint64_t many[2] = {0x3000000500000000, 0x1234567ff001};
	uint64_t event[2] = {0x2030000580000010, ADDRESS};
	uint64_t private[2] = {0xc020000040011234, 0x2091a00028};

	redact_command(&redact, wait);
	ok(wait[0] >> 52 == 0x100 && (wait[0] & 7) == 1 && wait[1] == 0x1122334455667788 &&
		   (wait[0] & 0xffffffffffff8) ==
			   (redact_address(&redact, ADDRESS & ~7ull) & 0xffffffffffff8),
	   "COMPLETION_WAIT: its address");
	redact_command(&redact, all);
	ok(all[1] == 0x7ffffffffffff003, "INVALIDATE_IOMMU_PAGES of all: nothing");
	redact_command(&redact, one);
	ok(one[0] == 0x3000000500000000 && one[1] == redact_address(&redact, 0x12345678000),
	   "of one page: its address");
	redact_command(&redact, many);
	/* Eleven ones from bit 12 on, and a zero, are 4096 pages */
	ok((many[1] & 0xffffff) == 0x7ff001 && many[1] != 0x1234567ff001,
	   "of several: not how many");
	redact_record(&redact, event);
	ok(event[0] == 0x2030000580000010 && event[1] == redact_address(&redact, ADDRESS),
	   "IO_PAGE_FAULT: its address");
	redact_record(&redact, private);
	is_number(private[1], 0x2091a00028, "VIOMMU_HARDWARE_ERROR: none, it is private");
}

/* Nested, with the three parts of GCR3's address */
static void test_dte(void)
{
	uint64_t dte[4] = {0x7cc0000012345603, 0x0fedc80175300011, 0x0040000023456000,
			   0x0000000701138000};
	uint64_t before[4], gcr3;

	memcpy(before, dte, sizeof(before));
	redact_dte(&redact, dte);
	ok((dte[0] & 0x000ffffffffff000) == redact_address(&redact, 0x12345000) &&
		   ((dte[0] ^ before[0]) & ~0x1c0ffffffffff000ull) == 0,
	   "a DTE: its root");
	gcr3 = (dte[0] >> 58 & 7) << 12 | (dte[1] >> 16 & 0xffff) << 15 |
	       (dte[1] >> 43 & 0x1fffff) << 31;
	is_number(gcr3, redact_address(&redact, 0xfedcba987000), "GCR3, in its three places");
	ok(((dte[1] ^ before[1]) & 0x000007ff0000ffffull) == 0, "and no other bit of that");
	is_number(dte[2], (before[2] & ~0xfffffffffffffull) | redact_address(&redact, 0x23456000),
		  "its interrupt table");
	is_number(dte[3], before[3], "not whose it is");
	is_number(redact_queue(&redact, 0, 0x300309), redact_address(&redact, 0x300000) | 0x309,
		  "a command buffer");
	is_number(redact_queue(&redact, 2, 0x3200108),
		  redact_address(&redact, 0x320000) << 4 | 0x108,
		  "a PPR log, whose base is shifted");
}

static void test_ivrs(void)
{
	unsigned char table[48 + 40 + 32] = "IVRS", sum = 0;
	uint64_t base = 0xfd00000000, start = 0x9ab000, got;

	table[48] = 0x11;
	table[50] = 40;
	memcpy(table + 48 + 8, &base, 8);
	table[88] = 0x20;
	table[90] = 32;
	memcpy(table + 88 + 16, &start, 8);
	redact_ivrs(&redact, table, sizeof(table));
	memcpy(&got, table + 56, 8);
	is_number(got, redact_address(&redact, base), "IVRS: where an IOMMU is");
	memcpy(&got, table + 104, 8);
	is_number(got, redact_address(&redact, start), "and a range of memory");
	for (size_t i = 0; i < sizeof(table); i++)
		sum += table[i];
	is_number(sum, 0, "its checksum is right");
	/* Blocks that do not fit must not be followed */
	table[90] = 200;
	redact_ivrs(&redact, table, sizeof(table));
	table[90] = 0;
	redact_ivrs(&redact, table, sizeof(table));
	ok(true, "and one that is wrong does no harm");
}

static void text_is(const char *text, const char *want, const char *what)
{
	size_t size = strlen(text);
	char *got = redact_text(&redact, text, &size);

	is_string(got, want, what);
	is_number(strlen(got), size, "and its length");
	free(got);
}

static void test_text(void)
{
	char web[16], other[16], want[256];

	snprintf(web, sizeof(web), "%s", redact_name(&redact, "web-1"));
	snprintf(other, sizeof(other), "%s", redact_name(&redact, "web-1.test"));
	ok(strcmp(web, other) && !strcmp(redact_name(&redact, "web-1"), web),
	   "a name has one pseudonym");
	snprintf(want, sizeof(want), "%s and %s: web-12 web-1-a myweb-1 %s", web, other, web);
	text_is("web-1 and web-1.test: web-12 web-1-a myweb-1 web-1", want,
		"names are found, longer ones first, and no parts of others");
	snprintf(want, sizeof(want),
		 "flags=0x0020 address=0x%09llx]\nFeatures 0x25bf732fa2295afe\n",
		 (unsigned long long)redact_address(&redact, 0x100001234));
	text_is("flags=0x0020 address=0x100001234]\nFeatures 0x25bf732fa2295afe\n", want,
		"so are addresses, which flags and features are not");
	text_is("AMD-Vi: DTE[3]: 6190000123456003\nAMD-Vi: CMD[0]: 12345000\nDTE[1]: no",
		"AMD-Vi: DTE[3]: (redacted)\nAMD-Vi: CMD[0]: (redacted)\nDTE[1]: (redacted)no",
		"and words of entries and commands, which have no 0x");
	text_is("", "", "nothing is nothing");
}

/* What the kernel prints of the ACPI table, with amd_iommu_dump */
static void test_dump(void)
{
	char want[256];

	snprintf(want, sizeof(want),
		 "AMD-Vi:        mmio-addr: %016lx\n"
		 "AMD-Vi: IVMD_TYPE_ALL devid_start: 0000:00:00.0 devid_end: 0000:ff:1f.7 "
		 "range_start: %016lx range_end: %016lx flags: 6\n",
		 redact_address(&redact, 0xfeb80000), redact_address(&redact, 0xab2ff000),
		 redact_address(&redact, 0xab3ff000));
	text_is("AMD-Vi:        mmio-addr: 00000000feb80000\n"
		"AMD-Vi: IVMD_TYPE_ALL devid_start: 0000:00:00.0 devid_end: 0000:ff:1f.7 "
		"range_start: 00000000ab2ff000 range_end: 00000000ab3ff000 flags: 6\n",
		want, "numbers without 0x of which the line says that they are addresses");
	snprintf(want, sizeof(want), "iommu range: %08lx-%08lx, 65536 12345678 deadbeef\n",
		 redact_address(&redact, 0xab2ff000), redact_address(&redact, 0xab3ff000));
	text_is("iommu range: ab2ff000-ab3ff000, 65536 12345678 deadbeef\n", want,
		"also ranges of them, and no other numbers");
	snprintf(
		want, sizeof(want),
		"[INVALID_PPR_REQUEST device=0000:00:05.0 pasid=0xabcde address=0x%lx flags=0x12345 "
		"tag=0x12345]",
		redact_address(&redact, 0xabcde000));
	text_is("[INVALID_PPR_REQUEST device=0000:00:05.0 pasid=0xabcde address=0xabcde000 "
		"flags=0x12345 tag=0x12345]",
		want, "PASIDs, flags and tags are no addresses, however large");
}

/* VMs may be called as anything else is */
static void test_words(void)
{
	char iommu[16], zero[16], want[256];
	uint64_t before = redact.counts->mistakable;

	snprintf(iommu, sizeof(iommu), "%s", redact_name(&redact, "iommu"));
	snprintf(zero, sizeof(zero), "%s", redact_name(&redact, "00"));
	redact_learn(&redact, "enabled");
	redact_learn(&redact, "vfio-pci");
	redact_learn(&redact, "0000:05");
	is_number(redact.counts->mistakable, before + 5,
		  "names that mean something else are counted");
	text_is("iommu: Default domain type: enabled, device=0000:00:05.0, /sys/class/iommu vfio-pci",
		"iommu: Default domain type: enabled, device=0000:00:05.0, /sys/class/iommu vfio-pci",
		"and stay where they may mean that");
	snprintf(want, sizeof(want), "Comm: %s Not tainted iommu\nowner:        77 (%s)\nx (00)",
		 iommu, zero);
	text_is("Comm: iommu Not tainted iommu\nowner:        77 (00)\nx (00)", want,
		"but not where only names are");
	redact_learn(&redact, "a-very-long-name-of-a-vm");
	snprintf(want, sizeof(want), "Comm: %s Not",
		 redact_name(&redact, "a-very-long-name-of-a-vm"));
	text_is("Comm: a-very-long-nam Not", want, "that of a process is cut off");
	ok(!redact_comm(&redact, "qemu-system-x86") && redact_comm(&redact, "00") &&
		   redact_comm(&redact, "a-very-long-nam") && !redact_comm(&redact, "a-very"),
	   "a process is called as a VM is, or it is none of it");
}

static void test_secrets(void)
{
	static const char line[] =
		"BOOT_IMAGE=/vmlinuz root=UUID=1234 rd.iscsi.password=hunter2 "
		"amd_iommu=viommu \"x.pass=two words\" memmap=0x1000 iommu.strict=1 -- hunter3\n";
	size_t size = strlen(line);
	char *got = redact_cmdline(&redact, line, &size);

	is_string(
		got,
		"BOOT_IMAGE=/vmlinuz root=(redacted) rd.iscsi.password=(redacted) "
		"amd_iommu=viommu \"x.pass=(redacted) memmap=0x1000 iommu.strict=1 -- (redacted)\n",
		"parameters of the kernel have values if they are known to be harmless");
	free(got);
	text_is("[0.1] Kernel command line: iommu=pt rd.secret=hunter2\n[0.2] iommu: pt\n",
		"[0.1] Kernel command line: iommu=pt rd.secret=(redacted)\n[0.2] iommu: pt\n",
		"also in the log");
	text_is("Unknown kernel command line parameters \"a=hunter2 iommu\", will be passed\n",
		"Unknown kernel command line parameters \"a=(redacted) iommu\", will be passed\n",
		"and what the kernel passes on");
	text_is("vfio init: my.token=\"hunter 2\" x", "vfio init: my.token=(redacted) x",
		"and what is called a secret anywhere");
}

/* As many bytes as there are, and none behind them */
static void debugfs_within(const char *file, const char *text, size_t size, const char *want)
{
	char *exact = malloc(size), *got;

	memcpy(exact, text, size);
	got = redact_debugfs(&redact, file, exact, &size);
	is_string(got, want, file);
	is_number(strlen(got), size, "and its length");
	free(got);
	free(exact);
}

/* Another version of the driver may write anything */
static void test_other_formats(void)
{
	char want[160];
	uint64_t before = redact.counts->unknown;

	static const char queues[] = "cmd 0x300000 8192\nevt 12000 64\nppr\n\ncmd 30\0 1";
	static const char registers[] = "vfctrl 020 cmd 300309 x\nvfctrl what\n"
					"vfctrl 018 x 0000000000300309000";

	snprintf(want, sizeof(want), "cmd (redacted)\nevt %05lx 64\nppr (redacted)\n\ncmd 30? 1",
		 redact_address(&redact, 0x12000));
	debugfs_within("queues", queues, sizeof(queues) - 1, want);
	snprintf(want, sizeof(want), "vfctrl 020 cmd %06lx x\nvfctrl (redacted)\nvfctrl (redacted)",
		 redact_queue(&redact, 0, 0x300309));
	debugfs_within("registers", registers, sizeof(registers) - 1, want);
	debugfs_within("state", "a:b:c 0:", 8, "a:b:c 0:");
	is_number(redact.counts->unknown, before + 4, "what is not understood is counted");
}

static void test_json(void)
{
	struct json_object *object = json_tokener_parse(
		"{\"vm\":\"db\",\"count\":3,\"slowest\":{\"cmd\":\"89abcde9:10034567:55667788:11223344\"},"
		"\"driver\":\"enabled, 4096 bytes at 0x300000\",\"null\":null}");
	const char *text;

	ok(redact_json(&redact, object), "JSON");
	text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
	ok(!strstr(text, "\"db\"") && strstr(text, redact_name(&redact, "db")), "has no names");
	ok(!strstr(text, "89abcde9") && strstr(text, ":55667788:11223344"),
	   "no addresses in commands");
	ok(!strstr(text, "0x300000"), "and none in text");
	ok(strstr(text, "\"count\":3") && strstr(text, "\"null\":null"), "all else is there");
	json_object_put(object);
}

static void debugfs_is(const char *file, const char *text, const char *want, const char *what)
{
	size_t size = strlen(text);
	char *got = redact_debugfs(&redact, file, text, &size);

	is_string(got, want, what);
	free(got);
}

static void test_debugfs(void)
{
	char want[256];
	uint64_t dte[4] = {0x6000000012345603, 17, 0, 0x0000000701138000};

	redact_dte(&redact, dte);
	snprintf(want, sizeof(want), "trans_dte:    %016lx:%016lx:%016lx:%016lx\n", dte[3], dte[2],
		 dte[1], dte[0]);
	debugfs_is(
		"state",
		"trans_dte:    0000000701138000:0000000000000000:0000000000000011:6000000012345603\n",
		want, "debugfs: DTEs");
	snprintf(want, sizeof(want),
		 "vf     000 cmd_head  0000000000300000\nvfctrl 020 cmd       %016lx\n",
		 redact_queue(&redact, 0, 0x300309));
	debugfs_is("registers",
		   "vf     000 cmd_head  0000000000300000\nvfctrl 020 cmd       0000000000300309\n",
		   want, "registers that have addresses");
	snprintf(want, sizeof(want), "control 0000000000001004\ncmd   %016lx   8192\n",
		 redact_address(&redact, 0x300000));
	debugfs_is("queues", "control 0000000000001004\ncmd   0000000000300000   8192\n", want,
		   "queues");
	snprintf(want, sizeof(want), "devid 001000700000-001000700fff 0x%016lx own",
		 redact_address(&redact, 0x1234000));
	debugfs_is("ipa", "devid 001000700000-001000700fff 0x0000000001234000 own", want,
		   "memory of tables, but not private addresses");
}

/*
 * A recorded file
 */

static int make_trace(void)
{
	bool wanted[VTR_NR_EVENTS];
	struct trace_meta meta;
	struct trace_viommu viommu = {.iommu = 0,
				      .guest_id = 5,
				      .pid = 77,
				      .existing = true,
				      .queue_reg = {0x300309},
				      .queue_size = {0x2000},
				      .comm = "secret-machine-",
				      .name = "secret-machine-1"};
	struct trace_vdevice vdevice = {0, 5, 0x10, 0x20, 3};
	struct trace_end end = {.why = "duration"};
	struct trace_writer *w;
	int fd = memfd_create("trace", 0);

	memset(wanted, 1, sizeof(wanted));
	trace_meta_now(&meta, wanted);
	w = trace_write_start(fd, &meta);
	for (unsigned int i = 0; i < NR_EVENTS; i++) {
		struct vtr_event event = {.ns = i,
					  .guest_id = 5,
					  .id = VTR_cmd_submit,
					  .pid = 77,
					  .arg = {i, 0x3000000500000000, 0x12345678000},
					  .comm = "secret-machine-"};

		/* Its name comes after the first events of its process */
		if (i == 1 &&
		    (!trace_write_viommu(w, &viommu) || !trace_write_vdevice(w, &vdevice)))
			abort();
		if (i == 3 && !trace_write_lost(w, 13))
			abort();
		trace_write_event(w, &event);
	}
	trace_write_end(w, &end);
	trace_write_free(w);
	trace_meta_free(&meta);
	return fd;
}

static void read_back(int fd)
{
	char error[160];
	struct trace_reader *reader;
	struct trace_item item;
	unsigned int events = 0, good = 0;

	lseek(fd, 0, SEEK_SET);
	reader = trace_read_start(trace_read_fd, &fd, error, sizeof(error));
	while (trace_read_next(reader, &item) < TRACE_WHOLE) {
		if (item.type == TRACE_VIOMMU)
			ok(!strcmp(item.viommu.name, redact_name(&redact, "secret-machine-1")) &&
				   !strcmp(item.viommu.comm, item.viommu.name) &&
				   item.viommu.queue_reg[0] == redact_queue(&redact, 0, 0x300309),
			   "a recorded file: its VM");
		if (item.type != TRACE_EVENT)
			continue;
		events++;
		good += item.event.arg[2] == redact_address(&redact, 0x12345678000) &&
			item.event.ns == item.event.arg[0] && !strstr(item.event.comm, "secret");
	}
	is_number(events, NR_EVENTS, "as many events");
	is_number(good, NR_EVENTS, "each without its address and name");
	ok(item.type == TRACE_WHOLE && item.end.lost == 13 && !strcmp(item.end.why, "duration"),
	   "it is whole, and says what was lost");
	trace_read_free(reader);
}

/*
 * One of another version: events have other numbers, and tell the same in another order,
 * and what nobody knows here
 */
static const struct event_type other_types[] = {
	{"viommu_queue_init",
	 {{"size", ARG_HEX}, {"base", ARG_HEX}, {"queue", ARG_QUEUE}, {"shadow", ARG_HEX}}},
	{"viommu_cmd_submit", {{"cmd", ARG_COMMAND}, {"", ARG_END}, {"seq", ARG_NUMBER}}},
	{"viommu_not_known", {{"base", ARG_HEX}}},
	{"viommu_queue_enable", {{"reg", ARG_HEX}, {"queue", ARG_QUEUE}}},
};

static const uint64_t other_args[NR(other_types)][VTR_ARGS] = {
	{0x12345678000, 0x12345678000, 1, 0x12345678000},
	{0x3000000500000000, 0x12345678000, 4711},
	{0x12345678000},
	{0x300309, 0},
};

static int make_other_trace(void)
{
	struct event_type types[NR(other_types)];
	bool recorded[NR(other_types)] = {true, true, true, true};
	bool wanted[VTR_NR_EVENTS] = {};
	struct trace_end end = {.why = "duration"};
	int fd = memfd_create("other", 0);
	struct trace_meta meta, other;
	struct trace_writer *w;

	memcpy(types, other_types, sizeof(types));
	trace_meta_now(&meta, wanted);
	other = meta;
	other.type = types;
	other.recorded = recorded;
	other.nr_types = NR(types);
	w = trace_write_start(fd, &other);
	for (size_t i = 0; i < NR(types); i++) {
		struct vtr_event event = {.ns = i, .guest_id = 5};

		memcpy(event.arg, other_args[i], sizeof(event.arg));
		if (!trace_write_event_of(w, i, &event))
			abort();
	}
	trace_write_end(w, &end);
	ok(!trace_write_event_of(w, NR(types), &(struct vtr_event){}),
	   "another version's: there is no event that the file does not describe");
	trace_write_free(w);
	trace_meta_free(&meta);
	return fd;
}

static void other_is(const struct trace_item *item, size_t type, const uint64_t *args)
{
	is_string(item->event_type->name, other_types[type].name, "it stays what it was");
	ok(!memcmp(item->event.arg, args, sizeof(item->event.arg)),
	   "%s: without the address, wherever that is", other_types[type].name);
}

static void test_other_trace(void)
{
	const uint64_t address = redact_address(&redact, 0x12345678000);
	const uint64_t want[][VTR_ARGS] = {
		{0x12345678000, address, 1, address},
		{0x3000000500000000, address, 4711},
		{},
		{redact_queue(&redact, 0, 0x300309), 0},
	};
	struct redact_trace job = {.redact = &redact,
				   .from = make_other_trace(),
				   .to = memfd_create("copy", 0),
				   .viommus = stdout,
				   .vdevices = stdout};
	struct trace_reader *reader;
	struct trace_item item;
	uint64_t lost = 0;
	char error[160];
	size_t nr = 0;
	int to = job.to;

	lseek(job.from, 0, SEEK_SET);
	ok(redact_trace(&job, error, sizeof(error)), "another version's is copied");
	is_string(error, "1 events were lost", "but for what is left out");
	lseek(to, 0, SEEK_SET);
	reader = trace_read_start(trace_read_fd, &to, error, sizeof(error));
	while (trace_read_next(reader, &item) < TRACE_WHOLE) {
		if (item.type == TRACE_LOST)
			lost += item.lost;
		if (item.type != TRACE_EVENT)
			continue;
		nr += nr == 2;
		other_is(&item, nr, want[nr]);
		nr++;
	}
	is_string(item.type == TRACE_WHOLE ? "whole" : trace_read_error(reader), "whole",
		  "which is whole");
	is_number(nr, NR(other_types), "all but what nobody knows here");
	is_number(lost, 1, "which is told as lost");
	trace_read_free(reader);
	close(job.from);
	close(job.to);
}

static void test_trace(void)
{
	char *viommus = NULL, *vdevices = NULL, error[160];
	size_t n, m;
	struct redact_trace job = {.redact = &redact,
				   .from = make_trace(),
				   .to = memfd_create("copy", 0),
				   .viommus = open_memstream(&viommus, &n),
				   .vdevices = open_memstream(&vdevices, &m)};

	lseek(job.from, 0, SEEK_SET);
	ok(redact_trace(&job, error, sizeof(error)), "it is copied");
	is_string(error, "13 events were lost", "which does not make it whole");
	fclose(job.viommus);
	fclose(job.vdevices);
	read_back(job.to);
	ok(strstr(viommus, "\"guest_id\":5") && !strstr(viommus, "secret"), "who was there, too");
	ok(strstr(vdevices, "\"hdev_id\":32"), "and its device");
	free(viommus);
	free(vdevices);
	lseek(job.from, 30, SEEK_SET);
	close(job.to);
	ftruncate(job.from, 30);
	ok(!redact_trace(&job, error, sizeof(error)) && *error, "what is no such file is told");
	close(job.from);
}

int main(void)
{
	if (!redact_init(&redact, true, true))
		return 1;
	test_addresses();
	test_commands();
	test_dte();
	test_ivrs();
	test_text();
	test_json();
	test_debugfs();
	test_trace();
	test_other_trace();
	test_dump();
	test_words();
	test_secrets();
	test_other_formats();
	redact_free(&redact);
	return tap_end();
}
