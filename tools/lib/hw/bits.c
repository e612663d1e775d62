// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the bits of the hardware's structures and registers mean.
 *
 * The tables have what the kernel's driver and public transcriptions of the
 * specification agree on. A bit that is set and in no table is told as such.
 */
#include <stddef.h>

#include "lib/hw/bits.h"
#include "viommu_hw.h"

#define FIELD(n, h, l, k)                                               \
	{                                                               \
		.name = (n), .high = (h), .low = (l), .kind = FIELD_##k \
	}
#define FLAG(n, bit)                                                         \
	{                                                                    \
		.name = (n), .high = (bit), .low = (bit), .kind = FIELD_FLAG \
	}
#define PART(n, h, l, s, m)                                                                        \
	{                                                                                          \
		.name = (n), .high = (h), .low = (l), .kind = FIELD_HEX, .shift = (s), .more = (m) \
	}
#define NAMED(n, h, l, v)                                                               \
	{                                                                               \
		.name = (n), .high = (h), .low = (l), .kind = FIELD_NAMED, .names = (v) \
	}
#define NAMED_IF(n, h, l, v, bit)                                                        \
	{                                                                                \
		.name = (n), .high = (h), .low = (l), .kind = FIELD_NAMED, .names = (v), \
		.if_bit = (bit)                                                          \
	}

/*
 * Commands
 */

#define OPCODE FIELD("opcode", 63, 60, COMMAND)
#define PAGES                                                                    \
	PART("address", 127, 76, 12, false), FLAG("S (more than one page)", 64), \
		FLAG("GN (guest's PASID)", 66)

static const struct field completion_wait[] = {
	OPCODE,
	FLAG("store", 0),
	FLAG("interrupt", 1),
	FLAG("flush queue", 2),
	PART("address", 51, 3, 3, false),
	FIELD("data", 127, 64, HEX),
	{},
};

static const struct field devtab[] = {OPCODE, FIELD("device", 15, 0, BDF), {}};

static const struct field pages[] = {
	OPCODE, FIELD("domain", 47, 32, DEC),	     FIELD("PASID", 19, 0, DEC),
	PAGES,	FLAG("PDE (upper levels, too)", 65), {},
};

static const struct field iotlb[] = {
	OPCODE,
	FIELD("device", 15, 0, BDF),
	FIELD("queue", 47, 32, HEX),
	FIELD("max pending", 31, 24, DEC),
	{.name = "PASID", .high = 55, .low = 48, .kind = FIELD_DEC, .more = true},
	{.name = "", .high = 23, .low = 16, .kind = FIELD_DEC, .shift = 8, .more = true},
	{.name = "", .high = 59, .low = 56, .kind = FIELD_DEC, .shift = 16},
	PAGES,
	{.name = "type", .high = 69, .low = 68, .kind = FIELD_DEC, .quiet = true},
	{},
};

static const struct field prefetch[] = {
	OPCODE,
	FIELD("device", 15, 0, BDF),
	{.name = "pages", .high = 31, .low = 24, .kind = FIELD_DEC, .quiet = true},
	{.name = "PASID", .high = 51, .low = 32, .kind = FIELD_DEC, .quiet = true},
	PAGES,
	FLAG("invalidate first", 68),
	{},
};

static const struct field complete_ppr[] = {
	OPCODE,
	FIELD("device", 15, 0, BDF),
	FIELD("PASID", 51, 32, DEC),
	FLAG("GN (with PASID)", 66),
	FIELD("tag", 105, 96, HEX),
	FIELD("code", 111, 108, HEX),
	{},
};

static const struct field opcode_only[] = {OPCODE, {}};

static const struct field reset_vmmio[] = {
	OPCODE, FIELD("guest ID", 15, 0, DEC), FLAG("all", 28), FLAG("vCmd", 31), {},
};

static const struct field insert_event[] = {OPCODE, FIELD("guest ID", 47, 32, DEC), {}};

