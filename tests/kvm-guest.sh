#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="lets a guest of KVM queue commands, without leaving it for any of them"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/count.sh"
requires_driver
requires_file /dev/kvm "this kernel has no KVM"

mapfile -t bdf < <(dma_devices)
play_vm one "${bdf[0]}" 0x10 5
plays one "it has a command buffer" <<'S'
queue c v cmd 0x300000 0x1000
control v 0x1000
S
gid=$(gid_of one)
pid=${play_pid[one]}

# --- what the guest invalidates is what the device sees: the entry of the page
# is at 202000h, the fourth table that the VM took from its pool
plays one "the guest changes its tables, and the device does not see it" <<'S'
mem-write 0x10000 old
mem-write 0x20000 new
dma-read d 0x100000000 old
kvm-run v accelerated 0x300000 0x1000 0x320000 0 entry-at=0x202000 entry=0x20007
dma-read d 0x100000000 old
S
plays one "nor when it invalidates another domain" <<'S'
kvm-run v accelerated 0x300000 0x1000 0x320000 3 gdom=6
dma-read d 0x100000000 old
S
plays one "but after its own invalidation, which it has waited for" <<'S'
kvm-run v accelerated 0x300000 0x1000 0x320000 1 gdom=5
dma-read d 0x100000000 new
S
plays one "the same with every access trapped" <<'S'
kvm-run v forwarded 0x300000 0x1000 0x320000 0 entry-at=0x202000 entry=0x10007
dma-read d 0x100000000 new
kvm-run v forwarded 0x300000 0x1000 0x320000 1 gdom=5
dma-read d 0x100000000 old
S

# --- what it costs: exits that the guest causes; interrupts of the host (60h
# and 61h) come when they like
events=(-e kvm:kvm_mmio --filter "common_pid == $pid"
	-e kvm:kvm_userspace_exit --filter "common_pid == $pid"
	-e kvm:kvm_exit --filter "common_pid == $pid && exit_reason != 0x60 && exit_reason != 0x61"
	-e syscalls:sys_enter_ioctl --filter "common_pid == $pid"
	-e amd_viommu:viommu_cmd_submit --filter "guest_id == $gid")

# runs MODE ROUNDS: two commands a round, counted
runs() {
	count_start "${events[@]}"
	play one "kvm-run v $1 0x300000 0x1000 0x320000 $2 gdom=5"
	count_stop
	like "$reply" "done=$2 " "$1: $2 invalidations and as many waits complete"
	diag "$1, $2 times: ${reply##*-> }; $counts"
}
# count NAME: in the last run
count() { [[ " $counts" =~ \ $1=([0-9]+) ]] && echo "${BASH_REMATCH[1]}"; }

runs accelerated 1009
few=$counts
is "$(count kvm_mmio) $(count kvm_userspace_exit)" "0 1" "none is an exit for MMIO, and only its end is the VMM's"
runs accelerated 2031
is "$counts" "$few" "twice as many and 13 cost the same, exits, calls and commands of the host"
is "$(count viommu_cmd_submit)" 0 "of which there are none"
runs forwarded 1009
few=$(count kvm_exit)
like "$reply" "trapped=2019$" "trapped, each of 2018 commands comes to the VMM, and one read"
is "$(count kvm_userspace_exit)" 2020 "with an exit of its own"
runs forwarded 2031
is "$(($(count kvm_exit) - few))" 2044 "1022 more cost two exits each"

# --- killed at work
printf 'kvm-run v accelerated 0x300000 0x1000 0x320000 0xffffffff gdom=5\n' >&"${play_in[one]}"
# commands of the guest as far as they were seen: a look a second, at a head that goes round
commands() { awk '$1 == "cmd" { print $10 }' "$(guest_of one)/queues"; }
busy() { (($(commands) > before)); }
for when in now still; do
	before=$(commands)
	wait_until 60 busy
	is $? 0 "the guest is $when at work"
done
play_kill one
is "$(rows)" 0 "nothing is left of it once it is killed"
done_testing
