#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: vm
# TIMEOUT: 600
DESCRIPTION="boots Debian's own kernel on the emulated hardware with the vIOMMU on, and watches 2 VMs of 2 and 3 devices there"
# shellcheck disable=SC1091
. "${0%/*}/../lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/../lib/stock_host.sh"
# shellcheck source=../bench/tracers.sh
. "${0%/*}/../bench/tracers.sh"

# shellcheck disable=SC2154 # vm, dir and build are of stock_host.sh and tap.sh
{
	stock_boot 7.3
	stock_watch
	# make bench, once and with little: 101 times two flushes of two commands
	VM_TIMEOUT=200 run "$top/scripts/vm.sh" --exec "$vm" "'$tests/bench/host.sh' 1 101"
	bench=$out
	is "$rc" 0 "and what that costs is measured" || diag "$err"
	stock_stop "$vm"
	cd "$dir" || exit 1
}
is "$(last_of alpha '[has("guest_id", "serial", "domain_id", "age_ns")] | any')" false "what nobody knows is absent"
like "$(cat explain)" 'on this machine +driver vfio-pci, IOMMU group .*VM beta, PID' "explain names the VM of a fault's device"
like "$(cat resolve)" '^ivhd0  VM beta .*host device 0000:00:10.0, driver vfio-pci' "so does --resolve"

# What else the VMM does is some commands more, and perf has everybody's; for
# four commands perf-record has ten records
range='"\(.what) \((if .what == "perf-record" then .got * 0.4 else .got end) as $n | $n >= 404 and $n < 504)"'
is "$(jq -r "select(.what != \"none\") | $range" <<<"$bench" | sort | paste -sd,)" \
	"$(printf '%s true\n' "${hosts[@]}" | sort | paste -sd,)" "all have its commands" || diag "$bench"
run jq -s -f "$tests/bench/host.jq" <<<"$bench"
is "$(jq '(.host.trace | length), (.targets | length)' <<<"$out" | paste -sd,)" 5,2 \
	"and the figures are beside each other" || diag "$err"

# --- its recording, in every output
run "$build/bin/viommu-top" --replay top.out --batch
like "$out" '^host mode, without the AMD vIOMMU driver: no GUEST ID' "a line says which mode it is"
like "$out" 'beta +[0-9]+ ivhd0 +3 +524K' "the table has the VMs"
run "$build/bin/viommu-top" --replay top.out --metrics vm --openmetrics "$dir/metrics"
like "$(cat metrics)" 'amd_viommu_events_total\{[^}]*vm="beta"[^}]*\} 7' "metrics have the faults"
is "$(grep -cE 'guest_id=|queue=|trans_devid|operations' metrics)" 0 "and nothing of what is unknown"
done_testing
