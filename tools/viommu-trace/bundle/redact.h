/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Leaving out of what goes to others what is none of their business: names of
 * VMs, and addresses.
 *
 * The same gets the same pseudonym, by a key that is made for one redactor and
 * goes with it. Offsets within a page stay.
 */
#ifndef TRACE_BUNDLE_REDACT_H
#define TRACE_BUNDLE_REDACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include "file/trace_file.h"

#define REDACT_KEY_SIZE 32

/**
 * struct redact_name - A name, and what stands for it
 * @name:  as it is
 * @alias: pseudonym
 */
struct redact_name {
	char name[VMNAME_MAX];
	char alias[16];
};

/**
 * struct redact - What is left out
 * @names:     names of VMs
 * @addresses: addresses
 * @key:       of the pseudonyms
 * @name:      names that are known, longest first
 * @nr:        how many
 * @room:      how many fit
 */
struct redact {
	bool names;
	bool addresses;
	unsigned char key[REDACT_KEY_SIZE];
	struct redact_name *name;
	size_t nr;
	size_t room;
};

/** redact_init() - Make a key; false if there is nothing random */
bool redact_init(struct redact *redact, bool names, bool addresses);

/** redact_free() - Release the memory */
void redact_free(struct redact *redact);

/** redact_name() - What stands for a name, which is known from here on */
const char *redact_name(struct redact *redact, const char *name);

/** redact_address() - What stands for an address */
uint64_t redact_address(const struct redact *redact, uint64_t address);

/** redact_command() - Addresses in a command to the IOMMU */
void redact_command(const struct redact *redact, uint64_t q[2]);

/** redact_record() - Addresses in a record of the event log */
void redact_record(const struct redact *redact, uint64_t q[2]);

/** redact_dte() - Addresses in a device table entry, the lowest quadword first */
void redact_dte(const struct redact *redact, uint64_t dte[4]);

/** redact_queue() - The base in a VF control register; 2 is that of the PPR log */
uint64_t redact_queue(const struct redact *redact, unsigned int queue, uint64_t reg);

/** redact_ivrs() - Addresses in the ACPI table, whose checksum stays right */
void redact_ivrs(const struct redact *redact, unsigned char *table, size_t size);

/**
 * redact_text() - Known names, and numbers such as 0x12345000
 *
 * Return: allocated; NULL without memory. @size is set to its length.
 */
char *redact_text(const struct redact *redact, const char *text, size_t *size);

/** redact_json() - Names, commands, records, and other strings as text */
bool redact_json(struct redact *redact, struct json_object *object);

#endif /* TRACE_BUNDLE_REDACT_H */
