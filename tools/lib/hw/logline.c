// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's log says about IOMMUs, read back.
 *
 * The kernel decodes a record of the event log and prints some of its fields,
 * of which and how has changed:
 *
 *   AMD-Vi: Event logged [                                  until 4.19, where
 *   IO_PAGE_FAULT device=05:00.0 domain=0x0012 …]           often as two lines
 *   AMD-Vi: Event logged [IO_PAGE_FAULT device=05:00.0 domain=0x0012 …]
 *   iommu ivhd0: INVALID_DEVICE_REQUEST device=00:00.1 …]   4.20
 *   nvme 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000d …]
 *   … [IO_PAGE_FAULT device=0000:05:00.0 domain=0x0012 …]   since 6.0
 *
 * So the name of the record is what is looked for, and KEY=VALUE behind it. The
 * record is put together again from those, and which bits are known is kept.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hw/logline.h"
#include "lib/hw/names.h"
#include "viommu_hw.h"

/* The kernel's name of a record that has another one in the specification */
#define RMP_ERROR_NAME "RMP_HW_ERROR"

static unsigned int hex(char c)
{
	return isdigit((unsigned char)c) ? (unsigned int)c - '0'
					 : ((unsigned int)c | 0x20) - 'a' + 10;
}

/* Exactly so many hexadecimal digits; text may be shorter */
static bool take_hex(unsigned int *value, const char *text, unsigned int digits)
{
	*value = 0;
	for (unsigned int i = 0; i < digits; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return false;
		*value = *value << 4 | hex(text[i]);
	}
	return true;
}

static bool take_short_address(unsigned int *devid, const char *text)
{
	unsigned int bus, dev, fn;

	if (!take_hex(&bus, text, 2) || text[2] != ':' || !take_hex(&dev, text + 3, 2) ||
	    text[5] != '.' || !take_hex(&fn, text + 6, 1) || dev > 0x1f || fn > 7)
		return false;
	*devid = bus << 8 | dev << 3 | fn;
	return true;
}

size_t logline_address(int *segment, unsigned int *devid, const char *text)
{
	unsigned int value;

	if (take_hex(&value, text, 4) && text[4] == ':' && take_short_address(devid, text + 5)) {
		*segment = value;
		return 12;
	}
	if (!take_short_address(devid, text))
		return 0;
	*segment = -1;
	return 7;
}

/* "nvme 0000:01:00.0: AMD-Vi: …": who that is, which dev_err() puts in front */
static void take_prefix(struct log_line *line, const char *text, const char *end)
{
	for (const char *at = text; at < end; at++) {
		const char *name = at;
		size_t len = logline_address(&line->segment, &line->devid, at);

		if (len < 12 || at[len] != ':' || at == text || at[-1] != ' ')
			continue;
		line->has_dev = true;
		while (name > text && name[-1] == ' ')
			name--;
		len = 0;
		while (name > text && name[-1] != ' ') {
			name--;
			len++;
		}
		if (len < sizeof(line->driver)) {
			memcpy(line->driver, name, len);
			line->driver[len] = '\0';
		}
		return;
	}
}

/* The value of a key; NULL if it is not there */
static const char *find_key(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = strstr(text, key); at; at = strstr(at + 1, key))
		if ((at == text || strchr(" [(,", at[-1])) && at[len] == '=')
			return at + len + 1;
	return NULL;
}

static bool find_number(uint64_t *value, const char *text, const char *key)
{
	const char *at = find_key(text, key);
	char *end;

	if (!at || !isxdigit((unsigned char)*at))
		return false;
	*value = strtoull(at, &end, 16);
	return !isalnum((unsigned char)*end);
}

/* Each that is there makes its bits known */
static void take_number(struct log_line *line, const char *text, const char *key, int high, int low)
{
	uint64_t value;

	if (find_number(&value, text, key))
		bits_set(&line->bits, high, low, value);
}