static const struct field *const commands[VHW_CODES] = {
	[VHW_COMPLETION_WAIT] = completion_wait,   [VHW_INVALIDATE_DEVTAB_ENTRY] = devtab,
	[VHW_INVALIDATE_IOMMU_PAGES] = pages,	   [VHW_INVALIDATE_IOTLB_PAGES] = iotlb,
	[VHW_INVALIDATE_INTERRUPT_TABLE] = devtab, [VHW_PREFETCH_IOMMU_PAGES] = prefetch,
	[VHW_COMPLETE_PPR_REQUEST] = complete_ppr, [VHW_INVALIDATE_IOMMU_ALL] = opcode_only,
	[VHW_INSERT_GUEST_EVENT] = insert_event,   [VHW_RESET_VMMIO] = reset_vmmio,
};

/*
 * Event log records
 */

#define GN 48
#define TR 56

static const char *const hardware_errors[] = {
	"0 (reserved)",
	"1 (master abort)",
	"2 (target abort)",
	"3 (data error)",
};

/* Of a transaction, and of a translation request of the device (ATS) */
static const char *const requests[] = {
	"0 (read, or non-posted write, of the interrupt address range)",
	"1 (pre-translated address, of a device whose DTE does not allow ATS or is not valid)",
	"2 (port I/O, which IoCtl of the DTE forbids)",
	"3 (posted write to the system management range, which SysMgt of the DTE forbids)",
	"4 (read, or non-posted write, of the system management range, which the DTE forbids)",
	"5 (posted write to the interrupt/EOI range, which IntCtl of the DTE forbids)",
	"6 (posted write to a reserved part of the interrupt address range)",
	"7 (system management or port I/O that is to be translated, without a translation)",
};

static const char *const translation_requests[] = {
	"0 (the DTE does not allow ATS, is not valid, or has no translation)",
	"1 (of the interrupt, port I/O or system management range)",
	"2 (reserved)",
	"3 (reserved)",
	"4 (reserved)",
	"5 (reserved)",
	"6 (reserved)",
	"7 (reserved)",
};

#define CODE FIELD("code", 63, 60, RECORD)
#define DEVICE FIELD("device", 15, 0, BDF)

/* Bits 47:32 are a domain, or a PASID of 20 bits */
#define OWNER                                                                                   \
	{.name = "domain", .high = 47, .low = 32, .kind = FIELD_DEC, .if_bit = -GN},            \
		{.name = "PASID",                                                               \
		 .high = 47,                                                                    \
		 .low = 32,                                                                     \
		 .kind = FIELD_DEC,                                                             \
		 .if_bit = GN,                                                                  \
		 .more = true},                                                                 \
	{                                                                                       \
		.name = "", .high = 19, .low = 16, .kind = FIELD_DEC, .shift = 16, .if_bit = GN \
	}
/* And here always a PASID */
#define PASID                                                                                     \
	{.name = "PASID", .high = 47, .low = 32, .kind = FIELD_DEC, .more = true, .quiet = true}, \
	{                                                                                         \
		.name = "", .high = 19, .low = 16, .kind = FIELD_DEC, .shift = 16                 \
	}
#define FLAGS                                                                                 \
	FLAG("GN (address of a PASID)", GN), FLAG("NX (execute)", 49), FLAG("US (user)", 50), \
		FLAG("I (interrupt)", 51), FLAG("PR (page is present)", 52),                  \
		FLAG("RW (write)", 53), FLAG("PE (no permission)", 54),                       \
		FLAG("RZ (reserved bit, or level)", 55), FLAG("TR (translation request)", TR)
#define VFLAGS                                                   \
	FLAG("vNR", 27), FLAG("vEvent (guest's event log)", 29), \
		FLAG("vPtr (guest's tables)", 30), FLAG("vCmd (guest's commands)", 31)
