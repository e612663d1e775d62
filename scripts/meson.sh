# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The meson that QEMU is configured with. To be sourced after common.sh and apt.sh.

# QEMU wants a newer meson than Debian 12 has: the one of its backports, which
# is Python alone and works from where it is unpacked.
use_meson() {
	local deb dir

	# shellcheck disable=SC2154 # common.sh has it
	mkdir -p "$cache"/{dl,src}
	deb=$(apt_fetch meson bookworm-backports trixie-backports) || die "QEMU cannot be built without meson 1.5 or newer"
	dir=$cache/src/$(basename "$deb" .deb)
	deb_unpack "$deb" "$dir"
	export PYTHONPATH=$dir/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
}
