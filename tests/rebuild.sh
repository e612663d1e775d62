#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="rebuilds what exists from the trace alone and finds the same in debugfs"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/record.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/seen.sh"
requires_driver
requires_program bpftool

mapfile -t bdf < <(dma_devices)
mapfile -t events < <(state_events)
data=$(mktemp)
record_start "$data" "${events[@]}"

play_vm one "${bdf[0]}" 0x10 5
play_vm two "${bdf[1]}" 0x10 5
plays one "with more of everything" <<S
device d2 ${bdf[2]}
vdevice vd2 v d2 0xfff0
viommu v2 d p
nested n2 v d2 5 0x180000
nested n3 v2 d 7 0x180000
nested n4 v d2 0x4000 0x180000
attach d2 n4
!EEXIST vdevice x v d 0x11
attach d n2
destroy n
S
play_vm three "${bdf[3]}" 0x20 9
viommu-vmm --vms 2 --churn 5 --devices "$(basename /sys/bus/pci/devices/0000:00:08.0/vfio-dev/*),$(basename /sys/bus/pci/devices/0000:00:09.0/vfio-dev/*)" >/dev/null 2>&1
play_kill three
plays one "and less again" <<S
attach d2 p
destroy n4
destroy n3
S
sleep 1
there=$(seen | sort)
record_stop
is "$(wc -l <<<"$there")" 8 "3 vIOMMUs, 3 vDevices and 2 domains exist"
is "$(rebuilt "$data")" "$there" "the trace tells of the same"
is "$(vdevices | sed 's/.*iommu=\([0-9]*\) guest_id=\([0-9]*\) serial=\([0-9]*\) .*/\1 \2 \3/' | sort)" \
	"$(awk '$1 == "vdevice" { print $2, $3, $4 }' <<<"$there" | sort)" "so does iter/amd_vdevice"
is "$(top_json | jq -r '"\(.iommu) \(.guest_id) \(.serial)"' | sort)" \
	"$(awk '$1 == "viommu" { print $2, $3, $4 }' <<<"$there" | sort)" "and iter/amd_viommu"
rm -f "$data"
play_stop one
play_stop two
is "$(seen)" "" "nothing is left"
done_testing
