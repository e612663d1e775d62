#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TIMEOUT: 300
DESCRIPTION="lets the hardware tell guests of their own faults and mistakes, and the host of its own"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/count.sh"
requires_driver
expect_dmesg 'Event logged \[(IO_PAGE_FAULT|GUEST_EVENT_FAULT)'

mapfile -t bdf < <(dma_devices)
for name in one two; do
	play_vm "$name" "${bdf[0]}" 0x10 5
	bdf=("${bdf[@]:1}")
	plays "$name" "$name has a command buffer and an event log, and a VMM that listens" <<-'S'
		queue c v cmd 0x300000 0x1000
		queue e v evt 0x310000 0x1000
		control v 0x1004
		veventq q v 3
	S
done
dir=$(guest_of one)
gid=${dir##*/}

# column QUEUE N: of the queue's line
column() { awk -v queue="$1" -v n="$2" '$1 == queue { print $n }' "$dir/queues"; }
# status BITS: those of the guest's status register that are set
status() {
	play one reg-read v 0x20
	printf '0x%x\n' $((${reply##* } & $1))
}
# logged DW3:DW2:DW1:DW0 DESCRIPTION: the next record of the guest's log
logged() {
	play one log e
	is "${reply##* }" "$1" "$2"
}
watched=(-e amd_viommu:viommu_event_record --filter "guest_id == $gid"
	-e amd_viommu:viommu_event_deliver --filter "guest_id == $gid"
	-e amd_viommu:viommu_queue_stuck --filter "guest_id == $gid"
	-e amd_viommu:viommu_queue_overflow --filter "guest_id == $gid")

# --- faults of the guest's device that its own tables cause
count_start "${watched[@]}"
plays one "the device faults in seven ways" <<'S'
s1-map 0x181000 0x100010000 0x30000 0x1000 ro
s1-map 0x181000 0x100011000 0x31000 0x1000 super
!EIO dma-read d 0x100001100 x
!EIO dma-write d 0x100002200 x
!EIO dma-write d 0x100010300 x
!EIO dma-read d 0x100011400 x
!EIO dma-read d 0x1000000005500 x
!EIO dma-read d 0x100006600 x pasid=3
!EIO dma-read d 0x12000000700 x
S
logged 0000000100001100:2000000500000010 "a read of what is not mapped is in the guest's log, with its own IDs"
logged 0000000100002200:2020000500000010 "a write"
logged 0000000100010300:2070000500000010 "a write to what is read-only"
logged 0000000100011400:2050000500000010 "a read of what is the kernel's"
logged 0001000000005500:2000000500000010 "an address that no table can map"
logged 0000000100006600:2001000300000010 "one of a PASID that the guest does not know"
logged 0000012000000700:2000000500000010 "and the last one"
plays one "nothing else is" <<'S'
!ETIMEDOUT log e timeout=50
!ETIMEDOUT event q timeout=50
S
plays two "and nothing in the other guest's" <<'S'
!ETIMEDOUT log e timeout=50
S
is "$(status 0x2)" 0x2 "the guest's status says that there was something"
plays one "until the guest clears it" <<'S'
reg-write v 0x20 2
S
is "$(status 0xff)" 0x18 "both queues run"
count_stop
is "$counts" "viommu_event_record=0 viommu_event_deliver=0 viommu_queue_stuck=0 viommu_queue_overflow=0" \
	"the host had nothing to do with it"
is "$(column evt 10)" 7 "but sees that there were seven entries"

# --- faults that are the host's
count_start "${watched[@]}"
plays one "a page of the guest's that the host does not back" <<'S'
s1-map 0x181000 0x100020000 0x7f0000 0x1000
!EIO dma-read d 0x100020000 x
!ETIMEDOUT log e timeout=50
event q
S
count_stop
like "$counts" 'viommu_event_record=1 viommu_event_deliver=1 ' "is the host's business, which tells the VMM"

# --- a command that cannot be executed: it stops the buffer, or is skipped
illegal_stops() {
	count_start "${watched[@]}"
	plays one "a command that does not exist stops the buffer" <<-'S'
		cmd c 0xf000000000000000 0
		cmd c 0x1000000000320009 0x1234
		!ETIMEDOUT cmd-drain c timeout=200
	S
	logged 0000000000300000:5000000000000000 "the guest's log says where it is"
	is "$(status 0x10)" 0x0 "its status that the buffer does not run"
	is "$(column cmd 7)" no "debugfs, too"
	stuck() { [[ $(column cmd 9) == yes ]]; }
	wait_until 20 stuck
	is "$(column cmd 9) $(column cmd 12)" "yes 1" "and after a second, that it is stuck"
	sleep 1.5
	is "$(column cmd 12)" 1 "which counts once"
	is "$(top_json | jq -c "select(.guest_id == $gid).queues[0] | [.queue, .head, .tail, .enabled, .running, .stuck]")" \
		'["cmd",0,32,true,false,true]' "the iterator has the same"
	is "$(viommu-top --once -i 0.1 --gid "$gid" --columns vm,queue,cmdq,evtq | awk '$1 == "one" { print $2, $3, $4 }')" \
		"stuck stuck 0%" "viommu-top shows it"
	count_stop
	like "$counts" 'viommu_queue_stuck=1 ' "so does its tracepoint"
	plays one "a new buffer runs from its beginning" <<-'S'
		destroy c
		queue c v cmd 0x300000 0x1000
		cmd-wait c 0x320000
	S
}
illegal_skipped() {
	plays one "a command that does not exist is skipped" <<-'S'
		cmd c 0xf000000000000000 0
		cmd-wait c 0x320000
	S
	logged 0000000000300000:5000000000000000 "the guest's log says where it is"
	is "$(status 0x10)" 0x10 "its status that the buffer runs"
}
if has_choice illegal-skipped; then
	drains='cmd-drain c'
	illegal_skipped
else
	drains='!ETIMEDOUT cmd-drain c timeout=100'
	illegal_stops
fi
is "$(column cmd 7) $(column cmd 9)" "yes no" "debugfs says so"

# --- commands that are wrong in other ways
wrong() {
	plays one "$3" <<-S
		cmd c $1 $2
		$drains
		log e
		control v 4
		destroy c
		queue c v cmd 0x300000 0x1000
		control v 0x1004
		cmd-wait c 0x320000
	S
}
wrong 0xa000000080000001 0 "a guest must not reset"
wrong 0x9000000000000001 0 "nor insert events"
wrong 0x1010000000320001 0 "and reserved bits must be 0"
plays one "a tail outside of the buffer stops it" <<'S'
reg-write v 8 0x1000
S
logged 0000000000301000:5000000000000000 "and is told to the guest"
plays one "the guest makes a new one" <<'S'
destroy c
queue c v cmd 0x300000 0x1000
cmd-wait c 0x320000
S
plays two "all that is nothing to the other guest" <<'S'
cmd-wait c 0x320000
!ETIMEDOUT log e timeout=50
S

# --- dual logs, which neither the hardware nor the driver has
plays one "dual logs are refused while commands run" <<'S'
inv-pages c 5 times=241
!EOPNOTSUPP control v 0x100001004
!EOPNOTSUPP control v 0x200001004
!EOPNOTSUPP control v 0x40001004
!EOPNOTSUPP control v 0x80001004
cmd-wait c 0x320000
!EIO dma-read d 0x100001100 x
S
logged 0000000100001100:2000000500000010 "and change nothing"
is "$(awk '$1 == "vfctrl" && $3 ~ /^(evt|evtb_base)$/ { print $4 }' "$dir/registers" | xargs)" \
	"0000000000000000 0000000000310108" "the hardware was not told of them"

# --- a log that is full
full=0x1 stops=no
! has_choice overflow-keeps-run || full=0x9 stops=
fault_often() {
	local i

	for ((i = 0; i < $1; i++)); do
		play one '!EIO dma-read d 0x100001000 x' || return
	done
}
count_start "${watched[@]}"
fault_often 251
is "$(status 0x9)" 0x8 "a log of 256 entries with 251 runs"
fault_often 11
is "$(status 0x9)" "$full" "with 262 it has overflowed${stops:+ and stopped}"
overflown() { [[ $(column evt 8) == yes ]]; }
wait_until 20 overflown
is "$(column evt 7) $(column evt 8) $(column evt 11)" "${stops:-yes} yes 1" "debugfs says so"
count_stop
is "$counts" "viommu_event_record=0 viommu_event_deliver=0 viommu_queue_stuck=0 viommu_queue_overflow=1" \
	"so does the tracepoint, and nothing went to the host instead"
taken=0
while play one log e timeout=50; do
	taken=$((taken + 1))
done
is "$taken" 255 "255 records were kept"
plays one "the guest restarts it, as its driver does" <<'S'
control v 0x1000
reg-write v 0x20 1
control v 0x1004
!EIO dma-read d 0x100003300 x
S
logged 0000000100003300:2000000500000010 "and has records again"

# --- a log that is nowhere
count_start "${watched[@]}" \
	-e amd_viommu:viommu_queue_fault --filter "guest_id == $gid && queue == 1"
plays one "a log in what is no memory" <<'S'
destroy e
queue e v evt 0x800000 0x1000
!EIO dma-read d 0x100001000 x
S
recorded() { [[ $(column evt 8) == yes ]]; }
wait_until 20 recorded
sleep 0.5
count_stop
is "$(status 0x9)" "$full" "is as good as full"
like "$counts" 'viommu_event_record=2 ' "the host has two records"
like "$counts" 'viommu_queue_fault=2$' "which are both known to be of the event log"
is "$(column evt 13) $(column cmd 13)" "2 0" "also to debugfs"
like "$(dmesg_here)" "Event logged \[GUEST_EVENT_FAULT guest_id=$gid " "that the guest could not be told"
like "$(dmesg_here)" 'Event logged \[IO_PAGE_FAULT .*address=0x800000' "and why"
plays one "a log in memory works" <<'S'
destroy e
queue e v evt 0x310000 0x1000
!EIO dma-read d 0x100001000 x
log e
S

# --- a store that leads nowhere
count_start -e amd_viommu:viommu_queue_fault --filter "guest_id == $gid && queue == 0 && address == 0x900000"
plays one "a COMPLETION_WAIT that stores to what is no memory" <<'S'
cmd c 0x1000000000900001 1
cmd-wait c 0x320000
S
faulted() { [[ $(column cmd 13) == 1 ]]; }
wait_until 20 faulted
count_stop
is "$counts $(column cmd 13)" "viommu_queue_fault=1 1" "is a fault of the command buffer"

# --- no log: it is the host's again
plays one "without a log, the VMM is told" <<'S'
control v 0x1000
!EIO dma-read d 0x100001000 x
event q
S
play_kill one
plays two "the other guest is as before" <<'S'
!EIO dma-write d 0x100007000 x
log e
cmd-wait c 0x320000
S
play_kill two
is "$(rows)" 0 "nothing is left of either"
done_testing
