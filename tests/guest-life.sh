#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: guests
# TIMEOUT: 600
DESCRIPTION="takes two guests of Debian's on hardware queues through all that guests go through"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/guest.sh"
requires_driver
requires_file /dev/kvm "this kernel has no KVM"

nvme=$(guest_nvme)
blk=$(guest_blk)
mapfile -t others < <(dma_devices)
guest_take "$nvme" "$blk"
at_exit guest_give_back "$nvme" "$blk"
at_exit guest_stop
at_exit guest_switch debian-1
at_exit guest_stop
at_exit guest_switch debian-2

# behind ROOT-PORT BDF ID SLOT: arguments of a device that can be unplugged
behind() {
	printf '%s ' -device "pcie-root-port,id=$1,chassis=$4,bus=pcie.0,addr=$4" \
		-device "vfio-pci,id=$3,host=$2,iommufd=iommufd0,bus=$1"
}
accel='-object iommufd,id=iommufd0 -device amd-iommu,accel=on,intremap=off'

# Another kernel for the guests, on a disk that does not go through their IOMMU: /dev/vd? is
# the last one. One that is loaded for a crash has all its memory at hand.
files=$(mktemp -d)
at_exit rm -rf "$files"
tar -C "$build/guest/7.3" -cf "$files/other" vmlinuz initrd -C "$build/bin" crash-kernel
other="-drive if=none,id=other,format=raw,readonly=on,file=$files/other -device virtio-blk-pci,drive=other,addr=1e"
# other_kernel ARGUMENT…: as crash-kernel takes them; in the guest's shell
other_kernel() {
	printf '%s' "tar xf \$(ls /dev/vd? | tail -n 1) -C /tmp && " \
		"/tmp/crash-kernel $1 /tmp/vmlinuz /tmp/initrd " \
		"\"\$(sed 's/crashkernel=[^ ]*//' /proc/cmdline) $2\""
}

begin() { # NAME QEMU-ARGUMENT…
	guest_switch "$1"
	# shellcheck disable=SC2086 # words
	guest_begin "$1" 7.3 "iommu.strict=1 crashkernel=192M" $other "${@:2}"
}
comes_up() { # NAME WHAT
	guest_switch "$1"
	guest_wait '@up '
	is $? 0 "$1 $2" || diag "$(tail -n 20 "$guest_log" "$guest_log.err")"
}
# disk NAME DISK WHAT: what is written is what is read
disk() {
	guest_switch "$1"
	guest "dd if=/dev/urandom of=/tmp/data bs=4k count=101 && sha256sum </tmp/data >/tmp/sum &&" \
		"dd if=/tmp/data of=/dev/$2 bs=4k oflag=direct &&" \
		"dd if=/dev/$2 bs=4k count=101 iflag=direct | sha256sum | cmp - /tmp/sum"
	is "$rc" 0 "$1: $3" || diag "$out"
}
one() { # QEMU-ARGUMENT…
	# shellcheck disable=SC2046,SC2086 # words
	begin debian-1 $accel $(behind rp0 "$nvme" disk 4) -device "vfio-pci,host=${others[0]},iommufd=iommufd0,addr=9"
}

# --- two guests at once, two devices each
one
# shellcheck disable=SC2046,SC2086 # words
begin debian-2 $accel $(guest_devices "$blk" "${others[1]}")
comes_up debian-1 "comes up"
comes_up debian-2 "comes up beside it"
is "$(rows)" 2 "there are two vIOMMUs"
is "$(top_json | jq -c '[.vm, (.vdevices | length)]' | sort | xargs)" "[debian-1,2] [debian-2,2]" "with two devices each"
disk debian-1 nvme0n1 "its disk holds what was written to it"
disk debian-2 vda "so does its"

# --- migration
guest_switch debian-1
guest_qmp '{"execute":"migrate","arguments":{"uri":"exec:cat >/dev/null"}}'
like "$out" '"desc": "[^"]*amd-iommu' "a guest does not migrate, and its VMM says why"

# --- pause
guest_switch debian-2
guest "dd if=/dev/vda bs=4k count=997 iflag=direct 2>/dev/null | sha256sum >/tmp/before"
printf '%s\n' 'dd if=/dev/vda bs=4k count=997 iflag=direct 2>/dev/null | sha256sum | cmp - /tmp/before; echo "@done $?"' >&"$guest_in"
guest_qmp '{"execute":"stop"}'
like "$out" return "a guest stops in the middle of its work"
disk debian-1 nvme0n1 "the other one works meanwhile"
guest_switch debian-2
guest_qmp '{"execute":"cont"}'
guest_wait '@done '
is "$guest_line" "@done 0" "and goes on as if nothing had been"

# --- a device that goes and comes back
guest_switch debian-1
guest_qmp '{"execute":"device_del","arguments":{"id":"disk"}}'
guest 'until [ ! -e /dev/nvme0n1 ]; do usleep 100000; done'
is "$rc" 0 "the guest lets go of a device that is unplugged"
unplugged() { [[ $(top_json | jq -r 'select(.vm == "debian-1").vdevices | length') == 1 ]]; }
wait_until 60 unplugged
is $? 0 "which is no device of its vIOMMU any more"
guest_qmp "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"vfio-pci\",\"id\":\"disk\",\"host\":\"$nvme\",\"iommufd\":\"iommufd0\",\"bus\":\"rp0\"}}"
like "$out" return "it is plugged in again"
guest 'until [ -e /dev/nvme0n1 ]; do usleep 100000; done'
disk debian-1 nvme0n1 "and works as before"

# --- a kernel after this one: started by it, or by its crash. That finds an IOMMU which
# translates and queues of the dead kernel's which are served
guest_switch debian-2
printf '%s\n' "$(other_kernel now '')" >&"$guest_in"
guest_switch debian-1
guest "$(other_kernel '' 'maxcpus=1 reset_devices')"
is "$rc" 0 "a kernel for its crash is loaded" || diag "$out"
printf 'echo c >/proc/sysrq-trigger\n' >&"$guest_in"
comes_up debian-2 "comes up by kexec"
comes_up debian-1 "panics, and its kernel for that comes up"
guest 'test -e /proc/vmcore && dmesg'
is "$rc" 0 "it has the dead one's memory"
like "$out" 'AMD-Vi: Translation is already enabled' "it finds the IOMMU as it was"
like "$out" 'AMD-Vi: Reused DEV table from previous kernel' "and its device table"
unlike "$out" 'Event logged|timed out' "without a fault"
disk debian-2 vda "its disk holds what is written to it after that"
disk debian-1 nvme0n1 "so does its"
is "$(rows)" 2 "there are two vIOMMUs still"
run_ok viommu-trace diff --once

# --- a VMM that is killed
guest_switch debian-1
printf 'while :; do dd if=/dev/nvme0n1 of=/dev/null bs=4k iflag=direct; done\n' >&"$guest_in"
kill -9 "$guest_pid"
guest_stop
is "$(rows)" 1 "a VMM that is killed leaves no vIOMMU"
is "$(grep -c 'AMD-Vi[0-9]*-g' /proc/interrupts)" 1 "nor its interrupt"
disk debian-2 vda "the other one's disk works"
printf 'reboot -f\n' >&"$guest_in"
one
comes_up debian-1 "comes up again"
disk debian-1 nvme0n1 "with a disk that works"
comes_up debian-2 "reboots"
disk debian-2 vda "its disk holds what is written to it after that, too"
is "$(rows)" 2 "there are two vIOMMUs again"
run_ok viommu-trace diff --once
guest_stop
guest_switch debian-1
guest_stop
is "$(rows)" 0 "no vIOMMU is left"
done_testing
