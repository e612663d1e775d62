# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What a test says of itself in comments before its first line of code.
# Sourced after common.sh.

header() { # KEY TEST
	sed -n "/^[^#]/q; s/^# $1: *//p" "$2" | head -n 1
}

on_host() { # TEST
	[[ $1 == */tests/host/* || $1 == tests/host/* ]]
}

# boot_env BOOT COMMAND…: runs COMMAND with the variables of a BOOT line, which
# are written as a shell takes them
boot_env() {
	local -a words

	eval "words=($1)"
	shift
	env -u CONFIG -u VIOMMU -u KERNEL "${words[@]}" "$@"
}
