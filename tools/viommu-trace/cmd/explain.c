// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-trace explain: the fields of a command, an event log record or a
 * device table entry, from its raw bits.
 */
#include <argp.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/hw/bdf.h"
#include "lib/hw/names.h"
#include "lib/text/exitcode.h"
#include "lib/text/message.h"
#include "viommu_hw.h"

#define WORDS_MAX 8

/* How to show a field */
enum kind { HEX, DEC, FLAG, BDF, COMMAND, RECORD, ADDRESS };

/**
 * struct field - A field; one of an address may come in up to three pieces
 * @name:  as in the specification
 * @high:  number of its highest bit, from 0 to 255
 * @low:   of its lowest
 * @kind:  how to show it
 * @shift: where its lowest bit belongs in the value
 * @more:  the next entry is the next upper piece of it
 */
struct field {
	const char *name;
	int high;
	int low;
	enum kind kind;
	int shift;
	bool more;
};

#define OPCODE                                      \
	{                                           \
		"opcode", 63, 60, COMMAND, 0, false \
	}
#define PAGES                                                       \
	{"address", 127, 76, ADDRESS, 12, false},                   \
		{"S (more than one page)", 64, 64, FLAG, 0, false}, \
	{                                                           \
		"GN (guest's PASID)", 66, 66, FLAG, 0, false        \
	}

static const struct field completion_wait[] = {
	OPCODE,
	{"store", 0, 0, FLAG, 0, false},
	{"interrupt", 1, 1, FLAG, 0, false},
	{"flush queue", 2, 2, FLAG, 0, false},
	{"address", 51, 3, ADDRESS, 3, false},
	{"data", 127, 64, HEX, 0, false},
	{},
};

static const struct field devtab[] = {OPCODE, {"device", 15, 0, BDF, 0, false}, {}};

static const struct field pages[] = {
	OPCODE,
	{"domain", 47, 32, DEC, 0, false},
	{"PASID", 19, 0, DEC, 0, false},
	PAGES,
	{"PDE (upper levels, too)", 65, 65, FLAG, 0, false},
	{},
};

static const struct field iotlb[] = {
	OPCODE,
	{"device", 15, 0, BDF, 0, false},
	{"queue", 47, 32, HEX, 0, false},
	{"max pending", 31, 24, DEC, 0, false},
	{"PASID", 55, 48, DEC, 0, true},
	{"", 23, 16, DEC, 8, false},
	PAGES,
	{},
};

static const struct field prefetch[] = {OPCODE, {"device", 15, 0, BDF, 0, false}, PAGES, {}};

static const struct field complete_ppr[] = {
	OPCODE,
	{"device", 15, 0, BDF, 0, false},
	{"PASID", 51, 32, DEC, 0, false},
	{"GN (with PASID)", 66, 66, FLAG, 0, false},
	{"tag", 105, 96, HEX, 0, false},
	{"code", 111, 108, HEX, 0, false},
	{},
};

static const struct field opcode_only[] = {OPCODE, {}};

static const struct field reset_vmmio[] = {
	OPCODE,
	{"guest ID", 15, 0, DEC, 0, false},
	{"all", 28, 28, FLAG, 0, false},
	{"vCmd", 31, 31, FLAG, 0, false},
	{},
};

static const struct field insert_event[] = {OPCODE, {"guest ID", 47, 32, DEC, 0, false}, {}};

static const struct field *const commands[VHW_CODES] = {
	[VHW_COMPLETION_WAIT] = completion_wait,   [VHW_INVALIDATE_DEVTAB_ENTRY] = devtab,
	[VHW_INVALIDATE_IOMMU_PAGES] = pages,	   [VHW_INVALIDATE_IOTLB_PAGES] = iotlb,
	[VHW_INVALIDATE_INTERRUPT_TABLE] = devtab, [VHW_PREFETCH_IOMMU_PAGES] = prefetch,
	[VHW_COMPLETE_PPR_REQUEST] = complete_ppr, [VHW_INVALIDATE_IOMMU_ALL] = opcode_only,
	[VHW_INSERT_GUEST_EVENT] = insert_event,   [VHW_RESET_VMMIO] = reset_vmmio,
};

#define CODE                                     \
	{                                        \
		"code", 63, 60, RECORD, 0, false \
	}
#define FLAGS                                                                                    \
	{"GN (address of a PASID)", 48, 48, FLAG, 0, false},                                     \
		{"NX (execute)", 49, 49, FLAG, 0, false}, {"US (user)", 50, 50, FLAG, 0, false}, \
		{"I (interrupt)", 51, 51, FLAG, 0, false},                                       \
		{"PR (page is present)", 52, 52, FLAG, 0, false},                                \
		{"RW (write)", 53, 53, FLAG, 0, false},                                          \
		{"PE (no permission)", 54, 54, FLAG, 0, false},                                  \
		{"RZ (reserved bit, or level)", 55, 55, FLAG, 0, false},                         \
	{                                                                                        \
		"TR (translation request)", 56, 56, FLAG, 0, false                               \
	}
