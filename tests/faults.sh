#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="lets a guest's device fault seven times and finds them at that guest, everywhere"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/record.sh"
requires_driver
expect_dmesg 'Event logged \[IO_PAGE_FAULT'

mapfile -t bdf < <(dma_devices)
play_vm one "${bdf[0]}" 0x10 5
play_vm two "${bdf[1]}" 0x10 5
gid=$(gid_of one)
plays one "the VMM listens" <<S
!EINVAL veventq q v 0
veventq q v 3
!EEXIST veventq q2 v 3
!ETIMEDOUT event q timeout=50
S

fault_seven() {
	local i

	for ((i = 0; i < 7; i++)); do
		play one "!EIO dma-read d 0x10000${i}100 abc"
	done
	# the log is emptied by a thread
	sleep 0.5
}
plays one "the page that is mapped goes" <<S
s1-unmap 0x181000 0x100000000
unmap as 0 0x400000
map as 0 0 0x400000
S
data=$(mktemp)
record_start "$data" -e amd_viommu:viommu_event_record -e amd_viommu:viommu_event_deliver
fault_seven
record_stop
text=$(PAGER=cat perf script -i "$data" 2>/dev/null)
rm -f "$data"

is "$(grep -c "viommu_event_record: .* guest_id=$gid code=IO_PAGE_FAULT devid=${bdf[0]#*:} " <<<"$text")" 7 "perf has 7 records of the guest's device"
is "$(grep -c "viommu_event_record:" <<<"$text")" 7 "and no others"
is "$(grep -c "viommu_event_deliver: .* guest_id=$gid code=IO_PAGE_FAULT ret=0" <<<"$text")" 7 "7 were handed to the VMM"
json=$(top_json)
is "$(jq "select(.guest_id == $gid).events" <<<"$json")" 7 "7 count for the guest"
is "$(jq "select(.guest_id == $gid).delivered" <<<"$json")" 7 "as delivered to its VMM, too"
is "$(jq "select(.guest_id != $gid).events" <<<"$json")" 0 "none for the other one"
is "$(vdevices | sed -n "s/.*guest_id=$gid .*events=\([0-9]*\).*/\1/p")" 7 "7 for its device"

# dw0: DeviceID 10h; dw1: code 2, DomainID 5, neither RW nor PR; dw2-3: address
for i in 0 1 2; do
	play one event q
	like "$reply" "sequence=$i flags=0 evt=000000010000${i}100:2000000500000010\$" "record $((i + 1)) has the guest's own IDs"
done
play one event q
like "$reply" 'flags=1 ' "then the queue says that it lost some"
plays one "and is empty" <<S
!ETIMEDOUT event q timeout=50
S
play one "!EIO dma-write d 0x100007000 abc"
play one event q
like "$reply" 'sequence=7 flags=0 evt=0000000100007000:2020000500000010' "the next one counts the lost ones, and is a write"
plays one "a queue can go and come" <<S
destroy q
!EIO dma-read d 0x100009000 abc
veventq q v 5
!EIO dma-read d 0x10000a000 abc
event q
destroy q
S
plays one "a device that has no vDevice faults, and one that has" <<S
veventq q v 5
destroy vd
!EIO dma-read d 0x10000b100 abc
vdevice vd v d 0x10
!EIO dma-read d 0x10000c100 abc
S
play one event q
like "$reply" "sequence=0 flags=0 evt=000000010000c100:2000000500000010\$" "the guest hears of the second alone: it has no ID for the first"
plays two "the other guest has nothing to tell" <<S
veventq q v 5
!ETIMEDOUT event q timeout=50
dma-write d 0x100000000 fine
S
play_stop one
play_stop two
is "$(rows)" 0 "no vIOMMU is left"
done_testing
