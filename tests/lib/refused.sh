# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# shellcheck disable=SC2154 # out and err are of tap.sh
# What users see where there is no vIOMMU to be had.

# own_commands STATE: those that this kernel queues without any guest are seen and measured
own_commands() {
	local dir counts want name
	local -A pid

	dir=$(mktemp -d)
	viommu-trace events --json -e 'cmd_*' >"$dir/events" 2>"$dir/err" &
	pid[events]=$!
	viommu-trace latency --json >"$dir/latency" 2>/dev/null &
	pid[latency]=$!
	for name in events latency; do
		wait_until 60 grep -q '"type":"ready"' "$dir/$name" || diag "$(cat "$dir/err")"
	done
	counts=$(perf stat -a -x, -e amd_viommu:viommu_cmd_submit viommu-probe 2>&1 >/dev/null)
	want=$(sed -n 's/^\([0-9]*\),.*viommu_cmd_submit.*/\1/p' <<<"$counts")
	kill -INT "${pid[@]}"
	wait "${pid[@]}"
	like "$(cat "$dir/err")" "no VMs to see.*ivhd0.*$1" "viommu-trace says that there are no VMs"
	cmp_ok "$want" -gt 0 "devices that are attached make commands"
	is "$(grep -c viommu_cmd_submit "$dir/events")" "$want" "it shows as many as perf counts"
	is "$(jq -s 'map(select(.type == "latency").count) | add' "$dir/latency")" "$want" "and measures each"
	rm -r "$dir"
}

# refused STATE REGEX: the state in sysfs, the one line in the kernel's log
refused() {
	local probe log

	is "$(cat /sys/class/iommu/ivhd0/amd-iommu/viommu)" "$1" "sysfs says $1"
	log=$(dmesg | grep 'vIOMMU: ')
	is "$(wc -l <<<"$log")" 1 "one line in the kernel's log"
	like "$log" "ivhd0: vIOMMU: .*|$2" "which names the IOMMU"
	like "$log" "$2" "and the reason"
	is "$(dmesg | grep -E 'AMD-Vi: .*(timed out|Event logged)|WARNING:')" "" "the boot is clean otherwise"

	probe=$(viommu-probe)
	like "$probe" 'hw-info-viommu no' "hw_info does not promise it"
	like "$probe" 'type-3 EOPNOTSUPP' "IOMMU_VIOMMU_ALLOC refuses with EOPNOTSUPP"
	unlike "$probe" 'type-[0-9] OK' "whatever the type"

	run_fails 1 viommu-vmm --churn 1
	like "$err" 'amd_iommu=viommu' "viommu-vmm says what to do"
	run_fails 3 viommu-top --once --json
	is "$out" "" "viommu-top prints no data"
	like "$err" "ivhd0.*$1" "but what is missing"
	run_fails 3 viommu-trace check
	like "$out" "ivhd0.*$1" "viommu-trace likewise"
	own_commands "$1"
}
