#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: CONFIG=debug
DESCRIPTION="reads what the driver's own unit tests found at boot"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
requires_driver
results=/sys/kernel/debug/kunit
requires_file "$results" "this kernel has no KUnit tests"

# cases SUITE: how many passed, parameters counted each, and how many did not
cases() { awk '/^# Totals:/ { print $3, $4, $5 }' "$results/$1/results"; }

# a number that falls is a test that got lost
for suite in amd_iommu_cmd=2 amd_iommu_dte=7 amd_viommu_event=17 amd_viommu_invalidate=42 amd_viommu_ipa=2 \
	amd_viommu_irq=2 \
	amd_viommu_latency=6 \
	amd_viommu_queue_fault=32 amd_viommu_quota=2 amd_viommu_regs=23 amd_viommu_trans=6 \
	amd_viommu_trans_devid=8 amd_viommu_vdevice=2 amd_viommu_vevent=16; do
	is "$(cases "${suite%=*}")" "pass:${suite#*=} fail:0 skip:0" "${suite%=*}"
done
is "$(find "$results" -name results | wc -l)" 14 "and there are no others"
done_testing