static void take_device(struct log_line *line, const char *text)
{
	const char *at = find_key(text, "device");
	int segment;

	if (at && logline_address(&segment, &line->devid, at)) {
		line->has_dev = true;
		line->segment = segment;
	}
	if (line->has_dev)
		bits_set(&line->bits, 15, 0, line->devid);
}

/* A PASID of 20 bits is in two pieces; where differs */
static void take_pasid(struct log_line *line, const char *text, unsigned int code)
{
	uint64_t pasid;

	if (!find_number(&pasid, text, "pasid"))
		return;
	if (code == VHW_INVALID_PPR_REQUEST) {
		bits_set(&line->bits, 31, 16, pasid);
		bits_set(&line->bits, 45, 42, pasid >> 16);
	} else {
		bits_set(&line->bits, 47, 32, pasid);
		bits_set(&line->bits, 19, 16, pasid >> 16);
	}
}

static bool parse_record(struct log_line *line, const char *text, unsigned int code)
{
	uint64_t first;

	if (!find_number(&first, text, "address") && !find_number(&first, text, "flags") &&
	    !find_number(&first, text, "gpa") && !find_number(&first, text, "spa") &&
	    !find_key(text, "device"))
		return false;
	line->kind = LOG_BITS;
	line->bits_kind = BITS_EVENT;
	line->bits.quads = 2;
	bits_set(&line->bits, 63, 60, code);
	take_device(line, text);
	take_pasid(line, text, code);
	take_number(line, text, "domain", 47, 32);
	take_number(line, text, "vmg_tag", 47, 32);
	take_number(line, text, "tag", 41, 32);
	take_number(line, text, "flags_rmp", 23, 16);
	take_number(line, text, "flags", 59, 48);
	take_number(line, text, "address", 127, 64);
	take_number(line, text, "gpa", 127, 64);
	take_number(line, text, "spa", 127, 64);
	return true;
}

/* A record by its name, which stands alone; where it is, or NULL */
static const char *find_record(const char *text, unsigned int *code)
{
	for (*code = 1; *code < VHW_CODES; ++*code) {
		const char *name = record_name(*code), *at = strstr(text, name);

		if (!at && *code == VHW_RMP_HARDWARE_ERROR) {
			name = RMP_ERROR_NAME;
			at = strstr(text, name);
		}
		if (at && (at == text || strchr(" [", at[-1])) && strchr(" ,", at[strlen(name)]))
			return at;
	}
	return NULL;
}

/* "UNKNOWN event[0]=0x00000010 event[1]=…": all of the bits */
static bool parse_unknown(struct log_line *line, const char *text)
{
	static const char *const keys[] = {"event[0]", "event[1]", "event[2]", "event[3]"};
	uint64_t value;

	for (int i = 0; i < 4; i++) {
		if (!find_number(&value, text, keys[i]))
			return false;
		bits_set(&line->bits, 32 * i + 31, 32 * i, value);
	}
	line->kind = LOG_BITS;
	line->bits_kind = BITS_EVENT;
	line->bits.quads = 2;
	line->has_dev = true;
	line->segment = -1;
	line->devid = bits_get(&line->bits, 15, 0);
	return true;
}

static bool parse_ppr(struct log_line *line, const char *text)
{
	uint64_t pasid;

	if (!find_key(text, "device"))
		return false;
	line->kind = LOG_BITS;
	line->bits_kind = BITS_PPR;
	line->bits.quads = 2;
	bits_set(&line->bits, 63, 60, 1);
	take_device(line, text);
	if (find_number(&pasid, text, "pasid")) {
		bits_set(&line->bits, 31, 16, pasid);
		bits_set(&line->bits, 45, 42, pasid >> 16);
	}
	take_number(line, text, "tag", 40, 32);
	take_number(line, text, "flags", 59, 48);
	take_number(line, text, "address", 127, 64);
	return true;
}

