#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# host_mode.sh DIRECTORY: in a VM whose kernel has neither our driver nor iommufd, VMs of
# 2 and 3 devices come, of which the second is there before viommu-top is; one makes
# 101 flushes of each kind and the other 13 and 7 faults. What was seen is in DIRECTORY.
set -euo pipefail
dir=$1
ulimit -l unlimited
declare -A pid
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

# until_says NUMBER WORD NAME: so many lines of it
until_says() {
	for ((i = 0; i < 3000; i++)); do
		(($(grep -c "$2" "$dir/$3.out") < $1)) || return 0
		sleep 0.05
	done
	cat "$dir/$3.out" "$dir/$3.err" >&2
	return 1
}

# vm NAME FD PAGES DEVICE…: a VM that does what is written to FD
vm() {
	mkfifo "$dir/$1.in"
	viommu-type1 -name "$1" "${@:3}" <"$dir/$1.in" >"$dir/$1.out" 2>"$dir/$1.err" &
	eval "exec $2>$dir/$1.in"
	until_says 1 ready "$1"
}

# watch NAME COMMAND…: in the background, once it is ready
watch() {
	"${@:2}" >"$dir/$1.out" 2>"$dir/$1.err" &
	pid[$1]=$!
}

vm beta 8 131 0000:00:10.0 0000:00:0a.0 0000:00:0b.0
watch top viommu-top --json -i 0.5
watch events viommu-trace events --json -e 'cmd_*' -e event_record
watch latency viommu-trace latency --json
for name in "${!pid[@]}"; do
	until_says 1 '"type":"ready"' "$name"
done
vm alpha 7 17 0000:00:08.0 0000:00:09.0
# one after the other: who flushes while another does may wait for its COMPLETION_WAIT
echo cycle 101 >&7
until_says 1 "done" alpha
echo cycle 13 >&8
echo fault 7 >&8
until_says 2 "done" beta
# twice: one may have begun before
seen=$(grep -c '"type":"interval"' "$dir/top.out")
until_says $((seen + 2)) '"type":"interval"' top
dmesg | grep IO_PAGE_FAULT >"$dir/dmesg"
viommu-trace explain "$(tail -n 1 "$dir/dmesg")" >"$dir/explain"
viommu-top --resolve "$(tail -n 1 "$dir/dmesg")" >"$dir/resolve"
viommu-top --check >"$dir/check"
kill -INT "${pid[@]}"
for name in events latency top; do
	status=0
	wait "${pid[$name]}" || status=$?
	echo "$name $status" >>"$dir/status"
done
cd "$dir"
tar cz top.out events.out latency.out ./*.err check explain resolve status dmesg | base64
