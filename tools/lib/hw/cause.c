// SPDX-License-Identifier: GPL-2.0-only
/*
 * What usually causes a record of the event log, and what to look at next.
 */
#include <stddef.h>

#include "lib/hw/cause.h"
#include "viommu_hw.h"

/**
 * struct rule - A cause, if all of some bits are set and others clear
 * @code:  of the record
 * @set:   bits of the first 64 that are set
 * @clear: and those that are not
 * @cause: then
 */
struct rule {
	unsigned int code;
	uint64_t set;
	uint64_t clear;
	struct cause cause;
};

#define BIT(n) (1ull << (n))
#define GN BIT(48)
#define INT BIT(51)
#define PRESENT BIT(52)
#define WRITE BIT(53)
#define DENIED BIT(54)
#define RZ BIT(55)
#define TR BIT(56)
#define VEVENT BIT(29)
#define VPTR BIT(30)
#define VCMD BIT(31)

#define REQUEST(n) ((uint64_t)(n) << 57), ((uint64_t)(~(n)&7) << 57)

/* The first that fits, so the general one is last */
static const struct rule
	rules[] =
		{
			{VHW_ILLEGAL_DEV_TABLE_ENTRY,
			 RZ,
			 0,
			 {"The device's table entry has a reserved bit set, or levels that do not exist. Usual causes: a bit of a feature that is not enabled in the control register (after resume from suspend, say), or an entry that was overwritten.",
			  "explain the DTE[…] lines behind it, and the Control Reg line; the kernel's version"}},
			{VHW_ILLEGAL_DEV_TABLE_ENTRY,
			 0,
			 0,
			 {"The IOMMU cannot use the device's table entry. Usual causes: an ID that is beyond the end of the table, or an entry that is being changed or was overwritten.",
			  "explain the DTE[…] lines behind it; whether the device is in the IVRS at all"}},
			{VHW_IO_PAGE_FAULT,
			 VEVENT,
			 0,
			 {"The IOMMU could not write a guest's event log: the guest gave it an address where it has no memory.",
			  "the guest's IOMMU driver; viommu-top shows whose buffers these are"}},
			{VHW_IO_PAGE_FAULT,
			 VCMD,
			 0,
			 {"The IOMMU could not fetch a guest's command, or store its completion: the guest gave an address where it has no memory.",
			  "the guest's IOMMU driver; viommu-top shows whose buffers these are"}},
			{VHW_IO_PAGE_FAULT,
			 VPTR,
			 0,
			 {"The IOMMU could not read a guest's table: the guest gave it an address where it has no memory.",
			  "the guest's IOMMU driver; viommu-top shows whose it is"}},
			{VHW_IO_PAGE_FAULT,
			 INT,
			 0,
			 {"An interrupt of the device was blocked: its vector has no valid entry in the interrupt remapping table. Usual causes: a vector that was freed while the device still used it, or a device that sends interrupts before they are set up or after a reset.",
			  "the device's driver and firmware, and what was freed or reset at that moment"}},
			{VHW_IO_PAGE_FAULT,
			 RZ,
			 0,
			 {"A page table entry has a reserved bit set, or levels that do not exist. Usual cause: a page table that was overwritten, or is used after it was freed.",
			  "memory errors (dmesg | grep -i mce), the kernel's version"}},
			{VHW_IO_PAGE_FAULT,
			 TR | DENIED,
			 0,
			 {"The device asked for a translation (ATS) that it may not have.",
			  "the device's driver, or the guest's if a guest has the device"}},
			{VHW_IO_PAGE_FAULT,
			 PRESENT | WRITE | DENIED,
			 0,
			 {"The device wrote where it may only read, or where its table entry lets it not write at all. Usual causes: its driver mapped the buffer for the other direction, or the device works on with buffers that are now somebody else's.",
			  "the device's driver and firmware; whether it began after a reset, an error or resume"}},
			{VHW_IO_PAGE_FAULT,
			 PRESENT | DENIED,
			 WRITE,
			 {"The device read where it may only write, or where its table entry lets it not read at all. Usual cause: its driver mapped the buffer for the other direction.",
			  "the device's driver and firmware"}},
			{VHW_IO_PAGE_FAULT,
			 GN,
			 PRESENT,
			 {"The device used an address that the PASID's page table (of a process, or of a guest) has not. Usual causes: memory that was freed while the device still used it, or a device that cannot wait for pages (PRI is off).",
			  "the process or guest that has the device"}},
			{VHW_IO_PAGE_FAULT,
			 WRITE,
			 PRESENT,
			 {"The device wrote to an address that is not mapped. Usual causes: its driver, or the guest that has it, unmapped the buffer before the device was done, or gave it a wrong address; a device that works on after a reset or after its driver left; or memory of the firmware's that the IVRS does not name.",
			  "the device's driver and firmware, or the guest's driver; whether addresses rise (a buffer that was too short) or repeat (a stale one)"}},
			{VHW_IO_PAGE_FAULT,
			 0,
			 PRESENT | WRITE,
			 {"The device read from an address that is not mapped. Usual causes: its driver, or the guest that has it, unmapped the buffer before the device was done, or gave it a wrong address; a device that works on after a reset or after its driver left; or memory of the firmware's that the IVRS does not name.",
			  "the device's driver and firmware, or the guest's driver; whether addresses rise (reads beyond the end) or repeat (a stale one)"}},
			{VHW_IO_PAGE_FAULT,
			 0,
			 0,
			 {"The device used an address that its domain does not let it use.",
			  "the device's driver, or the guest's if a guest has the device"}},
			{VHW_DEV_TAB_HARDWARE_ERROR,
			 0,
			 0,
			 {"The IOMMU could not read the device table in memory: trouble with memory, or with the path to it.",
			  "memory errors (dmesg | grep -i mce, rasdaemon)"}},
			{VHW_PAGE_TAB_HARDWARE_ERROR,
			 0,
			 0,
			 {"The IOMMU could not read a page table in memory: trouble with memory, or an entry that points where there is none.",
			  "memory errors (dmesg | grep -i mce, rasdaemon)"}},
			{VHW_ILLEGAL_COMMAND_ERROR,
			 0,
			 0,
			 {"The IOMMU met a command that it does not know, or with reserved bits set, and has stopped fetching commands. Usual cause: a kernel that uses a feature the IOMMU lacks. All later flushes time out.",
			  "explain the CMD[…] lines behind it; the kernel's version; restart the machine"}},
			{VHW_COMMAND_HARDWARE_ERROR,
			 0,
			 0,
			 {"The IOMMU could not read the command buffer in memory, and has stopped fetching commands: trouble with memory.",
			  "memory errors (dmesg | grep -i mce, rasdaemon); restart the machine"}},
			{VHW_IOTLB_INV_TIMEOUT, 0, 0, {"The device did not answer when it was told to forget translations (ATS). Usual causes: a device that hangs, was reset, lost its link or was put to sleep while it still had translations; or one whose ATS does not work.", "whether the device answers (lspci -vv, AER); boot with pci=noats to see whether ATS is it"}},
			{VHW_INVALID_DEVICE_REQUEST,
			 TR,
			 0,
			 {"The device asked for a translation (ATS) of an address range where there are none, or may not ask. Usual cause: ATS was left on in a device that was reset or given away.",
			  "whether ATS is on in the device (lspci -vv); boot with pci=noats to see whether ATS is it"}},
			{VHW_INVALID_DEVICE_REQUEST,
			 REQUEST(5),
			 {"The device sent an interrupt, and its table entry lets it send none. Usual causes: interrupts left on from firmware before the kernel set the device up, or an internal device that no driver has; once at boot it is harmless.",
			  "whether it goes on after boot, and which driver the device has"}},
			{VHW_INVALID_DEVICE_REQUEST,
			 REQUEST(0),
			 {"The device read from the address range of interrupts. Usual cause: its driver, or the guest that has it, gave it a wrong address.",
			  "the device's driver, or the guest's if a guest has the device"}},
			{VHW_INVALID_DEVICE_REQUEST,
			 REQUEST(1),
			 {"The device used an address that it says was translated already, and may not. Usual cause: ATS was left on in a device whose table entry was taken back, or a device that is not to be trusted.",
			  "whether ATS is on in the device (lspci -vv)"}},
			{VHW_INVALID_DEVICE_REQUEST,
			 0,
			 0,
			 {"The device did what its table entry does not let it do; the type says what. Usual cause: its driver, or the guest that has it, gave it an address in a range that is not memory.",
			  "the device's driver, or the guest's if a guest has the device"}},
			{VHW_INVALID_PPR_REQUEST,
			 0,
			 0,
			 {"The device asked for a page (PRI) and may not. Usual cause: PRI was left on in a device that was reset or given away, or its PASID is gone.",
			  "whether PRI is on in the device (lspci -vv), and who bound the PASID"}},
			{VHW_EVENT_COUNTER_ZERO,
			 0,
			 0,
			 {"A performance counter of the IOMMU has wrapped. Whoever counts with it takes note.",
			  "nothing, unless nobody uses perf"}},
			{VHW_GUEST_EVENT_FAULT,
			 0,
			 0,
			 {"An event could not be delivered to a guest's log: the log is full or cannot be written.",
			  "the guest's IOMMU driver; viommu-top shows the guest's event log"}},
			{VHW_VIOMMU_HARDWARE_ERROR,
			 0,
			 0,
			 {"The IOMMU could not use its private memory for a guest. Usual causes: a domain ID of the guest's that is mapped to none, or a table that is not mapped.",
			  "viommu-trace diff; the kernel's version"}},
			{VHW_RMP_PAGE_FAULT,
			 0,
			 0,
			 {"The device used a page that the reverse map table (SEV-SNP) gives to somebody else. Usual causes: a guest's private page given to a device, or a page that was not handed back.",
			  "the guest's state; the kernel's version (SNP)"}},
			{VHW_RMP_HARDWARE_ERROR,
			 0,
			 0,
			 {"The IOMMU could not read the reverse map table (SEV-SNP) in memory.",
			  "memory errors (dmesg | grep -i mce, rasdaemon)"}},
};

const struct cause *cause_of_event(const struct bits *event)
{
	unsigned int code = bits_get(event, 63, 60);

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		const struct rule *rule = &rules[i];

		if (rule->code == code && !((rule->set | rule->clear) & ~event->known[0]) &&
		    (event->q[0] & rule->set) == rule->set && !(event->q[0] & rule->clear))
			return &rule->cause;
	}
	return NULL;
}
