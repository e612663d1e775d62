/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows to show: what changed between two snapshots, by VM and by vIOMMU.
 */
#ifndef TOP_VIEW_MODEL_H
#define TOP_VIEW_MODEL_H

#include "sample/snapshot.h"
#include "sample/queues.h"

/**
 * struct row - One vIOMMU, or one VM with all its vIOMMUs
 * @nr:            how many vIOMMUs
 * @pid:           process that owns them
 * @serial:        of the first of them
 * @created_ns:    when that was created, CLOCK_MONOTONIC
 * @guest_id:      of the first of them
 * @iommu:         of the first of them
 * @domain_id:     of the first of them
 * @ids:           guest IDs of all, for people
 * @iommus:        IOMMUs of all, for people
 * @name:          of the VM, as the snapshot has it
 * @comm:          of the process
 * @cmds:          commands since creation
 * @waits:         completion waits since creation
 * @wait_errors:   of these, timed out
 * @wait_ns_total: time spent in them
 * @events:        events since creation
 * @lost:          latencies lost since the tool runs
 * @cmds_gained:   commands during the interval
 * @events_gained: events during the interval
 * @forwarded:     guest commands that its VMM passed to the driver, since creation
 * @delivered:     records of the host's event log that its VMM got, since creation
 * @takebacks:     times its VMM took the command buffer from the hardware
 * @forwarded_gained: of @forwarded, those during the interval
 * @waits_gained:  completion waits during the interval
 * @pinned:        memory that its devices can reach; only without our driver
 * @vdevices:      its devices, if they are known
 * @latency:       of its completion waits since the vIOMMU was created; of a VM, of
 *                 one that has one vIOMMU: model_latency() has that of all
 * @latency_then:  the same at the beginning of the interval
 * @samples:       completion waits during the interval whose latency is known
 * @p50:           median of these, 0 without any
 * @p99:           99th percentile of these, 0 without any
 * @queues:        those the hardware serves
 * @known:         of &enum vt_known; of a VM, what all of its vIOMMUs have
 * @trans_devid:   of the first of them
 * @table_bytes:   memory behind their ID tables
 * @child:         a vIOMMU below the row of its VM
 */
struct row {
	unsigned int nr;
	int pid;
	uint64_t serial;
	uint64_t created_ns;
	unsigned int guest_id;
	unsigned int iommu;
	unsigned int domain_id;
	char ids[48];
	char iommus[24];
	const char *name;
	char comm[16];
	uint64_t cmds;
	uint64_t waits;
	uint64_t wait_errors;
	uint64_t wait_ns_total;
	uint64_t events;
	uint64_t lost;
	uint64_t cmds_gained;
	uint64_t events_gained;
	uint64_t forwarded;
	uint64_t delivered;
	uint64_t takebacks;
	uint64_t forwarded_gained;
	uint64_t waits_gained;
	uint64_t pinned;
	size_t vdevices;
	const struct latency *latency;
	const struct latency *latency_then;
	uint64_t samples;
	uint64_t p50;
	uint64_t p99;
	struct queues queues;
	unsigned int known;
	unsigned int trans_devid;
	uint64_t table_bytes;
	bool child;
};

/**
 * struct filter - Which vIOMMUs to take
 * @pid:      of this process only, 0 for all
 * @guest:    whose VM's name matches this pattern only, NULL for all
 * @guest_id: with this guest ID only, 0 for all
 * @text:     in whose VM's name, process or numbers this occurs; "" for all
 * @active:   that did something during the interval only
 */
struct filter {
	int pid;
	const char *guest;
	unsigned int guest_id;
	const char *text;
	bool active;
};

/**
 * struct model - Two snapshots as rows
 * @now:         the later one
 * @then:        the earlier one; NULL if there is none, and then no rates
 * @interval_ns: time between them
 * @viommu:      a row per vIOMMU that passed the filter, those of a VM together
 * @nr_viommus:  how many
 * @vm:          a row per VM
 * @first:       index in @viommu of its first, per VM
 * @nr_vms:      how many
 * @room:        vIOMMUs, and VMs, that there is memory for
 */
struct model {
	const struct snapshot *now;
	const struct snapshot *then;
	uint64_t interval_ns;
	struct row *viommu;
	size_t nr_viommus;
	struct row *vm;
	size_t *first;
	size_t nr_vms;
	size_t room;
};

/**
 * model_build() - Make rows of two snapshots
 * @model:  result; zeroed before its first use
 * @now:    the later snapshot
 * @then:   the earlier one, or NULL
 * @filter: which vIOMMUs to take
 *
 * Return: false if out of memory.
 */
bool model_build(struct model *model, const struct snapshot *now, const struct snapshot *then,
		 const struct filter *filter);

/**
 * model_latency() - Latencies of a row since its vIOMMUs were created
 * @model:   that has the row
 * @row:     vIOMMU or VM
 * @latency: result
 */
void model_latency(const struct model *model, const struct row *row, struct hist *latency);

/**
 * model_free() - Release the memory of rows
 * @model: is empty afterwards
 */
void model_free(struct model *model);

/**
 * model_rate() - Something per second
 * @model:  for its interval
 * @gained: how much there was in the interval
 */
double model_rate(const struct model *model, uint64_t gained);

/**
 * model_gained() - How much a total grew in the interval
 * @model: as built
 * @which: the total
 */
uint64_t model_gained(const struct model *model, enum vt_counter which);

#endif /* TOP_VIEW_MODEL_H */
