// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose an ID is: what is asked for.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hw/bdf.h"
#include "lib/hw/logline.h"
#include "view/id.h"
#include "viommu_hw.h"

#define ID_MAX 0xffff

/* Decimal, or with 0x; nothing behind it */
static bool parse_number(unsigned int *number, const char *text)
{
	unsigned long value;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	value = strtoul(text, &end, text[0] == '0' && text[1] == 'x' ? 16 : 10);
	*number = value;
	return !*end && value <= ID_MAX;
}

/* [SSSS:]BB:DD.F */
static bool parse_address(struct id *id, const char *text)
{
	unsigned int segment;
	const char *end;
	uint16_t bdf;
	int at = 0;

	/* Behind a segment there are three numbers more */
	if (isxdigit((unsigned char)*text) && sscanf(text, "%4x:%n", &segment, &at) == 1 && at &&
	    strchr(text + at, ':')) {
		id->segment = segment;
		text += at;
	}
	end = bdf_parse(&bdf, text);
	if (!end || *end)
		return false;
	id->number = bdf;
	return true;
}

/* "5", or "0:5" as the table has it for VMs on several IOMMUs */
static bool parse_guest_id(struct id *id, const char *text)
{
	unsigned int iommu;
	int end = 0;

	if (isdigit((unsigned char)*text) && sscanf(text, "%5u:%n", &iommu, &end) == 1 && end) {
		id->iommu = iommu;
		text += end;
	}
	return parse_number(&id->number, text);
}

static const struct {
	const char *prefix;
	enum id_kind kind;
	bool address;
} kinds[] = {
	{"gid:", ID_GUEST, false},	 {"gdev:", ID_GUEST_DEVICE, true},
	{"hdev:", ID_HOST_DEVICE, true}, {"hdom:", ID_HOST_DOMAIN, false},
	{"trans:", ID_TRANS, true},
};

/* A record of the event log names a guest where it is about one, else a device */
bool resolve_parse_log(struct id *id, const char *text)
{
	struct log_line line;
	unsigned int code;

	*id = (struct id){.iommu = -1, .segment = -1, .text = text};
	if (!logline_parse(&line, text))
		return false;
	code = bits_get(&line.bits, 63, 60);
	if (line.kind == LOG_BITS && line.bits_kind == BITS_EVENT &&
	    (code == VHW_GUEST_EVENT_FAULT || code == VHW_VIOMMU_HARDWARE_ERROR)) {
		id->kind = ID_GUEST;
		id->number = code == VHW_GUEST_EVENT_FAULT ? bits_get(&line.bits, 47, 32)
							   : bits_get(&line.bits, 15, 0);
		return true;
	}
	id->kind = ID_HOST_DEVICE;
	id->segment = line.segment;
	id->number = line.devid;
	return line.has_dev;
}

const char *resolve_parse(struct id *id, const char *text)
{
	*id = (struct id){.iommu = -1, .segment = -1, .text = text};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t len = strlen(kinds[i].prefix);

		if (strncmp(text, kinds[i].prefix, len))
			continue;
		id->kind = kinds[i].kind;
		if ((kinds[i].address && parse_address(id, text + len)) ||
		    (id->kind == ID_GUEST && parse_guest_id(id, text + len)) ||
		    parse_number(&id->number, text + len))
			return NULL;
		return "that is no ID of this kind";
	}
	/* Only the host's addresses have a segment */
	id->kind = ID_HOST_DEVICE;
	if (parse_address(id, text) && id->segment >= 0)
		return NULL;
	if (resolve_parse_log(id, text))
		return NULL;
	return "say what it is: gid:, gdev:, hdev:, hdom: or trans: in front of it, or give a line of the kernel's log that names a device";
}
