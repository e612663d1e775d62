/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What those who manage virtual machines know them by, from what processes tell.
 */
#ifndef LIB_SYS_VMID_H
#define LIB_SYS_VMID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define VMID_UUID 37
/* A label of RFC 1123, and its NUL */
#define VMID_KUBE_NAME 64

/**
 * struct vmid - What is known; the rest is ""
 * @uuid:      as libvirt has it
 * @namespace: of Kubernetes
 * @vmi:       KubeVirt's VirtualMachineInstance
 */
struct vmid {
	char uuid[VMID_UUID];
	char namespace[VMID_KUBE_NAME];
	char vmi[VMID_KUBE_NAME];
};

/**
 * vmid_from_cmdline() - Find QEMU's -uuid option
 * @id:      gets it
 * @cmdline: arguments, each with its terminating NUL
 * @size:    of all arguments
 *
 * Return: false if there is none.
 */
bool vmid_from_cmdline(struct vmid *id, const char *cmdline, size_t size);

/**
 * vmid_from_launcher() - Find what KubeVirt's virt-launcher is told to run
 * @id:      gets it
 * @cmdline: arguments, each with its terminating NUL
 * @size:    of all arguments
 *
 * Return: false if it is another program.
 */
bool vmid_from_launcher(struct vmid *id, const char *cmdline, size_t size);

/**
 * vmid_lookup() - Look for all of it
 * @id:  result
 * @pid: process of the VM, as the kernel's tracing has it
 * @ns:  when it was that process, CLOCK_MONOTONIC; 0 if that is not known
 */
void vmid_lookup(struct vmid *id, pid_t pid, uint64_t ns);

/** vmid_set_uuid() - Have a UUID from elsewhere, if it is one */
void vmid_set_uuid(struct vmid *id, const char *uuid);

/** vmid_set_kube() - Have names of Kubernetes from elsewhere, if they are some */
void vmid_set_kube(struct vmid *id, const char *namespace, const char *vmi);

#endif /* LIB_SYS_VMID_H */
