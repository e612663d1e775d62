// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of virtual machines.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/sys/file.h"
#include "lib/sys/process.h"
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

/* What sockets are called that have the VM in the name of their directory */
static bool is_common(const char *socket)
{
	static const char *const names[] = {"api", "ch-api", "clh-api", "api-socket"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(socket, names[i]))
			return true;
	return false;
}

/* "path=/run/vms/web-1.sock", "/run/vms/web-1.sock", "/run/vc/web-1/api.sock": web-1 */
static bool parse_socket(char *name, size_t len, const char *value)
{
	char path[PATH_MAX], *base, *dot;

	/* A descriptor that was handed over has no name */
	if (starts_with(value, "fd="))
		return false;
	if (starts_with(value, "path="))
		value += strlen("path=");
	snprintf(path, sizeof(path), "%s", value);
	path[strcspn(path, ",")] = '\0';
	base = strrchr(path, '/');
	base = base ? base + 1 : path;
	dot = strrchr(base, '.');
	if (dot && dot != base)
		*dot = '\0';
	if (is_common(base)) {
		if (base == path)
			return false;
		base[-1] = '\0';
		base = strrchr(path, '/');
		base = base ? base + 1 : path;
	}
	snprintf(name, len, "%s", base);
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

/* Also "cloud-hypervisor-static", ".cloud-hypervisor-wrapped", a name cut to 15 bytes */
static bool is_vmm(const char *program)
{
	static const char *const names[] = {"cloud-hyperviso", "crosvm"};
	const char *base = base_name(program);

	base += *base == '.';
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (starts_with(base, names[i]))
			return true;
	return false;
}

bool vmname_from_socket(char *name, size_t len, const char *program, const char *cmdline,
			size_t size)
{
	static const char *const options[] = {"--api-socket", "--socket", "-s"};
	const char *end = cmdline + size, *value;
	bool found = false;

	/* Whole arguments only */
	if (!size || end[-1])
		return false;
	if (!is_vmm(cmdline) && !(program && is_vmm(program)))
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

/* systemd writes what is special in unit names as \xHH: cut once that is undone */
static void copy_unescaped(char *name, size_t len, const char *from, const char *end)
{
	size_t used = 0;

	while (from < end && used + 1 < len) {
		unsigned int byte;
		int read = 0;

		if (end - from >= 4 && sscanf(from, "\\x%2x%n", &byte, &read) == 1 && read == 4) {
			name[used++] = byte;
			from += read;
		} else {
			name[used++] = *from++;
		}
	}
	name[used] = '\0';
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
	/* A name may have ".scope" in it, too: what ends its part of the path is the end */
	to = from + strcspn(from, "/\n") - strlen(end);
	if (to < from || !starts_with(to, end))
		return false;

	/* machine-<driver>\x2d<number>\x2d<name>.scope */
	digits = strspn(from, "0123456789");
	if (!digits || !starts_with(from + digits, "\\x2d"))
		return false;
	from += digits + strlen("\\x2d");
	if (from >= to)
		return false;

	copy_unescaped(name, len, from, to);
	return true;
}

/* Returns what /proc/PID/<file> contains, NUL-terminated, or NULL */
static char *read_proc(pid_t pid, const char *file, size_t *size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return file_read(path, FILE_MAX, size, NULL);
}

/* The program that runs; its name may be that of a wrapper, or of the service */
static bool read_program(pid_t pid, char *path, size_t len)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	n = readlink(link, path, len - 1);
	if (n > 0) {
		path[n] = '\0';
		return true;
	}
	/* Of others' processes only root may know: then what it calls itself */
	snprintf(link, sizeof(link), "/proc/%d/comm", pid);
	return file_read_line(path, len, link);
}

/* libvirt gives cloud-hypervisor a socket of its own: its scope says more */
static bool from_proc(char *name, size_t len, pid_t pid)
{
	size_t size = 0, cgroup_size;
	char *cmdline = read_proc(pid, "cmdline", &size);
	char *cgroup = NULL, program[PATH_MAX];
	bool found = cmdline && vmname_from_cmdline(name, len, cmdline, size);

	if (!found) {
		cgroup = read_proc(pid, "cgroup", &cgroup_size);
		found = cgroup && vmname_from_cgroup(name, len, cgroup);
	}
	if (!found && cmdline)
		found = vmname_from_socket(
			name, len, read_program(pid, program, sizeof(program)) ? program : NULL,
			cmdline, size);
	free(cgroup);
	free(cmdline);
	return found;
}

/* What was cut for want of room ends with a whole character */
static void make_printable(char *name, size_t len)
{
	if (strlen(name) + 1 == len)
		text_trim(name);
	text_sanitize(name);
}

bool vmname_from_process(char *name, size_t len, pid_t pid)
{
	if (!from_proc(name, len, pid))
		return false;
	make_printable(name, len);
	return true;
}

/* Looked up once: it stays what it is */
static bool has_kernels_pids(void)
{
	static enum { UNKNOWN, NO, YES } has;

	if (has == UNKNOWN)
		has = process_ns_is_initial("/proc") ? YES : NO;
	return has == YES;
}

void vmname_lookup(char *name, size_t len, pid_t pid, const char *comm, uint64_t ns)
{
	if (has_kernels_pids() && process_existed(pid, ns) && vmname_from_process(name, len, pid))
		return;
	snprintf(name, len, "%s", comm);
	make_printable(name, len);
}
