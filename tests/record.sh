#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TIMEOUT: 300
DESCRIPTION="records events to files that outlive their recorder"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
requires_driver
requires_program jq script

dir=$(mktemp -d)
at_exit rm -rf "$dir"
cd "$dir" || exit 1

# start NAME COMMAND ARGUMENT…: viommu-trace in the background, back once it traces
declare -A tracer
start() {
	local name=$1
	shift

	viommu-trace "$@" >"$name.out" 2>"$name.err" &
	tracer[$name]=$!
	wait_until 60 grep -qE '^viommu-trace: recording|"type":"ready"' "$name.err" "$name.out" ||
		diag "$(cat "$name.err")"
}
stop() { # NAME…
	local name

	for name; do
		kill -INT "${tracer[$name]}"
		wait "${tracer[$name]}"
		rc=$?
	done
}
total() { awk -F= '{ n += $2 } END { print n }' <<<"$counts"; }
of() { sed -n "s/^viommu_$1=//p" <<<"$counts"; }
# in_file FILE NAME: how many of these events it has
in_file() { viommu-trace report --json -e "$2" "$1" 2>/dev/null | grep -c '"type":"event"'; }
grown() { sleep 0.5; [[ $(in_file "$1" "$2") -ge $3 ]]; }

# --- all of it, as perf counts; some of it was there before
mapfile -t bdf < <(dma_devices)
play_vm early "${bdf[0]}" 0x10 5
start all record
start slow events --slow=1ns --json
start table latency --linear=10us --json
counts=$(event_counts viommu-vmm --churn 23)
plays early "its memory changes" <<'S'
unmap as 0 0x400000
map as 0 0 0x400000
S
stop slow table all
is "$rc" 0 "recording ends well"
like "$(cat all.err)" 'complete: none was lost' "and complete"
is "$(stat -c %a viommu.trace)" 600 "the file is for its owner only"
run_ok viommu-trace report --json
json=$out
like "$err" 'viommu.trace is complete' "which the report says, too"
is "$(jq -c 'select(.type == "totals") | [.lost, .complete, .truncated]' <<<"$json")" '[0,true,false]' "likewise as JSON"
run_ok viommu-trace report --summary --json
for event in init destroy guest_id_alloc vf_page_alloc tables_init trans_devid_alloc trans_dte_set; do
	is "$(jq -s --arg event "viommu_$event" 'map(select(.event == $event).count) | add' <<<"$out") $(of "$event")" \
		"23 23" "23 times $event, as perf says"
done
gid=$(jq -s -r 'map(select(.vm == "early").guest_id)[0]' <<<"$json")
cmp_ok "$(jq -c 'select(.vm == "early" and .event == "viommu_cmd_submit")' <<<"$json" | wc -l)" -ge 4 \
	"commands of a VM that was there before have its name"
is "$(jq -c "select(.vm == \"early\" and .guest_id != $gid)" <<<"$json")" "" "and no others"

# --- who was slow, by three witnesses
submits=$(jq -s 'map(select(.event == "viommu_cmd_submit")) | length' <<<"$json")
cmp_ok "$submits" -ge "$(of cmd_submit)" "the file has all commands that perf saw"
is "$(grep -c slow_command slow.out)" "$submits" "every command takes more than a nanosecond"
is "$(jq -s '[.[] | select(.event == "slow_command").latency_ns > 1] | all' slow.out)" true "which is told of each"
row='select(.type == "latency") | [.guest_id, .command, .path, .count]'
is "$(viommu-trace report --latency --json 2>/dev/null | jq -c "$row")" "$(jq -c "$row" table.out)" \
	"from the file, as many latencies as were measured"
is "$(jq -s 'map(select(.type == "latency") | .count == (.linear_buckets | map(.[1]) | add) and .slowest.latency_ns == .max_ns) | all' table.out)" \
	true "the linear histogram has them all, and the slowest is the longest"
jq -c 'select(.type == "latency").slowest | [.seq, .cmd]' table.out | sort >exemplars
jq -c 'select(.event == "viommu_cmd_submit") | [.seq, .cmd]' <<<"$json" | sort >commands
cmp_ok "$(wc -l <exemplars)" -ge 5 "there are exemplars"
is "$(comm -23 exemplars commands)" "" "each is a command that was queued, word by word"
run_ok viommu-trace events --slow=1000s -d 0.3 --json
unlike "$out" slow_command "none takes a thousand seconds"
run_fails 2 viommu-trace events --slow=1
like "$err" 'time span such as' "a span needs its unit"
play_stop early

