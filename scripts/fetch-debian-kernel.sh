#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fetch-debian-kernel.sh [VERSION]: Debian's own Linux VERSION (6.1, 6.12 or 7.3)
# into build/debian-kernel/VERSION, as an image and an initramfs with the modules
# the VM needs.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=apt.sh
. "$top/scripts/apt.sh"
# shellcheck source=debian-kernel.sh
. "$top/scripts/debian-kernel.sh"

dir=$build/debian-kernel/${1:-7.3}

main() { # VERSION
	local version

	lock "debian-kernel-$1"
	if [[ ! -f $dir/version ]]; then
		version=$(debian_kernel_unpack "$1" "$dir/root")
		debian_kernel_image "$dir/root" "$dir/vmlinuz"
		printf '%s\n' "$version" >"$dir/version"
	fi
	"$top/scripts/initramfs.sh" "$dir/initramfs.cpio.gz" "$dir/root" "$(cat "$dir/version")"
}

main "${1:-7.3}"
