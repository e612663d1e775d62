#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# This test checks what viommu-trace makes of a recorded file, one of the
# emulated hardware: text, JSON, latencies and counts as expected, JSON for viewers that
# keeps to their rules, and a clear word on files that are cut off, damaged
# or none.
#
# usage: report.sh PROGRAM
# UPDATE=1 writes what is expected anew.

# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"
export TZ=UTC LC_ALL=C.UTF-8

program=$(realpath "$1")
golden=$(cd "$(dirname "$0")/../../golden" && pwd)
trace=$golden/trace.viommu
dir=$(mktemp -d) || exit 1
trap 'rm -r "$dir"' EXIT

trace() { "$program" "$@" 2>"$dir/err"; }
# told REGEX WHAT: standard error says so
told() {
	grep -qE "$1" "$dir/err"
	ok $? "$2" || cat "$dir/err"
}
# same FILE ARGUMENT…: prints exactly what is expected
same() {
	local file=$golden/$1

	trace "${@:2}" >"$dir/out"
	ok $? "${*:2}"
	[[ ! ${UPDATE-} ]] || cp "$dir/out" "$file"
	diff -u "$file" "$dir/out"
	ok $? "prints what is in $1"
}

same trace.txt report "$trace" -e '[!c]*'
told 'is complete: [0-9]+ events$' "and that it is complete"
same trace.ndjson report --json -g web-1 "$trace"
same trace-latency.txt report --latency -x "$trace"
same trace-linear.txt report --latency --linear=100us -g db-1 "$trace"
same trace-latency.ndjson report --latency --json -g db-1 --linear=100us "$trace"
same trace-summary.txt report --summary "$trace"
same trace-summary.ndjson report --summary --json -e '*_init' -e 'queue_*' "$trace"

events=$(sed -n 's/.*complete: \([0-9]*\) events/\1/p' "$dir/err")
trace report --json "$trace" >"$dir/all"
[[ $(jq -c 'select(.type == "totals") | [.events, .lost, .complete, .truncated]' "$dir/all") == "[$events,0,true,false]" ]]
ok $? "the totals are those that the file has"
[[ $(jq -r .type "$dir/all" | sort | uniq -c | xargs) == "$events event 1 ready 1 totals" ]]
ok $? "all $events events are there"
trace report --json - <"$trace" | cmp - "$dir/all"
ok $? "it may come from standard input"
told '^viommu-trace: standard input is complete' "which is called that"
(cd "$dir" && cp "$trace" viommu.trace && trace report --json | cmp - all)
ok $? "a file called viommu.trace need not be named"
[[ $(trace report --summary --json "$trace" | jq -s 'map(select(.type == "summary").count) | add') == "$events" ]]
ok $? "the counts add up to that"
submits=$(grep -c '"viommu_cmd_submit"' "$dir/all")
[[ $(trace report --latency --json "$trace" | jq -s 'map(select(.type == "latency").count) | add') == "$submits" ]]
ok $? "and there is a latency of each command"

# --- cut off
size=$(stat -c %s "$trace")
for cut in 1 24 $((size / 3)) $((size / 2)); do
	head -c -"$cut" "$trace" >"$dir/cut"
	trace report --json "$dir/cut" >"$dir/out"
	ok $? "$cut bytes short it is read"
	told 'its end is missing' "and known to be cut off"
	[[ $(tail -n 1 "$dir/out" | jq -c '[.complete, .truncated]') == '[false,true]' ]]
	ok $? "also as JSON"
	n=$(grep -c '"type":"event"' "$dir/out")
	cmp <(head -n "$((n + 1))" "$dir/all") <(head -n "$((n + 1))" "$dir/out")
	ok $? "with the first $n events"
done
trace report --summary --fail-on-loss "$dir/cut" >/dev/null
ok $(($? != 6)) "--fail-on-loss makes that the exit status"
trace report --summary --fail-on-loss "$trace" >/dev/null
ok $? "which a complete file does not have"

# --- no such files. refused REGEX WHAT ARGUMENT…
refused() {
	trace "${@:3}" >"$dir/out"
	ok $(($? != 1)) "$2 is an error"
	told "$1" "which says: $1"
}
: >"$dir/empty"
head -c 100 "$trace" >"$dir/begun"
cp "$trace" "$dir/bad"
printf '\377' | dd of="$dir/bad" bs=1 seek=$((size / 2)) conv=notrunc status=none
refused 'cannot read .*nowhere: No such file.*viommu-trace record' "no file" report "$dir/nowhere"
refused 'Is a directory' "a directory" report "$dir"
refused 'is empty' "an empty file" report "$dir/empty"
refused 'ends before its first event' "what has only just begun" report "$dir/begun"
refused 'was not written by viommu-trace record' "another file" report "$0"
refused 'is packed: a bundle can be read from a file' "a bundle in a pipe" report - < <(zstd -c "$trace")
refused 'damaged in the block at byte [0-9]+: its checksum is wrong' "a wrong bit" report "$dir/bad"
refused 'damaged in the block' "a wrong bit, for viewers," export "$dir/bad" -o "$dir/bad.json"
[[ $(jq '.otherData.complete == false' "$dir/bad.json") == true ]]
ok $? "who get what is before it, and are told"
refused 'is the file to read' "to overwrite what is read" export "$dir/bad" -o "$dir/bad"
refused 'cannot write' "a file that cannot be written" export "$trace" -o "$dir/nowhere/out"
[[ ! -c /dev/full ]] || refused 'No space left' "a full disk" export "$trace" -o /dev/full
# full REGEX ARGUMENT…: nor is there room on standard output
full() {
	"$program" "${@:2}" 2>"$dir/err" >/dev/full
	ok $(($? != 1)) "a full disk is an error of ${*:2:2}"
	told "$1" "which says: $1"
}
if [[ -c /dev/full ]]; then
	full 'cannot write to standard output: No space left' report "$trace"
	full 'cannot write to standard output: No space left' report --json "$trace"
	full 'cannot write to standard output: No space left' report --summary "$trace"
	full 'cannot write standard output: No space left' export "$trace"
