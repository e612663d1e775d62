/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of virtual machines, from what their process tells.
 */
#ifndef LIB_SYS_VMNAME_H
#define LIB_SYS_VMNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define VMNAME_MAX 128

/**
 * vmname_from_cmdline() - Find QEMU's -name option
 * @name:    result
 * @len:     its size
 * @cmdline: arguments, each with its terminating NUL
 * @size:    of all arguments
 *
 * Return: false if there is none.
 */
bool vmname_from_cmdline(char *name, size_t len, const char *cmdline, size_t size);

/**
 * vmname_from_cgroup() - Find the systemd scope that libvirt made
 * @name:   result
 * @len:    its size
 * @cgroup: content of /proc/PID/cgroup
 *
 * Return: false if there is none.
 */
bool vmname_from_cgroup(char *name, size_t len, const char *cgroup);

/**
 * vmname_from_socket() - Name a VM of cloud-hypervisor or crosvm
 * @name:    result: of --name, else of the socket it is controlled by, or, where all
 *           have sockets of one name, of the directory that it is in
 * @len:     its size
 * @program: path of the program, or what the process is called: wrappers and
 *           services give the first argument names of their own; NULL if unknown
 * @cmdline: arguments, each with its terminating NUL
 * @size:    of all arguments
 *
 * Return: false if it is another program, or there is neither.
 */
bool vmname_from_socket(char *name, size_t len, const char *program, const char *cmdline,
			size_t size);

/**
 * vmname_from_process() - Name the VM that a process runs
 * @name: result, safe to print
 * @len:  its size
 * @pid:  the process, as /proc has it
 *
 * Return: false if it has none: it is no VM's, as far as one can tell.
 */
bool vmname_from_process(char *name, size_t len, pid_t pid);

/**
 * vmname_lookup() - Name the VM that a process runs, or ran
 * @name: result, safe to print
 * @len:  its size
 * @pid:  the process, as the kernel's tracing has it
 * @comm: name of the process, used when nothing better is known
 * @ns:   when it was that process, CLOCK_MONOTONIC; 0 if that is not known
 */
void vmname_lookup(char *name, size_t len, pid_t pid, const char *comm, uint64_t ns);

#endif /* LIB_SYS_VMNAME_H */
