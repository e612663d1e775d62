#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="makes host devices the devices of guests, and takes them back in every way"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
requires_driver
requires_program bpftool

mapfile -t bdf < <(dma_devices)
is "$(vdevices)" "" "no vDevice before"

play_vm one "${bdf[0]}" 0x10 5
plays one "a second device and a second vIOMMU of one VM" <<S
device d2 ${bdf[1]}
attach d2 p
vdevice vd2 v d2 0x11
viommu v2 d p
device d3 ${bdf[2]}
attach d3 p
vdevice vd3 v2 d3 0x10
S
play_vm two "${bdf[3]}" 0x10 5
guest=$(guest_of one)
gid=${guest##*/}
gid_two=$(gid_of two)

plays one "IDs that are taken or too large are refused" <<S
device d4 ${bdf[4]}
!EEXIST vdevice x v d4 0x10
!EEXIST vdevice x v d 0x20
!EEXIST vdevice x v2 d 0x20
!EINVAL vdevice x v d4 0x10000
vdevice vd4 v d4 0xffff
destroy vd4
S

list=$(vdevices)
is "$(wc -l <<<"$list")" 4 "4 vDevices are 4 lines of iter/amd_vdevice"
is "$(sed -n 's/.*guest_id=\([0-9]*\) serial=\([0-9]*\) .*/\2/p' <<<"$list")" \
	"$(sed -n 's/.*guest_id=\([0-9]*\) serial=\([0-9]*\) .*/\2/p' <<<"$list" | sort -nu)" "in order of creation"
like "$list" "guest_id=$gid .* gdev_id=0x0010 hdev_id=$(printf '0x%04x' "$(bdf_number "${bdf[0]}")") events=0 tgid=${play_pid[one]}" \
	"the first one as it is"
is "$(grep -c "tgid=${play_pid[one]}$" <<<"$list")" 3 "three of one VM"

# What the hardware has: bit 15 of qword 3, GDeviceID, GuestID
dte_of() { # GUEST-DIR GDEV: qword 3
	awk -v id="$2" '$1 == id { print substr($NF, 1, 16) }' "$1/vdevices"
}
is "$(dte_of "$guest" 00:02.0)" "$(printf '0000%04x00108000' "$gid")" "the device table entry names guest and device"
is "$(dte_of "$guest" 00:02.1)" "$(printf '0000%04x00118000' "$gid")" "so does the second one's"
is "$(dte_of "$(guest_of two)" 00:02.0)" "$(printf '0000%04x00108000' "$gid_two")" "and the other guest's"
default=$(entry "$guest" devid 0)
isnt "$(entry "$guest" devid 0x10)" "$default" "the DeviceID table has an entry for it"
isnt "$(entry "$guest" devid 0x10)" "$(entry "$guest" devid 0x11)" "each its own"
is "$(entry "$guest" devid 0x12)" "$default" "and the default for others"
is "$(entry "$guest" devid 0xffff)" "$default" "also for one that is gone again"

plays one "attaching to something else does not change whose it is" <<S
attach d p
S
is "$(dte_of "$guest" 00:02.0)" "$(printf '0000%04x00108000' "$gid")" "as the device table entry shows"
plays one "detaching does not, either" <<S
detach d
S
is "$(dte_of "$guest" 00:02.0)" "$(printf '0000%04x00108000' "$gid")" "as the device table entry shows"

plays one "it ends with the vDevice" <<S
attach d n
destroy vd
S
is "$(entry "$guest" devid 0x10)" "$default" "the table is back to the default"
is "$(vdevices | wc -l)" 3 "the iterator has one less"
devid=$(printf '0000:%s' "${bdf[0]#*:}")
echo "$devid" >"$debugfs/devid"
is "$(awk 'END { print $1 ~ /^[0-9a-f]+$/ ? $1 : $2 }' "$debugfs/devtbl" | cut -c1-16)" 0000000000000000 "nothing of it is left in the device table entry"
plays one "the ID can be used again" <<S
vdevice vd v d4 0x10
vdevice again v d 0x13
dma-write d 0x100000000 works
mem-check 0x10000 works
S
plays one "a device that is closed takes its vDevice with it" <<S
close d4
!ENOENT destroy vd
S
is "$(entry "$guest" devid 0x10)" "$default" "its ID stands for nothing"
is "$(vdevices | wc -l)" 4 "the iterator does not know it"

play_kill two
wait_until 10 test ! -e "$debugfs/iommu00/viommu/$gid_two"
is "$(vdevices | wc -l)" 3 "a killed VM's are gone with it"
play_stop one
is "$(vdevices)" "" "no vDevice after"
is "$(rows)" 0 "and no vIOMMU"
done_testing
