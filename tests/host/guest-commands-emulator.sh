#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: vm
DESCRIPTION="counts 313 commands of a guest in the emulated hardware itself"
# shellcheck disable=SC1091
. "$(dirname "$0")/../lib/tap.sh"

# shellcheck disable=SC2154 # of tap.sh
trace=$build/log/emulator-trace.log
rm -f "$trace"
# shellcheck disable=SC2016 # to be expanded in the VM
TRACE='amdvi_viommu_command' run "$top/scripts/vm.sh" "
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
is "$rc" 0 "the guest ran"
is "$(grep -c 'amdvi_viommu_command guest_id 1 ' "$trace")" 313 "the hardware executed 313 of its commands"
opcodes() { sed -n 's/.* command 0x\(.\).*/\1/p' "$trace" | sort | uniq -c | xargs; }
is "$(opcodes)" "1 1 311 3 1 8" "311 INVALIDATE_IOMMU_PAGES, an INVALIDATE_IOMMU_ALL and a COMPLETION_WAIT"
done_testing
