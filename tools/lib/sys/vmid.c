// SPDX-License-Identifier: GPL-2.0-only
/*
 * What those who manage virtual machines know them by.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/sys/vmid.h"

/* As much as the kernel lets a command line have by default */
#define CMDLINE_MAX (2u << 20)
#define STATUS_MAX 8192
/* From QEMU to virt-launcher, whatever is in between */
#define ANCESTORS_MAX 4

/* 8-4-4-4-12 hexadecimal digits; small letters, as libvirt has them */
void vmid_set_uuid(struct vmid *id, const char *uuid)
{
	size_t i;

	for (i = 0; i < VMID_UUID - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? uuid[i] != '-' : !isxdigit((unsigned char)uuid[i]))
			break;
		id->uuid[i] = tolower((unsigned char)uuid[i]);
	}
	if (i < VMID_UUID - 1 || uuid[i])
		i = 0;
	id->uuid[i] = '\0';
}

/* Small letters, digits, dots and dashes: see RFC 1123 */
static void set_kube_name(char name[VMID_KUBE_NAME], const char *from)
{
	size_t len = strspn(from, "abcdefghijklmnopqrstuvwxyz0123456789.-");

	if (len >= VMID_KUBE_NAME || from[len])
		len = 0;
	memcpy(name, from, len);
	name[len] = '\0';
}

void vmid_set_kube(struct vmid *id, const char *namespace, const char *vmi)
{
	set_kube_name(id->namespace, namespace);
	set_kube_name(id->vmi, vmi);
}

/* The value of an option, behind "=" or in the next argument; NULL if there is none */
static const char *find_option(const char *cmdline, const char *end, const char *option)
{
	size_t len = strlen(option);

	for (const char *arg = cmdline; arg < end; arg += strlen(arg) + 1) {
		const char *next = arg + strlen(arg) + 1;

		if (strncmp(arg, option, len))
			continue;
		if (arg[len] == '=')
			return arg + len + 1;
		if (!arg[len] && next < end)
			return next;
	}
	return NULL;
}

/* Whole arguments only */
static bool is_whole(const char *cmdline, size_t size)
{
	return size && !cmdline[size - 1];
}

bool vmid_from_cmdline(struct vmid *id, const char *cmdline, size_t size)
{
	const char *value;

	if (!is_whole(cmdline, size))
		return false;
	value = find_option(cmdline, cmdline + size, "-uuid");
	if (!value)
		value = find_option(cmdline, cmdline + size, "--uuid");
	if (value)
		vmid_set_uuid(id, value);
	return value && *id->uuid;
}

static bool is_launcher(const char *program)
{
	const char *slash = strrchr(program, '/');

	program = slash ? slash + 1 : program;
	return !strcmp(program, "virt-launcher") || !strcmp(program, "virt-launcher-monitor");
}

bool vmid_from_launcher(struct vmid *id, const char *cmdline, size_t size)
{
	const char *end = cmdline + size, *namespace, *vmi;

	if (!is_whole(cmdline, size) || !is_launcher(cmdline))
		return false;
	namespace = find_option(cmdline, end, "--namespace");
	vmi = find_option(cmdline, end, "--name");
	if (namespace && vmi)
		vmid_set_kube(id, namespace, vmi);
	return *id->namespace && *id->vmi;
}

static char *read_proc(pid_t pid, const char *file, size_t max, size_t *size)
{
	char path[64];
	bool more;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return file_read(path, max, size, &more);
}

/* 0 if it has none, or is not there */
static pid_t parent_of(pid_t pid)
{
	size_t size = 0;
	char *status = read_proc(pid, "status", STATUS_MAX, &size);
	const char *line = status ? memmem(status, size, "\nPPid:", 6) : NULL;
	pid_t parent = line ? strtol(line + 6, NULL, 10) : 0;

	free(status);
	return parent;
}

static bool look_at(pid_t pid, struct vmid *id,
		    bool (*from)(struct vmid *id, const char *cmdline, size_t size))
{
	size_t size = 0;
	char *cmdline = read_proc(pid, "cmdline", CMDLINE_MAX, &size);
	bool found = cmdline && from(id, cmdline, size);

	free(cmdline);
	return found;
}

void vmid_lookup(struct vmid *id, pid_t pid, uint64_t ns)
{
	memset(id, 0, sizeof(*id));
	if (!process_ns_is_initial("/proc") || !process_existed(pid, ns))
		return;
	look_at(pid, id, vmid_from_cmdline);
	for (int i = 0; i < ANCESTORS_MAX; i++) {
		pid = parent_of(pid);
		if (pid <= 1 || look_at(pid, id, vmid_from_launcher))
			return;
	}
}
