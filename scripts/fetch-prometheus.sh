#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fetch-prometheus.sh [PROGRAM]: prints the path of Debian's Prometheus, or of
# another PROGRAM of those below, unpacked in the cache. Nothing is installed: as
# packages they would begin to serve at once.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=apt.sh
. "$top/scripts/apt.sh"

program=${1:-prometheus}
case $program in
prometheus | prometheus-alertmanager | prometheus-node-exporter | victoria-metrics) package=$program view=bookworm ;;
prometheus-3 | promtool-3) package=${program%-3} view=next ;;
*) die "there is no $program to fetch" ;;
esac

[[ $view != next ]] || apt_store=$cache/dl/next
mkdir -p "$cache"/src
deb=$(apt_fetch "$package" "$view") || die "there is no $program: check the network and call make again"
dir=$cache/src/$(basename "$deb" .deb)
deb_unpack "$deb" "$dir"
[[ -x $dir/usr/bin/$package ]] || die "Debian's package has no program any more: $deb"
printf '%s\n' "$dir/usr/bin/$package"
