#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: vm
# TIMEOUT: 400
DESCRIPTION="crashes a kernel under a guest at work, and finds nothing of it in the next one"
# shellcheck disable=SC1091
. "${0%/*}/../lib/tap.sh"

image=${KERNEL:-$build/linux/obj-vm/arch/x86/boot/bzImage}
vm=kdump-$$
console=$build/log/console-$vm.log
at_exit "$top/scripts/vm.sh" --stop "$vm"
in_vm() { run "$top/scripts/vm.sh" --exec "$vm" "cd $top; . tests/lib/play.sh; $1"; }
# crashed: the second kernel is up, in the same VM
crashed() { (($(grep -ac 'vm: ready' "$console") == 2)); }

# crash OPTION STATE: the next kernel gets OPTION, and its vIOMMU is in STATE. The crash comes
# once the command is over: vm.sh ends a VM that panics while it waits for it.
now=$build/out/crash-$vm
at_exit rm -f "$now"
crash() {
	rm -f "$now"
	APPEND=crashkernel=512M VM_KEEPER=$$ "$top/scripts/vm.sh" --start "$vm"
	in_vm "crash-kernel '$image' '$build/initramfs.cpio.gz' \"\$(sed 's/amd_iommu=viommu//; s/crashkernel=[^ ]*//' /proc/cmdline) maxcpus=1 reset_devices $1\" &&
		{ setsid bash tests/lib/crash.sh '$now' >/tmp/work 2>&1 </dev/null & } &&
		until [[ \$(grep -c '^ok .* dma-write' /tmp/work) -ge 3 ]]; do sleep 0.1; done &&
		cat /sys/kernel/kexec_crash_loaded"
	is "$rc $out" "0 1" "a guest is at work, and a kernel for the crash at hand" || diag "$err"
	touch "$now"
	wait_until 120 crashed
	is $? 0 "the next kernel is up${1:+ with $1}" || diag "$(tail -n 20 "$console")"
	is "$(grep -ao 'crash: with .*' "$console" | tr -d '\r')" "crash: with 1 guests" "it crashed under the guest"
	in_vm 'test -e /proc/vmcore && cat /sys/class/iommu/ivhd0/amd-iommu/viommu
		echo 0x18 >/sys/kernel/debug/iommu/amd/iommu00/mmio; cat /sys/kernel/debug/iommu/amd/iommu00/mmio
		dmesg | grep -E "AMD-Vi|BUG|WARNING"'
	like "$out" "^$2"$'\n' "its vIOMMU is $2" || diag "$err"
	like "$out" 'Reused DEV table from previous kernel' "it goes on with the device table of the old one"
	is "$(grep -cE 'Event logged|BUG|WARNING|[Tt]imed out' <<<"$out")" 0 "nobody complains" || diag "$out"
	control=$((16#$(sed -n 's/^Offset:0x18 Value:0x//p' <<<"$out")))
}

crash amd_iommu=viommu enabled
is $((control >> 52 & 0x103)) $((0x103)) "the vIOMMU is set up afresh"
in_vm 'ls /sys/kernel/debug/iommu/amd/iommu00/viommu | xargs; cat /sys/kernel/debug/iommu/amd/iommu00/viommu/trans_devids
	mapfile -t bdf < <(dma_devices)
	for dev in "${bdf[@]}"; do echo "$dev" >/sys/kernel/debug/iommu/amd/devid; cat /sys/kernel/debug/iommu/amd/devtbl; done'
like "$out" '^default_pages leaked trans_devids'$'\n''used 0 ' "it knows of no guest"
is "$(awk '$2 ~ /^[0-9a-f]+$/ && $NF ~ /^iommu/ { print $2 }' <<<"$out" | sort -u)" 0000000000000000 "no device is a guest's"
in_vm 'mapfile -t bdf < <(dma_devices)
	{
		vm_script "${bdf[0]}" 0x10 5
		cat <<-S
			queue c v cmd 0x300000 0x1000
			control v 0x1000
			inv-pages c 5 times=7
			cmd-wait c 0x330000
			dma-write d 0x100000000 works
			mem-check 0x10000 works
		S
	} | viommu-play'
is "$rc" 0 "a new guest is as any other" || diag "$out" "$err"
"$top/scripts/vm.sh" --stop "$vm"

crash '' off
is $((control >> 52 & 0x103)) 0 "the vIOMMU is switched off"
done_testing
