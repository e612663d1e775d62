#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="finds what devices and the vIOMMU write while their guest migrates"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
requires_driver

mapfile -t bdf < <(dma_devices)

# dirty EXPECTED DESCRIPTION: pages of the guest's memory that were written since
dirty() {
	play mover "dirty-pages p 0 0x400000"
	is "${reply##* }" "$1" "$2" || diag "$reply"
}

play_start mover
plays mover "a guest whose memory is in pages of 4 KiB, with two nested domains" <<S
ioas as
small-pages as
device d ${bdf[0]}
device e ${bdf[1]}
parent p d as dirty
ram as 0 0x400000
viommu v d p
vdevice vd v d 0x10
vdevice ve v e 0x11
s1-pool 0x200000 0x100000
s1-gcr3 0x180000 0x181000
s1-map 0x181000 0x100000000 0x10000 0x7000
nested n v d 5 0x180000
nested m v e 6 0x180000
attach d n
queue c v cmd 0x300000 0x1000
queue l v evt 0x310000 0x1000
control v 0x1004
dma-write d 0x100000000 before
S
dirty none "what was written before anybody asked is not known"

plays mover "tracking is switched on under a device at work" <<'S'
dirty p on
S
dirty none "so far nothing is dirty"
plays mover "the device reads pages, and writes to others of them" <<'S'
dma-read d 0x100000000 before
dma-write d 0x100001000 one
dma-write d 0x100003000 three
dma-write d 0x100003000 thrice
S
dirty 0x11000,0x13000 "only what was written is dirty, not what was read, tables included"
dirty none "what has been told is told once"

# The same pages again: without a flush of the guest's own domains the IOMMU
# would go on with what it knows of them, and tell nothing
plays mover "it writes to one of them again" <<'S'
dma-write d 0x100003000 again
S
dirty 0x13000 "that it is dirty again is seen, through the guest's domain"

plays mover "a device that is attached while tracking is on" <<'S'
attach e m
dma-write e 0x100005000 five
S
dirty 0x15000 "is tracked"

plays mover "the vIOMMU stores a completion" <<'S'
inv-pages c 5 times=7
cmd-wait c 0x320000
S
dirty 0x320000 "where it wrote, not where it read the commands"
plays mover "and logs an event" <<'S'
!EIO dma-read d 0x100100000 x
log l
S
dirty 0x310000 "which is in the guest's log"

plays mover "the guest's own changes of its tables are the processor's, not the device's" <<'S'
s1-map 0x181000 0x100000000 0x20000 0x1000
inv-pages c 5
cmd-wait c 0x320000
dma-write d 0x100000000 moved
mem-check 0x20000 moved
S
dirty 0x20000,0x320000 "a page is dirty where the guest has moved it to"

plays mover "the devices go to the parent, then back" <<'S'
attach d p
dma-write d 0x18000 parent
attach d n
dma-write d 0x100004000 nested
S
dirty 0x14000,0x18000 "both ways are tracked"

plays mover "tracking is switched off" <<'S'
dirty p off
dma-write d 0x100002000 off
cmd-wait c 0x320000
S
dirty none "nothing is noted any more"
plays mover "and on again" <<'S'
dirty p on
dma-write d 0x100002000 on
cmd-wait c 0x320000
S
dirty 0x12000,0x320000 "what was written in between is not"

play_stop mover
plays_refused=$(printf '%s\n' "ioas as" "device d ${bdf[0]}" "parent p d as" "dirty p on" | viommu-play -k 2>&1 | tail -n 1)
like "$plays_refused" EOPNOTSUPP "a parent that was not made for it does not track"
is "$(echo "$debugfs"/iommu*/viommu/[0-9]*)" "$debugfs/iommu*/viommu/[0-9]*" "no vIOMMU is left"
done_testing