#define RECORD_ADDRESS FIELD("address", 127, 64, HEX)
#define HARDWARE_ERROR NAMED("type", 58, 57, hardware_errors)

static const struct field page_fault[] = {
	CODE, DEVICE, OWNER, FLAGS, VFLAGS, RECORD_ADDRESS, {},
};

static const struct field illegal_dte[] = {
	CODE, DEVICE, PASID, FLAGS, VFLAGS, RECORD_ADDRESS, {},
};

static const struct field devtab_error[] = {
	CODE,
	DEVICE,
	PASID,
	FLAGS,
	HARDWARE_ERROR,
	VFLAGS,
	FIELD("address (of the DTE)", 127, 64, HEX),
	{},
};

static const struct field pagetab_error[] = {
	CODE,
	DEVICE,
	OWNER,
	FLAGS,
	HARDWARE_ERROR,
	VFLAGS,
	FIELD("address (of the page table entry)", 127, 64, HEX),
	{},
};

static const struct field illegal_command[] = {
	CODE,
	FIELD("address (of the command)", 127, 64, HEX),
	{},
};

static const struct field command_error[] = {
	CODE,
	HARDWARE_ERROR,
	FIELD("address (of the command)", 127, 64, HEX),
	{},
};

static const struct field iotlb_timeout[] = {
	CODE,
	DEVICE,
	FIELD("address (of the command)", 127, 64, HEX),
	{},
};

static const struct field device_request[] = {
	CODE,
	DEVICE,
	PASID,
	FLAG("GN (address of a PASID)", GN),
	FLAG("TR (translation request)", TR),
	NAMED_IF("type", 59, 57, requests, -TR),
	NAMED_IF("type", 59, 57, translation_requests, TR),
	VFLAGS,
	RECORD_ADDRESS,
	{},
};

static const struct field ppr_request[] = {
	CODE,
	DEVICE,
	{.name = "PASID", .high = 31, .low = 16, .kind = FIELD_DEC, .more = true},
	{.name = "", .high = 45, .low = 42, .kind = FIELD_DEC, .shift = 16},
	FIELD("tag", 41, 32, HEX),
	FLAG("RX (wants no answer)", 48),
	FLAG("GN (with PASID)", 57),
	RECORD_ADDRESS,
	{},
};

static const struct field guest_fault[] = {
	CODE, FIELD("guest ID", 47, 32, DEC), FLAGS, VFLAGS, {},
};

static const char *const sources[] = {
	"0 (DeviceID table)",
	"1 (DomainID table)",
	"2",
	"3",
};

static const struct field viommu_error[] = {
	CODE,
	FIELD("guest ID", 15, 0, DEC),
	NAMED("source", 17, 16, sources),
	FLAGS,
	VFLAGS,
	FIELD("private address (IPA)", 127, 64, HEX),
	{},
};

static const struct field rmp_fault[] = {
	CODE,
	DEVICE,
	{.name = "flags of the RMP", .high = 23, .low = 16, .kind = FIELD_HEX, .quiet = true},
	FIELD("VMG tag", 47, 32, HEX),
	FLAGS,
	FIELD("guest's physical address (GPA)", 127, 64, HEX),
	{},
};

static const struct field rmp_error[] = {
	CODE,
	DEVICE,
	FIELD("VMG tag", 47, 32, HEX),
	FLAGS,
	FIELD("system physical address (SPA)", 127, 64, HEX),
	{},
};

static const struct field code_only[] = {CODE, RECORD_ADDRESS, {}};

