#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: vm
# TIMEOUT: 600
DESCRIPTION="boots Debian's own kernel on the emulated hardware with the vIOMMU on, and watches 2 VMs of 2 and 3 devices there"
# shellcheck disable=SC1091
. "$(dirname "$0")/../lib/tap.sh"

# shellcheck disable=SC2154 # build and top are of tap.sh
vm=debian-$$
trace=$build/log/emulator-trace-$vm.log
dir=$build/out/$vm
stop_vm() { [[ ! -f $build/run/$vm.pid ]] || "$top/scripts/vm.sh" --stop "$vm"; }
at_exit rm -rf "$trace" "$dir"
at_exit stop_vm

export KERNEL=debian
run "$top/scripts/vm-ready.sh"
is "$rc" 0 "Debian's kernel is at hand" || diag "$err"
TRACE=amdvi_pages_inval VM_KEEPER=$$ VM_BOOT_TIMEOUT=${VM_BOOT_TIMEOUT:-180} run "$top/scripts/vm.sh" --start "$vm"
is "$rc" 0 "it is started" || diag "$err"
export VM_BOOT_TIMEOUT=${VM_BOOT_TIMEOUT:-180}
run "$top/scripts/vm.sh" --exec "$vm" 'uname -r; dmesg | grep -iE "AMD-Vi|iommu"'
is "$rc" 0 "it boots" || diag "$err"
like "$out" '^7\.3\.' "as 7.3"
like "$out" 'AMD-Vi: Interrupt remapping enabled' "with interrupt remapping"
is "$(grep -E 'AMD-Vi: .*([Ww]arn|[Ee]rror|[Bb]ug|[Ff]ail|timed out|mismatch)' <<<"$out")" "" "and AMD-Vi has no complaint"

# --- host mode: no driver of ours, and exact counts nevertheless
mkdir -p "$dir"
run "$top/scripts/vm.sh" --exec "$vm" "bash '$top/tests/lib/host_mode.sh' \"\$(mktemp -d)\""
is "$rc" 0 "VMs are watched without the driver" || diag "$err"
base64 -d <<<"$out" | tar xz -C "$dir" || diag "$out"
cd "$dir" || exit 1
is "$(cat status)" $'events 0\nlatency 0\ntop 0' "every tool ends with 0" || diag "$(cat ./*.err)"

# vm NAME FILTER: of its last sample
vm() { jq -c -s --arg vm "$1" "map(select(.type == \"viommu\" and .vm == \$vm)) | last | $2" top.out; }
# An edu keeps no translations: an invalidation and a COMPLETION_WAIT each; with
# dma-testdevs there is an INVALIDATE_IOTLB_PAGES, too.
is "$(vm beta '[.waits, .wait_errors, .events]')" "[26,0,7]" "13 times a page is mapped and unmapped, and 7 faults" ||
	diag "$(tail -n 12 top.out)"
is "$(vm beta '[.commands[] | select(.opcode != 1) | [.opcode, .count]] | sort')" "[[3,26],[4,26]]" "by type, with latencies"
is "$(vm beta '.cmds - ([.commands[].count] | add)')" 0 "of each command"
is "$(vm beta '[.vdevices[].hdev_id] | sort')" "[80,88,128]" "of a VM with 3 devices"
is "$(vm beta '[.vdevices[] | select(.events > 0) | .hdev_id, .events]')" "[128,7]" "whose first one faulted"
is "$(vm beta .pinned_bytes)" $((131 * 4096)) "131 pages of it are pinned"
is "$(vm alpha '[.vdevices[].hdev_id] | sort')" "[64,72]" "a VM that came later has 2 devices"
is "$(vm alpha .cmds)" "$(jq -s 'map(select(.type == "process" and .comm == "viommu-type1")) | group_by(.pid) | map(last.cmds) | max' top.out)" \
	"and all of its commands, from the first on"
is "$(vm alpha .pinned_bytes)" $((17 * 4096)) "and 17 pages"
is "$(vm alpha '[has("guest_id", "serial", "domain_id", "age_ns")] | any')" false "what nobody knows is absent"
is "$(jq -c -s 'map(select(.type == "interval")) | last | [.complete, .wait_errors, has("init")]' top.out)" \
	"[true,0,false]" "nothing is lost"
like "$(cat check)" 'kprobe iommu_completion_wait.*driver +GUEST ID.*verdict: ready, in host mode' \
	"--check says where each column comes from"
like "$(cat explain)" 'on this machine +driver vfio-pci, IOMMU group .*VM beta, PID' "explain names the VM of a fault's device"
like "$(cat resolve)" '^ivhd0  VM beta .*host device 0000:00:10.0, driver vfio-pci' "so does --resolve"

# --- its recording, in every output
run "$build/bin/viommu-top" --replay top.out --batch
like "$out" '^host mode, without the AMD vIOMMU driver: no GUEST ID' "a line says which mode it is"
like "$out" 'beta +[0-9]+ ivhd0 +3 +524K' "the table has the VMs"
run "$build/bin/viommu-top" --replay top.out --metrics vm --openmetrics "$dir/metrics"
like "$(cat metrics)" 'amd_viommu_events_total\{[^}]*vm="beta"[^}]*\} 7' "metrics have the faults"
is "$(grep -cE 'guest_id=|queue=|trans_devid|operations' metrics)" 0 "and nothing of what is unknown"

# --- two more sources say the same
is "$(jq -s 'map(select(.event == "viommu_event_record")) | length' events.out)" 7 "viommu-trace shows 7 records"
is "$(jq -s 'map(select(.event == "viommu_cmd_submit" and .comm == "viommu-type1")) | length' events.out)" \
	"$(jq -s 'map(select(.type == "process" and .comm == "viommu-type1")) | group_by(.pid) | map(last.cmds) | add' top.out)" \
	"and each command that viommu-top counts"
is "$(wc -l <dmesg)" 7 "the kernel logged 7 faults"
# Domains of all INVALIDATE_IOMMU_PAGES in order, as queued and as executed
queued=$(jq -r 'select(.event == "viommu_cmd_submit").cmd | split(":")[1] | select(startswith("3"))[4:]' events.out |
	sed 's/^0*\(.\)/\1/' | tr '\n' ' ')
executed=$(sed -n 's/.*domain 0x\([0-9a-f]*\) invalidated.*/\1/p' "$trace" | tr '\n' ' ')
cmp_ok "$(wc -w <<<"$queued")" -ge $((2 * 101 + 2 * 13)) "each flush has one"
like " $executed" " ${queued% } " "and the hardware executed just those, in this order"
stop_vm
done_testing
