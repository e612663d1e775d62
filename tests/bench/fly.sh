#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fly.sh ROUNDS [MANY [SECONDS]]: what the flight recorder costs in a VM of
# COUNT_INSNS=yes, where a nanosecond of CPU time is an instruction: as its service runs
# it, with many vIOMMUs, while nothing happens and while one of them makes 10 000 events
# a second. A line of JSON for each.

set -u
export LC_ALL=C.UTF-8
rounds=$1 many=${2:-1000} seconds=${3:-10}
# Six events each: four commands, two of which are waited for
ops_per_second=1667
# shellcheck source-path=SCRIPTDIR source=tracers.sh
. "$(dirname "$0")/tracers.sh"

dir=$(mktemp -d)
recorder='' idle='' busy=''
end_all() {
	local pid

	for pid in $busy $idle $recorder; do
		kill "$pid"
		wait "$pid"
	done 2>/dev/null
	rm -rf "$dir"
}
trap end_all EXIT

# Of the recorder and its threads, in ns
cpu() {
	local task ns sum=0

	for task in "/proc/$recorder/task"/*/schedstat; do
		read -r ns _ <"$task" && sum=$((sum + ns))
	done
	echo "$sum"
}
status() { viommu-trace fly status --json -D "$dir" | jq -r "$1"; }

measure() { # ROUND WHAT
	local ns events lost start all

	events=$(status .events) lost=$(status .lost)
	start=$(date +%s%N) ns=$(cpu)
	sleep "$seconds"
	ns=$(($(cpu) - ns)) all=$(($(date +%s%N) - start))
	printf '{"measure":"fly","round":%d,"what":"%s","cpu_ns":%d,"ns":%d,"events":%d,"lost":%d}\n' \
		"$1" "$2" "$ns" "$all" $(($(status .events) - events)) $(($(status .lost) - lost))
}

viommu-trace fly -D "$dir" 2>"$dir/err" &
recorder=$!
wait_for 'files go to' "$dir/err" || exit 1
viommu-vmm --vms 1 --no-mmap --viommus "$many" --hold 3600 >/dev/null 2>"$dir/idle" &
idle=$!
wait_for READY "$dir/idle" || exit 1
for ((round = 1; round <= rounds; round++)); do
	measure "$round" "$many vIOMMUs"
	viommu-vmm --vms 1 --no-mmap --rate "$ops_per_second" --hold 3600 >/dev/null 2>"$dir/busy" &
	busy=$!
	wait_for READY "$dir/busy" || exit 1
	measure "$round" "$many vIOMMUs, 10 000 events a second"
	kill "$busy"
	wait "$busy"
	busy=''
done