static const struct field *const records[VHW_CODES] = {
	[VHW_ILLEGAL_DEV_TABLE_ENTRY] = illegal_dte,
	[VHW_IO_PAGE_FAULT] = page_fault,
	[VHW_DEV_TAB_HARDWARE_ERROR] = devtab_error,
	[VHW_PAGE_TAB_HARDWARE_ERROR] = pagetab_error,
	[VHW_ILLEGAL_COMMAND_ERROR] = illegal_command,
	[VHW_COMMAND_HARDWARE_ERROR] = command_error,
	[VHW_IOTLB_INV_TIMEOUT] = iotlb_timeout,
	[VHW_INVALID_DEVICE_REQUEST] = device_request,
	[VHW_INVALID_PPR_REQUEST] = ppr_request,
	[VHW_EVENT_COUNTER_ZERO] = code_only,
	[VHW_GUEST_EVENT_FAULT] = guest_fault,
	[VHW_VIOMMU_HARDWARE_ERROR] = viommu_error,
	[VHW_RMP_PAGE_FAULT] = rmp_fault,
	[VHW_RMP_HARDWARE_ERROR] = rmp_error,
};

/*
 * PPR log records
 */

static const struct field ppr[] = {
	FIELD("code (1: PAGE_SERVICE_REQUEST)", 63, 60, DEC),
	DEVICE,
	{.name = "PASID", .high = 31, .low = 16, .kind = FIELD_DEC, .more = true},
	{.name = "", .high = 45, .low = 42, .kind = FIELD_DEC, .shift = 16},
	FIELD("tag", 40, 32, HEX),
	FLAG("last of its group", 41),
	FLAG("execute", 49),
	FLAG("read", 50),
	FLAG("write", 53),
	FLAG("user", 54),
	FLAG("reserved bit is set", 55),
	FLAG("GN (with PASID)", 56),
	RECORD_ADDRESS,
	{},
};

/*
 * Device table entry
 */

static const char *const dirty[] = {
	"0 (hardware sets neither)",
	"1 (hardware sets Accessed)",
	"2 (reserved)",
	"3 (hardware sets Accessed and Dirty)",
};

static const char *const io_control[] = {
	"0 (target abort)",
	"1 (forwarded)",
	"2 (translated)",
	"3 (reserved)",
};

static const char *const system_management[] = {
	"0 (target abort)",
	"1 (forwarded, posted writes)",
	"2 (forwarded, INTx only)",
	"3 (translated)",
};

static const char *const interrupt_control[] = {
	"0 (target abort)",
	"1 (forwarded)",
	"2 (remapped)",
	"3 (reserved)",
};

static const struct field dte[] = {
	FLAG("V (valid)", 0),
	FLAG("TV (translation valid)", 1),
	FLAG("IR (reads)", 61),
	FLAG("IW (writes)", 62),
	FIELD("mode (levels of the host's table)", 11, 9, DEC),
	PART("root of the host's table", 51, 12, 12, false),
	FIELD("domain", 79, 64, DEC),
	{.name = "HAD (dirty pages)",
	 .high = 8,
	 .low = 7,
	 .kind = FIELD_NAMED,
	 .quiet = true,
	 .names = dirty},
	FLAG("GV (guest translation)", 55),
	FLAG("GPRP (guest PPR answers with PASID)", 53),
	FLAG("GIOV (without PASID, too)", 54),
	FIELD("GLX (levels of the GCR3 table)", 57, 56, DEC),
	PART("GCR3 table (GPA when nested)", 60, 58, 12, true),
	PART("", 95, 80, 15, true),
	PART("", 127, 107, 31, false),
	FIELD("guest paging mode (0: 4 levels, 1: 5)", 183, 182, DEC),
	FLAG("PPR", 52),
	FLAG("IOTLB (the device may translate)", 96),
	FLAG("SE (log one fault only)", 97),
	FLAG("SA (log no fault)", 98),
	{.name = "IoCtl (port I/O)",
	 .high = 100,
	 .low = 99,
	 .kind = FIELD_NAMED,
	 .quiet = true,
	 .names = io_control},
	FLAG("cache hint of the IOTLB", 101),
	FLAG("SD (no snooping)", 102),
	FLAG("EX (exclusion range)", 103),
	{.name = "SysMgt (system management)",
	 .high = 105,
	 .low = 104,
	 .kind = FIELD_NAMED,
	 .quiet = true,
	 .names = system_management},
	FLAG("SATS (secure ATS)", 106),
	FLAG("IV (interrupts are remapped)", 128),
	FIELD("interrupt table length code", 132, 129, DEC),
	FLAG("IG (ignore unmapped interrupts)", 133),
	PART("interrupt table", 179, 134, 6, false),
	FLAG("INIT passes", 184),
	FLAG("external interrupts pass", 185),
	FLAG("NMI passes", 186),
	NAMED("IntCtl", 189, 188, interrupt_control),
	FLAG("LINT0 passes", 190),
	FLAG("LINT1 passes", 191),
	FLAG("vImuEn (device of a guest)", 207),
	FIELD("guest's device ID", 223, 208, BDF),
	FIELD("guest ID", 239, 224, DEC),
	FLAG("AttrV (snoop attributes are valid)", 246),
	FLAG("Mode0FC", 247),
	{.name = "snoop attributes", .high = 255, .low = 248, .kind = FIELD_HEX, .quiet = true},
	{},
};

