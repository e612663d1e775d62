#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="lets devices do DMA through their guests' own tables and the host's"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
requires_driver
expect_dmesg 'Event logged \[IO_PAGE_FAULT'

mapfile -t bdf < <(dma_devices)
cmp_ok "${#bdf[@]}" -ge 3 "there are devices for it"

play_vm one "${bdf[0]}" 0x10 5
plays one "DMA goes where both tables say" <<'S'
mem-write 0x10000 to-device
dma-read d 0x100000000 to-device
dma-write d 0x100000000 from-device
mem-check 0x10000 from-device
S
plays one "what the guest's tables do not map is for nobody" <<'S'
!EIO dma-read d 0x100001000 x
!EIO dma-write d 0x10000 x
mem-check 0x10000 from-device
S
plays one "a change of the guest's tables without invalidation is not seen" <<'S'
s1-map 0x181000 0x100000000 0x20000 0x1000
dma-write d 0x100000000 stale
mem-check 0x10000 stale
!EILSEQ mem-check 0x20000 stale
S
plays one "an unmap of the host's is, at once" <<'S'
unmap as 0 0x400000
!EIO dma-write d 0x100000000 gone
mem-check 0x10000 stale
map as 0 0 0x400000
dma-write d 0x100000000 fresh
mem-check 0x20000 fresh
mem-check 0x10000 stale
S
plays one "permissions of both count" <<'S'
mem-write 0x30000 fresh3
s1-map 0x181000 0x100010000 0x30000 0x1000 ro
s1-map 0x181000 0x100011000 0x31000 0x1000 super
!EIO dma-write d 0x100010000 x
dma-read d 0x100010000 fresh3
!EIO dma-read d 0x100011000 x
unmap as 0 0x400000
map as 0 0 0x400000 ro
!EIO dma-write d 0x100000000 x
dma-read d 0x100000000 fresh
unmap as 0 0x400000
map as 0 0 0x400000
S
plays one "so do large pages of the guest's" <<'S'
s1-map 0x181000 0x140000000 0 0x200000 2m
s1-map 0x181000 0x4000000000 0 0x40000000 1g
mem-write 0x54321 two-megabytes
dma-read d 0x140054321 two-megabytes
dma-read d 0x4000054321 two-megabytes
S

# --- another guest with the same IDs
play_vm two "${bdf[1]}" 0x10 5
plays two "two guests with equal IDs keep apart" <<'S'
mem-write 0x10000 second
dma-read d 0x100000000 second
S
plays one "the first one is as before" <<'S'
dma-read d 0x100000000 fresh
S
plays two "what one unmaps" <<'S'
unmap as 0 0x400000
!EIO dma-read d 0x100000000 second
S
plays one "is not unmapped for the other" <<'S'
dma-read d 0x100000000 fresh
S
play_stop two

# --- attach and detach
plays one "back to the parent, GPAs are what the device uses" <<'S'
attach d p
dma-read d 0x20000 fresh
!EIO dma-read d 0x100000000 x
S
plays one "back to the guest's tables, changed meanwhile" <<'S'
attach d n
dma-read d 0x100000000 fresh
!EBUSY destroy n
S
plays one "detached, the device reaches nothing" <<'S'
detach d
!EIO dma-read d 0x100000000 x
!EIO dma-read d 0x20000 x
attach d n
dma-read d 0x100000000 fresh
S
plays one "two nested domains with one ID share the host's" <<'S'
s1-gcr3 0x190000 0x191000
s1-map 0x191000 0x200000000 0x20000 0x1000
nested same v d 5 0x180000
nested other v d 6 0x190000
attach d other
dma-read d 0x200000000 fresh
!EIO dma-read d 0x100000000 x
destroy n
attach d same
dma-read d 0x100000000 fresh
destroy other
S
guest=$(guest_of one)
is "$(awk 'NR > 1 { print $1, $3, $4 }' "$guest/domains")" "5 1 yes" "one domain ID is left in use"
plays one "the last one goes" <<'S'
attach d p
destroy same
S
is "$(awk 'NR > 1' "$guest/domains")" "" "and the ID with it"
is "$(entry "$guest" domid 5)" "$(entry "$guest" domid 7)" "in the hardware's table it stands for the parent again"

# --- guest DTEs without guest translation: V=0, then V and TV with IR, IW
plays one "a guest's DTE that is not valid leaves GPAs to the device" <<'S'
nested invalid v d 5 0 q0=0
attach d invalid
dma-read d 0x20000 fresh
dma-write d 0x20000 fresh
S
plays one "one with all permissions, too" <<'S'
nested plain v d 5 0 q0=0x6000000000000003
attach d plain
dma-read d 0x20000 fresh
dma-write d 0x20000 fresh
S
plays one "one without IW allows reads" <<'S'
nested reads v d 5 0 q0=0x2000000000000003
attach d reads
dma-read d 0x20000 fresh
!EIO dma-write d 0x20000 x
S
plays one "one without IR allows writes" <<'S'
nested writes v d 5 0 q0=0x4000000000000003
attach d writes
!EIO dma-read d 0x20000 x
dma-write d 0x20000 fresh
S
plays one "one with neither allows nothing" <<'S'
nested none v d 5 0 q0=0x3
attach d none
!EIO dma-read d 0x20000 x
!EIO dma-write d 0x20000 x
S
plays one "nor does one without TV, whatever its permissions say" <<'S'
nested no-tv v d 5 0 q0=0x6000000000000001
attach d no-tv
!EIO dma-read d 0x20000 x
!EIO dma-write d 0x20000 x
mem-check 0x20000 fresh
attach d p
dma-read d 0x20000 fresh
destroy invalid
destroy plain
destroy reads
destroy writes
destroy none
destroy no-tv
S

plays one "permissions of the guest's DTE count with guest translation, too" <<'S'
nested gv-reads v d 5 0x180000 iw=0
nested gv-writes v d 5 0x180000 ir=0
attach d gv-reads
dma-read d 0x100000000 fresh
!EIO dma-write d 0x100000000 x
attach d gv-writes
!EIO dma-read d 0x100000000 x
dma-write d 0x100000000 fresh
attach d p
destroy gv-reads
destroy gv-writes
S

# --- a parent whose table grows while a device translates through it
plays one "a parent's table can grow below nested domains" <<'S'
nested n v d 5 0x180000
attach d n
dma-read d 0x100000000 fresh
map as 0x8000000000 0x20000 0x1000
dma-read d 0x100000000 fresh
s1-map 0x181000 0x100020000 0x8000000000 0x1000
dma-read d 0x100020000 fresh
dma-write d 0x100020000 above
mem-check 0x20000 above
S
dte=$(awk 'NR > 1 { print $NF }' "$guest/vdevices")
trans=$(awk '/^trans_dte:/ { print $2 }' "$guest/state")
# what both have of the host's table: mode and root
is "0x$(printf '%x' $((0x${dte##*:} & 0xffffffffffe00)))" "0x$(printf '%x' $((0x${trans##*:} & 0xffffffffffe00)))" \
	"the guest's buffers follow it, too"
is "$((0x${trans##*:} >> 9 & 7))" 4 "to four levels"
play_stop one
is "$(rows)" 0 "no vIOMMU is left"
done_testing
