#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# clean.sh [--all]: removes build/, and with --all also the downloads, pristine
# trees and compiler cache that all checkouts share.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

for pid in "$build"/run/*.pid; do
	[[ ! -f $pid ]] || die "a VM still runs ($(basename "$pid" .pid)): end it first"
done
rm -rf "$build"
[[ ${1:-} != --all ]] || rm -rf "$cache"
