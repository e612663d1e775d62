#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="lets guests have their commands executed, with nothing to do for the host"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/count.sh"
requires_driver
expect_dmesg 'Event logged \[IO_PAGE_FAULT'

mapfile -t bdf < <(dma_devices)

# guest NAME BDF: as play_vm makes it, with a command buffer that runs
guest() {
	play_vm "$1" "$2" 0x10 5
	plays "$1" "$1 has a command buffer" <<-'S'
		queue c v cmd 0x300000 0x1000
		control v 0x1000
	S
}

guest one "${bdf[0]}"
gid=$(gid_of one)
plays one "a COMPLETION_WAIT stores to a guest physical address" <<'S'
cmd-wait c 0x320000
S

# --- invalidations
plays one "a change of the guest's tables is not seen" <<'S'
mem-write 0x10000 old
mem-write 0x20000 new
dma-read d 0x100000000 old
s1-map 0x181000 0x100000000 0x20000 0x1000
dma-read d 0x100000000 old
S
plays one "nor after an invalidation of something else" <<'S'
inv-pages c 5 address=0x100001000
inv-pages c 6
cmd-wait c 0x320000
dma-read d 0x100000000 old
S
plays one "but after the guest's own invalidation of the page" <<'S'
inv-pages c 5 address=0x100000000
cmd-wait c 0x320000
dma-read d 0x100000000 new
S
plays one "or of the domain" <<'S'
s1-map 0x181000 0x100000000 0x10000 0x1000
dma-read d 0x100000000 new
inv-pages c 5
cmd-wait c 0x320000
dma-read d 0x100000000 old
S
plays one "or of all" <<'S'
s1-map 0x181000 0x100000000 0x20000 0x1000
dma-read d 0x100000000 old
inv-all c
cmd-wait c 0x320000
dma-read d 0x100000000 new
S
plays one "what the device itself keeps goes with an invalidation of the device" <<'S'
dma-translate d 0x100000000
s1-map 0x181000 0x100000000 0x10000 0x1000
inv-pages c 5
cmd-wait c 0x320000
dma-read-translated d 0x100000000 new
inv-iotlb c 0x10
cmd-wait c 0x320000
!ENOENT dma-read-translated d 0x100000000 old
dma-translate d 0x100000000
dma-read-translated d 0x100000000 old
S
plays one "an invalidation of the device table entry changes nothing for the guest" <<'S'
inv-devtab c 0x10
cmd-wait c 0x320000
dma-read d 0x100000000 old
S

# --- nothing of that is the host's work
count_start -e 'amd_viommu:viommu_cmd_submit' --filter "guest_id == $gid" \
	-e 'amd_viommu:viommu_event_record' \
	-e 'syscalls:sys_enter_ioctl' --filter "common_pid == ${play_pid[one]}"
plays one "1009 invalidations and as many waits, around the ring" <<'S'
inv-pages c 5 times=503
cmd-wait c 0x320000
inv-pages c 5 address=0x100000000 times=506
cmd c 0x1000000000320009 0x1234 times=1007
cmd-wait c 0x320000
S
count_stop
is "$counts" "viommu_cmd_submit=0 viommu_event_record=0 sys_enter_ioctl=0" \
	"no host command, no event and no call of the VMM for them"
count_start -e 'amd_viommu:viommu_cmd_submit' --filter "guest_id == $gid" \
	-e 'syscalls:sys_enter_ioctl' --filter "common_pid == ${play_pid[one]}"
plays one "the same counters see what is the host's" <<'S'
unmap as 0 0x400000
map as 0 0 0x400000
S
count_stop
unlike "$counts" 'viommu_cmd_submit=0' "an unmap's commands"
like "$counts" 'sys_enter_ioctl=2$' "and the calls of the VMM"
plays one "commands go on after it" <<'S'
cmd-wait c 0x320000
S

# --- another guest, with the same IDs for everything
guest two "${bdf[1]}"
plays two "another guest has the same IDs" <<'S'
mem-write 0x10000 old2
mem-write 0x20000 new2
dma-read d 0x100000000 old2
s1-map 0x181000 0x100000000 0x20000 0x1000
S
plays one "what the first one invalidates" <<'S'
dma-translate d 0x100000000
s1-map 0x181000 0x100000000 0x20000 0x1000
inv-pages c 5
inv-iotlb c 0x10
inv-devtab c 0x10
cmd-wait c 0x320000
dma-read d 0x100000000 new
S
plays two "the second one still has" <<'S'
dma-read d 0x100000000 old2
inv-pages c 5
cmd-wait c 0x320000
dma-read d 0x100000000 new2
S

# --- memory that the host takes away, as a balloon does: whatever IOMMU and device had kept
# of it is gone when that returns
plays one "a page is the guest's, and its device has it cached" <<'S'
map as 0x800000 0x20000 0x1000
s1-map 0x181000 0x100003000 0x800000 0x1000
dma-read d 0x100003000 new
dma-translate d 0x100003000
dma-read-translated d 0x100003000 new
S
plays one "taken away it is out of reach at once, with nothing that the guest does" <<'S'
unmap as 0x800000 0x1000
!ENOENT dma-read-translated d 0x100003000 new
!EIO dma-read d 0x100003000 new
!EIO dma-write d 0x100003000 gone
!ENOENT dma-translate d 0x100003000
mem-check 0x20000 new
S
plays one "the guest's other memory is not" <<'S'
dma-read d 0x100000000 new
S

# --- the host takes memory away from under the buffers
plays one "a guest without memory" <<'S'
unmap as 0 0x400000
cmd c 0x1000000000320009 1
S
sleep 0.2
plays one "has no command executed" <<'S'
!ETIMEDOUT cmd-drain c timeout=200
S
like "$(dmesg_here)" 'IO_PAGE_FAULT' "the host is told"
plays two "and the other one goes on" <<'S'
cmd-wait c 0x320000
S
plays one "with its memory back, it enables the buffer again" <<'S'
map as 0 0 0x400000
control v 0
control v 0x1000
cmd-drain c
cmd-wait c 0x320000
S

# --- killed with commands in the ring
play one "cmd c 0x1000000000320009 1 times=251"
play_kill one
plays two "a guest whose neighbour was killed goes on" <<'S'
s1-map 0x181000 0x100000000 0x10000 0x1000
inv-pages c 5 times=307
cmd-wait c 0x320000
dma-read d 0x100000000 old2
S
play_kill two
is "$(rows)" 0 "nothing is left of either"
done_testing
