#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# commands.sh: what commands of guests cost the emulated hardware, and how long a
# neighbour waits beside a guest that queues nothing but the dearest, as JSON. Needs
# QEMU's amd-viommu-perf-test; runs where that was built.
set -o pipefail

./tests/qtest/amd-viommu-perf-test -m perf | tee /dev/stderr | awk '
	/^# INVALIDATE_IOMMU_ALL: / { all_ns = $3 }
	/^# INVALIDATE_IOMMU_PAGES: .* times$/ { cached = $(NF - 1) }
	/^# COMPLETION_WAIT alone: .* beside INVALIDATE_IOMMU_ALL: .* times$/ { p99 = $(NF - 1) }
	END {
		if (all_ns == "" || cached == "" || p99 == "")
			exit 1
		printf "{\"inval_all_us\":%.1f,\"inval_pages_cached_ratio\":%s,\"neighbour_p99_ratio\":%s}\n",
			all_ns / 1000, cached, p99
	}'
