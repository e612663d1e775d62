#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="unplugs a device in the middle of its guest's translation"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
requires_driver

monitor=${0%/*}/lib/monitor.sh
mapfile -t bdf < <(dma_devices)
there() { [[ -d /sys/bus/pci/devices/$1/vfio-dev ]]; }
gone() { ! [[ -e /sys/bus/pci/devices/$1 ]]; }

play_vm one "${bdf[7]}" 0x10 5
plays one "with a second device beside it" <<S
device e ${bdf[0]}
vdevice ve v e 0x11
attach e n
mem-write 0x10000 before
dma-read d 0x100000000 before
dma-read e 0x100000000 before
S
guest=$(guest_of one)
default=$(entry "$guest" devid 0)

"$monitor" 'device_del dma7' >/dev/null
sleep 1
plays one "until the VMM lets go, the device is the guest's" <<S
dma-read e 0x100000000 before
close d
S
wait_until 60 gone "${bdf[7]}"
is $? 0 "then it goes"
is "$(entry "$guest" devid 0x10)" "$default" "its ID stands for nothing any more"
is "$(vdevices | wc -l)" 1 "the iterator has the other one only"
plays one "which goes on as before" <<S
!ENOENT destroy vd
dma-read e 0x100000000 before
S
wait_until 30 "$monitor" 'device_add dma-testdev,id=dma7,bus=rp21' >/dev/null
wait_until 60 there "${bdf[7]}"
is $? 0 "the device is back"
plays one "and can be the guest's again, with the same ID" <<S
device d3 ${bdf[7]}
vdevice v3 v d3 0x10
attach d3 n
dma-read d3 0x100000000 before
S
is "$(vdevices | wc -l)" 2 "the iterator has both"
play_stop one
is "$(vdevices)" "" "none is left"
is "$(rows)" 0 "and no vIOMMU"
done_testing