# --- elsewhere
viommu-trace record -o - -n 3 2>writer.err | viommu-trace report - --json >piped 2>piped.err &
wait_until 60 grep -q recording writer.err
viommu-vmm --ops 3 >/dev/null 2>&1
wait_until 30 grep -q complete piped.err
is "$(grep -c '"type":"event"' piped)" 3 "through a pipe, as many as were asked for"
like "$(cat piped.err)" 'standard input is complete' "and complete"
script -qec 'viommu-trace record -o -' /dev/null >terminal </dev/null
is "$?" 1 "it refuses to write to a terminal"
like "$(cat terminal)" 'refusing to write to a terminal' "and says so"

# --- killed
start killed record
mv viommu.trace killed.trace
is "$(in_file viommu.trace.old init)" 23 "an earlier file is kept"
counts=$(event_counts viommu-vmm --churn 7)
wait_until 60 grown killed.trace destroy 7
is "$?" 0 "a second later the file has what happened"
viommu-vmm --churn 0 >/dev/null 2>&1 &
churning=$!
sleep 0.5
kill -9 "${tracer[killed]}"
wait "${tracer[killed]}" 2>/dev/null
kill "$churning"
wait "$churning"
run_ok viommu-trace report killed.trace
like "$err" 'killed.trace: its end is missing; [0-9]+ events are before that' "what a killed recorder left can be read"
is "$(viommu-trace report --summary --json killed.trace 2>/dev/null | jq -c 'select(.type == "totals") | [.complete, .truncated]')" \
	'[false,true]' "and is not taken for complete"
head -c -1 viommu.trace.old >cut.trace
run_fails 6 viommu-trace report --fail-on-loss cut.trace
is "$(in_file cut.trace init)" 23 "without its last byte nothing but the end is missing"

# --- a full disk, and a limit
mkdir disk
mount -t tmpfs -o size=12k none disk
at_exit umount "$dir/disk"
start full record -o disk/full.trace
viommu-vmm --ops 503 >/dev/null
wait "${tracer[full]}"
is "$?" 1 "recording ends when the disk is full"
like "$(cat full.err)" 'cannot write disk/full.trace: No space left' "and says so"
run_ok viommu-trace report --summary disk/full.trace
like "$err" 'its end is missing' "what fitted can be read"
start limit record --max-size 0.02 -o limit.trace
viommu-vmm --ops 701 >/dev/null
wait "${tracer[limit]}"
is "$?" 0 "recording ends when the file is large enough"
cmp_ok "$(stat -c %s limit.trace)" -le 20971 "which it does not exceed"
cmp_ok "$(stat -c %s limit.trace)" -ge 12000 "but makes use of"
run_ok viommu-trace report --summary limit.trace
like "$err" 'is complete' "it has its end"

# --- lost: a recorder that does not get to run, and too little room
start lost record -o lost.trace --buffer 1 --fail-on-loss
kill -STOP "${tracer[lost]}"
counts=$(event_counts viommu-vmm --ops 2503)
kill -CONT "${tracer[lost]}"
stop lost
is "$rc" 6 "what is lost tells by the exit status"
run_ok viommu-trace report --summary --json lost.trace
lost=$(jq 'select(.type == "totals").lost' <<<"$out")
cmp_ok "$lost" -gt 0 "events were lost"
like "$(cat lost.err)" "$lost events were lost" "as many as the recorder said"
like "$err" "$lost events were lost while it was recorded" "and the report"
is "$(($(jq 'select(.type == "totals").events' <<<"$out") + lost))" "$(total)" "with those in the file, as many as perf counted"
is "$(viommu-trace report --json lost.trace 2>/dev/null | grep '"type":"lost"' | jq -s 'map(.events) | add')" "$lost" "they are told where they were lost"
viommu-trace export lost.trace -o lost.json 2>/dev/null
is "$(jq -c '[.otherData.complete, ([.traceEvents[] | select(.cat == "lost").args.events] | add)]' lost.json)" "[false,$lost]" \
	"so do viewers get them"
is "$(jq -c '([.traceEvents[] | select(.ph != "M") | [.pid, .tid]] | unique) - [.traceEvents[] | select(.name == "thread_name") | [.pid, .tid]]' lost.json)" \
	"[]" "on threads that have names"
done_testing
