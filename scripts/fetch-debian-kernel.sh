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

# KIND is binary (the image), modules or base (their indexes). The names carry the version, and the
# newest is what we want.
package_name() { # KIND VIEW
	apt_in "$2" apt-cache search --names-only "^linux-$1-7\\.3\\.[0-9].*-amd64\$" |
		cut -d' ' -f1 | grep -vE 'cloud|rt|unsigned' | sort -V | tail -n 1
}

find_deb() { # KIND
	local view name
	local -a have

	mapfile -t have < <(printf '%s\n' "$cache/dl/linux-$1"-7.3.*-amd64_*.deb | sort -V)
	if [[ -f ${have[-1]} ]]; then
		printf '%s\n' "${have[-1]}"
		return 0
	fi
	for view in trixie-backports next; do
		apt_refresh "$view" || return 1
		name=$(package_name "$1" "$view") || continue
		[[ ! $name ]] || {
			apt_fetch "$name" "$view"
			return
		}
	done
	return 1
}

# unpack KIND: prints the directory
unpack() {
	local deb root

	deb=$(find_deb "$1") || die "Debian's Linux 7.3 cannot be had: check the network and call make again"
	root=$cache/src/$(basename "$deb" .deb)
	deb_unpack "$deb" "$root" || return
	printf '%s\n' "$root"
}

main() {
	local kind part root=$dir/root image version

	mkdir -p "$cache"/{dl,src} "$dir"
	need_space "$cache" 1000 "Debian's kernel"
	rm -rf "$root"
	mkdir -p "$root"
	for kind in base binary modules; do
		part=$(unpack "$kind")
		cp -al "$part/." "$root/" 2>/dev/null || cp -a "$part/." "$root/"
	done
	image=$(find "$root" -path '*/modules/*/vmlinuz' -type f | head -n 1)
	[[ $image ]] || die "no kernel image in Debian's linux-binary: its packages have changed"
	version=$(basename "$(dirname "$image")")
	# merged /usr: the modules lie in either place
	[[ -e $root/lib/modules ]] || ln -s usr/lib "$root/lib"
	cp "$image" "$dir/vmlinuz"
	"$top/scripts/initramfs.sh" "$dir/initramfs.cpio.gz" "$root" "$version"
}

main
