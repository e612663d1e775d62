#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# host.sh ROUNDS OPS: as run.sh, on a kernel without our driver: what it costs a VMM that
# maps and unmaps for a device to be watched in host mode, beside others that take the
# same functions of the kernel's driver: each command queued, each flush of a domain, and
# the waits from their beginning to their end.

set -u
export LC_ALL=C.UTF-8
rounds=$1 ops=$2
# shellcheck source-path=SCRIPTDIR source=tracers.sh
. "$(dirname "$0")/tracers.sh"

tracefs=/sys/kernel/tracing
command=__iommu_queue_command_sync
flush=amd_iommu_domain_flush_pages
# It has the name that the compiler gave what is left of it
wait=$(awk '$3 ~ /^iommu_completion_wait(\.|$)/ { print $3; exit }' /proc/kallsyms)
hits=(-e viommu_bench:command -e viommu_bench:flush -e viommu_bench:wait -e viommu_bench:waited)

BENCH_WORKLOAD=$(dirname "$work")/host-work.sh
export BENCH_WORKLOAD

# For perf, which tells of kernel functions by probes that somebody has made
make_probes() {
	printf '%s\n' "p:viommu_bench/command $command" "p:viommu_bench/flush $flush" \
		"p:viommu_bench/wait $wait" "r:viommu_bench/waited $wait" >>"$tracefs/kprobe_events"
}

remove_probes() {
	printf -- '-:viommu_bench/%s\n' command flush wait waited >>"$tracefs/kprobe_events"
}

# Commands and the waits among them, as many as the workload made
run_viommu-top() {
	ours "$1" "$2" '"ready"' viommu-top --json -i 1
	jq -s 'map(select(.type == "interval") | .lost // 0) | max' "$1/out" >"$1/lost"
	jq -s 'map(select(.type == "process" and .comm == "viommu-type1")) | last.cmds' "$1/out"
}

run_perf-stat() {
	make_probes
	perf stat -a -x, -o "$1/data" "${hits[@]}" "$work" "$1" "$2" 0 2>"$1/err"
	remove_probes
	awk -F, '/viommu_bench:command/ { print $1 }' "$1/data"
}

# All that it has: ten for every four commands
run_perf-record() {
	make_probes
	perf_record "$@" -N
	remove_probes
}

# What viommu-top shows: commands by type, by process, flushes, latencies of waits
run_bpftrace() {
	bpftrace -o "$1/out" -c "/bin/bash $work $1 $2 0" -e '
		kprobe:'"$command"' {
			@cmds[*(uint32 *)(arg1 + 4) >> 28] = count();
			@by[pid, comm] = count(); }
		kprobe:'"$flush"' { @flushes[pid] = count(); }
		kprobe:'"$wait"' { @start[tid] = nsecs; }
		kretprobe:'"$wait"' /@start[tid]/ {
			@waits = hist(nsecs - @start[tid]);
			delete(@start[tid]); }
		END { clear(@start); }
	' >/dev/null 2>"$1/err"
	sed -n 's/^@by\[.*viommu-type1\]: \([0-9]*\)$/\1/p' "$1/out"
}

[[ $wait ]] || {
	printf 'bench: this kernel has no iommu_completion_wait\n' >&2
	exit 1
}
for ((round = 1; round <= rounds; round++)); do
	printf 'round %d of %d in host mode\n' "$round" "$rounds" >&2
	for name in none "${hosts[@]}"; do
		trace host "$round" "$name"
	done
done
