// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether this machine can be traced.
 *
 * Commands to an AMD IOMMU can be, whether or not its vIOMMU is enabled: by the
 * host as well as within a guest, whose IOMMU is one, too.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/sys/require.h"
#include "lib/text/message.h"

static bool is_viommu(const struct requirements *reqs, const struct requirement *req)
{
	return !strcmp(req->what, REQUIRE_VIOMMU) && reqs->iommus.nr;
}

/* What is missing beside VMs, or NULL; and what is in the way of those */
static const struct requirement *find_missing(const struct requirements *reqs,
					      const struct requirement **viommu)
{
	*viommu = NULL;
	for (size_t i = 0; i < reqs->nr; i++) {
		const struct requirement *req = &reqs->each[i];

		if (!req->missing)
			continue;
		if (!is_viommu(reqs, req))
			return req;
		*viommu = req;
	}
	return NULL;
}

bool trace_has_driver(const char *what)
{
	if (!require_host_mode())
		return true;
	msg("%s takes the AMD vIOMMU driver, which this kernel has not", what);
	return false;
}

enum exit_code trace_ready(void)
{
	static struct requirements reqs;
	static struct probes probes;
	const struct requirement *missing, *viommu;

	require_probe(&reqs);
	if (require_host(&reqs, &probes, &missing)) {
		viommu = NULL;
		if (!missing)
			msg("host mode, without the AMD vIOMMU driver: commands and records of event logs only, without VMs");
	} else {
		missing = find_missing(&reqs, &viommu);
	}
	if (missing) {
		msg("%s %s", missing->what, missing->detail);
		return missing->code;
	}
	if (viommu)
		msg("there are no VMs to see, only this kernel's own commands: %s %s", viommu->what,
		    viommu->detail);
	return EXIT_OK;
}

enum exit_code trace_check(void)
{
	static struct requirements reqs;
	static struct probes probes;
	const struct requirement *viommu;
	enum exit_code code;

	require_probe(&reqs);
	if (require_host(&reqs, &probes, &viommu))
		return require_print_host(&reqs, &probes);
	code = require_print(&reqs);
	if (!find_missing(&reqs, &viommu) && viommu)
		puts("without VMs: ready, for this kernel's own commands");
	return code;
}
