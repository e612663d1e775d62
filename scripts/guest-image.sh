#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-image.sh VERSION: Debian's own Linux VERSION (6.1, 6.12 or 7.3), as it
# comes, into build/guest/VERSION: vmlinuz, and an initramfs of busybox, the
# drivers of what a guest is given and tests/lib/guest-init.sh.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=apt.sh
. "$top/scripts/apt.sh"
# shellcheck source=debian-kernel.sh
. "$top/scripts/debian-kernel.sh"

guest=$1
dir=$build/guest/$guest
drivers=(virtio_pci virtio_blk nvme)

# In the order in which they are to be loaded; each with what it depends on
add_modules() { # ROOT VERSION TREE
	local module line file

	mkdir -p "$3/modules"
	depmod -b "$1" "$2"
	for module in "${drivers[@]}"; do
		modprobe -d "$1" -S "$2" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r line; do
		file=$(basename "${line%.xz}")
		case $line in
		*.xz) xz -dc "$line" >"$3/modules/$file" ;;
		*) cp "$line" "$3/modules/$file" ;;
		esac
		printf '%s\n' "$file"
	done >"$3/modules.list"
}

main() {
	local root=$dir/root version tree=$dir/tree

	[[ ! -f $dir/initrd || $(find "$0" "$top/tests/lib/guest-init.sh" -newer "$dir/initrd") ]] || return 0
	lock "guest-$guest"
	version=$(debian_kernel_unpack "$guest" "$root")
	debian_kernel_image "$root" "$dir/vmlinuz"
	rm -rf "$tree"
	mkdir -p "$tree"/{bin,proc,sys,dev,tmp}
	cp /bin/busybox "$tree/bin/busybox"
	install -m 755 "$top/tests/lib/guest-init.sh" "$tree/init"
	add_modules "$root" "$version" "$tree"
	(cd "$tree" && find . | cpio -o -H newc --quiet --owner 0:0) | gzip -1 >"$dir/initrd.tmp"
	mv "$dir/initrd.tmp" "$dir/initrd"
	rm -rf "$root" "$tree"
}

main
