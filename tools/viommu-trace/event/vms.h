/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which VM has which guest ID.
 */
#ifndef TRACE_EVENT_VMS_H
#define TRACE_EVENT_VMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/libbpf.h>

#include "lib/sys/vmname.h"

/**
 * struct vm - Who has a guest ID, or had it
 * @iommu:    index of the IOMMU
 * @guest_id: guest ID on it
 * @life:     which of its users this is: another one for each
 * @ended:    it has it no more
 * @serial:   of the vIOMMU, 0 if it is not known
 * @pid:      process that created the vIOMMU
 * @name:     of the VM, safe to print
 */
struct vm {
	uint32_t iommu;
	uint16_t guest_id;
	bool ended;
	uint32_t life;
	uint64_t serial;
	int pid;
	char name[VMNAME_MAX];
};

/**
 * struct vms - All that are known
 * @vm:        the last user of each guest ID, in order of IOMMU and guest ID
 * @nr:        how many
 * @room:      how many fit
 * @past:      those who had these before, in the order in which others got them
 * @nr_past:   how many
 * @past_room: how many fit
 * @lives:     users so far
 */
struct vms {
	struct vm *vm;
	size_t nr;
	size_t room;
	struct vm *past;
	size_t nr_past;
	size_t past_room;
	uint32_t lives;
};

/**
 * vms_put() - Somebody has a guest ID now
 * @who: the user; if it cannot be told from the one before, it is that one. @life and
 *       @ended are found out, unless there is a @life
 */
void vms_put(struct vms *vms, const struct vm *who);

/** vms_end() - Whoever had a guest ID has it no more: the next one is another */
void vms_end(struct vms *vms, uint32_t iommu, uint16_t guest_id);

/**
 * vms_add() - A process has a guest ID now
 * @comm: name of the process
 */
void vms_add(struct vms *vms, uint32_t iommu, uint16_t guest_id, int pid, const char *comm,
	     uint64_t ns);

/** vms_set() - A process has a guest ID now, and its VM this name */
void vms_set(struct vms *vms, uint32_t iommu, uint16_t guest_id, int pid, const char *name);

/**
 * vms_list() - Add all that exist, with 0 for their lives
 * @iterator: program that lists them, loaded
 *
 * Return: false on failure; the reason is on stderr then.
 */
bool vms_list(struct vms *vms, const struct bpf_program *iterator);

/**
 * vms_find() - Who has a guest ID, or had it last
 *
 * Return: NULL if nobody is known.
 */
const struct vm *vms_find(const struct vms *vms, uint32_t iommu, uint16_t guest_id);

/**
 * vms_find_life() - Who has a guest ID, or had it when it was that user's
 *
 * Return: NULL if nobody is known.
 */
const struct vm *vms_find_life(const struct vms *vms, uint32_t iommu, uint16_t guest_id,
			       uint32_t life);

/** vms_free() - Release the memory */
void vms_free(struct vms *vms);

#endif /* TRACE_EVENT_VMS_H */
