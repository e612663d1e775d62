#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: vm
DESCRIPTION="counts 46 resets of 23 vIOMMUs in the emulated hardware itself"
# shellcheck disable=SC1091
. "$(dirname "$0")/../lib/tap.sh"

# shellcheck disable=SC2154 # of tap.sh
trace=$build/log/emulator-trace.log
rm -f "$trace"
TRACE='amdvi_viommu_reset' run "$top/scripts/vm.sh" \
	'perf stat -a -x, -e amd_viommu:viommu_reset viommu-vmm --churn 23 2>&1 | grep -o "^[0-9]*"'
is "$rc" 0 "the VM ran"
like "$out" 46 "the driver traced 46 resets"
is "$(grep -c 'amdvi_viommu_reset guest_id 1 flags 0x90000000' "$trace")" 46 "the hardware saw 46, all and vCmd set"
done_testing
