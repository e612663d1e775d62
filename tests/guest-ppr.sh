#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="lets devices ask their guests for pages, and guests answer"
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
device=${bdf[0]}
# asks: whether the device may send requests
asks() { lspci -s "$device" -vv | sed -n 's/.*PRICtl: Enable\([+-]\).*/\1/p'; }
# the host's own driver may, depending on its domain
before=$(asks)
for name in one two; do
	play_vm "$name" "${bdf[0]}" 0x10 5
	bdf=("${bdf[@]:1}")
	plays "$name" "$name has a command buffer and a PPR log" <<-'S'
		queue c v cmd 0x300000 0x1000
		queue r v ppr 0x310000 0x1000
		control v 0xb000
	S
done
dir=$(guest_of one)
gid=${dir##*/}
# column N: of the PPR log's line
column() { awk -v n="$1" '$1 == "ppr" { print $n }' "$dir/queues"; }
# logged DW3:DW2:DW1:DW0 DESCRIPTION: the next record of the guest's log
logged() {
	play one log r
	is "${reply##* }" "$1" "$2"
}

is "$(asks)" - "a device whose guest does not want its requests may not send any"
plays one "it gets no page" <<'S'
!ENODEV page-request d 0x100005000 7
!ETIMEDOUT log r timeout=50
S
plays one "the guest lets it" <<'S'
nested asks v d 5 0x180000 ppr=1
attach d asks
S
is "$(asks)" + "so does the host"

# --- only as long as somebody answers
plays one "the log goes off" <<'S'
control v 0x1000
!ENODEV page-request d 0x100005000 7
S
is "$(asks)" - "so the device may not ask"
plays one "it goes on, but does not take requests" <<'S'
control v 0x3000
!ENODEV page-request d 0x100005000 7
control v 0xb000
destroy r
!ENODEV page-request d 0x100005000 7
queue r v ppr 0x310000 0x1000
page-request d 0x100005000 7
log r
destroy vd
!ENODEV page-request d 0x100005000 7
S
is "$(asks)" - "nor may it when it is no device of the guest any more"
plays one "it is one again" <<'S'
vdevice vd v d 0x10
S
is "$(asks)" + "and may ask"
plays one "a fault queue that nothing would ever be in is refused" <<'S'
fault-queue f
nested-faults f never v d 5 0x180000 ppr=1
!EOPNOTSUPP attach d never
destroy never
destroy f
attach d asks
S
plays one "an entry without guest translation has no requests" <<'S'
nested flat v d 5 0x180000 q0=0x6010000000000003
attach d flat
S
is "$(asks)" - "whatever it says of them"
plays one "one with it has" <<'S'
attach d asks
S
is "$(asks)" + "so the device may ask"

# --- a page on demand
count_start -e amd_viommu:viommu_cmd_submit --filter "guest_id == $gid" \
	-e syscalls:sys_enter_ioctl --filter "common_pid == ${play_pid[one]}"
plays one "the device has no page and asks for it" <<'S'
page-request d 0x100005000 7
!EAGAIN page-response d
S
# code 1; flags: user, write, read; last of group 7; DeviceID 10h
logged 0000000100005000:1064020700000010 "its request is in the guest's log, with the guest's ID"
plays one "the guest maps the page and answers" <<'S'
s1-map 0x181000 0x100005000 0x50000 0x1000
complete-ppr c 0x10 7 0
cmd-wait c 0x320000
S
play one page-response d
like "$reply" 'group=0x7 code=0x0' "the device has the answer"
plays one "and the page" <<'S'
dma-write d 0x100005000 on-demand
mem-check 0x50000 on-demand
S
count_stop
is "$counts" "viommu_cmd_submit=0 sys_enter_ioctl=0" "the host had nothing to do with it"
plays one "a request can be refused" <<'S'
page-request d 0x100006000 0x1ff
log r
complete-ppr c 0x10 0x1ff 1
cmd-wait c 0x320000
S
play one page-response d
like "$reply" 'group=0x1ff code=0x1' "which the device is told, too"

# --- with a PASID
plays one "the device asks for a page of a PASID" <<'S'
page-request d 0x100007000 9 pasid=3
S
logged 0000000100007000:1164020900030010 "which the log says"
plays one "the guest answers with it" <<'S'
complete-ppr c 0x10 9 0 pasid=3
cmd-wait c 0x320000
S
play one page-response d
like "$reply" 'group=0x9 code=0x0' "the device has the answer"

# --- another guest, with the same IDs
plays two "another guest answers what it was not asked" <<'S'
!ETIMEDOUT log r timeout=50
complete-ppr c 0x10 11 0
cmd-wait c 0x320000
S
plays one "its answers are for its own devices" <<'S'
page-request d 0x100008000 11
!EAGAIN page-response d
S
plays two "also now" <<'S'
complete-ppr c 0x10 11 0
cmd-wait c 0x320000
S
plays one "the first one's device still waits" <<'S'
!EAGAIN page-response d
log r
complete-ppr c 0x10 11 0
cmd-wait c 0x320000
page-response d
S

# --- a log that is full
ask() {
	local i

	for ((i = 0; i < $1; i++)); do
		play one "page-request d 0x100009000 13" || return
	done
}
ask 255
is $? 0 "255 requests fit"
plays one "one more does not" <<'S'
!EACCES page-request d 0x100009000 13
S
overflown() { [[ $(column 8) == yes ]]; }
wait_until 20 overflown
runs=no full=0x60
! has_choice overflow-keeps-run || runs=yes full=0xe0
is "$(column 7) $(column 8) $(column 11)" "$runs yes 1" "the driver sees that the log has overflowed"
play one reg-read v 0x20
is $((${reply##* } & 0xe0)) $((full)) "and the guest, which has records"
taken=0
while play one log r timeout=50; do
	taken=$((taken + 1))
done
is "$taken" 255 "255 records were kept"
plays one "the guest restarts it" <<'S'
control v 0x1000
reg-write v 0x20 0x20
control v 0xb000
page-request d 0x100009000 13
log r
S
is "$(top_json | jq -c "select(.guest_id == $gid).queues[] | select(.queue == \"ppr\") | [.enabled, .running, .overflows]")" \
	'[true,true,1]' "the iterator has it all"
plays one "back to the parent" <<'S'
attach d p
!ENODEV page-request d 0x100009000 13
S
is "$(asks)" - "the device may not ask any more"
plays one "or to a nested domain that does not want it" <<'S'
attach d asks
attach d n
!ENODEV page-request d 0x100009000 13
attach d asks
S
play_kill one
play_kill two
is "$(asks)" "$before" "after a VMM that was killed it is as before"
is "$(rows)" 0 "nothing is left of either"
done_testing
