#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fetch-linux.sh: prints the path of a pristine Linux 7.3 tree: $KSRC, the
# cache's, or Debian's linux-source-7.3 fetched and unpacked into the cache.
# apt checks the package against Debian's signed index.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=apt.sh
. "$top/scripts/apt.sh"

series=7.3

version_of() {
	sed -nE 's/^(VERSION|PATCHLEVEL|SUBLEVEL) = ([0-9]+)$/\2/p' "$1/Makefile" 2>/dev/null | paste -sd.
}

at_hand() {
	local version

	[[ -d $KSRC ]] || die "KSRC=$KSRC: no such directory; give a Linux $series source tree, or leave KSRC out"
	[[ -f $KSRC/Kbuild && -d $KSRC/drivers/iommu/amd ]] ||
		die "KSRC=$KSRC is not a Linux source tree: it has no drivers/iommu/amd"
	version=$(version_of "$KSRC")
	[[ $version == "$series".* ]] ||
		die "KSRC=$KSRC is Linux $version, and the patches are for $series: give a $series.x tree, or leave KSRC out"
	[[ ! -e $KSRC/.config && ! -d $KSRC/include/config ]] ||
		die "KSRC=$KSRC has been built in: run 'make mrproper' there first, so that it is source only"
	(cd "$KSRC" && pwd -P)
}

unpack() { # DEB DIR
	dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/src/linux-source-$series.tar.xz" | tar -xJ -C "$2"
}

fetch() {
	local deb tmp=$cache/src/linux.part version

	need_space "$cache" 2500 "the Linux source"
	# bookworm's apt is enough; the suites Linux 7.3 has been in, newest last
	deb=$(apt_fetch "linux-source-$series" trixie-backports next) ||
		die "no Linux source: mend the above, or point KSRC=/path at a Linux $series.x tree"
	rm -rf "$tmp"
	mkdir -p "$tmp"
	step unpack-linux "unpacking $(basename "$deb")" size "$tmp" -- unpack "$deb" "$tmp" || {
		rm -f "$deb"
		die "could not unpack the Linux source; the package is removed, call make again"
	}
	version=$(version_of "$tmp/linux-source-$series")
	mv "$tmp/linux-source-$series" "$cache/src/linux-$version"
	rmdir "$tmp"
}

newest() {
	printf '%s\n' "$cache/src/linux-$series."* | sort -V | tail -n 1
}

if [[ ${KSRC:-} ]]; then
	at_hand
	exit
fi
[[ -d $(newest) ]] || fetch
newest
