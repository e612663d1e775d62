#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="plugs in a device whose requester ID a guest's buffers have by then"
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

monitor=${0%/*}/lib/monitor.sh
viommu=$debugfs/iommu00/viommu
mapfile -t bdf < <(dma_devices)
# dma6 is alone behind a port: its second function has never been there
first=${bdf[6]}
second=${first%.0}.1
gone() { ! [[ -e /sys/bus/pci/devices/$1 ]]; }
plug() { "$monitor" "device_add dma-testdev,id=dma6$1,bus=rp20,addr=0.$1,multifunction=on" >/dev/null; }
both() { [[ -d /sys/bus/pci/devices/$first/vfio-dev && -d /sys/bus/pci/devices/$second/vfio-dev ]]; }
restore() {
	"$monitor" 'device_del dma60' >/dev/null
	wait_until 60 gone "$first" && wait_until 60 gone "$second"
	wait_until 30 "$monitor" 'device_add dma-testdev,id=dma6,bus=rp20' >/dev/null
	wait_until 60 test -d "/sys/bus/pci/devices/$first/vfio-dev"
}

used() { sed -n 's/used \([0-9]*\) .*/\1/p' "$viommu/trans_devids"; }
nr_free() { sed -n 's/.* free \([0-9]*\)/\1/p' "$viommu/trans_devids"; }
trans_of() { sed -n 's/^trans_devid: *//p' "$(guest_of "$1")/state"; }

is "$(used)" 0 "no translation device ID is in use"
free=$(nr_free)
cmp_ok "$free" -gt 100 "many are free"
run bash -c "echo $(bdf_number "${bdf[0]}") >$viommu/trans_devids"
isnt "$rc" 0 "a device's own cannot be had"

"$monitor" 'device_del dma6' >/dev/null
wait_until 60 gone "$first"
is $? 0 "a slot is empty"
at_exit restore
run bash -c "echo $(bdf_number "$first") >$viommu/trans_devids"
isnt "$rc" 0 "what was a device once is still kept for it"
run bash -c "echo $(bdf_number "$second") >$viommu/trans_devids"
is "$rc" 0 "an ID that no device had can be asked for"

play_vm one "${bdf[0]}" 0x10 5
name=${second#*:}
is "$(trans_of one)" "driver $name, hardware $name" "the guest's buffers have it"
is "$(used) $(nr_free)" "1 $((free - 1))" "and the pool knows"

data=$(mktemp)
record_start "$data" -e amd_viommu:viommu_trans_devid_relocate
# the slot lets go of the old device a moment after the kernel
wait_until 30 plug 1
wait_until 30 plug 0
wait_until 60 both
is $? 0 "two functions are plugged in, one with that ID"
record_stop
text=$(PAGER=cat perf script -i "$data" 2>/dev/null)
rm -f "$data"
now=$(trans_of one)
isnt "$now" "driver $name, hardware $name" "the guest's buffers moved"
is "${now%,*}" "driver ${now##* }" "driver and hardware agree where to"
is "$(grep -c "viommu_trans_devid_relocate: .*from=$name to=${now##* } ret=0" <<<"$text")" 1 "the trace tells it, once"
is "$(used) $(nr_free)" "1 $((free - 2))" "one is in use, and one more is a device's"

play_vm two "$second" 0x10 5
plays two "the new device works" <<'S'
mem-write 0x10000 new
dma-read d 0x100000000 new
S
plays two "and cannot reach the first guest's memory" <<'S'
!EIO dma-read d 0x10000 x
S
play_stop two
play_stop one
is "$(used)" 0 "no translation device ID is left in use"
done_testing
