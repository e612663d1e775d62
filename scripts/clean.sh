#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# clean.sh [--all]: removes build/, and with --all also the downloads, pristine
# trees and compiler cache that all checkouts share.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

# /dev and /proc of this machine are below, if what entered a Debian there was killed
mounted() {
	awk -v dir="$(realpath -m "$build")/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo
}

for pid in "$build"/run/*.pid; do
	[[ ! -f $pid ]] || die "a VM still runs ($(basename "$pid" .pid)): end it first"
done
mapfile -t mounts < <(mounted)
((!${#mounts[@]})) || die "still mounted, so nothing was removed: umount ${mounts[*]}"
rm -rf --one-file-system "$build"
[[ ${1:-} != --all ]] || rm -rf --one-file-system "$cache"
