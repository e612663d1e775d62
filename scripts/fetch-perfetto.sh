#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fetch-perfetto.sh: prints the directory with Debian's recorder of Perfetto, and with
# the libraries that it was built for, unpacked in the cache. Only sid has it. What is
# in it runs as DIRECTORY/run PROGRAM ARGUMENT…

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=apt.sh
. "$top/scripts/apt.sh"

apt_store=$cache/dl/next
packages=(perfetto libc6 libstdc++6 libgcc-s1)
dir=$cache/src/perfetto-next

fetch() { # DIRECTORY
	local package deb

	for package in "${packages[@]}"; do
		deb=$(apt_fetch "$package" next) || return 1
		dpkg-deb -x "$deb" "$1" || return 1
	done
	cat >"$1/run" <<-'END'
		#!/bin/sh
		# with the libraries that are beside it
		dir=$(dirname "$0")
		program=$1
		shift
		exec "$dir/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" \
			--library-path "$dir/usr/lib/x86_64-linux-gnu:$dir/usr/lib/perfetto" "$dir/usr/$program" "$@"
	END
	chmod +x "$1/run"
}

if [[ ! -d $dir ]]; then
	rm -rf "$dir.part"
	mkdir -p "$dir.part"
	fetch "$dir.part" || die "there is no recorder of Perfetto: check the network and call make again"
	mv "$dir.part" "$dir"
fi
[[ -x $dir/usr/sbin/traced && -x $dir/usr/sbin/traced_probes && -x $dir/usr/bin/perfetto ]] ||
	die "Debian's package perfetto has not the programs that it had"
printf '%s\n' "$dir"
