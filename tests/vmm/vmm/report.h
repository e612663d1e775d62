/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a VM's process tells its parent, and what the parent tells the user.
 */
#ifndef VMM_REPORT_H
#define VMM_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum report_type { REPORT_READY = 1, REPORT_DONE };

/**
 * struct report - One message from a VM's process
 * @type:      READY once everything is set up, DONE at the end
 * @result:    0 or a negative errno
 * @viommus:   vIOMMUs made so far
 * @ops:       operations done so far
 * @vf_offset: mmap offset of the first VF page
 */
struct report {
	enum report_type type;
	int result;
	uint64_t viommus;
	uint64_t ops;
	uint64_t vf_offset;
};

/**
 * struct vm_record - What the parent knows of a VM
 * @name, @device, @bdf: its name, vfio device, PCI address
 * @pid:   its process
 * @fd:    messages from it, -1 once closed
 * @ready: it said READY
 * @done:  it said DONE
 * @last:  its last message
 */
struct vm_record {
	char name[80];
	char device[32];
	char bdf[32];
	pid_t pid;
	int fd;
	bool ready;
	bool done;
	struct report last;
};

void report_all_ready(const struct vm_record *vms, int count, bool json);
void report_results(const struct vm_record *vms, int count, bool json);

#endif
