/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command line of viommu-vmm, of the parent and of each VM's process.
 */
#ifndef VMM_OPTIONS_H
#define VMM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct options - What to do
 * @vms:     VMs to run, a process and a device each
 * @viommus: vIOMMUs of each VM
 * @hold:    seconds to keep them; 0 = not at all, < 0 = until told to stop
 * @churn:   vIOMMUs to make and destroy instead, one at a time; 0 = for ever,
 *           < 0 = do not churn
 * @rate:    operations per second of each VM, 0 = as fast as possible
 * @ops:     operations of each VM, < 0 = as many as @hold has time for
 * @work:    do operations at all
 * @type:    vIOMMU type to ask for
 * @map:     map and use the VF pages
 * @json:    results as JSON lines
 * @names:   VM names are @names-1, @names-2 …
 * @devices: comma-separated devices to use, or NULL
 * @vm:      this process is a VM
 * @name, @device, @report, @index: of a VM: its name, device, file descriptor
 *           to the parent, and number from 0
 */
struct options {
	int vms;
	int viommus;
	double hold;
	long churn;
	double rate;
	long ops;
	bool work;
	uint32_t type;
	bool map;
	bool json;
	const char *names;
	char *devices;

	bool vm;
	const char *name;
	const char *device;
	int report;
	int index;
};

void options_parse(struct options *opt, int argc, char **argv);

#endif
