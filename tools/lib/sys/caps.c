// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capabilities of this process.
 */
#include <linux/capability.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/sys/caps.h"

static bool has(const struct __user_cap_data_struct *data, int cap)
{
	return data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

bool caps_missing(char *buf, size_t len)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	bool bpf, perfmon;

	/* Cannot tell: let the kernel */
	if (syscall(SYS_capget, &header, data))
		return false;

	/* CAP_SYS_ADMIN includes both */
	bpf = has(data, CAP_BPF) || has(data, CAP_SYS_ADMIN);
	perfmon = has(data, CAP_PERFMON) || has(data, CAP_SYS_ADMIN);
	snprintf(buf, len, "%s%s%s", bpf ? "" : "CAP_BPF", bpf || perfmon ? "" : " and ",
		 perfmon ? "" : "CAP_PERFMON");
	return !bpf || !perfmon;
}
