// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of commands and events of the hardware.
 */
#include <stdio.h>

#include "lib/hw/names.h"

static const char *const commands[16] = {
	[0x1] = "COMPLETION_WAIT",
	[0x2] = "INVALIDATE_DEVTAB_ENTRY",
	[0x3] = "INVALIDATE_IOMMU_PAGES",
	[0x4] = "INVALIDATE_IOTLB_PAGES",
	[0x5] = "INVALIDATE_INTERRUPT_TABLE",
	[0x6] = "PREFETCH_IOMMU_PAGES",
	[0x7] = "COMPLETE_PPR_REQUEST",
	[0x8] = "INVALIDATE_IOMMU_ALL",
	[0x9] = "INSERT_GUEST_EVENT",
	[0xa] = "RESET_VMMIO",
};

static const char *const records[16] = {
	[0x1] = "ILLEGAL_DEV_TABLE_ENTRY", [0x2] = "IO_PAGE_FAULT",
	[0x3] = "DEV_TAB_HARDWARE_ERROR",  [0x4] = "PAGE_TAB_HARDWARE_ERROR",
	[0x5] = "ILLEGAL_COMMAND_ERROR",   [0x6] = "COMMAND_HARDWARE_ERROR",
	[0x7] = "IOTLB_INV_TIMEOUT",	   [0x8] = "INVALID_DEVICE_REQUEST",
	[0x9] = "INVALID_PPR_REQUEST",	   [0xa] = "EVENT_COUNTER_ZERO",
	[0xb] = "GUEST_EVENT_FAULT",	   [0xc] = "VIOMMU_HARDWARE_ERROR",
	[0xd] = "RMP_PAGE_FAULT",	   [0xe] = "RMP_HARDWARE_ERROR",
};

static const char *name_of(const char *const names[16], unsigned int number, const char *kind)
{
	static char unknown[32];

	if (number < 16 && names[number])
		return names[number];
	snprintf(unknown, sizeof(unknown), "%s 0x%x", kind, number);
	return unknown;
}

const char *command_name(unsigned int opcode)
{
	return name_of(commands, opcode, "opcode");
}

const char *record_name(unsigned int code)
{
	return name_of(records, code, "code");
}
