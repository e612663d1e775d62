#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# work.sh DIR OPS TRACER-PID: the workload that is traced: maps and unmaps a
# page of guest memory OPS times, or runs what BENCH_WORKLOAD says with OPS behind
# it. Leaves in DIR what it took: CPU time of its own (user and system, of itself
# and its VM's process, in seconds) and what the tracer and its children used
# meanwhile (in ns). A tracer that runs this itself is our parent, and TRACER-PID
# is 0.

set -u
dir=$1 ops=$2 tracer=$3
[[ $tracer != 0 ]] || tracer=$PPID

# CPU time of the tracer and all below it, but for us
tracer_ns() {
	local pid task ns sum=0

	for pid in $tracer $(pgrep -P "$tracer"); do
		((pid != $$)) || continue
		for task in "/proc/$pid/task"/*/schedstat; do
			read -r ns _ 2>/dev/null <"$task" || continue
			sum=$((sum + ns))
		done
	done
	printf '%d\n' "$sum"
}

before=0 after=0
[[ $tracer == none ]] || before=$(tracer_ns)
TIMEFORMAT='%U %S'
{ time ${BENCH_WORKLOAD:-viommu-vmm --vms 1 --no-mmap --ops} "$ops" >/dev/null 2>"$dir/vmm"; } 2>"$dir/times"
[[ $tracer == none ]] || after=$(tracer_ns)
printf '%d\n' "$((after - before))" >"$dir/tracer"
