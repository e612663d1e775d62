#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="does invalidations of guests whose commands are trapped, and counts what the hardware saves"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/count.sh"
requires_driver

mapfile -t bdf < <(dma_devices)
for name in one two; do
	play_vm "$name" "${bdf[0]}" 0x10 5
	bdf=("${bdf[@]:1}")
done
gid=$(gid_of one)
pid=${play_pid[one]}

# --- what is permitted works; word 0 has opcode, domain ID and device ID
plays one "a change of the guest's tables is not seen" <<'S'
mem-write 0x10000 old
mem-write 0x20000 new
dma-read d 0x100000000 old
s1-map 0x181000 0x100000000 0x20000 0x1000
dma-read d 0x100000000 old
S
plays one "nor after a forwarded invalidation of something else" <<'S'
invalidate v
invalidate v 0x3000000500000000 0x100001006
invalidate v 0x3000000600000000 0x7ffffffffffff007
dma-read d 0x100000000 old
S
plays one "but when the call with the guest's invalidation of the page returns" <<'S'
invalidate v 0x3000000500000000 0x100000006
dma-read d 0x100000000 new
S
plays one "or of the domain, with a COMPLETION_WAIT behind it" <<'S'
s1-map 0x181000 0x100000000 0x10000 0x1000
dma-read d 0x100000000 new
invalidate v 0x3000000500000000 0x7ffffffffffff007 0x1000000000000004 0
dma-read d 0x100000000 old
S
plays one "or of all" <<'S'
s1-map 0x181000 0x100000000 0x20000 0x1000
dma-read d 0x100000000 old
invalidate v 0x8000000000000000 0
dma-read d 0x100000000 new
S
plays one "what the device itself keeps goes with an invalidation of the device" <<'S'
dma-translate d 0x100000000
s1-map 0x181000 0x100000000 0x10000 0x1000
invalidate v 0x3000000500000000 0x7ffffffffffff007
dma-read-translated d 0x100000000 new
invalidate v 0x400000100a000010 0x7ffffffffffff001
!ENOENT dma-read-translated d 0x100000000 old
dma-translate d 0x100000000
dma-read-translated d 0x100000000 old
S
plays one "an invalidation of the device table entry changes nothing for the guest" <<'S'
invalidate v 0x2000000000000010 0
dma-read d 0x100000000 old
S

# --- what is not permitted is refused, and shown; what was ahead of it is done
count_start -e amd_viommu:viommu_invalidate --filter "guest_id == $gid && ret == -95" \
	-e amd_viommu:viommu_invalidate --filter "guest_id == $gid && ret == -22" \
	-e amd_viommu:viommu_invalidate --filter "guest_id == $gid && ret == -6" \
	-e amd_viommu:viommu_cmd_submit --filter "guest_id == $gid"
plays one "opcodes that are the host's, or for hardware only" <<'S'
!EOPNOTSUPP invalidate v 0 0
!EOPNOTSUPP invalidate v 0x5000000000000010 0
!EOPNOTSUPP invalidate v 0x6000000000000010 0
!EOPNOTSUPP invalidate v 0x7000000000000010 0
!EOPNOTSUPP invalidate v 0x9000000000000001 0
!EOPNOTSUPP invalidate v 0xa000000080000001 0
!EOPNOTSUPP invalidate v 0xf000000000000000 0
S
plays one "stores and interrupts, which are the VMM's" <<'S'
!EINVAL invalidate v 0x1000000000320001 1
!EINVAL invalidate v 0x1000000000000002 0
S
plays one "reserved bits" <<'S'
!EINVAL invalidate v 0x3001000500000000 0x7ffffffffffff007
!EINVAL invalidate v 0x3000000500100000 0x7ffffffffffff007
!EINVAL invalidate v 0x3000000500000000 0x7ffffffffffff00f
!EINVAL invalidate v 0x4100001000000010 0x7ffffffffffff001
!EINVAL invalidate v 0x4000001000000010 0x7ffffffffffff003
!EINVAL invalidate v 0x2000000000010010 0
!EINVAL invalidate v 0x2000000000000010 1
!EINVAL invalidate v 0x8000000000000001 0
S
plays one "a PASID without GN" <<'S'
!EINVAL invalidate v 0x3000000500000003 0x7ffffffffffff003
!EINVAL invalidate v 0x4003001000000010 0x7ffffffffffff001
S
plays one "devices of others" <<'S'
!ENXIO invalidate v 0x2000000000000011 0
!ENXIO invalidate v 0x4000000000000000 0x7ffffffffffff001
S
count_stop
is "$counts" "viommu_invalidate=7 viommu_invalidate=12 viommu_invalidate=2 viommu_cmd_submit=0" \
	"each is traced with the reason, and the IOMMU saw none"
