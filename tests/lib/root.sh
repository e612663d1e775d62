# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# A Debian 12 for tests of packages, in $root until the test ends. Sourced after tap.sh.

((EUID == 0)) || skip_all "a chroot takes root"
requires_program mmdebstrap

# What the packages may need: they themselves say what they do
root_packages='systemd libarchive13 libbpf1 libc6 libjson-c5 libmicrohttpd12 libncursesw6 libnettle8 libprotobuf-c1 libtinfo6 libzstd1 zlib1g'

root=$(mktemp -d "$build/chroot.XXXXXX")
at_exit rm -rf --one-file-system "$root"

make_root() {
	# shellcheck disable=SC2086 # words
	run "$top/scripts/debian-root.sh" bookworm "$root" $root_packages
	is "$rc" 0 "there is a Debian 12 with libraries" || diag "$err"
	[[ -c $root/dev/null ]] || mknod -m 666 "$root/dev/null" c 1 3
	mkdir "$root/root/src"
	cp -r --parents "$top/debian/tests" "$top/tests/golden" "$root/root/src"
}

in_root() { # COMMAND…
	chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# What is there, but for what packages' own data bases hold
files_in_root() {
	(cd "$root" && find . -xdev -not -path './var/*' -not -path './root/*' -not -path './etc/ld.so.cache' \
		-not -path './etc/*-' | sort)
}

# What debian/tests runs on a system with the package
replay_in_root() {
	run in_root sh "/root/src$top/debian/tests/replay"
	is "$rc" 0 "the tools show a recording as they do here" || diag "$out$err"
}
