#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TIMEOUT: 400
DESCRIPTION="goes through what make bench measures, once and with little of each"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/bench/tracers.sh"
requires_driver
requires_program jq perf bpftrace trace-cmd

bench=$tests/bench
lines=$(mktemp)
at_exit rm -f "$lines" "$lines.json"
run_ok "$bench/run.sh" 1 101 7 2
is "$(grep -v '^round 1 of 1$' <<<"$err")" "" "with nothing to complain about"
printf '%s\n' "$out" >"$lines"
run_ok "$bench/fly.sh" 1 7 2
printf '%s\n' "$out" >>"$lines"
run_ok jq -s -f "$bench/summary.jq" "$lines"
printf '%s\n' "$out" >"$lines.json"

figure() { jq -r "$1" "$lines.json"; }
got() { figure ".trace[\"$1\"].got"; }
is "$(figure '.trace | keys | join(" ")')" "$(printf '%s\n' "${sends[@]}" "${counts[@]}" | sort | paste -sd' ')" "every tracer was measured"
cmp_ok "$(got perf-stat)" -gt 606 "perf counted the events of 101 operations"
is "$(got viommu-trace-events) $(got viommu-top)" "$(got perf-stat) $(got perf-stat)" "our tools have as many"
is "$(figure '[.trace["viommu-trace-events", "viommu-trace-latency", "viommu-top"].lost] | add')" 0 "and lost none"
is "$(figure '.create["default pages on"].stores'),$(figure '.create["default pages off"].stores')" 512,131072 "vIOMMUs were made in both ways"
is "$(figure '.first_row | keys | join(";")')" \
	"bpftrace, 2 tracepoints;perf stat, 2 tracepoints;viommu-top, 1 vIOMMUs;viommu-top, 7 vIOMMUs" "and first rows waited for"
is "$(figure '[.fly[] | .events_per_s > 0, .lost] | map(tostring) | join(" ")')" "false 0 true 0" \
	"the flight recorder had events, and lost none"
cmp_ok "$(figure '.targets.fly_cpu_7.value * 1e5 | round')" -gt 0 "and took a share of a CPU"
run_ok jq -r --argjson sends '["viommu-trace-events"]' --argjson counts '["viommu-top"]' -f "$bench/table.jq" "$lines.json"
like "$out" '\| viommu-trace-events \| [0-9.]+ \| ' "there is a table"
done_testing
