# SPDX-License-Identifier: GPL-2.0-only
#
# From the measurements of run.sh, one array of them, to the figures. Medians
# throughout; "spread" is between the quartiles.

def at(q): sort | .[((length - 1) * q) | round];
def median: at(0.5);
def spread: at(0.75) - at(0.25);
def round2: . * 100 | round / 100;
def of(measure): map(select(.measure == measure));
def by_what: group_by(.what) | map({key: .[0].what, value: .}) | from_entries;

# Instructions of ours for each of Linux as it is; a guest's domain beside a parent without one
def insns_ratio(ours; stock): .insns[ours].insns / .insns[stock].insns * 1e4 | round / 1e4;
# Nothing beside nothing, or less, says nothing
def ratio(ours; peer): if peer > 0 then ours / peer | round2 else null end;
def target(value; target; baseline): {value: value, target: target, baseline: baseline};
def targets: .trace as $t | .first_row as $f | .watch as $w
	| (if .insns["stock paging none"] then {
		insns_ratio_off: target([insns_ratio("off paging none"; "stock paging none"),
			insns_ratio("off parent none"; "stock parent none")] | max; 1.005; 1),
		insns_ratio_on: target([insns_ratio("on paging none"; "stock paging none"),
			insns_ratio("on parent none"; "stock parent none"),
			insns_ratio("on viommu none"; "stock parent none")] | max; 1.02; 1)} else {} end)
	+ {
		top_workload_ratio: target($t["viommu-top"].cpu_ratio; 1.02; $t["perf-stat"].cpu_ratio),
		latency_workload_ratio: target($t["viommu-trace-latency"].cpu_ratio; 1.05; $t["bpftrace-hist"].cpu_ratio),
		record_ns_vs_trace_cmd: target(ratio($t["viommu-trace-record"].overhead_ns_per_event; $t["trace-cmd-record"].overhead_ns_per_event); 0.6; 1),
		record_cpu_vs_perf_record: target(ratio($t["viommu-trace-record"].tracer_ns_per_event; $t["perf-record"].tracer_ns_per_event); 1; 1),
		create_stores: target(.create["default pages on"].stores; 64; .create["default pages off"].stores)
	}
	+ ([$f | to_entries[] | select(.key | startswith("viommu-top")) | {key: "top_start_\(.key | capture(", (?<n>[0-9]+) ").n)", value:
		target(.value.ratio; (if .key == "viommu-top, 1 vIOMMUs" then 0.35 else 0.45 end); 1)}] | from_entries)
	+ (.here | if . then {
		metrics_series_per_viommu: target(.metrics_series_per_viommu; 12; null),
		metrics_bytes_1000: target(.metrics_bytes_1000; 100000; null),
		redact_ratio: target(.redact_ratio; 1.5; 1),
		inval_all_us: target(.inval_all_us; 20; null),
		inval_pages_cached_ratio: target(.inval_pages_cached_ratio; 2; 1),
		neighbour_p99_ratio: target(.neighbour_p99_ratio; 3; 1)} else {} end)
	+ (.fly as $all | [$all | to_entries[] | select(.value.events_per_s > 0) | (.key | capture("^(?<n>[0-9]+) ").n) as $n
		| $all["\($n) vIOMMUs"].cpu as $idle | {key: "fly_cpu_\($n)",
		value: target($idle + (.value.cpu - $idle) * 1e4 / .value.events_per_s | . * 1e5 | round / 1e5; 0.01; null)}] | from_entries)
	+ ([$w | to_entries[] | (.key | capture(", (?<n>[0-9]+) ").n) as $n | {key: "top_cpu_\($n)", value: target(.value.cpu; 0.01; null)},
		{key: "top_memory_\($n)", value: target(.value.bytes; 12000000; null)}] | from_entries);

(of("trace") | by_what) as $trace
| ($trace.none | map(.cpu_s)) as $none
| ($trace["perf-stat"] | map(.got) | median) as $events
| (of("insns") | map(.what = "\(.kernel) \(.domain) \(.tracer)" | .per_op = .insns / .ops) | by_what
	| map_values(map(.per_op) | {insns: (median | round), spread: (spread | round)})) as $insns
| (of("watch") | by_what) as $watch
| (of("create") | by_what) as $create
| (of("first_row") | by_what) as $first
| {
	version: 1,
	rounds: (map(.round) | max),
	events: $events,
	none: {cpu_ns: ($none | median * 1e9 | round), spread_ns: ($none | spread * 1e9 | round)},
	trace: ($trace | del(.none) | map_values({
		cpu_ratio: ((map(.cpu_s) | median) / ($none | median) | round2),
		overhead_ns_per_event: (((map(.cpu_s) | median) - ($none | median)) * 1e9 / $events | round),
		spread_ns_per_event: ((map(.cpu_s) | spread) * 1e9 / $events | round),
		tracer_ns_per_event: ((map(.tracer_ns) | median) / $events | round),
		got: (map(.got) | median),
		lost: (map(.lost) | median)
	})),
	create: ($create | map_values({
		create_ns: (map(.ns) | median),
		spread_ns: (map(.ns) | spread),
		stores: (map(.stores) | median),
		memory_bytes: (map(.memory) | median)
	})),
	insns: $insns,
	here: (of("here") | add),
	fly: (of("fly") | by_what | map_values({cpu: (map(.cpu_ns / .ns) | median | . * 1e5 | round / 1e5),
		events_per_s: (map(.events * 1e9 / .ns) | median | round), lost: (map(.lost) | add)})),
	watch: ($watch | map_values({cpu: (map(.cpu) | median), bytes: (map(.bytes) | median)})),
	first_row: ($first | map_values({ns: (map(.ns) | median), spread_ns: (map(.ns) | spread)}))
}
| .create_ratio = (.create["default pages off"].create_ns / .create["default pages on"].create_ns | round2)
| (.first_row["bpftrace, 2 tracepoints"].ns) as $peer
| .first_row |= map_values(.ratio = (.ns / $peer | round2))
| .targets = targets