/* "DTE[1]: 0000100103fc0009", "CMD[0]: 00000010" */
static bool parse_part(struct log_line *line, const char *text)
{
	bool is_dte = !strncmp(text, "DTE[", 4);
	unsigned int index, digits = is_dte ? 16 : 8;
	const char *at = text + 7;
	char *end;

	if ((!is_dte && strncmp(text, "CMD[", 4)) || text[4] < '0' || text[4] > '3' ||
	    strncmp(text + 5, "]:", 2))
		return false;
	index = text[4] - '0';
	at += strspn(at, " ");
	if (strspn(at, "0123456789abcdefABCDEF") != digits)
		return false;
	line->kind = LOG_PART;
	line->index = index;
	line->bits_kind = is_dte ? BITS_DTE : BITS_COMMAND;
	line->bits.quads = bits_quads[line->bits_kind];
	if (is_dte)
		bits_set(&line->bits, 64 * index + 63, 64 * index, strtoull(at, &end, 16));
	else
		bits_set(&line->bits, 32 * index + 31, 32 * index, strtoull(at, &end, 16));
	return true;
}

/* "  0: 00000005 30000000 …", of the whole command buffer, with amd_iommu_dump */
static bool parse_buffer(struct log_line *line, const char *text)
{
	const char *at = text + strspn(text, " ");
	size_t digits = strspn(at, "0123456789");
	unsigned int word[4];

	if (!digits || at[digits] != ':')
		return false;
	at += digits + 1;
	for (int i = 0; i < 4; i++) {
		if (*at != ' ' || !take_hex(&word[i], at + 1, 8))
			return false;
		at += 9;
	}
	if (isalnum((unsigned char)*at))
		return false;
	line->kind = LOG_BITS;
	line->bits_kind = BITS_COMMAND;
	line->bits.quads = 2;
	for (int i = 0; i < 4; i++)
		bits_set(&line->bits, 32 * i + 31, 32 * i, word[i]);
	return true;
}

/* A register behind some words; "Extended features (0x…, 0x…)" has EFR2, too */
static bool parse_register(struct log_line *line, const char *text)
{
	static const struct {
		const char *before;
		enum bits_kind kind;
	} registers[] = {
		{"Control Reg : 0x", BITS_CONTROL},
		{"Extended features (0x", BITS_EFR},
		{"Extended features: 0x", BITS_EFR},
		{"Using global IVHD EFR:0x", BITS_EFR},
	};
	char *end;

	for (size_t i = 0; i < sizeof(registers) / sizeof(*registers); i++) {
		const char *at = strstr(text, registers[i].before);

		if (!at)
			continue;
		line->kind = LOG_BITS;
		line->bits_kind = registers[i].kind;
		line->bits.quads = 1;
		bits_set(&line->bits, 63, 0, strtoull(at + strlen(registers[i].before), &end, 16));
		at = strstr(end, "0x");
		if (line->bits_kind == BITS_EFR && at) {
			line->bits.quads = 2;
			bits_set(&line->bits, 127, 64, strtoull(at, &end, 16));
		}
		return true;
	}
	return false;
}

