#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TIMEOUT: 400
DESCRIPTION="watches 1000 vIOMMUs and as many events as the machine can make, and misses none in silence"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
requires_driver
requires_program tmux

dir=$(mktemp -d)
at_exit rm -rf "$dir"

# Guest memory comes and goes in four VMs at once: 4 commands and 2 waits each
# time, and some more around it all.
ops=1009
storm=(viommu-vmm --vms 4 --names storm --no-mmap --ops "$ops")
# count EVENT: what perf counted of it in $counts
count() { sed -n "s/^viommu_$1=//p" <<<"$counts"; }
emitted() { awk -F= '{ n += $2 } END { print n }' <<<"$counts"; }

# start NAME COMMAND…: a tool with its output in $dir/NAME, back once it counts
start() {
	local name=$1
	shift

	"$@" --json >"$dir/$name" 2>"$dir/$name.err" &
	tool=$!
	wait_until 60 grep -q '"type":"ready"' "$dir/$name" || diag "$(cat "$dir/$name.err")"
}
stop() {
	kill -INT "$tool"
	wait "$tool"
}
last() { tail -n 1 "$dir/$1" | jq -r "$2"; }

vmm_start --vms 1 --viommus 1000 --names idle --no-mmap --hold 600
is "$(rows)" 1000 "a thousand vIOMMUs live"

# --- counted in the kernel: nothing is ever too much
start top viommu-top -i 3
counts=$(event_counts "${storm[@]}")
stop
cmp_ok "$(count cmd_submit)" -gt "$((4 * 4 * ops))" "perf counts the commands of the storm"
is "$(last top '[.cmds, .waits, .lost, .complete] | @csv')" \
	"$(count cmd_submit),$(count cmd_complete),0,true" "viommu-top has as many, and as many waits"
is "$(grep '"type":"interval"' "$dir/top" | head -n 1 | jq .viommus)" 1000 "beside a thousand rows"

start latency viommu-trace latency
counts=$(event_counts "${storm[@]}")
stop
is "$(jq -s 'map(select(.type == "latency").count) | add' "$dir/latency")" "$(count cmd_submit)" \
	"viommu-trace latency measures every command"
is "$(last latency .lost)" 0 "and says that it lost none"

# --- sent to user space, each: what was emitted was shown or is told as lost
# balance NAME WHAT: of viommu-trace events
balance() {
	is "$(last "$1" .events)" "$(grep -c '"event":' "$dir/$1")" "$2: the total is what was shown"
	is "$(last "$1" '.events + .lost')" "$(emitted)" "$2: and with what was lost, what perf counted"
}
rate() {
	jq -sr 'map(select(.event).monotonic_ns) | length / (max - min) * 1e9 | floor' "$dir/$1"
}

start events viommu-trace events
counts=$(event_counts "${storm[@]}")
stop
balance events "a storm"
is "$(last events .lost)" 0 "a storm: none of its $(emitted) events was lost"
diag "$(emitted) events, $(rate events) a second"

start stopped viommu-trace events --buffer 1
kill -STOP "$tool"
counts=$(event_counts "${storm[@]}")
kill -CONT "$tool"
stop
balance stopped "nobody reads"
lost=$(last stopped .lost)
cmp_ok "$lost" -gt 10000 "nobody reads: 1 MiB was not enough"
like "$(cat "$dir/stopped.err")" "$lost events were lost: .*raise --buffer \(now 1\)" "it says how many, and what to raise"

# --- a storm that does not end
"${storm[@]}" --ops 100000000 >/dev/null 2>&1 &
endless=$!
at_exit kill "$endless"
run timeout -k 1 60 viommu-trace events --json --buffer 1 -d 1
is "$rc" 0 "viommu-trace ends in time, however much there is"
is "$(tail -n 1 <<<"$out" | jq .events)" "$(grep -c '"event":' <<<"$out")" "and its total is what it has shown"

# --- the screen, updated as often as it can be
screen() { tmux -S "$dir/tmux" "$@"; }
show() { screen capture-pane -p; }
shows() { # REGEX DESCRIPTION
	if wait_until 30 eval "show | grep -qE -- '$1'"; then
		ok "$2"
	else
		not_ok "$2" "$(show)"
	fi
}
at_exit eval "tmux -S $dir/tmux kill-server 2>/dev/null"
# LINES and COLUMNS of the test would tell viommu-top another size
mapfile -t ids < <(top_json -g 'idle*' | jq .guest_id | sort -n)
screen -f /dev/null new-session -d -x 110 -y 30 \
	"env -u LINES -u COLUMNS viommu-top -i 0.1 -s guest_id; echo status=\$?; sleep 60"
shows '^IOMMUs 1 +VMs 5 +vIOMMUs 1004 ' "all of it is on the screen"
shows 'idle-1 ' "with the VMs"
screen send-keys v
shows "^ *${ids[19]} +└" "v: each vIOMMU"
screen send-keys -N 97 j
screen send-keys l
shows "guest ID ${ids[96]}: completion latency" "97 times down, and the histogram of the 97th"
screen send-keys q s r i
screen send-keys 7 Enter
shows 'every 7 s' "every key typed counts"
screen send-keys q
shows 'status=0' "q leaves"
done_testing