#define VFLAGS                                                                                   \
	{"vNR", 27, 27, FLAG, 0, false}, {"vEvent (guest's event log)", 29, 29, FLAG, 0, false}, \
		{"vPtr (guest's tables)", 30, 30, FLAG, 0, false},                               \
	{                                                                                        \
		"vCmd (guest's commands)", 31, 31, FLAG, 0, false                                \
	}
#define RECORD_ADDRESS                                \
	{                                             \
		"address", 127, 64, ADDRESS, 0, false \
	}

static const struct field device_record[] = {
	CODE,
	{"device", 15, 0, BDF, 0, false},
	{"domain or PASID", 47, 32, DEC, 0, false},
	FLAGS,
	VFLAGS,
	RECORD_ADDRESS,
	{},
};

static const struct field command_record[] = {CODE, RECORD_ADDRESS, {}};

static const struct field guest_fault[] = {
	CODE, {"guest ID", 47, 32, DEC, 0, false}, FLAGS, VFLAGS, {},
};

static const struct field viommu_error[] = {
	CODE,
	{"guest ID", 15, 0, DEC, 0, false},
	{"source (0 DeviceID table, 1 DomainID table)", 17, 16, DEC, 0, false},
	FLAGS,
	VFLAGS,
	{"private address (IPA)", 127, 64, ADDRESS, 0, false},
	{},
};

static const struct field code_only[] = {CODE, RECORD_ADDRESS, {}};

static const struct field *const records[VHW_CODES] = {
	[VHW_ILLEGAL_DEV_TABLE_ENTRY] = device_record,
	[VHW_IO_PAGE_FAULT] = device_record,
	[VHW_DEV_TAB_HARDWARE_ERROR] = device_record,
	[VHW_PAGE_TAB_HARDWARE_ERROR] = device_record,
	[VHW_ILLEGAL_COMMAND_ERROR] = command_record,
	[VHW_COMMAND_HARDWARE_ERROR] = command_record,
	[VHW_IOTLB_INV_TIMEOUT] = device_record,
	[VHW_INVALID_DEVICE_REQUEST] = device_record,
	[VHW_INVALID_PPR_REQUEST] = device_record,
	[VHW_EVENT_COUNTER_ZERO] = code_only,
	[VHW_GUEST_EVENT_FAULT] = guest_fault,
	[VHW_VIOMMU_HARDWARE_ERROR] = viommu_error,
	[VHW_RMP_PAGE_FAULT] = device_record,
	[VHW_RMP_HARDWARE_ERROR] = code_only,
};

static const struct field dte[] = {
	{"V (valid)", 0, 0, FLAG, 0, false},
	{"TV (translation valid)", 1, 1, FLAG, 0, false},
	{"IR (reads)", 61, 61, FLAG, 0, false},
	{"IW (writes)", 62, 62, FLAG, 0, false},
	{"mode (levels of the host's table)", 11, 9, DEC, 0, false},
	{"root of the host's table", 51, 12, ADDRESS, 12, false},
	{"domain", 79, 64, DEC, 0, false},
	{"GV (guest translation)", 55, 55, FLAG, 0, false},
	{"GIOV (without PASID, too)", 54, 54, FLAG, 0, false},
	{"GLX (levels of the GCR3 table)", 57, 56, DEC, 0, false},
	{"GCR3 table (GPA when nested)", 60, 58, ADDRESS, 12, true},
	{"", 95, 80, ADDRESS, 15, true},
	{"", 127, 107, ADDRESS, 31, false},
	{"guest paging mode (0: 4 levels, 1: 5)", 183, 182, DEC, 0, false},
	{"PPR", 52, 52, FLAG, 0, false},
	{"IOTLB (the device may translate)", 96, 96, FLAG, 0, false},
	{"IV (interrupts are remapped)", 128, 128, FLAG, 0, false},
	{"interrupt table length code", 132, 129, DEC, 0, false},
	{"interrupt table", 179, 134, ADDRESS, 6, false},
	{"IntCtl", 189, 188, DEC, 0, false},
	{"vImuEn (device of a guest)", 207, 207, FLAG, 0, false},
	{"guest's device ID", 223, 208, BDF, 0, false},
	{"guest ID", 239, 224, DEC, 0, false},
	{},
};

/* Bits of a value of up to 256 */
static uint64_t extract(const uint64_t q[4], int high, int low)
{
	uint64_t value = q[low / 64] >> (low % 64);
	int width = high - low + 1;

	return width == 64 ? value : value & ((1ull << width) - 1);
}

static void print_value(const struct field *field, uint64_t value)
{
	char bdf[BDF_MAX];

	switch (field->kind) {
	case FLAG:
		puts("yes");
		break;
	case DEC:
		printf("%" PRIu64 "\n", value);
		break;
	case BDF:
		printf("%s (0x%04" PRIx64 ")\n", bdf_format(bdf, sizeof(bdf), value), value);
		break;
	case COMMAND:
		printf("%s\n", command_name(value));
		break;
	case RECORD:
		printf("%s\n", record_name(value));
		break;
	default:
		printf("0x%" PRIx64 "\n", value);
	}
}

