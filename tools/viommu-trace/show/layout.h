/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where viewers show what: processes, their threads, and slices on these.
 *
 * A VM is a process; its threads are made up: one for events, and as many for commands
 * as it takes so that on each of them slices lie beside or within one another, which is
 * all that viewers can show.
 */
#ifndef TRACE_SHOW_LAYOUT_H
#define TRACE_SHOW_LAYOUT_H

#include "event/vms.h"
#include "viommu_trace.h"

/* What else is shown of an IOMMU than events (0) and commands (from 1 on) */
#define LAYOUT_RATE 0x80000000u
#define LAYOUT_FILL 0x80000001u

/**
 * struct layout_process - A VM, or the host
 * @pid:    what it is in the file
 * @vm_pid: process of the VM, 0 for the host's and nobody's
 * @name:   shown
 */
struct layout_process {
	int pid;
	int vm_pid;
	char name[VMNAME_MAX + 32];
};

/**
 * struct layout_thread - A line of a process
 * @pid:   of the process
 * @iommu: what it is about
 * @lane:  0 for events, else commands; or one of the above
 * @tid:   what it is in the file
 * @end:   ends of the slices that are open, each within the one before
 * @depth: how many
 * @room:  how many fit
 * @value: a number, for who writes it
 * @since: when it began to be counted, likewise
 */
struct layout_thread {
	int pid;
	uint32_t iommu;
	unsigned int lane;
	int tid;
	uint64_t *end;
	size_t depth;
	size_t room;
	uint64_t value;
	uint64_t since;
};

/**
 * struct layout_slice - A command
 * @submit: what it is, and when it was queued
 * @ns:     time until it was done
 * @pid:    of the process
 */
struct layout_slice {
	struct vtr_event submit;
	uint64_t ns;
	int pid;
};

/**
 * struct layout - All of them; zeroed at the beginning
 * @process:      each
 * @processes:    how many
 * @process_room: how many fit
 * @thread:       each
 * @threads:      how many
 * @thread_room:  how many fit
 * @slice:        each command, to be written at the end
 * @slices:       how many
 * @slice_room:   how many fit
 */
struct layout {
	struct layout_process *process;
	size_t processes;
	size_t process_room;
	struct layout_thread *thread;
	size_t threads;
	size_t thread_room;
	struct layout_slice *slice;
	size_t slices;
	size_t slice_room;
};

/** layout_process() - Whose an event is, as a process; 0 without memory */
int layout_process(struct layout *layout, const struct vtr_event *event, const struct vm *vm);

/** layout_process_name() - What a process is called */
void layout_process_name(char *buf, size_t len, const struct layout_process *process);

/** layout_thread() - A line of a process; NULL without memory. It stays until the next one */
struct layout_thread *layout_thread(struct layout *layout, int pid, uint32_t iommu,
				    unsigned int lane);

/** layout_thread_name() - What a line is called */
void layout_thread_name(char *buf, size_t len, const struct layout_thread *thread);

/** layout_command() - A command was done; false without memory */
bool layout_command(struct layout *layout, const struct vtr_event *submit, uint64_t ns,
		    const struct vm *vm);

/** layout_sort() - Have slices in the order in which layout_lane() takes them */
void layout_sort(struct layout *layout);

/** layout_lane() - The line of a slice, beside all others or within one; NULL as above */
struct layout_thread *layout_lane(struct layout *layout, const struct layout_slice *slice);

/** layout_free() - Release the memory */
void layout_free(struct layout *layout);

#endif /* TRACE_SHOW_LAYOUT_H */
