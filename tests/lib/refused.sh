# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# shellcheck disable=SC2154 # out and err are of tap.sh
# What users see where there is no vIOMMU to be had.

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
	run_fails 3 viommu-trace events -d 1
	like "$err" "ivhd0.*$1" "viommu-trace likewise"
}
