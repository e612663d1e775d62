#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="counts the host commands of a known workload in three places"
# Seen to fail: with commands counted before their guest is looked up.
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/tap.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/vmm.sh"
requires_driver

# 101 maps and unmaps; with a cache of what is not there each is one flush and
# one wait, so the count per operation is even and the same for each
log=$(mktemp)
perf record -q -a -o "$log.data" -e amd_viommu:viommu_cmd_submit -e amd_viommu:viommu_destroy \
	viommu-vmm --ops 101 >/dev/null 2>&1
PAGER=cat perf script -i "$log.data" 2>/dev/null >"$log"

gid=$(sed -n 's/.*viommu_destroy: .*guest_id=\([0-9]*\).*/\1/p' "$log")
counted=$(sed -n 's/.*viommu_destroy: .* cmds=\([0-9]*\).*/\1/p' "$log")
like "$gid" '^[0-9]+$' "one vIOMMU was destroyed"
# The driver's counter is final when destruction begins
traced=$(awk -v gid="guest_id=$gid" '/viommu_destroy/ { exit } $0 ~ "viommu_cmd_submit: .* " gid " "' "$log" | wc -l)
is "$traced" "$counted" "perf saw as many commands as the driver counted"

flushes=$(awk -v gid="guest_id=$gid" '/viommu_destroy/ { exit } $0 ~ gid " .*INVALIDATE_IOMMU_PAGES"' "$log" | wc -l)
resets=$(grep -c "guest_id=$gid .*opcode=RESET_VMMIO" "$log")
is "$resets" 1 "one of them is RESET_VMMIO"
cmp_ok "$flushes" -ge 202 "each operation flushes on map and on unmap"

vmm_start --ops 101 --rate 1000
wait_until 20 test "$(pgrep -fc -- '-name guest=web-1')" -ge 1
sleep 1
is "$(top_json | jq .cmds)" "$counted" "the iterator tells the same of the same workload"
vmm_stop
rm -f "$log" "$log.data"
done_testing
