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
 * struct vm - Who has a guest ID
 * @iommu:    index of the IOMMU
 * @guest_id: guest ID on it
 * @serial:   of the vIOMMU, 0 if its name is not from a list of all
 * @pid:      process that created the vIOMMU
 * @name:     of the VM, safe to print
 */
struct vm {
	uint32_t iommu;
	uint16_t guest_id;
	uint64_t serial;
	int pid;
	char name[VMNAME_MAX];
};

/**
 * struct vms - All that are known; a guest ID that has a new user names that one
 * @vm:   each, in order of IOMMU and guest ID
 * @nr:   how many
 * @room: how many fit
 */
struct vms {
	struct vm *vm;
	size_t nr;
	size_t room;
};

/**
 * vms_add() - A process has a guest ID now
 * @comm: name of the process
 */
void vms_add(struct vms *vms, uint32_t iommu, uint16_t guest_id, int pid, const char *comm,
	     uint64_t ns);

/** vms_set() - A process has a guest ID now, and its VM this name */
void vms_set(struct vms *vms, uint32_t iommu, uint16_t guest_id, int pid, const char *name);

/**
 * vms_list() - Add all that exist
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

/** vms_free() - Release the memory */
void vms_free(struct vms *vms);

#endif /* TRACE_EVENT_VMS_H */
