// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaving out addresses: in what the hardware has them in.
 */
#include <string.h>

#include "bundle/redact.h"
#include "viommu_hw.h"

#define PAGE_SHIFT 12

/* Those that have a meaning of their own, and those that are none, stay */
static uint64_t hash_above(const struct redact *redact, uint64_t address, unsigned int keep,
			   uint64_t mask)
{
	uint64_t low = (1ull << keep) - 1, above = address & mask & ~low;

	if (!redact->addresses || !above || above == (mask & ~low))
		return address;
	redact->counts->addresses++;
	return (address & ~(mask & ~low)) | (redact_hash_address(redact, above) << keep & mask);
}

/* As the hash of 52 bits fits into 52, physical and other addresses are the same */
uint64_t redact_address(const struct redact *redact, uint64_t address)
{
	return hash_above(redact, address, PAGE_SHIFT, VHW_ADDRESS);
}

/* With S, the ones in a row from bit 12 on, and the zero behind them, are a size */
static uint64_t redact_range(const struct redact *redact, uint64_t q1)
{
	unsigned int keep = PAGE_SHIFT;

	if (q1 & VHW_INVALIDATE_S)
		keep += __builtin_ctzll(~(q1 >> PAGE_SHIFT)) + 1;
	return keep < 52 ? hash_above(redact, q1, keep, VHW_ADDRESS) : q1;
}

void redact_command(const struct redact *redact, uint64_t q[2])
{
	uint64_t address;

	switch (q[0] >> VHW_CODE_SHIFT) {
	case VHW_COMPLETION_WAIT:
		address = q[0] & VHW_WAIT_ADDRESS;
		q[0] = (q[0] & ~VHW_WAIT_ADDRESS) | redact_address(redact, address);
		break;
	case VHW_INVALIDATE_IOMMU_PAGES:
	case VHW_INVALIDATE_IOTLB_PAGES:
	case VHW_PREFETCH_IOMMU_PAGES:
		q[1] = redact_range(redact, q[1]);
		break;
	}
}

void redact_record(const struct redact *redact, uint64_t q[2])
{
	unsigned int code = q[0] >> VHW_CODE_SHIFT;

	/* Private addresses of the IOMMU are the same everywhere */
	if (code != VHW_EVENT_COUNTER_ZERO && code != VHW_VIOMMU_HARDWARE_ERROR)
		q[1] = redact_address(redact, q[1]);
}

static uint64_t get_gcr3(const uint64_t dte[4])
{
	return (dte[0] & VHW_DTE_GCR3_0) >> VHW_DTE_GCR3_0_SHIFT << 12 |
	       (dte[1] & VHW_DTE_GCR3_1) >> VHW_DTE_GCR3_1_SHIFT << 15 |
	       (dte[1] & VHW_DTE_GCR3_2) >> VHW_DTE_GCR3_2_SHIFT << 31;
}

static void set_gcr3(uint64_t dte[4], uint64_t address)
{
	dte[0] = (dte[0] & ~VHW_DTE_GCR3_0) |
		 (address >> 12 << VHW_DTE_GCR3_0_SHIFT & VHW_DTE_GCR3_0);
	dte[1] = (dte[1] & ~(VHW_DTE_GCR3_1 | VHW_DTE_GCR3_2)) |
		 (address >> 15 << VHW_DTE_GCR3_1_SHIFT & VHW_DTE_GCR3_1) |
		 (address >> 31 << VHW_DTE_GCR3_2_SHIFT & VHW_DTE_GCR3_2);
}

static uint64_t redact_field(const struct redact *redact, uint64_t word, uint64_t mask)
{
	return (word & ~mask) | (redact_address(redact, word & mask) & mask);
}

void redact_dte(const struct redact *redact, uint64_t dte[4])
{
	if (dte[0] & VHW_DTE_GV)
		set_gcr3(dte, redact_address(redact, get_gcr3(dte)));
	dte[0] = redact_field(redact, dte[0], VHW_DTE_ROOT);
	dte[2] = redact_field(redact, dte[2], VHW_DTE_INTERRUPTS);
}

uint64_t redact_queue(const struct redact *redact, unsigned int queue, uint64_t reg)
{
	uint64_t mask = VHW_QUEUE_BASE;

	if (queue != VHW_QUEUE_PPR)
		return redact_field(redact, reg, mask);
	return (reg & ~(mask << VHW_QUEUE_PPR_SHIFT)) |
	       (redact_address(redact, reg >> VHW_QUEUE_PPR_SHIFT & mask) & mask)
		       << VHW_QUEUE_PPR_SHIFT;
}

/*
 * The ACPI table: blocks, some of which have an address
 */

#define IVRS_CHECKSUM 9
#define IVRS_BLOCKS 48
#define IVHD_BASE 8
#define IVMD_START 16

static size_t ivrs_address(unsigned int type)
{
	switch (type) {
	case 0x10:
	case 0x11:
	case 0x40:
		return IVHD_BASE;
	case 0x20:
	case 0x21:
	case 0x22:
		return IVMD_START;
	default:
		return 0;
	}
}

static void redact_at(const struct redact *redact, unsigned char *at)
{
	uint64_t address;

	memcpy(&address, at, sizeof(address));
	address = redact_address(redact, address);
	memcpy(at, &address, sizeof(address));
}

void redact_ivrs(const struct redact *redact, unsigned char *table, size_t size)
{
	size_t at = IVRS_BLOCKS;
	unsigned char sum = 0;

	if (!redact->addresses || size < IVRS_BLOCKS)
		return;
	while (at + 4 <= size) {
		size_t length = table[at + 2] | table[at + 3] << 8;
		size_t address = ivrs_address(table[at]);

		if (length < 4 || length > size - at)
			break;
		if (address && address + 8 <= length)
			redact_at(redact, table + at + address);
		at += length;
	}
	table[IVRS_CHECKSUM] = 0;
	for (size_t i = 0; i < size; i++)
		sum += table[i];
	table[IVRS_CHECKSUM] = -sum;
}