fi
"$program" report "$trace" 2>"$dir/err" | head -n 1 | grep -q ^TIME
ok $? "a reader may leave early"
[[ ! -s $dir/err ]]
ok $? "which is no error"
trace report -e nonsense "$trace" >"$dir/out"
ok $(($? != 2)) "an event that it does not know is wrong usage"
told 'no event of .* is called "nonsense"' "which says so"

for file in trace trace-latency; do
	jq -c . "$golden/$file.ndjson" | cmp - "$golden/$file.ndjson"
	ok $? "no number of $file loses digits"
done

# --- for viewers
trace export "$trace" -o "$dir/json"
ok $? "export works"
told 'is complete' "and says that it is complete"
trace export "$trace" | cmp - "$dir/json"
ok $? "to standard output, too"
(umask 0 && trace export "$trace" -o "$dir/private")
[[ $(stat -c %a "$dir/private") == 600 ]]
ok $? "which only its owner may read, as the recording"
echo before >"$dir/private"
(trap '' XFSZ && ulimit -f 1 && trace export "$trace" -o "$dir/private")
ok $(($? != 1)) "what cannot be written whole is an error"
told 'cannot write .*: File too large' "which says why"
[[ $(<"$dir/private") == before && $(echo "$dir"/private*) == "$dir/private" ]]
ok $? "and changes nothing"
# rule WHAT FILTER: true of each event $e
rule() {
	[[ $(jq "[.traceEvents[] | $2] | all" "$dir/json") == true ]]
	ok $? "$1"
}
rule "each has a name, a phase, a process and a thread" \
	'(.name | type) == "string" and (.ph | IN("X", "i", "M")) and (.pid | type) == "number" and (.tid | type) == "number"'
rule "slices and instants have a time" '.ph == "M" or ((.ts | type) == "number" and .ts > 0)'
rule "slices have a duration" '.ph != "X" or ((.dur | type) == "number" and .dur >= 0)'
rule "instants have a scope" '.ph != "i" or (.s | IN("t", "p", "g"))'
rule "a stuck queue concerns its VM" '.name != "viommu_queue_stuck" or .s == "p"'
rule "names are names of processes and threads" '.ph != "M" or ((.name | IN("process_name", "thread_name")) and (.args.name | length) > 0)'
[[ $(jq '[.traceEvents[] | select(.ph == "X")] | length' "$dir/json") == "$submits" ]]
ok $? "there is a slice for each command"
[[ $(jq '[.traceEvents[] | select(.ph == "i")] | length' "$dir/json") == $((events - submits - $(grep -c '"viommu_cmd_complete"' "$dir/all"))) ]]
ok $? "and an instant for each other event"
[[ $(jq '([.traceEvents[] | select(.ph != "M") | [.pid, .tid]] | unique) - [.traceEvents[] | select(.name == "thread_name") | [.pid, .tid]] == []' "$dir/json") == true ]]
ok $? "every thread has a name"
[[ $(jq '([.traceEvents[].pid] | unique) == ([.traceEvents[] | select(.name == "process_name").pid] | unique)' "$dir/json") == true ]]
ok $? "so has every process"
[[ $(jq -r '.traceEvents[] | select(.name == "process_name").args.name' "$dir/json" | grep -cE '^((db|web)-1 \(process [0-9]+\)|host)$') == 3 ]]
ok $? "two of them are VMs, one is the host"
# in ns, as no double has them: of two slices of a thread one is in the other, or behind it
jq -r 'def ns: . * 1000 | round; .traceEvents[] | select(.ph == "X") | [.pid, .tid, (.ts | ns), ((.ts | ns) + (.dur | ns))] | @tsv' "$dir/json" |
	sort -k1,1n -k2,2n -k3,3n -k4,4nr |
	awk '{ key = $1 " " $2 }
		key != last { depth = 0; last = key }
		{ while (depth && end[depth] <= $3) depth--
		  if (depth && end[depth] < $4) bad++
		  end[++depth] = $4 }
		END { exit bad > 0 }'
ok $? "slices lie beside or within one another"
[[ $(trace export -g db-1 "$trace" | jq -r '.traceEvents[] | select(.ph == "X").args.guest_id' | sort -u) == "$(jq -r 'select(.vm == "db-1").guest_id' "$dir/all" | sort -u)" ]]
ok $? "of one VM, if that is asked for"

# --- wrong usage
for wrong in "report a b" "report --latency --summary" "report -H" "report --linear=5us" "report --latency -e init" \
	"report --latency --linear=0us" "report --latency --linear=5" "export a b" "record --max-size 0" "record --buffer 3" \
	"record -e nonsense" "record surplus" "events --slow=nothing" "events --slow=-1ms" "events --slow -e init"; do
	# shellcheck disable=SC2086 # several words
	"$program" $wrong >"$dir/out" 2>"$dir/err"
	ok $(($? != 2)) "wrong usage: $wrong"
	[[ -s $dir/err && ! -s $dir/out ]]
	ok $? "which is told on standard error only"
done
done_testing