play one 's1-map 0x181000 0x100000000 0x20000 0x1000'
play one '!EINVAL invalidate v 0x3000000500000000 0x7ffffffffffff007 0x8000000000000001 0 0x8000000000000000 0'
like "$reply" 'ok .* done=1$' "the one ahead of it counts"
plays one "and is done" <<'S'
dma-read d 0x100000000 new
S

# --- another guest, with the same IDs for everything
plays two "another guest has the same IDs" <<'S'
mem-write 0x10000 old2
mem-write 0x20000 new2
dma-read d 0x100000000 old2
s1-map 0x181000 0x100000000 0x20000 0x1000
S
plays one "what is forwarded for the first one" <<'S'
invalidate v 0x3000000500000000 0x7ffffffffffff007 0x2000000000000010 0
invalidate v 0x4000001000000010 0x7ffffffffffff001 0x8000000000000000 0
S
plays two "leaves the second one what it has" <<'S'
dma-read d 0x100000000 old2
invalidate v 0x3000000500000000 0x7ffffffffffff007
dma-read d 0x100000000 new2
S

# --- a guest of KVM, the same one with its commands trapped and accelerated
[[ -e /dev/kvm ]] || done_testing
play one 's1-map 0x181000 0x100000000 0x10000 0x1000'
plays one "a guest of KVM whose commands are trapped has them done, too" <<'S'
kvm-run v emulated 0x300000 0x1000 0x320000 1 gdom=5
dma-read d 0x100000000 old
kvm-run v emulated 0x300000 0x1000 0x320000 0 entry-at=0x202000 entry=0x20007
dma-read d 0x100000000 old
kvm-run v emulated 0x300000 0x1000 0x320000 1 gdom=5
dma-read d 0x100000000 new
queue c v cmd 0x300000 0x1000
control v 0x1000
S
ioctls="common_pid == $pid && cmd == 0x3b8d"
events=(-e kvm:kvm_exit --filter "common_pid == $pid && exit_reason != 0x60 && exit_reason != 0x61"
	-e kvm:kvm_userspace_exit --filter "common_pid == $pid"
	-e syscalls:sys_enter_ioctl --filter "$ioctls"
	-e amd_viommu:viommu_invalidate --filter "guest_id == $gid"
	-e amd_viommu:viommu_cmd_submit --filter "guest_id == $gid")
# seen: what viommu-top has of commands forwarded and of the buffer taken back
seen() { top_json | jq -r "select(.guest_id == $gid) | \"\(.forwarded) \(.takebacks) \(.delivered)\""; }
# more MODE: what 1009 more rounds of two commands cost, one of them an invalidation
more() {
	local few before after

	count_start "${events[@]}"
	play one "kvm-run v $1 0x300000 0x1000 0x320000 13 gdom=5"
	count_stop
	few=$counts
	read -ra before < <(seen)
	count_start "${events[@]}"
	play one "kvm-run v $1 0x300000 0x1000 0x320000 1022 gdom=5"
	count_stop
	read -ra after < <(seen)
	forwarded=$((after[0] - before[0])) taken=$((after[1] - before[1]))
	costs=$(paste <(tr ' ' '\n' <<<"$few") <(tr ' ' '\n' <<<"$counts") |
		awk -F '[=\t]' '{ print $1 "=" $4 - $2 }' | xargs)
	like "$reply" 'done=1022 ' "$1: 1009 more invalidations, with as many waits"
	diag "$costs"
}
more emulated
is "$costs" "kvm_exit=2018 kvm_userspace_exit=2018 sys_enter_ioctl=1009 viommu_invalidate=1009 viommu_cmd_submit=2018" \
	"trapped: two exits, a call of the VMM and two host commands for each"
is "$forwarded $taken" "1022 0" "viommu-top counts each that is forwarded"
like "$counts" 'viommu_invalidate=1022 ' "as does the tracepoint"
more accelerated
is "$costs" "kvm_exit=0 kvm_userspace_exit=0 sys_enter_ioctl=0 viommu_invalidate=0 viommu_cmd_submit=0" \
	"accelerated: nothing of that"
is "$forwarded $taken" "0 0" "nor does viommu-top count any"
read -ra before < <(seen)
plays one "the VMM takes the buffer back, three times" <<'S'
control v 0
control v 0
control v 0x1000
control v 0
control v 0x1000
control v 0
S
read -ra after < <(seen)
is "$((after[0] - before[0])) $((after[1] - before[1]))" "0 3" "which it counts, too"
for name in one two; do
	play_kill "$name"
done
is "$(rows)" 0 "nothing is left of either"
done_testing
