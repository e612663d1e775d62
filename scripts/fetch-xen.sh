#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fetch-xen.sh: prints the path of Debian's Xen, as it comes, unpacked into the cache.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=apt.sh
. "$top/scripts/apt.sh"

main() {
	local deb dir

	lock xen
	mkdir -p "$cache"/{dl,src}
	deb=$(apt_fetch xen-hypervisor-4.17-amd64 bookworm) ||
		die "Debian's Xen cannot be had: check the network and call make again"
	dir=$cache/src/$(basename "$deb" .deb)
	deb_unpack "$deb" "$dir"
	# QEMU loads what is not compressed
	gunzip -c "$dir/boot/xen-4.17-amd64.gz" >"$dir/xen.tmp"
	mv "$dir/xen.tmp" "$dir/xen"
	printf '%s\n' "$dir/xen"
}

main
