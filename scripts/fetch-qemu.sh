#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fetch-qemu.sh: prints the path of a pristine QEMU tree: $QEMU_SRC, the
# cache's, or one unpacked from the first of these that has the source:
#   the folder AMD_VIOMMU_MIRROR, the cache's downloads, Debian's source
#   package, QEMU's own release.
# Debian's tarball is QEMU's release less its binary files ("+ds"). It is known
# by its checksum; QEMU's own is stripped likewise, and what is left must then
# be the very same files.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=apt.sh
. "$top/scripts/apt.sh"

version=10.2.2
tarball=qemu_$version+ds.orig.tar.xz
tarball_sum=be05230fe47a6937cd29f28f562932c8125f9c93c2a82c625198f7a4aa601dfb
upstream=https://download.qemu.org/qemu-$version.tar.xz
tree_sum=ed17f6d15a8af7dd91701770707cf04c26040db9194d70a246a70b5239d2279a
tree=$cache/src/qemu-$version

at_hand() {
	local found

	[[ -d $QEMU_SRC ]] || die "QEMU_SRC=$QEMU_SRC: no such directory; give a QEMU $version source tree, or leave QEMU_SRC out"
	[[ -f $QEMU_SRC/hw/i386/amd_iommu.c ]] ||
		die "QEMU_SRC=$QEMU_SRC is not a QEMU source tree: it has no hw/i386/amd_iommu.c"
	found=$(cat "$QEMU_SRC/VERSION")
	[[ ${found%.*} == "${version%.*}" ]] ||
		die "QEMU_SRC=$QEMU_SRC is QEMU $found, and the patches are for $version: give that, or leave QEMU_SRC out"
	(cd "$QEMU_SRC" && pwd -P)
}

# What Debian leaves out: binaries and the sources of firmware. None of it is
# needed here, so that every source gives the same tree.
strip_tree() {
	rm -rf "$1"/roms "$1"/subprojects/packagecache "$1"/subprojects/packagefiles "$1"/python/wheels
	find "$1/pc-bios" -maxdepth 2 -type f \
		\( -name '*.bin' -o -name '*.dtb' -o -name '*.rom' -o -name '*.bz2' -o -name '*.img' -o -name '*.lid' \
		-o -name '*.ndrv' -o -name '*.e500' -o -name 'openbios-*' -o -name 'palcode-*' \) -delete
}

tree_digest() {
	(cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

is_ours() { # FILE SUM
	[[ $(sha256sum <"$1") == "$2  -" ]]
}

unpack() { # TARBALL
	local tmp=$tree.part

	need_space "$cache" 900 "the QEMU source"
	rm -rf "$tmp"
	mkdir -p "$tmp"
	step unpack-qemu "unpacking $(basename "$1")" size "$tmp" -- \
		tar -xJf "$1" -C "$tmp" --strip-components=1 --exclude='*/roms/*' || return 1
	strip_tree "$tmp"
	[[ $(tree_digest "$tmp") == "$tree_sum" ]] || {
		say "what $1 unpacks to is not QEMU $version as it was released: not used"
		return 1
	}
	mv "$tmp" "$tree"
}

# accept FILE: unpack it if its checksum is the one of Debian's tarball
accept() {
	[[ -f $1 ]] || return 1
	is_ours "$1" "$tarball_sum" || {
		say "$1 has another checksum than QEMU $version's source must have: not used"
		return 1
	}
	unpack "$1"
}

from_debian() {
	local part=$cache/dl/part-qemu

	mkdir -p "$part"
	apt_refresh sources || return 1
	(cd "$part" && step fetch-qemu "fetching QEMU $version (Debian's source)" size "$part" -- \
		apt_in sources apt-get source --download-only --tar-only "qemu=1:$version+ds-1") || return 1
	mv "$part/$tarball" "$cache/dl/" && rmdir "$part" && accept "$cache/dl/$tarball"
}

from_upstream() {
	local file=$cache/dl/qemu-$version.tar.xz

	if [[ ! -f $file ]]; then
		step fetch-qemu "fetching $upstream" size "$cache/dl" -- \
			curl -fL --retry 3 -C - -o "$file.part" "$upstream" || return 1
		mv "$file.part" "$file"
	fi
	unpack "$file" && return
	rm -f "$file"
	return 1
}

if [[ ${QEMU_SRC:-} ]]; then
	at_hand
	exit
fi
mkdir -p "$cache"/{dl,src}
if [[ ! -d $tree ]]; then
	{ [[ ${AMD_VIOMMU_MIRROR:-} ]] && accept "$AMD_VIOMMU_MIRROR/$tarball"; } ||
		accept "$cache/dl/$tarball" || from_debian || from_upstream ||
		die "no QEMU $version source: check the network, set AMD_VIOMMU_MIRROR to a folder with $tarball," \
		    "or point QEMU_SRC at a tree"
fi
printf '%s\n' "$tree"
