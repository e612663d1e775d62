#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# debian-root.sh SUITE DIR [PACKAGE…]: unpacks a minimal Debian of SUITE with these
# packages into DIR, as root. It is made once and kept in the cache for a month.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=apt.sh
. "$top/scripts/apt.sh"

suite=$1 dir=$2
shift 2
packages=$*
made=$cache/roots/$suite-$(printf '%s\n' "$@" | sort | sha256sum | cut -c1-12).tar.zst

# The machine's proxy is needed to fetch, and of no concern to what is fetched
bootstrap() { # MIRROR
	local settings rc=0

	settings=$(mktemp)
	apt-config dump | grep '^Acquire::' >"$settings" || true
	mmdebstrap --quiet --mode=root --variant=minbase --format=tar --aptopt="$settings" \
		--aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--customize-hook='rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap" "$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap"' \
		--customize-hook='rm -rf "$1/var/lib/apt/lists" "$1/etc/resolv.conf" && mkdir -p "$1/var/lib/apt/lists/partial"' \
		--include="${packages// /,}" "$suite" - "$1" | zstd -q -3 -T0 -o "$made.part" -f || rc=$?
	rm -f "$settings"
	return "$rc"
}

make_root() {
	local mirror

	while read -r mirror; do
		printf 'Debian %s from %s\n' "$suite" "$mirror"
		! bootstrap "$mirror" || return 0
	done < <(apt_mirrors)
	return 1
}

main() {
	((EUID == 0)) || die "Debian's maintainer scripts take root"
	mkdir -p "$cache/roots" "$dir"
	exec {fd}>"$cache/roots/lock"
	flock "$fd"
	if [[ ! $(find "$made" -mtime -30 2>/dev/null) ]]; then
		need_space "$cache" 2000 "a Debian $suite"
		if step "root-$suite" "making a Debian $suite" size "$cache/roots" -- make_root; then
			mv "$made.part" "$made"
		fi
		# without a network, that of last month
		[[ -f $made ]] || die "no Debian $suite: check the network and call make again"
	fi
	exec {fd}>&-
	tar -x --zstd -f "$made" -C "$dir"
}

main
