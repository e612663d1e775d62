#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: VIOMMU=off
DESCRIPTION="makes a bundle where the vIOMMU is off, which says so"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"

work=$(mktemp -d)
at_exit rm -rf "$work"
run_ok viommu-trace bundle -d 0.2 -o "$work/off.tar.zst"
tar -C "$work" -xf "$work/off.tar.zst"
dir=$(echo "$work"/viommu-bundle-*)
is "$(cd "$dir" && sha256sum -c --quiet SHA256SUMS 2>&1)" "" "sha256sum agrees"
is "$(cat "$dir/sysfs/class/iommu/ivhd0/amd-iommu/viommu")" off "sysfs says off"
like "$(cat "$dir/check.txt")" 'amd_iommu=viommu' "the check says what to do"
is "$(wc -l <"$dir/viommus.ndjson")" 0 "there are no VMs"
like "$(cat "$dir/dmesg.txt")" 'vIOMMU: off' "the kernel's log is there"
run_ok viommu-trace diff --once --json
is "$(tail -n 1 <<<"$out" | jq -c '[.objects, .differences]')" "[0,0]" "nothing is compared"
done_testing
