/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vIOMMUs are made of, and what happens to them.
 */
#ifndef TOP_SAMPLE_PARTS_H
#define TOP_SAMPLE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/text/event_text.h"
#include "sample/list.h"
#include "viommu_top.h"

#define DRIVER_MAX 24

/**
 * enum part - Kinds of it: not every kernel tells them, nor every recording
 * @PART_VDEVICES: devices
 * @PART_DOMAINS:  domains
 * @PART_COMMANDS: latencies by type of command
 * @PART_HAPPENED: what happened
 * @PART_CPU:      the tool's own CPU time
 * @PART_HAPPENED_LOST: how much of what happened is missing
 */
enum part {
	PART_VDEVICES = 1,
	PART_DOMAINS = 2,
	PART_COMMANDS = 4,
	PART_HAPPENED = 8,
	PART_CPU = 16,
	PART_HAPPENED_LOST = 32,
};

/**
 * struct vdevice - A device of a guest
 * @rec:    as the kernel has it
 * @driver: bound to it on the host; "" if unknown
 */
struct vdevice {
	struct vt_vdevice rec;
	char driver[DRIVER_MAX];
};

/**
 * struct command - Latencies of one type of command
 * @viommu:  serial of the vIOMMU
 * @opcode:  the type
 * @latency: since the vIOMMU was created
 */
struct command {
	uint64_t viommu;
	unsigned int opcode;
	struct vtr_latency latency;
};

/**
 * struct happening - Something that happened to a vIOMMU
 * @viommu:  its serial
 * @nr:      counts from 1 per vIOMMU
 * @mono_ns: when, CLOCK_MONOTONIC
 * @bad:     it should not
 * @event:   as the kernel names it
 * @text:    for people
 */
struct happening {
	uint64_t viommu;
	uint64_t nr;
	uint64_t mono_ns;
	bool bad;
	char event[32];
	char text[EVENT_TEXT_MAX];
};

/**
 * struct parts - All of it, at one time
 * @known:        of &enum part: what there is to know
 * @vdevices:     of &struct vdevice
 * @domains:      of &struct vt_domain
 * @commands:     of &struct command
 * @happened:     of &struct happening
 * @cpu_ns:       CPU time of the tool
 * @happened_lost: events missing from @happened, as there was no room for a vIOMMU
 */
struct parts {
	unsigned int known;
	struct list vdevices;
	struct list domains;
	struct list commands;
	struct list happened;
	uint64_t cpu_ns;
	uint64_t happened_lost;
};

/** parts_vdevices() - Devices of a vIOMMU; @nr gets how many */
const struct vdevice *parts_vdevices(const struct parts *parts, uint64_t viommu, size_t *nr);

/** parts_domains() - Domains of a vIOMMU; @nr gets how many */
const struct vt_domain *parts_domains(const struct parts *parts, uint64_t viommu, size_t *nr);

/** parts_commands() - Latencies of a vIOMMU by type of command; @nr gets how many */
const struct command *parts_commands(const struct parts *parts, uint64_t viommu, size_t *nr);

/** parts_happened() - What happened to a vIOMMU; @nr gets how many */
const struct happening *parts_happened(const struct parts *parts, uint64_t viommu, size_t *nr);

/** parts_sort() - Sort what was added; false if out of memory */
bool parts_sort(struct parts *parts);

/** parts_empty() - Forget it, but keep the memory */
void parts_empty(struct parts *parts);

/** parts_free() - Release the memory */
void parts_free(struct parts *parts);

#endif /* TOP_SAMPLE_PARTS_H */
