/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of a guest in debugfs, as structures.
 */
#ifndef TRACE_DIFF_HARDWARE_FILES_H
#define TRACE_DIFF_HARDWARE_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "diff/ranges.h"
#include "viommu_hw.h"

#define HARDWARE_TABLES 2
#define HARDWARE_DTE_WORDS 4

/**
 * struct hardware_state - "state", as far as it is compared
 * @parent:       host domain ID of the nesting parent
 * @trans_devid:  translation device ID in the VF control entry
 * @trans_dte:    its device table entry, the lowest quadword first
 */
struct hardware_state {
	unsigned int parent;
	uint16_t trans_devid;
	uint64_t trans_dte[HARDWARE_DTE_WORDS];
};

/**
 * struct hardware_device - A line of "vdevices"
 * @gdev_id: the guest's device ID
 * @hdev_id: the host's
 * @entry:   of the DeviceID table, as text
 * @dte:     device table entry, the lowest quadword first
 */
struct hardware_device {
	uint16_t gdev_id;
	uint16_t hdev_id;
	char entry[40];
	uint64_t dte[HARDWARE_DTE_WORDS];
};

/**
 * struct hardware_domain - A line of "domains"
 * @gdom_id: the guest's domain ID
 * @hdom_id: the host's
 * @users:   how many nested domains have it
 * @mapped:  the hardware was told
 * @entry:   of the DomainID table, as text
 */
struct hardware_domain {
	uint16_t gdom_id;
	uint16_t hdom_id;
	unsigned int users;
	bool mapped;
	char entry[40];
};

/**
 * struct hardware_entries - Equal entries of a table, a line of "tables"
 * @first: the first
 * @nr:    how many in a row
 * @entry: what each is, as text
 */
struct hardware_entries {
	uint32_t first;
	uint32_t nr;
	char entry[40];
};

/**
 * struct hardware_table - One of a guest's tables
 * @entries: all of it
 * @nr:      how many
 * @room:    how many fit
 */
struct hardware_table {
	struct hardware_entries *entries;
	size_t nr;
	size_t room;
};

/**
 * struct hardware_guest - All files of a guest
 * @state:     "state"
 * @device:    "vdevices"
 * @nr_devices: how many
 * @device_room: how many fit
 * @domain:    "domains"
 * @nr_domains: how many
 * @domain_room: how many fit
 * @table:     "tables": of device IDs, of domain IDs
 * @ipa:       "ipa": what is mapped
 * @queue_reg: of "registers", of each queue
 */
struct hardware_guest {
	struct hardware_state state;
	struct hardware_device *device;
	size_t nr_devices;
	size_t device_room;
	struct hardware_domain *domain;
	size_t nr_domains;
	size_t domain_room;
	struct hardware_table table[HARDWARE_TABLES];
	struct ranges ipa;
	uint64_t queue_reg[VHW_NR_QUEUES];
};

/* Read them; false if they cannot be read, or not understood. @dir is the guest's. */
bool hardware_read_guest(const char *dir, struct hardware_guest *guest);
bool hardware_read_domains(const char *dir, struct hardware_guest *guest);
bool hardware_read_ipa(const char *dir, struct hardware_guest *guest);

/** hardware_free_guest() - Release the memory */
void hardware_free_guest(struct hardware_guest *guest);

#endif /* TRACE_DIFF_HARDWARE_FILES_H */
