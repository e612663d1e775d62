#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fetch-prometheus.sh: prints the path of Debian's Prometheus, unpacked in the
# cache. Nothing is installed: as a package it would begin to serve at once.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=apt.sh
. "$top/scripts/apt.sh"

mkdir -p "$cache"/{dl,src}
deb=$(apt_fetch prometheus bookworm) || die "there is no Prometheus to scrape with: check the network and call make again"
dir=$cache/src/$(basename "$deb" .deb)
deb_unpack "$deb" "$dir"
[[ -x $dir/usr/bin/prometheus ]] || die "Debian's package has no program any more: $deb"
printf '%s\n' "$dir/usr/bin/prometheus"
