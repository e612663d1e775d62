#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TIMEOUT: 400
DESCRIPTION="races making, attaching, killing, unplugging and looking"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/tap.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/vmm.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/play.sh"
requires_driver
requires_program bpftool
expect_dmesg 'Event logged \[IO_PAGE_FAULT'

monitor=$(dirname "$0")/lib/monitor.sh
mapfile -t bdf < <(dma_devices)
dir=$(mktemp -d)
at_exit rm -rf "$dir"
templates=$debugfs/iommu00/viommu/templates
at_exit bash -c "echo 1 >$templates"

script() { # BDF: a VM's life
	cat <<-S
		ioas as
		device d $1
		parent p d as
		ram as 0 0x400000
		viommu v d p
		vdevice vd v d 0x10
		veventq q v 3
		s1-pool 0x200000 0x100000
		s1-gcr3 0x180000 0x181000
		s1-map 0x181000 0x100000000 0x10000 0x1000
		nested n v d 5 0x180000
		attach d n
		mem-write 0x10000 works
		dma-read d 0x100000000 works
		!EIO dma-read d 0x100001000 x
		unmap as 0 0x400000
		map as 0 0 0x400000
		attach d p
		dma-read d 0x10000 works
		destroy vd
		vdevice vd v d 0xff00
		attach d n
		dma-read d 0x100000000 works
		detach d
		destroy n
	S
}

on() { [[ -e $dir/on ]]; }
live() { # N: one VM after the other on a device
	script "${bdf[$1]}" >"$dir/script$1"
	while on; do
		viommu-play "$dir/script$1" >"$dir/out$1" 2>&1 && echo >>"$dir/lived$1" && continue
		# killed, or a step that went wrong
		grep -E '^fail|viommu-play:' "$dir/out$1" >>"$dir/wrong"
	done
}
kill_some() {
	while on; do
		sleep "0.$((RANDOM % 7 + 2))"
		pkill -9 -n viommu-play
	done
}
look() {
	while on; do
		cat "$debugfs"/iommu00/viommu/*/* >/dev/null 2>&1
		vdevices >/dev/null 2>&1
		viommu-top --once --json -i 0.1 >/dev/null 2>&1
		echo >>"$dir/looked"
	done
}
toggle() {
	while on; do
		echo $((RANDOM % 2)) >"$templates"
		sleep 0.1
	done
}
gone() { ! [[ -e /sys/bus/pci/devices/${bdf[6]} ]]; }
replug() {
	while on; do
		"$monitor" 'device_del dma6' >/dev/null
		wait_until 60 gone
		wait_until 30 "$monitor" 'device_add dma-testdev,id=dma6,bus=rp20' >/dev/null
		wait_until 60 test -d "/sys/bus/pci/devices/${bdf[6]}/vfio-dev"
		echo >>"$dir/plugged"
	done
}

race() {
	local n

	touch "$dir/on"
	for n in 0 1 2; do
		live "$n" &
	done
	kill_some &
	look &
	toggle &
	replug &
	sleep 20
	rm "$dir/on"
	wait
}

race >/dev/null 2>&1 &
racing=$!
counts=$(event_counts tail --pid "$racing" -f /dev/null)
wait
count() { sed -n "s/^viommu_$1=//p" <<<"$counts"; }

is "$(cat "$dir/wrong" 2>/dev/null)" "" "no step went wrong"
cmp_ok "$(cat "$dir"/lived* | wc -l)" -ge 11 "VMs lived to their end"
cmp_ok "$(wc -l <"$dir/looked")" -ge 3 "while others looked"
cmp_ok "$(wc -l <"$dir/plugged")" -ge 2 "and a device came and went"
is "$(count guest_id_free)" "$(count guest_id_alloc)" "as many guest IDs came back as were given"
is "$(count destroy)" "$(count init)" "as many vIOMMUs went as came"
is "$(count trans_devid_free)" "$(count trans_devid_alloc)" "as many translation device IDs"
is "$(count trans_dte_clear)" "$(count trans_dte_set)" "as many translation DTEs"
is "$(count vdevice_destroy)" "$(count vdevice_init)" "as many vDevices"
is "$(count devid_unmap)" "$(count devid_map)" "as many of their entries"
is "$(count domain_free)" "$(count domain_alloc)" "as many domains"
is "$(count domid_unmap)" "$(count domid_map)" "as many of their entries"
is "$(count tables_uninit)" "$(count tables_init)" "as many tables"
is "$(rows)" 0 "no vIOMMU is left"
is "$(vdevices)" "" "and no vDevice"
no_leaks
done_testing
