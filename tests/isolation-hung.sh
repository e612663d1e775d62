#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="cuts a tenant's device off that does not answer, so that nobody waits for it twice"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/count.sh"
requires_driver
expect_dmesg 'Event logged \[(IOTLB_INV_TIMEOUT|INVALID_DEVICE_REQUEST|IO_PAGE_FAULT|ILLEGAL_DEV_TABLE_ENTRY) |does not answer invalidations of its TLB'

mapfile -t bdf < <(dma_devices)
cmp_ok "${#bdf[@]}" -ge 4 "there are devices for it"

# What stays cut off is probed anew for whoever comes next
probe_anew() {
	local dev

	for dev; do
		[[ ! -e /sys/bus/pci/devices/$dev ]] || echo 1 >"/sys/bus/pci/devices/$dev/remove"
	done
	echo 1 >/sys/bus/pci/rescan
	for dev; do
		wait_until 30 test -d "/sys/bus/pci/devices/$dev/vfio-dev"
	done
}
at_exit probe_anew "${bdf[@]:0:3}"

# tenant NAME BDF: a VM with PASIDs, whose device has kept two translations
tenant() {
	play_vm "$1" "$2" 0x10 5
	plays "$1" "$1's device has translations of its own" <<-'S'
		s1-gcr3 0x180000 0x182000 pasid=3
		s1-map 0x182000 0x100000000 0x11000 0x1000
		unmap as 0 0x400000
		map as 0 0 0x10000
		map as 0x10000 0x10000 0x2000
		map as 0x12000 0x12000 0x3ee000
		mem-write 0x10000 plain
		mem-write 0x11000 pasid3
		dma-translate write d 0x100000000
		dma-translate write d 0x100000000 pasid=3
		dma-read-translated d 0x100000000 plain
		dma-read-translated d 0x100000000 pasid3 pasid=3
	S
}

# watch NAME: counts what goes to its device, and what is said of it
watch() {
	local gid

	gid=$(gid_of "$1")
	count_start -e amd_viommu:viommu_cmd_submit --filter "opcode == 4 && guest_id == $gid" \
		-e amd_viommu:viommu_event_record --filter "code == 7 && guest_id == $gid" \
		-e amd_viommu:viommu_device_cut_off --filter "guest_id == $gid" \
		-e amd_viommu:viommu_cmd_complete --filter "ret != 0"
}
once='viommu_cmd_submit=1 viommu_event_record=1 viommu_device_cut_off=1 viommu_cmd_complete=0'
never='viommu_cmd_submit=0 viommu_event_record=0 viommu_device_cut_off=0 viommu_cmd_complete=0'

tenant good "${bdf[3]}"

# --- memory that is taken away
tenant one "${bdf[0]}"
watch one
play one dma-hang d on
# the others go on meanwhile
printf 'unmap as 0x10000 0x2000\n' >&"${play_in[one]}"
plays good "a neighbour's unmaps empty its own device's TLB meanwhile" <<'S'
unmap as 0x10000 0x2000
!ENOENT dma-read-translated d 0x100000000 plain
!ENOENT dma-read-translated d 0x100000000 pasid3 pasid=3
map as 0x10000 0x10000 0x2000
dma-translate d 0x100000000
dma-read-translated d 0x100000000 plain
unmap as 0x10000 0x2000
!ENOENT dma-read-translated d 0x100000000 plain
map as 0x10000 0x10000 0x2000
dma-read d 0x100000000 plain
S
IFS= read -r -t 30 reply <&"${play_out[one]}"
like "$reply" '^ok ' "memory is unmapped that the device does not let go of"
count_stop
is "$counts" "$once" "one command timed out, and was the last one; nobody gave up the IOMMU"
like "$(dmesg_here)" "${bdf[0]}: AMD-Vi: vIOMMU: guest [0-9]+ \(process ${play_pid[one]}\): the device does not answer" \
	"the log says whose device it is"
plays one "the device has its translations, and gets nowhere with them" <<'S'
!EIO dma-read-translated d 0x100000000 plain
!EIO dma-write-translated d 0x100000000 bad
!EIO dma-read-translated d 0x100000000 pasid3 pasid=3
!EIO dma-read d 0x100000000 plain
S
watch one
plays one "it stays cut off, whatever it is attached to" <<'S'
map as 0x10000 0x10000 0x2000
unmap as 0x10000 0x2000
map as 0x10000 0x10000 0x2000
invalidate v 0x4000000000000010 0x7ffffffffffff001
!EIO dma-read-translated d 0x100000000 plain
attach d p
!EIO dma-read d 0x10000 plain
detach d
dma-hang d off
attach d n
!EIO dma-read d 0x100000000 plain
map as 0x8000000000 0 0x1000
unmap as 0x8000000000 0x1000
!EIO dma-read d 0x100000000 plain
destroy vd
!EIO dma-read d 0x100000000 plain
S
count_stop
is "$counts" "$never" "and is sent nothing more"
play_stop one

# --- what a VMM forwards for its guest
tenant two "${bdf[1]}"
watch two
plays two "a VMM that forwards commands for it is not told off" <<'S'
dma-hang d on
invalidate v 0x4000000000000010 0x7ffffffffffff001
invalidate v 0x4000000000000010 0x7ffffffffffff001
invalidate v 0x4000000000000010 0x7ffffffffffff001
!EIO dma-read-translated d 0x100000000 plain
S
count_stop
is "$counts" "$once" "the first of them was the last"
play_stop two

# --- without tables of the guest's
tenant three "${bdf[2]}"
plays three "a device on its parent alone" <<'S'
attach d p
dma-translate write d 0x10000
S
watch three
plays three "is no better" <<'S'
dma-hang d on
unmap as 0x10000 0x2000
!EIO dma-read-translated d 0x10000 plain
S
count_stop
is "$counts" "$once" "and has had one command, too"
play_stop three

# --- and back
probe_anew "${bdf[@]:0:3}"
tenant again "${bdf[0]}"
play again unmap as 0x10000 0x2000
plays again "a device that is probed anew answers" <<'S'
!ENOENT dma-read-translated d 0x100000000 plain
S
play_stop again
plays good "the neighbour is there as before" <<'S'
dma-read d 0x100000000 plain
dma-translate d 0x100000000
dma-read-translated d 0x100000000 plain
S
play_stop good
done_testing
