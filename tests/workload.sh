#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="counts the host commands of a known workload in four places"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/vmm.sh"
requires_driver

# RESET_VMMIO and its wait; then for each operation a flush and a wait on map
# (this IOMMU caches what is not there) and again on unmap
expected=$((2 + 4 * 101))

log=$(mktemp)
perf record -q -a -o "$log.data" -e amd_viommu:viommu_cmd_submit -e amd_viommu:viommu_destroy \
	viommu-vmm --ops 101 >/dev/null 2>&1
PAGER=cat perf script -i "$log.data" 2>/dev/null >"$log"

gid=$(sed -n 's/.*viommu_destroy: .*guest_id=\([0-9]*\).*/\1/p' "$log")
like "$gid" '^[0-9]+$' "one vIOMMU was destroyed"
of_guest() { awk -v gid="guest_id=$gid" '/viommu_destroy/ { exit } $0 ~ "viommu_cmd_submit: .* " gid " "' "$log"; }
is "$(of_guest | wc -l)" "$expected" "perf saw $expected commands for it"
is "$(of_guest | grep -c 'opcode=RESET_VMMIO')" 1 "one of them RESET_VMMIO"
is "$(of_guest | grep -c 'opcode=INVALIDATE_IOMMU_PAGES')" 202 "202 of them flushes"
is "$(sed -n 's/.*viommu_destroy: .* cmds=\([0-9]*\).*/\1/p' "$log")" "$expected" "the driver counted as many to the end"
rm -f "$log" "$log.data"

vmm_start --ops 101 --hold 120
all_done() { [[ $(top_json | jq .cmds) == "$expected" ]]; }
wait_until 30 all_done
is "$(top_json | jq .cmds)" "$expected" "the iterator tells the same while it lives"
is "$(top_json | jq .waits)" 203 "and that the host waited 203 times"
vmm_stop
done_testing
