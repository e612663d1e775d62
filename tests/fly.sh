#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="keeps the last events, and writes what led to each trigger to a file of its own"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/provoke.sh"
requires_driver
requires_program jq

dir=$(mktemp -d)
at_exit rm -rf "$dir"
flies=$dir/fly
mkdir "$flies"
mount -t tmpfs -o size=8m none "$flies"
at_exit umount "$flies"
recorder=''
# fly ARGUMENT…: a flight recorder in the background, back once it records
fly() {
	viommu-trace fly -D "$flies" "$@" 2>"$dir/err" &
	recorder=$!
	wait_until 60 grep -q 'files go to' "$dir/err" || diag "$(cat "$dir/err")"
}
ends() { # SIGNAL
	kill "-$1" "$recorder"
	wait "$recorder" 2>/dev/null
	rc=$?
	recorder=''
}
stop_recorder() { [[ ! $recorder ]] || ends KILL; }
at_exit stop_recorder
status() { viommu-trace fly status --json -D "$flies" | jq -c "$1"; }
# file_of KIND: of its trigger, once it is whole
file_of() { wait_until 60 compgen -G "$flies/viommu-*-$1.trace" | head -n 1; }
# led_to KIND EVENT WORDS: the file has the event, right in front of its trigger
led_to() {
	local file

	file=$(file_of "$1")
	like "$file" '/viommu-[0-9]{8}T[0-9]{6}Z-' "$1: a file is written" || diag "$(cat "$dir/err")"
	run_ok viommu-trace report --json "$file"
	like "$err" "is complete" "which is whole"
	json=$out
	like "$(jq -r "select(.trigger == \"$1\").text" <<<"$json")" "$3" "it has the trigger"
	[[ ! $2 ]] || is "$(jq -s -r "map(.trigger // .event) | index(\"$1\") as \$at | .[\$at - 1]" <<<"$json")" \
		"$2" "behind the event that led to it"
	is "$(jq -r "select(.event == \"$before\" and .vm == \"one\") | .serial // .vm" <<<"$json" | head -n 1)" "$was" \
		"and what was before"
}

# --- some triggers there are; tests/unit has the others, and what is none
fly --before 600s --after 200ms --every 1h --trigger wait-timeout,queue-stuck,fault-storm,log-overflow,signal,command --faults 2
mapfile -t bdf < <(dma_devices)
play_vm one "${bdf[0]}" 0x10 5
before=viommu_init was=$(top_json | jq 'select(.vm == "one").serial')
plays one "it has queues" <<'S'
queue c v cmd 0x300000 0x1000
queue e v evt 0x310000 0x1000
control v 0x1004
S
plays one "its command buffer stops at what is no command" <<'S'
cmd c 0xf000000000000000 0
cmd c 0x1000000000320009 0x1234
!ETIMEDOUT cmd-drain c timeout=200
S
led_to queue-stuck viommu_queue_stuck 'the command buffer of guest [0-9]+ on ivhd0 has work'

fault() { # ADDRESS TIMES
	local i

	for ((i = 0; i < $2; i++)); do
		play one "!EIO dma-read d $1 x" || diag "$reply"
	done
}
plays one "a new buffer runs" <<'S'
destroy c
queue c v cmd 0x300000 0x1000
cmd-wait c 0x320000
S
fault 0x100001000 262
led_to log-overflow viommu_queue_overflow 'the event log of guest [0-9]+ on ivhd0 is full'

expect_dmesg 'VIOMMU_HARDWARE_ERROR'
vfctrl=$(dmesg | sed -n 's/.*VF control \(0x[0-9a-f]*\).*/\1/p')
for _ in {1..7}; do
	busybox devmem "$((vfctrl + 4660 * 64))" 64 0x8001400000100001
done
led_to fault-storm viommu_event_record '2 faults within a second of guest 4660'

kill -USR1 "$recorder"
led_to signal '' SIGUSR1
run_ok viommu-trace fly trigger "it is slow" -D "$flies"
is "$out" "$(file_of command)" "command: who asks gets the name of the file"
led_to command '' 'it is slow'
run_fails 1 viommu-trace fly trigger again -D "$flies"
like "$err" 'too soon after the last one' "not too often"
is "$(status '[.files, .files_written, .lost, .errors, .past, [.triggers[] | select(.fired > 0).trigger]]')" \
	'[5,5,0,0,"memory",["queue-stuck","log-overflow","fault-storm","signal","command"]]' "it knows what it did"
run_ok viommu-trace fly status -D "$flies"
like "$out" 'files: +5 in .*queue-stuck +1 +0' "and tells"
is "$(stat -c %a "$flies"/viommu-* | sort -u)" 600 "files are for their owner only"
run_fails 1 viommu-trace fly -D "$flies"
like "$err" 'another flight recorder has' "no two of one directory"
ends TERM
is "$rc" 0 "it ends well"

# --- the host's own: with another recorder, which writes one file of each kind
rm "$flies"/viommu-*-log-overflow.trace
fly --before 600s --after 200ms --every 1h --trigger wait-timeout,log-overflow
before=viommu_cmd_submit was=one
# Linux warns of a flush that failed, and tells of records
expect_dmesg 'Event logged \[IO_PAGE_FAULT|callbacks suppressed'
expect_dmesg 'Completion-Wait loop timed out|WARNING: at (amd_iommu_)?domain_flush_pages|cut here|Call Trace:'
plays one "it has memory that can go, and an address that leads to none" <<'S'
map as 0x800000 0x3ff000 0x1000
s1-map 0x181000 0x100002000 0x40000000 0x1000
S
stopped play one unmap as 0x800000 0x1000
led_to wait-timeout viommu_cmd_complete 'ivhd0 does not complete commands: the wait for seq=[0-9]+ ended with -[0-9]+'
unread "${play_pid[one]}" fault 0x100002000 600
led_to log-overflow viommu_event_log_overflow 'the event log of ivhd0 is full'
ends TERM
play_stop one

# --- slow commands; the past in files; killed while it writes
fly --before 2s --after 600s --every 1h --p99 1us --keep 1h
viommu-vmm --ops 101 >"$dir/out" 2>&1
writes() { viommu-trace report --json "$flies"/viommu-*-p99.trace.part 2>/dev/null | grep -q '"type":"trigger"'; }
wait_until 60 writes
is "$?" 0 "p99: a file begins" || diag "$(cat "$dir/err")"
ends KILL
# what was there stays, and so does the past
is "$(compgen -G "$flies/viommu-*.trace" | wc -l)" 6 "a killed recorder loses no file that was whole"
past=("$flies"/past/viommu-*.trace)
cmp_ok "${#past[@]}" -ge 1 "the past is in files"
submits() { viommu-trace report --json -e cmd_submit "$1" 2>/dev/null | grep -c '"type":"event"'; }
count=0
for file in "${past[@]}"; do
	count=$((count + $(submits "$file")))
done
cmp_ok "$count" -ge 202 "and has what happened"

# --- the next one finds what it left
fly --trigger command --bundle --every 1ms --after 1ms
file=$(file_of p99)
run_ok viommu-trace report --json "$file"
like "$err" 'its end is missing' "what it had begun gets its name, and can be read"
like "$(jq -r 'select(.type == "trigger").text' <<<"$out")" 'of [0-9]+ commands took longer than .*slowest .*seq=' "with its trigger"
slowest=$(jq -r 'select(.type == "trigger").text | capture("seq=(?<seq>[0-9]+)").seq' <<<"$out")
is "$(jq -c "select(.event == \"viommu_cmd_submit\" and .seq == $slowest).seq" <<<"$out")" "$slowest" "and the command that was the slowest"
run_ok viommu-trace fly trigger -D "$flies"
bundle=${out%.trace}.tar.zst
bundled() { [[ $(status .bundles) == 1 ]]; }
wait_until 120 bundled
run_ok viommu-trace report "$bundle"

# --- a full disk
files=$(sha256sum "$flies"/viommu-*)
dd if=/dev/zero of="$flies/fill" bs=4k 2>/dev/null
run_fails 1 viommu-trace fly trigger -D "$flies"
like "$err" 'No space left' "where the disk is full, that is told"
is "$(sha256sum "$flies"/viommu-*)" "$files" "what was there stays, and nothing else"
like "$(status '[.errors, .last_error]')" '\[1,"No space left on device"\]' "its status knows"
rm "$flies/fill"
ends INT
is "$rc" 0 "and it goes on"

# --- at a moment
cd "$dir" || exit 1
viommu-trace record --at /2s 2>record.err &
recorder=$!
viommu-trace export --live -g "late*" -o live.json 2>json.err &
json=$!
viommu-trace export --live --perfetto -g "late*" -o live.pftrace 2>perfetto.err &
perfetto=$!
for err in record.err json.err perfetto.err; do
	wait_until 60 grep -q "recording, until" "$err" || diag "$(cat "$err")"
done
# It stays until they have ended: one that is gone has no name any more to look for
viommu-vmm --names late --ops 7 --hold 600 >out 2>&1 &
late=$!
late_cmds() { top_json | jq "select(.vm == \"late-1\").cmds"; }
last=
late_is_done() {
	local now=$last

	last=$(late_cmds)
	((last >= 30)) && [[ $last == "$now" ]]
}
wait_until 60 late_is_done || diag "late-1 has $last commands"
kill -INT "$recorder" "$json" "$perfetto"
wait "$recorder" "$json" "$perfetto"
is "$?" 0 "all end well"
kill "$late"
wait "$late"
recorder=''
viommu-trace export -g "late*" -o recorded.json 2>/dev/null
viommu-trace export -g "late*" --perfetto -o recorded.pftrace 2>/dev/null
slices() { jq -c '.traceEvents[] | select(.ph == "X") | [.name, .args.seq, .args.cmd]' "$1"; }
cmp_ok "$(slices live.json | wc -l)" -ge 30 "commands are slices"
is "$(slices live.json)" "$(slices recorded.json)" "the same ones live as from the recording"
is "$(grep -ao COMPLETION_WAIT live.pftrace | wc -l)" "$(grep -ao COMPLETION_WAIT recorded.pftrace | wc -l)" "and in Perfetto's own format"
begun=$(viommu-trace report --json 2>/dev/null | jq -r 'select(.type == "ready").start_ns')
is "$((begun / 1000000000 % 2))" 0 "recording begins at the moment that was asked for"
done_testing
