# SPDX-License-Identifier: GPL-2.0-only
#
# The figures of summary.jq as tables.

def ms: . / 1e4 | round / 100 | "\(.) ms";
def rows: to_entries | sort_by(.key);
def trace_row: "| \(.key) | \(.value.cpu_ratio) | \(.value.overhead_ns_per_event) ± \(.value.spread_ns_per_event) | \(.value.tracer_ns_per_event) | \(.value.got) | \(.value.lost) |";
def trace_table(names): .trace as $t
	| "| | CPU time of the workload, × untraced | ns per event | tracer, ns per event | got | lost |",
	  "|---|---|---|---|---|---|",
	  (names | map(select($t[.])) | map({key: ., value: $t[.]}) | .[] | trace_row);

"Each of \(.events) events to user space, in text or in a file:",
"",
trace_table($sends),
"",
"Counted, or made histograms of, in the kernel:",
"",
trace_table($counts),
"",
"The untraced workload took \(.none.cpu_ns | ms) ± \(.none.spread_ns | ms) of CPU time. Medians of \(.rounds) rounds;",
"± is the distance between the quartiles.",
"",
(if .insns | length > 0 then
	"| instructions of a map and an unmap, flushes included | | ±|",
	"|---|---|---|",
	(.insns | rows[] | "| \(.key) | \(.value.insns) | \(.value.spread) |"),
	"" else empty end),
(if .host.trace then
	"On Debian's own kernel, in host mode, \(.host.commands) commands of a device's flushes:",
	"",
	"| | CPU time of the workload, × untraced | ± | tracer, ns per command | got | lost |",
	"|---|---|---|---|---|---|",
	(.host.trace | rows[] | "| \(.key) | \(.value.cpu_ratio) | \(.value.spread_ratio) | \(.value.tracer_ns_per_command) | \(.value.got) | \(.value.lost) |"),
	"",
	"Untraced it took \(.host.none.cpu_ns | ms) ± \(.host.none.spread_ns | ms) of CPU time.",
	"" else empty end),
(if .watch | length > 0 then
	"| the screen, once a second | CPU | memory |",
	"|---|---|---|",
	(.watch | rows[] | "| \(.key) | \(.value.cpu * 1e4 | round / 100) % | \(.value.bytes) bytes |"),
	"" else empty end),
(if .fly | length > 0 then
	"| the flight recorder, a nanosecond an instruction | CPU | events a second | lost |",
	"|---|---|---|---|",
	(.fly | rows[] | "| \(.key) | \(.value.cpu * 1e4 | round / 100) % | \(.value.events_per_s) | \(.value.lost) |"),
	"" else empty end),
"| figure | is | should be at most | beside it |",
"|---|---|---|---|",
(.targets | rows[] | "| \(.key) | \(.value.value) | \(.value.target) | \(.value.baseline // "-") |"),
"",
"| one vIOMMU | stores | table memory | time to create |",
"|---|---|---|---|",
(.create | rows[] | "| \(.key) | \(.value.stores) | \(.value.memory_bytes) bytes | \(.value.create_ns | ms) ± \(.value.spread_ns | ms) |"),
"",
"Without default pages it takes \(.create_ratio) times as long.",
"",
"| from the command to its first figures | time | × bpftrace |",
"|---|---|---|",
(.first_row | rows[] | "| \(.key) | \(.value.ns | ms) ± \(.value.spread_ns | ms) | \(.value.ratio) |")
