#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh ROUNDS OPS [MANY [SECONDS]]: measures in the VM and prints each measurement as a line of
# JSON. In every round everything comes once, one after the other, so that a
# slow minute of the machine hits all of them.

set -u
export LC_ALL=C.UTF-8
rounds=$1 ops=$2 many=${3:-1000} watched=${4:-10}
# shellcheck source-path=SCRIPTDIR source=tracers.sh
. "$(dirname "$0")/tracers.sh"

debugfs=/sys/kernel/debug/iommu/amd/iommu00/viommu

now() { date +%s%N; }

# From the command to the first row, with few vIOMMUs there and with many
first_row() { # ROUND VIOMMUS
	local dir start

	dir=$(mktemp -d)
	start=$(now)
	viommu-top --json -i 60 >"$dir/out" &
	wait_for '"vm"' "$dir/out" || return
	printf '{"measure":"first_row","round":%d,"what":"viommu-top, %d vIOMMUs","ns":%d}\n' "$1" "$2" $(($(now) - start))
	kill -INT $!
	wait $!
	rm -rf "$dir"
}

# What its screen costs with many vIOMMUs, once it is up: CPU, and memory with its maps
watch_many() { # ROUND VIOMMUS
	local pid script before after dir start ns

	dir=$(mktemp -d)
	TERM=xterm script -qfc "stty rows 50 cols 120; exec viommu-top -i 1" "$dir/screen" >/dev/null 2>&1 </dev/null &
	script=$!
	wait_for VMs "$dir/screen" || return
	pid=$(pgrep -nx viommu-top)
	start=$(now)
	read -r before _ <"/proc/$pid/schedstat"
	sleep "$watched"
	read -r after _ <"/proc/$pid/schedstat"
	ns=$(($(now) - start))
	printf '{"measure":"watch","round":%d,"what":"viommu-top, %d vIOMMUs","cpu":%s,"bytes":%d}\n' "$1" "$2" \
		"$(awk -v cpu=$((after - before)) -v all="$ns" 'BEGIN { printf "%.5f", cpu / all }')" \
		$((1024 * $(awk '/^Rss(Anon|Shmem):/ { n += $2 } END { print n }' "/proc/$pid/status") +
		$(cat "/proc/$pid/fdinfo"/* 2>/dev/null | awk '/^map_type:/ { map = 1 } /^memlock:/ && map { n += $2; map = 0 } END { print n + 0 }')))
	kill "$pid"
	wait "$script"
	rm -rf "$dir"
}

first_rows() { # ROUND
	local start pid dir

	start=$(now)
	bpftrace -e 'tracepoint:amd_viommu:viommu_cmd_submit, tracepoint:amd_viommu:viommu_cmd_complete { @[probe] = count(); }
		BEGIN { exit(); }' >/dev/null 2>&1
	printf '{"measure":"first_row","round":%d,"what":"bpftrace, 2 tracepoints","ns":%d}\n' "$1" $(($(now) - start))
	start=$(now)
	perf stat -a -e amd_viommu:viommu_cmd_submit -e amd_viommu:viommu_cmd_complete true >/dev/null 2>&1
	printf '{"measure":"first_row","round":%d,"what":"perf stat, 2 tracepoints","ns":%d}\n' "$1" $(($(now) - start))
	dir=$(mktemp -d)
	for nr in 1 "$many"; do
		viommu-vmm --vms 1 --no-mmap --viommus "$nr" --hold 600 >/dev/null 2>"$dir/vmm" &
		pid=$!
		wait_for READY "$dir/vmm"
		first_row "$1" "$nr"
		((nr < many)) || watch_many "$1" "$nr"
		kill "$pid"
		wait "$pid"
	done
	rm -rf "$dir"
}

# What the driver says of a guest it has just made
create() { # ROUND on|off
	local dir pid state

	dir=$(mktemp -d)
	[[ $2 == on ]] && echo 1 >"$debugfs/default_pages" || echo 0 >"$debugfs/default_pages"
	viommu-vmm --vms 1 --no-mmap --hold 600 >/dev/null 2>"$dir/vmm" &
	pid=$!
	wait_for READY "$dir/vmm"
	for state in "$debugfs"/[0-9]*/state; do
		awk -v round="$1" -v what="$2" '
			/^map_writes:/ { stores = $2 }
			/^table_memory:/ { memory = $2 }
			/^create_time:/ { ns = $2 }
			END { printf "{\"measure\":\"create\",\"round\":%d,\"what\":\"default pages %s\",\"stores\":%d,\"memory\":%d,\"ns\":%d}\n", round, what, stores, memory, ns }
		' "$state"
	done
	kill "$pid"
	wait "$pid"
	echo 1 >"$debugfs/default_pages"
	rm -rf "$dir"
}

for ((round = 1; round <= rounds; round++)); do
	printf 'round %d of %d\n' "$round" "$rounds" >&2
	for name in none "${sends[@]}" none "${counts[@]}"; do
		trace trace "$round" "$name"
	done
	for which in on off on off; do
		create "$round" "$which"
	done
	first_rows "$round"
done
