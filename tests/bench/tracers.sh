# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
#
# The tracers that are compared. run_NAME DIR OPS runs the workload under one
# and prints how many events it got; what it lost goes to $dir/lost.

# bpftrace runs it from elsewhere
work=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/work.sh
events=(amd_viommu:viommu_cmd_submit amd_viommu:viommu_cmd_complete)
# What perf and trace-cmd are told to take
hits=(-e "${events[0]}" -e "${events[1]}")

# Each event to user space, or a count or histogram made in the kernel
sends=(viommu-trace-events viommu-trace-record perf-trace perf-record trace-cmd-record bpftrace-printf)
counts=(viommu-trace-latency viommu-top perf-stat bpftrace-hist)
# On a kernel without our driver (host.sh)
hosts=(viommu-top viommu-trace-latency perf-stat perf-record bpftrace)

wait_for() { # REGEX FILE…
	local n

	for ((n = 0; n < 600; n++)); do
		! grep -q "$1" "${@:2}" 2>/dev/null || return 0
		sleep 0.05
	done
	printf '%s: not ready\n' "$2" >&2
	return 1
}

seconds() { awk '{ printf "%.6f", $1 + $2 }' "$1"; }
sum() { awk '{ n += $1 } END { print n + 0 }' "$1" 2>/dev/null || echo 0; }

# trace MEASURE ROUND NAME: the workload under a tracer, as a line of JSON
trace() {
	local dir got

	dir=$(mktemp -d)
	got=$("run_$3" "$dir" "$ops")
	[[ -s $dir/times ]] || {
		printf 'bench: %s did not run the workload: %s\n' "$3" "$(head -n 3 "$dir/err")" >&2
		rm -rf "$dir"
		return 1
	}
	printf '{"measure":"%s","round":%d,"what":"%s","cpu_s":%s,"tracer_ns":%d,"got":%d,"lost":%d}\n' \
		"$1" "$2" "$3" "$(seconds "$dir/times")" "$(cat "$dir/tracer")" "${got:-0}" "$(sum "$dir/lost")"
	rm -rf "$dir"
}

# ours DIR OPS READY-REGEX COMMAND…: one that is told to end
ours() {
	local dir=$1 ops=$2 ready=$3 pid
	shift 3

	"$@" >"$dir/out" 2>"$dir/err" &
	pid=$!
	wait_for "$ready" "$dir/out" "$dir/err" && "$work" "$dir" "$ops" "$pid"
	kill -INT "$pid"
	wait "$pid"
}

run_none() {
	"$work" "$1" "$2" none
	echo 0
}

run_viommu-trace-events() {
	ours "$1" "$2" '^TIME' viommu-trace events -e cmd_submit -e cmd_complete
	sed -n 's/.*: \([0-9]*\) events were lost.*/\1/p' "$1/err" >"$1/lost"
	grep -c viommu_cmd_ "$1/out"
}

run_viommu-trace-record() {
	ours "$1" "$2" 'recording' viommu-trace record -o "$1/data" -e cmd_submit -e cmd_complete
	sed -n 's/.*: \([0-9]*\) events were lost.*/\1/p' "$1/err" >"$1/lost"
	sed -n 's/.*: \([0-9]*\) events in .*/\1/p' "$1/err"
}

run_perf-trace() {
	PAGER=cat perf trace -a -o "$1/out" "${hits[@]}" "$work" "$1" "$2" 0 2>"$1/err"
	sed -n 's/.*LOST \([0-9]*\) events.*/\1/p' "$1/out" "$1/err" >"$1/lost"
	grep -c viommu_cmd_ "$1/out"
}

perf_record() { # DIR OPS [OPTION…]
	perf record "${@:3}" -a -o "$1/data" "${hits[@]}" "$work" "$1" "$2" 0 >/dev/null 2>"$1/err"
	sed -n 's/.*lost \([0-9]*\) .*/\1/p' "$1/err" >"$1/lost"
	sed -n 's/.*(~*\([0-9]*\) samples).*/\1/p' "$1/err"
}

run_perf-record() { perf_record "$@"; }

run_trace-cmd-record() {
	trace-cmd record -q -o "$1/data" "${hits[@]}" "$work" "$1" "$2" 0 >"$1/out" 2>&1
	trace-cmd report -i "$1/data" 2>"$1/err" >"$1/out"
	sed -n 's/.*\[\([0-9]*\) EVENTS DROPPED\].*/\1/p' "$1/out" >"$1/lost"
	grep -c viommu_cmd_ "$1/out"
}

run_bpftrace-printf() {
	bpftrace -o "$1/out" -c "/bin/bash $work $1 $2 0" -e '
		tracepoint:amd_viommu:viommu_cmd_submit {
			printf("%lu %s %d cmd_submit iommu=%d guest=%d seq=%lu\n", nsecs, comm, pid, args->iommu, args->guest_id, args->seq); }
		tracepoint:amd_viommu:viommu_cmd_complete {
			printf("%lu %s %d cmd_complete iommu=%d guest=%d seq=%lu ret=%d\n", nsecs, comm, pid, args->iommu, args->guest_id, args->seq, args->ret); }
	' >/dev/null 2>"$1/err"
	sed -n 's/.*Lost \([0-9]*\) events.*/\1/p' "$1/err" "$1/out" >"$1/lost"
	grep -c ' cmd_' "$1/out"
}

# Every command ends with a wait: as many latencies as commands
run_viommu-trace-latency() {
	ours "$1" "$2" '"ready"' viommu-trace latency --json
	jq -s 'map(select(.lost) | .lost) | max // 0' "$1/out" >"$1/lost"
	jq -s 'map(select(.type == "latency").count) | add' "$1/out"
}

run_viommu-top() {
	ours "$1" "$2" '"ready"' viommu-top --json -i 1
	tail -n 1 "$1/out" | jq .lost >"$1/lost"
	tail -n 1 "$1/out" | jq '.cmds + .waits'
}

run_perf-stat() {
	perf stat -a -x, -o "$1/data" "${hits[@]}" "$work" "$1" "$2" 0 2>"$1/err"
	awk -F, '/amd_viommu/ { n += $1 } END { print n }' "$1/data"
}

run_bpftrace-hist() {
	bpftrace -o "$1/out" -c "/bin/bash $work $1 $2 0" -e '
		tracepoint:amd_viommu:viommu_cmd_submit {
			@cmds = count(); @start[args->iommu, args->seq] = nsecs; }
		tracepoint:amd_viommu:viommu_cmd_complete {
			@waits = count(); @latency[args->guest_id] = hist(nsecs - @start[args->iommu, args->seq]);
			delete(@start[args->iommu, args->seq]); }
		END { clear(@start); }
	' >/dev/null 2>"$1/err"
	awk '/^@(cmds|waits):/ { n += $2 } END { print n }' "$1/out"
}
