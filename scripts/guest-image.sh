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

guest=$1
dir=$build/guest/$guest
drivers=(virtio_pci virtio_blk nvme)

case $guest in
6.1) view=bookworm kinds=(image) ;;
6.12) view=bookworm-backports kinds=(image) ;;
7.3) view=trixie-backports kinds=(base binary modules) ;;
*) die "GUEST=$guest: Debian's kernels here are 6.1, 6.12 and 7.3" ;;
esac

# package KIND: the newest of this version; the name carries all of it
package() {
	apt_in "$view" apt-cache search --names-only "^linux-$1-${guest//./\\.}\\.[0-9].*-amd64\$" |
		cut -d' ' -f1 | grep -vE 'cloud|rt|unsigned' | sort -V | tail -n 1
}

find_deb() { # KIND
	local name
	local -a have

	mapfile -t have < <(printf '%s\n' "$cache/dl/linux-$1-$guest".*-amd64_*.deb | sort -V)
	if [[ -f ${have[-1]} ]]; then
		printf '%s\n' "${have[-1]}"
		return 0
	fi
	apt_refresh "$view" || return 1
	name=$(package "$1")
	[[ $name ]] || return 1
	apt_fetch "$name" "$view"
}

unpack() { # ROOT
	local kind deb part

	rm -rf "$1"
	mkdir -p "$1"
	for kind in "${kinds[@]}"; do
		deb=$(find_deb "$kind") || die "Debian's Linux $guest cannot be had: check the network and call make again"
		part=$cache/src/$(basename "$deb" .deb)
		deb_unpack "$deb" "$part"
		cp -al "$part/." "$1/" 2>/dev/null || cp -a "$part/." "$1/"
	done
	# merged /usr: the modules lie in either place
	[[ -e $1/lib/modules ]] || ln -s usr/lib "$1/lib"
}

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
	mkdir -p "$cache"/{dl,src} "$dir"
	need_space "$cache" 1000 "Debian's kernel"
	unpack "$root"
	version=$(basename "$(find "$root/lib/modules/" -mindepth 1 -maxdepth 1 | head -n 1)")
	cp "$(find "$root/" -name 'vmlinuz*' -type f | head -n 1)" "$dir/vmlinuz"
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
