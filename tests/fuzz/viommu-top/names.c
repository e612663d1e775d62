// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzing of what processes and readers of metrics say of themselves: command lines,
 * cgroups, /proc/PID/stat, headers of HTTP.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/sys/process.h"
#include "lib/sys/vmid.h"
#include "lib/sys/vmname.h"
#include "lib/text/text.h"
#include "out/negotiate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As the kernel has it: arguments end with NUL; what is read of them may be cut */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), name[VMNAME_MAX];
	struct vmid id = {};
	uint64_t start;

	memcpy(text, data, size);
	text[size] = '\0';
	vmname_from_cmdline(name, sizeof(name), text, size);
	vmname_from_cgroup(name, sizeof(name), text);
	vmname_from_socket(name, sizeof(name), "/usr/bin/cloud-hypervisor", text, size);
	vmname_from_socket(name, sizeof(name), "crosvm", text, size);
	vmid_from_cmdline(&id, text, size);
	vmid_from_launcher(&id, text, size);
	vmid_set_uuid(&id, text);
	process_start_from_stat(&start, text);
	negotiate_format(text);
	negotiate_gzip(text);
	text_sanitize(text);
	free(text);
	return 0;
}