static const struct {
	const char *text;
	const char *meaning;
} messages[] = {
	{"Completion-Wait loop timed out",
	 "The IOMMU did not finish the commands before this one within 100 ms. Usual causes: a device that does not answer an invalidation of its translation cache (an IOTLB_INV_TIMEOUT names it), a command the IOMMU stopped at (an ILLEGAL_COMMAND_ERROR before), or a machine in which nothing runs, as in firmware. Look at the first such line and what is just before it; viommu-trace latency shows how long commands take."},
	{"Command buffer timeout",
	 "There was no room for another command for 100 ms: the IOMMU has stopped fetching. Look for an ILLEGAL_COMMAND_ERROR or COMMAND_HARDWARE_ERROR before it."},
	{"Device not attached to domain properly",
	 "A device that the kernel has attached to no domain did DMA; the next line names it. Usual cause: a driver that left it running while it was given away or reset."},
	{"  device=", "The device of the line before, which is attached to no domain."},
	{"No event written to event log",
	 "The IOMMU moved the log's tail, but the record did not arrive in memory. Usual cause: a known erratum; frequent ones hint at trouble with memory."},
	{"log restarting",
	 "The log was full: records were lost. Look at what filled it, just before: mostly one device with IO_PAGE_FAULTs."},
	{"event log overflow",
	 "The log was full: records were lost. Look at what filled it, just before: mostly one device with IO_PAGE_FAULTs."},
	{"Unknown PPR request received",
	 "A record of the PPR log has a code that the kernel does not know."},
	{"Invalid PASID",
	 "A device asked for a page of a PASID that nobody has bound, or no longer."},
	{"GA log notifier failed",
	 "KVM does not know the virtual processor an interrupt came for: it has just gone, or posted interrupts were not torn down."},
	{"Failed to allocate IRTE",
	 "The device's interrupt remapping table has no room for so many vectors: take fewer queues."},
	{"Interrupt remapping enabled",
	 "Interrupts of devices are remapped: VFIO can isolate them."},
	{"Disabling interrupt remapping",
	 "Without interrupt remapping VFIO refuses devices, unless told that this is safe. Usual cause: firmware names no I/O APIC in the IVRS; a parameter ivrs_ioapic[…] may stand in for it."},
	{"No southbridge IOAPIC found",
	 "The IVRS names no I/O APIC of the southbridge: a fault of the firmware; interrupt remapping stays off."},
	{"not in IVRS table",
	 "The IVRS lacks an I/O APIC: a fault of the firmware; interrupt remapping stays off. A parameter ivrs_ioapic[…] may stand in for it."},
	{"IVRS invalid checksum", "The firmware's table of IOMMUs is damaged: no IOMMU is used."},
	{"IVRS table error", "The firmware's table of IOMMUs cannot be read: no IOMMU is used."},
	{"Translation is already enabled",
	 "The kernel before this one left the IOMMU on, as it does when this one is for a crash dump."},
	{"Using strict mode due to virtualization",
	 "This is a guest, whose IOMMU caches what is not there, too: each unmapped page is flushed at once, which costs."},
	{"Virtual APIC enabled", "Interrupts of devices can go to running guests without an exit."},
	{"vIOMMU: enabled", "This IOMMU serves guests' queues: viommu-top shows them."},
	{"vIOMMU: off", "The driver is there, but was not asked for: boot with amd_iommu=viommu."},
	{"vIOMMU: not supported",
	 "The driver is there and this IOMMU cannot serve guests' queues, for the reason given."},
	{"vIOMMU: firmware did not enable",
	 "The vIOMMU's BARs are set up by firmware only: update it, or enable vIOMMU in its set-up."},
};

static bool parse_message(struct log_line *line, const char *text)
{
	int segment;
	unsigned int devid;

	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
		const char *at = strstr(text, messages[i].text);

		if (!at)
			continue;
		line->kind = LOG_MESSAGE;
		line->meaning = messages[i].meaning;
		at = find_key(text, "device");
		if (at && logline_address(&segment, &devid, at)) {
			line->has_dev = true;
			line->segment = segment;
			line->devid = devid;
		}
		return true;
	}
	return false;
}

bool logline_parse(struct log_line *line, const char *text)
{
	const char *ours = strstr(text, "AMD-Vi: "), *body = ours ? ours + 8 : text, *record;
	unsigned int code;

	memset(line, 0, sizeof(*line));
	line->segment = -1;
	record = find_record(body, &code);
	if (record || ours)
		take_prefix(line, text, record ? record : ours);
	if (record && parse_record(line, record, code))
		return true;
	if (!strncmp(body, "flags=", 6)) {
		/* Alone they are those of a page fault, whatever the record was */
		parse_record(line, body, VHW_IO_PAGE_FAULT);
		line->bits.known[0] &= ~(0xfull << 60);
		return line->kind == LOG_BITS;
	}
	if (parse_unknown(line, body) || parse_part(line, body))
		return true;
	if (!ours)
		return false;
	if (strstr(body, "PPR logged [") && parse_ppr(line, body))
		return true;
	return parse_register(line, body) || parse_buffer(line, body) || parse_message(line, body);
}
