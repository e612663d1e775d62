/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a recorded file of events holds; docs/trace-file.md has the format.
 */
#ifndef TRACE_FILE_TRACE_FILE_H
#define TRACE_FILE_TRACE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include "lib/hw/event_table.h"
#include "lib/sys/iommus.h"
#include "lib/sys/vmname.h"
#include "viommu_trace.h"

#define TRACE_VERSION 2
/* That and those in between can be read, too */
#define TRACE_OLDEST_VERSION 1

/**
 * struct trace_iommu - An IOMMU of the machine that was recorded
 * @index:    N of ivhdN
 * @viommu:   what became of its vIOMMU, as sysfs has it
 * @cap:      capability header, likewise
 * @features: extended features, likewise
 */
struct trace_iommu {
	int index;
	char viommu[24];
	char cap[24];
	char features[80];
};

/**
 * struct trace_meta - What is true of a whole file
 * @tool:      program that wrote it, and its version
 * @kernel:    release of the kernel
 * @boot_id:   of that boot
 * @real_ns:   CLOCK_REALTIME less CLOCK_MONOTONIC when recording began
 * @boot_ns:   CLOCK_BOOTTIME less CLOCK_MONOTONIC, likewise
 * @start_ns:  when that was, CLOCK_MONOTONIC
 * @iommu:     the IOMMUs
 * @nr_iommus: how many
 * @type:      events that its kernel or its recorder knows; an event has an
 *             index into these
 * @recorded:  which of these were recorded
 * @nr_types:  how many
 * @filtered:  some VMs were left out
 * @json:      owner of the names; NULL when they are this program's own
 */
struct trace_meta {
	char tool[64];
	char kernel[72];
	char boot_id[40];
	int64_t real_ns;
	int64_t boot_ns;
	uint64_t start_ns;
	struct trace_iommu *iommu;
	size_t nr_iommus;
	struct event_type *type;
	bool *recorded;
	size_t nr_types;
	bool filtered;
	struct json_object *json;
};

/**
 * struct trace_viommu - A vIOMMU that exists
 * @iommu:       index of its IOMMU
 * @guest_id:    guest ID
 * @pid:         process that created it
 * @existing:    it was there when recording began; else it is new here, and
 *               only @iommu, @guest_id, @pid, @comm and @name are known
 * @serial:      order of creation, never reused
 * @created_ns:  when, CLOCK_MONOTONIC
 * @cmds:        commands of the host for it until then
 * @events:      event log records that name it, likewise
 * @domain_id:   host domain ID of its nesting parent
 * @trans_devid: requester ID of its buffers
 * @control:     what the guest's control register asks
 * @queue_reg:   control register of each queue: command, event log, PPR log
 * @queue_size:  their sizes in bytes, 0 if there is none
 * @comm:        name of that process
 * @name:        of the VM, safe to print
 */
struct trace_viommu {
	uint32_t iommu;
	uint16_t guest_id;
	int pid;
	bool existing;
	uint64_t serial;
	uint64_t created_ns;
	uint64_t cmds;
	uint64_t events;
	uint16_t domain_id;
	uint16_t trans_devid;
	uint64_t control;
	uint64_t queue_reg[VTR_NR_QUEUES];
	uint32_t queue_size[VTR_NR_QUEUES];
	char comm[16];
	char name[VMNAME_MAX];
};

/**
 * struct trace_vdevice - A guest's device that existed when recording began
 * @iommu:    index of the IOMMU
 * @guest_id: guest ID
 * @gdev_id:  the guest's device ID
 * @hdev_id:  the host's
 * @serial:   order of creation, never reused
 */
struct trace_vdevice {
	uint32_t iommu;
	uint16_t guest_id;
	uint16_t gdev_id;
	uint16_t hdev_id;
	uint64_t serial;
};

/**
 * struct trace_trigger - Why a flight recorder wrote a file
 * @ns:       when it saw that, CLOCK_MONOTONIC
 * @iommu:    index of the IOMMU
 * @guest_id: guest ID, 0 for the host
 * @kind:     a word, such as "queue-stuck"
 * @text:     what it was, for people
 */
struct trace_trigger {
	uint64_t ns;
	uint32_t iommu;
	uint16_t guest_id;
	char kind[24];
	char text[160];
};

/**
 * struct trace_end - What the end of a whole file says
 * @events: events in it
 * @lost:   events lost
 * @missed: of these, those that came while a program of ours was running
 * @unseen: of these, commands that no tracepoint told of
 * @ns:     when recording ended, CLOCK_MONOTONIC
 * @why:    "interrupted", "duration", "count" or "size"; of a flight recorder's,
 *          "trigger", or "continued" if another file goes on
 */
struct trace_end {
	uint64_t events;
	uint64_t lost;
	uint64_t missed;
	uint64_t unseen;
	uint64_t ns;
	char why[24];
};

/**
 * trace_meta_now() - Describe this machine
 * @meta:   result, to be freed with trace_meta_free()
 * @wanted: which events are recorded, by &enum vtr_event_id
 *
 * Return: false without memory.
 */
bool trace_meta_now(struct trace_meta *meta, const bool wanted[VTR_NR_EVENTS]);

/** trace_meta_to_json() - As a block has it; NULL without memory */
struct json_object *trace_meta_to_json(const struct trace_meta *meta);

/**
 * trace_meta_parse() - Read what a block has
 *
 * Return: false if that is not understood.
 */
bool trace_meta_parse(struct trace_meta *meta, const char *text, size_t len);

/** trace_meta_free() - Release the memory */
void trace_meta_free(struct trace_meta *meta);

/** trace_meta_recorded() - Whether a file has these events, if they happened */
bool trace_meta_recorded(const struct trace_meta *meta, enum vtr_event_id id);

/** trace_end_to_json() - As a block has it; NULL without memory */
struct json_object *trace_end_to_json(const struct trace_end *end);

/** trace_end_parse() - Read what a block has; false if that is not understood */
bool trace_end_parse(struct trace_end *end, const char *text, size_t len);

#endif /* TRACE_FILE_TRACE_FILE_H */
