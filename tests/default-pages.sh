#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="makes tables out of default pages, and the same ones out of whole cloth"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
requires_driver

switch=$debugfs/iommu00/viommu/default_pages
mapfile -t bdf < <(dma_devices)
is "$(cat "$switch")" on "default pages are in use"
at_exit bash -c "echo 1 >$switch"

field() { sed -n "s/^$2: *\([0-9]*\).*/\1/p" "$(guest_of "$1")/state"; }
# Host domain IDs of the two guests differ: the parent's reads P, the nested N
contents() { # NAME
	local guest parent nested

	guest=$(guest_of "$1")
	parent=$(entry "$guest" domid 0)
	nested=$(entry "$guest" domid 5)
	sed -e "s/$parent/P/; s/$nested/N/" -e "s/$(entry "$guest" devid 0x10)/D/" "$guest/tables"
}
more() { # NAME: changes in the first, in the last and in a middle slot
	plays "$1" "$1 has domains and devices all over" <<-S
		nested n2 v d 0xffff 0x180000
		attach d n2
		nested n3 v d 0x8000 0x180000
		attach d n3
		destroy n2
		destroy vd
		vdevice vd v d 0xffff
		destroy vd
		vdevice vd v d 0x10
		attach d n
		destroy n3
	S
}

play_vm shared "${bdf[0]}" 0x10 5
# the page of defaults of domains, a page of its own for either table, two changes
is "$(field shared map_writes)" $((512 + 512 + 256 + 1 + 1)) "with default pages the hardware stored few entries"
is "$(field shared table_memory)" $((3 * 4096)) "in little memory"
echo 0 >"$switch"
is "$(cat "$switch")" off "default pages can be switched off"
play_vm whole "${bdf[1]}" 0x10 5
is "$(field whole map_writes)" $((65536 + 65536 + 1 + 1)) "without, it stored all"
is "$(field whole table_memory)" $((1024 * 1024 + 512 * 1024)) "in all of the memory"

is "$(contents shared)" "$(contents whole)" "both look the same to the hardware"
more shared
more whole
is "$(contents shared)" "$(contents whole)" "and stay so over changes"
is "$(awk '{ print $1, $NF }' "$(guest_of shared)/ipa")" "$(printf '%s\n' 'devid own' 'devid default' 'devid own' 'domid own' 'domid default' 'domid own' 'domid default' 'domid own')" \
	"only what changed has memory of its own"
play_stop shared
play_stop whole
is "$(rows)" 0 "no vIOMMU is left"
done_testing
