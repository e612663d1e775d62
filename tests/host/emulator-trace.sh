#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: vm
DESCRIPTION="counts resets of 23 vIOMMUs and 313 commands of a guest in the emulated hardware itself"
# shellcheck disable=SC1091
. "${0%/*}/../lib/tap.sh"

# shellcheck disable=SC2154 # build and top are of tap.sh
vm=trace-$$
stop_vm() { [[ ! -f $build/run/$vm.pid ]] || "$top/scripts/vm.sh" --stop "$vm"; }
at_exit rm -f "$build/log/emulator-trace-$vm.log"
at_exit stop_vm
traced() { grep -E "$1" "$build/log/emulator-trace-$vm.log"; }

TRACE='amdvi_viommu_reset amdvi_viommu_command' VM_KEEPER=$$ run "$top/scripts/vm.sh" --start "$vm"
is "$rc" 0 "a VM whose hardware traces" || diag "$err"
run "$top/scripts/vm.sh" --exec "$vm" \
	'perf stat -a -x, -e amd_viommu:viommu_reset viommu-vmm --churn 23 2>&1 | grep -o "^[0-9]*"'
is "$rc $out" "0 46" "the driver traced 46 resets" || diag "$err"
is "$(traced amdvi_viommu_reset | wc -l)" 46 "so did the hardware"
is "$(traced 'amdvi_viommu_reset guest_id 1 flags 0x90000000' | wc -l)" 46 "all and vCmd set"

# shellcheck disable=SC2016 # to be expanded in the VM
run "$top/scripts/vm.sh" --exec "$vm" "
	. '$top/tests/lib/play.sh'"'
	mapfile -t bdf < <(dma_devices)
	viommu-play <<-S
		ioas as
		device d ${bdf[0]}
		parent p d as
		ram as 0 0x400000
		viommu v d p
		queue c v cmd 0x300000 0x1000
		control v 0x1000
		inv-pages c 5 times=311
		inv-all c
		cmd-wait c 0x320000
	S'
is "$rc" 0 "a guest ran" || diag "$err"
is "$(traced 'amdvi_viommu_command guest_id 1 ' | wc -l)" 313 "the hardware executed 313 of its commands"
opcodes() { traced amdvi_viommu_command | sed -n 's/.* command 0x\(.\).*/\1/p' | sort | uniq -c | xargs; }
is "$(opcodes)" "1 1 311 3 1 8" "311 INVALIDATE_IOMMU_PAGES, an INVALIDATE_IOMMU_ALL and a COMPLETION_WAIT"
done_testing
