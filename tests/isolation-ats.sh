#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="empties devices' own TLBs of what a VMM takes away, whatever it is keyed by"
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
cmp_ok "${#bdf[@]}" -ge 1 "there is a device for it"

# The device on a nested domain n, and another one m with tables of its own; a page
# of n without a PASID (0, by GIOV or not) and with PASID 3.
play_start one
plays one "a device is behind its own vIOMMU and tables" <<S
ioas as
device d ${bdf[0]}
parent p d as dirty
ram as 0 0x400000
unmap as 0 0x400000
map as 0 0 0x10000
map as 0x10000 0x10000 0x2000
map as 0x12000 0x12000 0x3ee000
viommu v d p
vdevice w v d 0x10
s1-pool 0x200000 0x100000
s1-gcr3 0x180000 0x181000
s1-gcr3 0x180000 0x182000 pasid=3
s1-map 0x181000 0x100000000 0x10000 0x1000
s1-map 0x182000 0x100000000 0x11000 0x1000
s1-gcr3 0x190000 0x191000
s1-map 0x191000 0x100000000 0x12000 0x1000
nested n v d 5 0x180000
nested m v d 6 0x190000
S

# What the device does with translations that it kept, and where it fails
kept=(
	"dma-read-translated d 0x100000000 plain"
	"dma-read-translated d 0x100000000 pasid3 pasid=3"
	"dma-write-translated d 0x100000000 plain"
	"dma-write-translated d 0x100000000 pasid3 pasid=3"
)

# steps LIST: those of a list, one after the other; the first that fails is in $wrong
steps() {
	local step

	while IFS= read -r step; do
		play one "$step" || wrong+="$reply"$'\n'
	done < <(tr ';' '\n' <<<"$1" | sed 's/^ *//')
}

# gone DESCRIPTION CAUSE [BACK]: after the steps CAUSE the device has kept nothing;
# the steps BACK lead to where it was
gone() {
	local wrong='' step

	steps "attach d n; mem-write 0x10000 plain; mem-write 0x11000 pasid3"
	steps "dma-translate write d 0x100000000; dma-translate write d 0x100000000 pasid=3"
	for step in "${kept[@]}"; do
		steps "$step"
	done
	steps "$2"
	for step in "${kept[@]}"; do
		steps "!ENOENT $step"
	done
	[[ ! ${3:-} ]] || steps "$3"
	is "$wrong" "" "$1"
}

gone "an unmap takes them" "unmap as 0x10000 0x2000" "map as 0x10000 0x10000 0x2000"
gone "so does other memory in its place" \
	"unmap as 0x10000 0x2000; map as 0x10000 0x20000 0x2000" \
	"unmap as 0x10000 0x2000; map as 0x10000 0x10000 0x2000"
gone "less permission" \
	"unmap as 0x10000 0x2000; map as 0x10000 0x10000 0x2000 ro" \
	"unmap as 0x10000 0x2000; map as 0x10000 0x10000 0x2000"
gone "dirty tracking that begins" "dirty p on"
gone "dirty tracking that ends" "dirty p off"
# Beyond what three levels reach
gone "a table that grows" "map as 0x8000000000 0 0x1000" "unmap as 0x8000000000 0x1000"
gone "another nested domain" "attach d m"
gone "the parent alone" "attach d p"
gone "the end of the vDevice" "destroy w" "vdevice w v d 0x10"
gone "no domain at all, and back" "detach d; attach d n"

wrong=''
steps "attach d n; mem-write 0x10000 plain; dma-translate write d 0x100000000"
data=$(mktemp)
at_exit rm -f "$data"
record_start "$data" -e amd_viommu:viommu_cmd_submit --filter 'opcode == 4'
steps "map as 0x800000 0 0x7000; dma-read-translated d 0x100000000 plain; unmap as 0x800000 0x7000"
steps "!ENOENT dma-read-translated d 0x100000000 plain"
record_stop
is "$wrong" "" "a map leaves them, an unmap of other memory does not: they are not known by its addresses"
# INVALIDATE_IOTLB_PAGES without a PASID, and for each that a guest CR3 table of one level has
is "$(PAGER=cat perf script -i "$data" 2>/dev/null | grep -c viommu_cmd_submit:)" 513 "which takes one command for each PASID, once"

play_stop one
done_testing