/* Flags that are not set are left out: they are most of them */
static void print_fields(const struct field *field, const uint64_t q[4])
{
	for (; field->name; field++) {
		const struct field *first = field;
		uint64_t value = extract(q, field->high, field->low) << field->shift;

		for (; field->more; field++)
			value |= extract(q, field[1].high, field[1].low) << field[1].shift;
		if (first->kind == FLAG && !value)
			continue;
		printf("%-44s ", first->name);
		print_value(first, value);
	}
}

static uint64_t known_bits(const struct field *field, int q)
{
	uint64_t known = 0;

	for (; field->name; field++)
		if (field->low / 64 == q)
			known |= (~0ull >> (63 - (field->high - field->low))) << (field->low % 64);
	return known;
}

/* Bits that are set and belong to no field: reserved, or newer than this tool */
static void print_rest(const struct field *fields, const uint64_t *q, int nr)
{
	for (int i = 0; i < nr; i++) {
		uint64_t rest = q[i] & ~known_bits(fields, i);

		for (int bit = 0; bit < 64; bit++)
			if (rest >> bit & 1)
				printf("bit %-3d                                      is set, and is unknown here\n",
				       64 * i + bit);
	}
}

static void explain_as(const struct field *const table[VHW_CODES], const struct field *unknown,
		       const uint64_t q[4])
{
	const struct field *fields = table[q[0] >> VHW_CODE_SHIFT];

	if (!fields)
		fields = unknown;
	print_fields(fields, q);
	print_rest(fields, q, 2);
}

/*
 * Words: "0x20000005:00000010", as perf and the kernel print them, or apart
 */

static size_t hex_digits(const char *text)
{
	return strspn(text, "0123456789abcdefABCDEF");
}

struct words {
	uint64_t word[WORDS_MAX];
	size_t digits[WORDS_MAX];
	size_t nr;
};

static bool add_words(struct words *words, const char *text)
{
	while (*text) {
		size_t digits;

		if (!strncasecmp(text, "0x", 2))
			text += 2;
		digits = hex_digits(text);
		if (!digits || digits > 16 || words->nr == WORDS_MAX)
			return false;
		words->word[words->nr] = strtoull(text, NULL, 16);
		words->digits[words->nr++] = digits;
		text += digits;
		if (*text && *text != ':')
			return false;
		text += !!*text;
	}
	return true;
}

/*
 * As many words of 32 bits as there are, the lowest first, as perf has them; or
 * of 64 bits, and then the highest comes first in "high:low", as debugfs has it.
 */
static bool to_quads(const struct words *words, bool high_first, size_t quads, uint64_t q[4])
{
	if (words->nr == 2 * quads) {
		for (size_t i = 0; i < words->nr; i++) {
			if (words->digits[i] > 8)
				return false;
			q[i / 2] |= words->word[i] << (32 * (i % 2));
		}
		return true;
	}
	if (words->nr != quads)
		return false;
	for (size_t i = 0; i < quads; i++)
		q[i] = words->word[high_first ? quads - 1 - i : i];
	return true;
}

static const char doc[] =
	"Explain the bits of a command, an event log record or a device table entry.\v"
	"WORDs are hexadecimal, apart or with \":\" between them: either all 32-bit words, "
	"lowest first, as perf and `viommu-trace events` print them, or 64-bit words: apart, "
	"lowest first; with \":\", highest first, as debugfs prints them.\n\n"
	"Flags that are not set are left out.";

struct explain {
	const char *what;
	struct words words;
	bool joined;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct explain *e = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (!e->what) {
			e->what = arg;
			if (strcmp(arg, "command") && strcmp(arg, "event") && strcmp(arg, "dte"))
				argp_error(state, "what is a \"%s\"? There are command, event, dte",
					   arg);
			return 0;
		}
		e->joined |= !!strchr(arg, ':');
		if (!add_words(&e->words, arg))
			argp_error(state, "\"%s\" is no list of hexadecimal words", arg);
		return 0;
	case ARGP_KEY_END:
		if (!e->words.nr)
			argp_error(state, "explain what?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

enum exit_code cmd_explain(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse,
		.args_doc = "command|event|dte WORD...",
		.doc = doc,
	};
	struct explain e = {};
	uint64_t q[4] = {};
	size_t quads;

	argp_parse(&argp, argc, argv, 0, NULL, &e);
	quads = strcmp(e.what, "dte") ? 2 : 4;
	if (!to_quads(&e.words, e.joined, quads, q)) {
		msg("a%s %s has %zu words of 64 bits or %zu of 32, not %zu",
		    *e.what == 'e' ? "n" : "", e.what, quads, 2 * quads, e.words.nr);
		return EXIT_USAGE;
	}
	if (quads == 4) {
		print_fields(dte, q);
		print_rest(dte, q, 4);
	} else if (*e.what == 'c') {
		explain_as(commands, opcode_only, q);
	} else {
		explain_as(records, code_only, q);
	}
	return EXIT_OK;
}
