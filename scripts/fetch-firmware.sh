#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fetch-firmware.sh: the VM's firmware from Debian's seabios and
# qemu-system-data into build/fw; nothing is installed.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=apt.sh
. "$top/scripts/apt.sh"

files=(bios-256k.bin kvmvapic.bin linuxboot_dma.bin multiboot_dma.bin pvh.bin)

complete() {
	local file

	for file in "${files[@]}"; do
		[[ -f $build/fw/$file ]] || return 1
	done
}

main() {
	local package deb dir file

	! complete || return 0
	mkdir -p "$cache"/{dl,src} "$build/fw"
	for package in seabios qemu-system-data; do
		deb=$(apt_fetch "$package" bookworm-backports trixie-backports next) ||
			die "no firmware for the VM without Debian's $package"
		dir=$cache/src/$(basename "$deb" .deb)
		deb_unpack "$deb" "$dir"
		for file in "${files[@]}"; do
			find "$dir/usr/share" -name "$file" -exec cp {} "$build/fw/" \;
		done
	done
	complete || die "Debian's firmware packages lack one of: ${files[*]}"
}

main
