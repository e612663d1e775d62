#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="counts the host commands of a known workload in four places"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
. "${0%/*}/lib/vmm.sh"
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

# --- the driver measures each command once: whoever asks is told the same
dir=$(mktemp -d)
at_exit rm -rf "$dir"
viommu-trace latency --json >"$dir/latency" 2>"$dir/err" &
tracer=$!
wait_until 60 grep -q '"type":"ready"' "$dir/latency" || diag "$(cat "$dir/err")"
vmm_start --ops 101 --hold 120
all_done() { [[ $(top_json | jq .cmds) == "$expected" ]]; }
wait_until 30 all_done
is "$(top_json | jq .cmds)" "$expected" "the iterator tells the same while it lives"
is "$(top_json | jq .waits)" 203 "and that the host waited 203 times"
kill -INT "$tracer"
wait "$tracer"

viommu-top --json -i 60 >"$dir/top" 2>"$dir/err" &
tool=$!
wait_until 60 grep -q '"type":"interval"' "$dir/top" || diag "$(cat "$dir/err")"
is "$(bpftool link | grep -c 'viommu_cmd_')" 0 "viommu-top attaches nothing to where commands are queued"
kill -INT "$tool"
wait "$tool"
existing() { jq -c 'select(.type == "existing") | '"$1" "$dir/top"; }
is "$(existing '.latency_buckets | map(.[1]) | add')" 203 "it has the latencies from before it was started"
is "$(existing '.commands | map({command, count}) | sort')" \
	'[{"command":"COMPLETION_WAIT","count":203},{"command":"INVALIDATE_IOMMU_PAGES","count":202},{"command":"RESET_VMMIO","count":1}]' \
	"by type, too"
same='map([.command, .count, .max_ns]) | sort'
is "$(existing ".commands | $same")" \
	"$(jq -s -c "map(select(.type == \"latency\" and .guest_id == $(existing .guest_id))) | $same" "$dir/latency")" \
	"and viommu-trace latency measured the same"
vmm_stop
done_testing
