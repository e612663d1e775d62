#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: guests
# TIMEOUT: 600
DESCRIPTION="runs Debian's kernels in QEMU, on hardware queues"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/count.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/guest.sh"
requires_driver
requires_file /dev/kvm "this kernel has no KVM"

nvme=$(guest_nvme)
blk=$(guest_blk)
guest_take "$nvme" "$blk"
at_exit guest_give_back "$nvme" "$blk"
at_exit guest_stop

# start VERSION ARGUMENT…
start() {
	local version=$1
	shift
	if guest_start debian-1 "$version" iommu.strict=1 "$@" -trace 'enable=amdvi_accel_take' -trace 'enable=amdvi_accel_command'; then
		ok "$version comes up"
	else
		not_ok "$version comes up"
		diag "$(tail -n 20 "$guest_log" "$guest_log.err")"
	fi
}
taken() { grep -c amdvi_accel_take "$guest_log.err"; }
# what the VMM says it did instead of the hardware: commands that it forwarded (3, 4 and 8
# are invalidations of pages, of a device's TLB and of all), and the buffer taken back
trapped() { echo "$(grep -cE 'amdvi_accel_command.* opcode (3|4|8) ' "$guest_log.err") $(taken)"; }
# and what the host saw of that
seen() { top_json | jq -r 'select(.vm == "debian-1") | "\(.forwarded) \(.takebacks)"'; }
# what the hardware has fetched of the guest's commands
fetched() { awk '$1 == "cmd" { print $10 }' /sys/kernel/debug/iommu/amd/iommu*/viommu/*/queues; }

# how often the hardware has interrupted for the guest's event log
interrupts() { awk '$1 == "irq" && $2 == "evt" { print $NF }' /sys/kernel/debug/iommu/amd/iommu*/viommu/*/queues; }

# disk DISK WHAT: what is written is what is read, by DMA of whole pages
disk() {
	guest "dd if=/dev/urandom of=/tmp/data bs=4k count=509 && sha256sum </tmp/data >/tmp/sum &&" \
		"dd if=/tmp/data of=/dev/$1 bs=4k oflag=direct &&" \
		"dd if=/dev/$1 bs=4k count=509 iflag=direct | sha256sum | cmp - /tmp/sum"
	is "$rc" 0 "$2" || diag "$out"
}

# reads COUNT: in $counts, the exits for registers of the guest's IOMMU; the time
# they took in $ms, and whether they went well in $rc
reads() {
	local begin

	count_start -e kvm:kvm_mmio --filter "gpa >= 0xfed80000 && gpa < 0xfed84000"
	begin=$(date +%s%N)
	guest "dd if=/dev/nvme0n1 of=/dev/null bs=4k count=$1 iflag=direct"
	ms=$((($(date +%s%N) - begin) / 1000000))
	count_stop
	counts=${counts#*=}
}

# --- refusals say what is missing
kvm="-machine q35,kernel-irqchip=split -accel kvm"
like "$(guest_refused "-machine q35 -accel tcg" -device amd-iommu,accel=on,intremap=off)" "needs KVM" "accel=on is nothing for TCG"
like "$(guest_refused "$kvm" -device amd-iommu,accel=on)" "use intremap=off" "nor with interrupts that are remapped"
like "$(guest_refused "$kvm" -device amd-iommu,accel=on,intremap=off,dma-remap=on)" "choose one" "nor with copied tables"

# --- 7.3: v2 tables by itself, device table entries by compare-and-exchange
# shellcheck disable=SC2046 # words
start 7.3 $(guest_accel "$nvme" "$blk")
guest "dmesg | grep AMD-Vi"
like "$out" 'V2 page table enabled' "7.3: it takes v2 tables by itself"
disk nvme0n1 "7.3: the NVMe disk holds what was written to it"
disk vda "7.3: so does the virtio disk"
guest nvme_fault 0x12340000
like "$out" "AMD-Vi: Event logged .IO_PAGE_FAULT.*address=0x12340000" "7.3: it logs a fault of its own"
like "$out" "AMD-Vi$" "7.3: which it was interrupted for"
cmp_ok "$(interrupts)" -gt 0 "7.3: by the hardware"
run viommu-top --once
like "$out" 'debian-1' "viommu-top knows it by its name"
quiet=$(seen)
before=$(fetched)
reads 1009
is "$rc $counts" "0 0" "7.3: 1009 unmaps and waits for them are no exit at all"
cmp_ok "$(($(fetched) - before))" -gt 0 "the hardware executed commands meanwhile"
is "$(seen)" "$quiet" "none was forwarded by its VMM"
accel_ms=$ms
times=$(taken)
guest "cd /sys/bus/pci/drivers/nvme && echo 0000:00:08.0 >unbind &&" \
	"echo identity >/sys/bus/pci/devices/0000:00:08.0/iommu_group/type &&" \
	"echo 0000:00:08.0 >bind && cat /sys/bus/pci/devices/0000:00:08.0/iommu_group/type"
like "$out" identity "7.3: the disk gets another domain"
cmp_ok "$(taken)" -gt "$times" "for which the command buffer was taken back"
disk nvme0n1 "7.3: data is right in that, too"
before=$(seen)
reads 101
is "$rc $counts" "0 0" "7.3: and the buffer is the hardware's again"
is "$(seen)" "$before" "7.3: so nothing is forwarded for it"
is "$(seen)" "$(trapped)" "7.3: viommu-top has what the VMM did, to the command"
run_ok viommu-trace diff --once
guest_stop

# --- 6.12: 64-bit stores, and v2 tables when it is told to
# shellcheck disable=SC2046 # words
start 6.12 $(guest_accel "$nvme" "$blk")
disk nvme0n1 "6.12: the NVMe disk holds what was written to it"
reads 101
is "$rc $counts" "0 0" "6.12: unmaps are no exit"
cmp_ok "$(taken)" -gt 0 "6.12: changes of its device table were seen"
guest_stop

# --- beside it, the IOMMU that QEMU emulates
# shellcheck disable=SC2046 # words
start 7.3 $(guest_emulated "$nvme" "$blk")
reads 1009
is "$rc" 0 "emulated: the disk is read"
cmp_ok "$counts" -ge 1009 "emulated, each of 1009 unmaps is an exit or more"
diag "1009 reads: $accel_ms ms on hardware queues, $ms ms emulated, with $counts exits"
guest_stop
done_testing