/*
 * Registers
 */

static const char *const timeouts[] = {
	"0 (none)", "1 (1 ms)", "2 (10 ms)", "3 (100 ms)",
	"4 (1 s)",  "5 (10 s)", "6 (100 s)", "7 (reserved)",
};

#define NUMBER(n, h, l)                                                                \
	{                                                                              \
		.name = (n), .high = (h), .low = (l), .kind = FIELD_DEC, .quiet = true \
	}

static const struct field control[] = {
	FLAG("IommuEn", 0),
	FLAG("HtTunEn", 1),
	FLAG("EventLogEn", 2),
	FLAG("EventIntEn", 3),
	FLAG("ComWaitIntEn", 4),
	NAMED("InvTimeOut", 7, 5, timeouts),
	FLAG("PassPW", 8),
	FLAG("ResPassPW", 9),
	FLAG("Coherent", 10),
	FLAG("Isoc", 11),
	FLAG("CmdBufEn", 12),
	FLAG("PPRLogEn", 13),
	FLAG("PPRIntEn", 14),
	FLAG("PPREn", 15),
	FLAG("GTEn", 16),
	FLAG("GAEn", 17),
	NUMBER("GAMEn", 27, 25),
	FLAG("GALogEn", 28),
	FLAG("GAIntEn", 29),
	NUMBER("DualPprLogEn", 31, 30),
	NUMBER("DualEventLogEn", 33, 32),
	FLAG("PprAutoRspEn", 39),
	FLAG("BlkStopMrkEn", 41),
	FLAG("PprAutoRspAon", 42),
	NUMBER("NumIntRemapMode", 44, 43),
	FLAG("EPHEn", 45),
	FLAG("XTEn", 50),
	FLAG("IntCapXTEn", 51),
	FLAG("vCmdEn", 52),
	FLAG("vIommuEn", 53),
	FLAG("GCR3TRPMode", 58),
	FLAG("IRTCacheDis", 59),
	FLAG("GstBufferTRPMode", 60),
	FLAG("SNPAVICEn", 61),
	{},
};

/* Its place in a structure */
#define EFR2(base)                                                           \
	FLAG("SevSnpIoSup", (base) + 1), FLAG("GCR3TRPModeSup", (base) + 3), \
		NUMBER("SnpAvicSup", (base) + 7, (base) + 5),                \
		NUMBER("NumIntRemapSup", (base) + 9, (base) + 8),            \
		FLAG("HtRangeIgnore", (base) + 11), FLAG("SnpPageMode0Sup", (base) + 13)

