// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capabilities of this process.
 */
#include <cap-ng.h>
#include <stdio.h>

#include "lib/sys/caps.h"

static bool has(unsigned int cap)
{
	return capng_have_capability(CAPNG_EFFECTIVE, cap);
}

bool caps_missing(char *buf, size_t len)
{
	bool bpf, perfmon;

	/* Cannot tell: let the kernel */
	if (capng_get_caps_process())
		return false;

	/* CAP_SYS_ADMIN includes both */
	bpf = has(CAP_BPF) || has(CAP_SYS_ADMIN);
	perfmon = has(CAP_PERFMON) || has(CAP_SYS_ADMIN);
	snprintf(buf, len, "%s%s%s", bpf ? "" : "CAP_BPF", bpf || perfmon ? "" : " and ",
		 perfmon ? "" : "CAP_PERFMON");
	return !bpf || !perfmon;
}

bool caps_drop(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	/* Takes CAP_SETPCAP, and nothing is lost without: no other program is run */
	capng_apply(CAPNG_SELECT_BOUNDS);
	return !capng_apply(CAPNG_SELECT_CAPS) && !capng_apply(CAPNG_SELECT_AMBIENT);
}
