#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fetch-debian-kernel.sh: Debian's own Linux 7.3 into build/debian-kernel, as
# an image and an initramfs with the modules the VM needs; nothing is installed.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=apt.sh
. "$top/scripts/apt.sh"

dir=$build/debian-kernel

# The name of the package carries the version, and the newest is what we want.
package_name() { # VIEW
	apt_in "$1" apt-cache search --names-only '^linux-image-7\.3\.[0-9].*-amd64$' |
		cut -d' ' -f1 | grep -vE 'cloud|rt|unsigned' | sort -V | tail -n 1
}

find_deb() {
	local view name
	local -a have

	mapfile -t have < <(printf '%s\n' "$cache"/dl/linux-image-7.3.*-amd64_*.deb | sort -V)
	if [[ -f ${have[-1]} ]]; then
		printf '%s\n' "${have[-1]}"
		return 0
	fi
	for view in trixie-backports next; do
		apt_refresh "$view" || return 1
		name=$(package_name "$view") || continue
		[[ ! $name ]] || { apt_fetch "$name" "$view"; return; }
	done
	return 1
}

main() {
	local deb root image version

	mkdir -p "$cache"/{dl,src} "$dir"
	need_space "$cache" 1000 "Debian's kernel"
	deb=$(find_deb) || die "Debian's Linux 7.3 cannot be had: check the network and call make again"
	root=$cache/src/$(basename "$deb" .deb)
	deb_unpack "$deb" "$root"
	image=$(printf '%s\n' "$root"/boot/vmlinuz-* | head -n 1)
	version=${image##*/vmlinuz-}
	# merged /usr: the modules lie in either place
	[[ -e $root/lib/modules ]] || ln -s usr/lib "$root/lib"
	cp "$image" "$dir/vmlinuz"
	"$top/scripts/initramfs.sh" "$dir/initramfs.cpio.gz" "$root" "$version"
}

main
