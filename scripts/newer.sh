#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# newer.sh: builds the tools with the compilers and libraries of a newer Debian, where a
# warning is an error, and runs their unit tests there. As root: it is unpacked and
# entered. What it brings that we do not know is seen before users see it.
#  SUITE=sid  which Debian

suite=${SUITE:-sid}
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
unset SUITE

root=$build/newer/$suite

versions() {
	chroot "$root" sh -c 'cc --version | head -n 1; clang --version | head -n 1
		pkg-config --modversion libbpf | sed "s/^/libbpf /"'
}

# What is mounted must not be in the way of who removes the root
finish() {
	local dir

	for dir in dev/pts proc sys; do
		! mountpoint -q "$root/$dir" || umount "$root/$dir"
	done
}

# What debian/control says that it takes: what is missing there is seen here
build_depends() {
	sed -n '/^Build-Depends:/,/^[A-Z].*:/{ s/^Build-Depends://; /^[A-Z].*:/!p }' "$top/debian/control" |
		tr ',' '\n' | sed 's/[[:space:]]//g; s/[<(:[].*//; /^debhelper/d; /^$/d'
}

# As a user would, from the source alone
build_there() {
	rsync -a --delete --exclude=/build --exclude=/.git "$top/" "$root/src/" || return
	mount -t proc proc "$root/proc" || return
	# where libbpf finds the kernel's types
	mount -t sysfs sys "$root/sys" || return
	# and tmux its terminals
	mkdir -p "$root/dev/pts" && mount -t devpts -o newinstance,ptmxmode=666 pts "$root/dev/pts" || return
	chroot "$root" env -i PATH="$PATH" HOME=/root LC_ALL=C.UTF-8 TERM=dumb \
		make -k -C /src/tools O=/tmp/build WERROR=y -j"$jobs" all check
}

main() {
	local -a packages

	((EUID == 0)) || die "a Debian of its own takes root: call this as root"
	"$top/scripts/packages.sh" fetch test
	lock newer
	mapfile -t packages < <(build_depends)
	finish
	rm -rf --one-file-system "$root"
	"$top/scripts/debian-root.sh" "$suite" "$root" build-essential "${packages[@]}"
	trap finish EXIT
	say "$(versions)"
	step newer "building and testing the tools in Debian $suite" none -- build_there ||
		die "the tools do not build, or do not work, in Debian $suite"
	finish
	rm -rf --one-file-system "$root"
	say "the tools build without a warning in Debian $suite, and their unit tests pass"
}

main
