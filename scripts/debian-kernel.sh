# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# Debian's own kernels, as they come; nothing is installed. Sourced after apt.sh.

# debian_kernel_view VERSION: where apt has it, and of which packages it is
debian_kernel_view() {
	case $1 in
	6.1) echo bookworm image ;;
	6.12) echo bookworm-backports image ;;
	7.3) echo trixie-backports base binary modules ;;
	*) die "Debian's kernels here are 6.1, 6.12 and 7.3, and not $1" ;;
	esac
}

# The newest; its name carries all of the version
debian_kernel_deb() { # VERSION KIND VIEW
	local name
	local -a have

	mapfile -t have < <(printf '%s\n' "$cache/dl/linux-$2-$1".*-amd64_*.deb | sort -V)
	if [[ -f ${have[-1]} ]]; then
		printf '%s\n' "${have[-1]}"
		return 0
	fi
	apt_refresh "$3" || return 1
	name=$(apt_in "$3" apt-cache search --names-only "^linux-$2-${1//./\\.}\\.[0-9].*-amd64\$" |
		cut -d' ' -f1 | grep -vE 'cloud|rt|unsigned' | sort -V | tail -n 1)
	[[ $name ]] || return 1
	apt_fetch "$name" "$3"
}

# debian_kernel_unpack VERSION ROOT: prints its whole version. As it is called in a
# command substitution, where errors end nothing, each is looked at.
debian_kernel_unpack() {
	local view kinds kind deb part

	kinds=$(debian_kernel_view "$1") || return 1
	read -r view kinds <<<"$kinds"
	mkdir -p "$cache"/{dl,src}
	need_space "$cache" 1000 "Debian's kernel"
	rm -rf "$2"
	mkdir -p "$2"
	for kind in $kinds; do
		deb=$(debian_kernel_deb "$1" "$kind" "$view") ||
			die "Debian's Linux $1 cannot be had: check the network and call make again"
		part=$cache/src/$(basename "$deb" .deb)
		deb_unpack "$deb" "$part" || return 1
		cp -al "$part/." "$2/" 2>/dev/null || cp -a "$part/." "$2/" || return 1
	done
	# merged /usr: the modules lie in either place
	[[ -e $2/lib/modules ]] || ln -s usr/lib "$2/lib"
	basename "$(find "$2/lib/modules/" -mindepth 1 -maxdepth 1 | head -n 1)"
}

# debian_kernel_image ROOT FILE
debian_kernel_image() {
	local image

	image=$(find "$1/" -name 'vmlinuz*' -type f | head -n 1)
	[[ $image ]] || die "no kernel image in Debian's packages: they have changed"
	cp "$image" "$2"
}
