/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Leaving out of what goes to others what is none of their business: names of
 * VMs, addresses, and secrets among the parameters of the kernel.
 *
 * The same gets the same pseudonym, by a key that is made for one redactor and
 * goes with it. Offsets within a page stay.
 */
#ifndef TRACE_BUNDLE_REDACT_H
#define TRACE_BUNDLE_REDACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <json-c/json.h>

#include "file/trace_file.h"

/**
 * struct redact_name - A name, and what stands for it
 * @name:         as it is
 * @alias:        pseudonym
 * @unmistakable: it means nothing else in a log
 */
struct redact_name {
	char *name;
	char alias[16];
	bool unmistakable;
};

/**
 * struct redact_counts - How often something was left out, and what could not be
 * @names:      names
 * @addresses:  addresses
 * @parameters: parameters of the kernel, and other secrets
 * @mistakable: names that have a meaning of their own: in text they are replaced where
 *              there are names only
 * @unknown:    lines of an unknown format, of which the rest is left out
 */
struct redact_counts {
	uint64_t names;
	uint64_t addresses;
	uint64_t parameters;
	uint64_t mistakable;
	uint64_t unknown;
};

struct redact_hashes;

/**
 * struct redact - What is left out
 * @names:      names of VMs
 * @addresses:  addresses
 * @parameters: parameters of the kernel that are not known to be harmless
 * @hashes:     of the pseudonyms
 * @counts:     so far
 * @begins:     bytes that names begin with
 * @name:       names that are known, in order
 * @nr:         how many
 * @room:       for how many there is memory
 */
struct redact {
	bool names;
	bool addresses;
	bool parameters;
	struct redact_hashes *hashes;
	struct redact_counts *counts;
	bool begins[256];
	struct redact_name *name;
	size_t nr;
	size_t room;
};

/**
 * redact_init() - Make a key
 *
 * Parameters of the kernel are left out unless nothing is.
 *
 * Return: false without memory, or if there is nothing random.
 */
bool redact_init(struct redact *redact, bool names, bool addresses);

/** redact_free() - Release the memory */
void redact_free(struct redact *redact);

/**
 * redact_hashes_new() - Make a key
 *
 * Return: NULL without memory, or if there is nothing random.
 */
struct redact_hashes *redact_hashes_new(void);

/** redact_hashes_free() - Forget the key; NULL is fine */
void redact_hashes_free(struct redact_hashes *hashes);

/** redact_hash() - A number that stands for something of a kind */
uint64_t redact_hash(const struct redact *redact, char what, const void *data, size_t size);

/** redact_hash_address() - Likewise, for what an address has above its offset */
uint64_t redact_hash_address(const struct redact *redact, uint64_t above);

/** redact_learn() - Have a name be known from here on */
void redact_learn(struct redact *redact, const char *name);

/** redact_name() - What stands for a name, which is known from here on */
const char *redact_name(struct redact *redact, const char *name);

/**
 * redact_comm() - What stands for the name of a process
 * @comm: of up to 15 bytes; need not have a NUL then
 *
 * Return: NULL if it is not called as a VM is.
 */
const char *redact_comm(const struct redact *redact, const char *comm);

/** redact_names_free() - Release the memory of names */
void redact_names_free(struct redact *redact);

/** redact_is_edge() - Whether no word goes on from before a place to behind it */
bool redact_is_edge(const char *text, const char *at, const char *end);

/**
 * redact_name_at() - A known name in text
 * @text: where it begins
 * @at:   where the name does
 * @end:  of the text
 * @len:  gets the length of the name
 *
 * Return: what stands for the longest that is no part of a word; NULL if there is none.
 */
const char *redact_name_at(const struct redact *redact, const char *text, const char *at,
			   const char *end, size_t *len);

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
 * redact_text() - Known names, addresses, and parameters of the kernel
 *
 * An address is a number such as 0x12345000 of which the line does not say that it is
 * something else, and one without 0x of which it says that it is one.
 *
 * Return: allocated; NULL without memory. @size is set to its length.
 */
char *redact_text(struct redact *redact, const char *text, size_t *size);

/**
 * redact_copy() - Likewise, a part of a line
 * @numbers: numbers may be addresses
 */
void redact_copy(struct redact *redact, FILE *out, const char *text, const char *end, bool numbers);

/**
 * redact_cmdline() - Parameters of the kernel
 *
 * Return: allocated; NULL without memory. @size is set to its length.
 */
char *redact_cmdline(struct redact *redact, const char *text, size_t *size);

/** redact_parameters() - Likewise, a part of a line */
void redact_parameters(struct redact *redact, FILE *out, const char *at, const char *end);

/**
 * redact_parameters_in() - Find the parameters of the kernel that a line of its log has
 * @line: where it begins
 * @end:  where it ends; gets where they do
 *
 * Return: NULL if it has none.
 */
const char *redact_parameters_in(const char *line, const char **end);

/** redact_json() - Names, commands, records, and other strings as text */
bool redact_json(struct redact *redact, struct json_object *object);

#endif /* TRACE_BUNDLE_REDACT_H */
