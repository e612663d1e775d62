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

(of("trace") | by_what) as $trace
| ($trace.none | map(.cpu_s)) as $none
| ($trace["perf-stat"] | map(.got) | median) as $events
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
	first_row: ($first | map_values({ns: (map(.ns) | median), spread_ns: (map(.ns) | spread)}))
}
| .create_ratio = (.create["templates off"].create_ns / .create["templates on"].create_ns | round2)
| (.first_row["bpftrace, 2 tracepoints"].ns) as $peer
| .first_row |= map_values(.ratio = (.ns / $peer | round2))
