# SPDX-License-Identifier: GPL-2.0-only
#
# From the measurements of host.sh, among others, to what goes with the figures of
# summary.jq. Medians throughout; "spread" is between the quartiles.

def at(q): sort | .[((length - 1) * q) | round];
def median: at(0.5);
def spread: at(0.75) - at(0.25);
def round2: . * 100 | round / 100;
# How many times of what a peer adds to untraced ours does; beside nothing that says nothing
def extra(ours; peer): if peer.cpu_ratio > 1 then (ours.cpu_ratio - 1) / (peer.cpu_ratio - 1) | round2 else null end;

(map(select(.measure == "host")) | group_by(.what) | map({key: .[0].what, value: .}) | from_entries) as $host
| ($host.none | map(.cpu_s)) as $none
| ($host.bpftrace | map(.got) | median) as $commands
| {host: {
	commands: $commands,
	none: {cpu_ns: ($none | median * 1e9 | round), spread_ns: ($none | spread * 1e9 | round)},
	trace: ($host | del(.none) | map_values({
		cpu_ratio: ((map(.cpu_s) | median) / ($none | median) | . * 1e3 | round / 1e3),
		spread_ratio: ((map(.cpu_s) | spread) / ($none | median) | . * 1e3 | round / 1e3),
		tracer_ns_per_command: ((map(.tracer_ns) | median) / $commands | round),
		got: (map(.got) | median),
		lost: (map(.lost) | median)}))}}
| .host.trace as $t
| .targets = ({top: "viommu-top", latency: "viommu-trace-latency"} | with_entries({
	key: "host_\(.key)_extra_vs_bpftrace",
	value: {value: extra($t[.value]; $t.bpftrace), target: 0.5, baseline: 1}}))
