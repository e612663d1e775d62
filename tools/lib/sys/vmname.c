// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of virtual machines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys/file.h"
#include "lib/sys/vmname.h"
#include "lib/text/text.h"

/* As much as the kernel lets a command line have by default */
#define FILE_MAX (2u << 20)

/* One value of QEMU's options: up to a comma, where two commas are one */
static const char *copy_value(char *name, size_t len, const char *from)
{
	size_t used = 0;

	while (*from) {
		if (*from == ',' && *++from != ',')
			break;
		if (used + 1 < len)
			name[used++] = *from;
		from++;
	}
	name[used] = '\0';
	return from;
}

static bool starts_with(const char *str, const char *prefix)
{
	return !strncmp(str, prefix, strlen(prefix));
}

/* "web-1", "web-1,process=x", "guest=web-1,debug-threads=on", in any order */
static bool parse_name_option(char *name, size_t len, const char *option)
{
	bool first = true;

	while (*option) {
		size_t key = strcspn(option, "=,");
		bool keyed = option[key] == '=';

		if (starts_with(option, "guest="))
			option += strlen("guest=");
		else if (keyed || !first) {
			char other[2];

			option = copy_value(other, sizeof(other), option);
			first = false;
			continue;
		}
		copy_value(name, len, option);
		return name[0];
	}
	return false;
}

bool vmname_from_cmdline(char *name, size_t len, const char *cmdline, size_t size)
{
	const char *end = cmdline + size;
	bool is_name = false;

	while (cmdline < end && memchr(cmdline, '\0', end - cmdline)) {
		if (is_name)
			return parse_name_option(name, len, cmdline);
		is_name = !strcmp(cmdline, "-name") || !strcmp(cmdline, "--name");
		cmdline += strlen(cmdline) + 1;
	}
	return false;
}

/*
 * cloud-hypervisor has no names: what its socket is called is what people go
 * by. crosvm has both.
 */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "path=/run/vms/web-1.sock", "/run/vms/web-1.sock": web-1 */
static bool parse_socket(char *name, size_t len, const char *value)
{
	char path[VMNAME_MAX * 2];
	char *dot;

	/* A descriptor that was handed over has no name */
	if (starts_with(value, "fd="))
		return false;
	if (starts_with(value, "path="))
		value += strlen("path=");
	snprintf(path, sizeof(path), "%s", base_name(value));
	path[strcspn(path, ",")] = '\0';
	dot = strrchr(path, '.');
	if (dot && dot != path)
		*dot = '\0';
	snprintf(name, len, "%s", path);
	return name[0];
}

/* The value of an option, behind "=" or in the next argument; NULL if it is another */
static const char *option_value(const char *arg, const char *option, const char *end)
{
	size_t len = strlen(option);
	const char *next = arg + strlen(arg) + 1;

	if (strncmp(arg, option, len))
		return NULL;
	if (arg[len] == '=')
		return arg + len + 1;
	return !arg[len] && next < end ? next : NULL;
}

bool vmname_from_socket(char *name, size_t len, const char *cmdline, size_t size)
{
	static const char *const options[] = {"--api-socket", "--socket", "-s"};
	const char *end = cmdline + size, *program, *value;
	bool found = false;

	/* Whole arguments only */
	if (!size || end[-1])
		return false;
	program = base_name(cmdline);
	if (strcmp(program, "cloud-hypervisor") && strcmp(program, "crosvm"))
		return false;
	for (const char *arg = cmdline; arg < end; arg += strlen(arg) + 1) {
		value = option_value(arg, "--name", end);
		if (value && *value) {
			snprintf(name, len, "%s", value);
			return true;
		}
		for (size_t i = 0; i < sizeof(options) / sizeof(*options) && !found; i++) {
			value = option_value(arg, options[i], end);
			found = value && parse_socket(name, len, value);
		}
	}
	return found;
}

/* systemd writes what is special in unit names as \xHH */
static void unescape(char *str)
{
	char *to = str;

	while (*str) {
		unsigned int byte;
		int read = 0;

		if (sscanf(str, "\\x%2x%n", &byte, &read) == 1 && read == 4) {
			*to++ = byte;
			str += read;
		} else {
			*to++ = *str++;
		}
	}
	*to = '\0';
}

bool vmname_from_cgroup(char *name, size_t len, const char *cgroup)
{
	static const char *const starts[] = {"/machine-qemu\\x2d", "/machine-ch\\x2d"};
	static const char end[] = ".scope";
	const char *from = NULL, *to;
	size_t digits;

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts) && !from; i++) {
		from = strstr(cgroup, starts[i]);
		if (from)
			from += strlen(starts[i]);
	}
	if (!from)
		return false;
	to = strstr(from, end);
	if (!to || memchr(from, '\n', to - from))
		return false;

	/* machine-<driver>\x2d<number>\x2d<name>.scope */
	digits = strspn(from, "0123456789");
	if (!digits || !starts_with(from + digits, "\\x2d"))
		return false;
	from += digits + strlen("\\x2d");
	if (from >= to)
		return false;

	snprintf(name, len, "%.*s", (int)(to - from), from);
	unescape(name);
	return true;
}

/* Returns what /proc/PID/<file> contains, NUL-terminated, or NULL */
static char *read_proc(pid_t pid, const char *file, size_t *size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return file_read(path, FILE_MAX, size, NULL);
}

/* libvirt gives cloud-hypervisor a socket of its own: its scope says more */
static bool from_proc(char *name, size_t len, pid_t pid)
{
	size_t size = 0, cgroup_size;
	char *cmdline = read_proc(pid, "cmdline", &size);
	char *cgroup = NULL;
	bool found = cmdline && vmname_from_cmdline(name, len, cmdline, size);

	if (!found) {
		cgroup = read_proc(pid, "cgroup", &cgroup_size);
		found = cgroup && vmname_from_cgroup(name, len, cgroup);
	}
	if (!found)
		found = cmdline && vmname_from_socket(name, len, cmdline, size);
	free(cgroup);
	free(cmdline);
	return found;
}

void vmname_lookup(char *name, size_t len, pid_t pid, const char *comm)
{
	if (!from_proc(name, len, pid))
		snprintf(name, len, "%s", comm);
	text_sanitize(name);
}
