// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of commands and events of the hardware.
 */
#include <stdio.h>

#include "lib/hw/names.h"
#include "viommu_hw.h"

static const char *const commands[VHW_CODES] = {
	[VHW_COMPLETION_WAIT] = "COMPLETION_WAIT",
	[VHW_INVALIDATE_DEVTAB_ENTRY] = "INVALIDATE_DEVTAB_ENTRY",
	[VHW_INVALIDATE_IOMMU_PAGES] = "INVALIDATE_IOMMU_PAGES",
	[VHW_INVALIDATE_IOTLB_PAGES] = "INVALIDATE_IOTLB_PAGES",
	[VHW_INVALIDATE_INTERRUPT_TABLE] = "INVALIDATE_INTERRUPT_TABLE",
	[VHW_PREFETCH_IOMMU_PAGES] = "PREFETCH_IOMMU_PAGES",
	[VHW_COMPLETE_PPR_REQUEST] = "COMPLETE_PPR_REQUEST",
	[VHW_INVALIDATE_IOMMU_ALL] = "INVALIDATE_IOMMU_ALL",
	[VHW_INSERT_GUEST_EVENT] = "INSERT_GUEST_EVENT",
	[VHW_RESET_VMMIO] = "RESET_VMMIO",
};

static const char *const records[VHW_CODES] = {
	[VHW_ILLEGAL_DEV_TABLE_ENTRY] = "ILLEGAL_DEV_TABLE_ENTRY",
	[VHW_IO_PAGE_FAULT] = "IO_PAGE_FAULT",
	[VHW_DEV_TAB_HARDWARE_ERROR] = "DEV_TAB_HARDWARE_ERROR",
	[VHW_PAGE_TAB_HARDWARE_ERROR] = "PAGE_TAB_HARDWARE_ERROR",
	[VHW_ILLEGAL_COMMAND_ERROR] = "ILLEGAL_COMMAND_ERROR",
	[VHW_COMMAND_HARDWARE_ERROR] = "COMMAND_HARDWARE_ERROR",
	[VHW_IOTLB_INV_TIMEOUT] = "IOTLB_INV_TIMEOUT",
	[VHW_INVALID_DEVICE_REQUEST] = "INVALID_DEVICE_REQUEST",
	[VHW_INVALID_PPR_REQUEST] = "INVALID_PPR_REQUEST",
	[VHW_EVENT_COUNTER_ZERO] = "EVENT_COUNTER_ZERO",
	[VHW_GUEST_EVENT_FAULT] = "GUEST_EVENT_FAULT",
	[VHW_VIOMMU_HARDWARE_ERROR] = "VIOMMU_HARDWARE_ERROR",
	[VHW_RMP_PAGE_FAULT] = "RMP_PAGE_FAULT",
	[VHW_RMP_HARDWARE_ERROR] = "RMP_HARDWARE_ERROR",
};

static const char *name_of(const char *const names[VHW_CODES], unsigned int number,
			   const char *kind)
{
	static char unknown[32];

	if (number < VHW_CODES && names[number])
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