/* The kernel prints both in one line: EFR2 comes behind it */
static const struct field efr[] = {
	FLAG("PreFSup", 0),
	FLAG("PPRSup", 1),
	FLAG("XTSup (x2APIC)", 2),
	FLAG("NXSup", 3),
	FLAG("GTSup (guest translation)", 4),
	FLAG("GAPPISup", 5),
	FLAG("IASup (INVALIDATE_IOMMU_ALL)", 6),
	FLAG("GASup (guest APIC)", 7),
	FLAG("HESup", 8),
	FLAG("PCSup (performance counters)", 9),
	FIELD("HATS", 11, 10, DEC),
	FIELD("GATS", 13, 12, DEC),
	FIELD("GLXSup", 15, 14, DEC),
	NUMBER("SmiFSup", 17, 16),
	NUMBER("SmiFRC", 20, 18),
	NUMBER("GAMSup", 23, 21),
	NUMBER("DualPprLogSup", 25, 24),
	NUMBER("DualEventLogSup", 29, 28),
	FIELD("PASmax", 36, 32, DEC),
	FLAG("USSup", 37),
	NUMBER("DevTblSegSup", 39, 38),
	FLAG("PprOvrflwEarlySup", 40),
	FLAG("PPRAutoRspSup", 41),
	NUMBER("MarcSup", 43, 42),
	FLAG("BlkStopMrkSup", 44),
	FLAG("PerfOptSup", 45),
	FLAG("MsiCapMmioSup", 46),
	FLAG("GIoSup", 48),
	FLAG("HASup", 49),
	FLAG("EPHSup", 50),
	FLAG("AttrFWSup", 51),
	FLAG("HDSup (dirty pages)", 52),
	FLAG("InvIotlbTypeSup", 54),
	FLAG("vIommuSup", 55),
	FLAG("VmGuardIoSup", 56),
	NUMBER("VmTableSize", 60, 57),
	FLAG("GAUpdateDisSup", 61),
	FLAG("SNPSup", 63),
	EFR2(64),
	{},
};

static const struct field efr2[] = {EFR2(0), {}};

const char *const bits_names[BITS_NR_KINDS] = {
	"command", "event", "dte", "ppr", "control", "efr", "efr2",
};

const int bits_quads[BITS_NR_KINDS] = {2, 2, 4, 2, 1, 1, 1};

const struct field *bits_fields(enum bits_kind kind, const struct bits *bits)
{
	unsigned int code = bits->q[0] >> 60;

	switch (kind) {
	case BITS_COMMAND:
		return commands[code] ? commands[code] : opcode_only;
	case BITS_EVENT:
		return records[code] ? records[code] : code_only;
	case BITS_DTE:
		return dte;
	case BITS_PPR:
		return ppr;
	case BITS_CONTROL:
		return control;
	case BITS_EFR:
		return efr;
	default:
		return efr2;
	}
}

static uint64_t mask(int high, int low)
{
	return (~0ull >> (63 - (high - low))) << (low % 64);
}

void bits_set(struct bits *bits, int high, int low, uint64_t value)
{
	uint64_t in = mask(high, low);
	int quad = low / 64;

	bits->q[quad] = (bits->q[quad] & ~in) | (value << (low % 64) & in);
	bits->known[quad] |= in;
}

uint64_t bits_get(const struct bits *bits, int high, int low)
{
	return (bits->q[low / 64] & mask(high, low)) >> (low % 64);
}

bool bits_known(const struct bits *bits, int high, int low)
{
	return !(mask(high, low) & ~bits->known[low / 64]);
}

bool bits_has(const struct bits *bits, const struct field *field)
{
	int bit = field->if_bit < 0 ? -field->if_bit : field->if_bit;

	return !bit || bits_get(bits, bit, bit) == (field->if_bit > 0);
}

uint64_t bits_rest(const struct bits *bits, const struct field *fields, int quad)
{
	uint64_t named = 0;

	for (const struct field *field = fields; field->name; field++)
		if (field->low / 64 == quad && bits_has(bits, field))
			named |= mask(field->high, field->low);
	return bits->q[quad] & bits->known[quad] & ~named;
}
