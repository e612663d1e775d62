#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: CONFIG=debug
# ORDER: 2
# TIMEOUT: 600
DESCRIPTION="unplugs devices while their VMs are made and destroyed and others are, too, under KASAN"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/storm.sh"
requires_driver
requires_program bpftool
requires_file /sys/kernel/debug/kmemleak "this kernel has no kmemleak"
expect_dmesg "$storm_events"
# The hot-plug driver of the kernel takes two locks of its own in both orders,
# whoever has the device. lockdep is silent after that: hence late in its boot.
expect_dmesg 'possible circular locking dependency|Call Trace:'

echo 1 >/proc/sys/kernel/panic_on_warn
mapfile -t bdf < <(dma_devices)
mapfile -t events < <(state_events)
data=$(mktemp)
at_exit rm -f "$data"
record_start "$data" -m 8M "${events[@]}"
storm_start
play_vm stays "${bdf[5]}" 0x10 5

act unplugs unplugs "${bdf[7]}" dma7 rp21 3
act unplugs-too unplugs "${bdf[6]}" dma6 rp20 3
act lives lives "${bdf[2]}" 5
act reads reads 3
for name in unplugs unplugs-too lives reads; do
	acted "$name"
	is $? 0 "$name: done after ${SECONDS}s"
done
is "$(cat "$wrong")" "" "each round of each went as it should"
is "$(dmesg_here | grep -A3 'possible circular' | grep 'is trying to acquire' | grep -cv pciehp)" 0 \
	"if lockdep tells of locks, it is those of the hot-plug driver"

there=$(seen | sort)
is "$(wc -l <<<"$there")" 3 "the guest that stays has its vIOMMU, vDevice and domain"
play_kill stays
sleep 1
record_stop
is "$(PAGER=cat perf script --show-lost-events -i "$data" 2>/dev/null | grep -c PERF_RECORD_LOST)" 0 "the trace lost nothing"
cmp_ok "$(PAGER=cat perf script -i "$data" 2>/dev/null | grep -c 'amd_viommu:viommu_init:')" -ge 12 "it tells of every VM"
is "$(rebuilt "$data")" "" "and in the end of none"
is "$(seen)" "" "debugfs has none"
is "$(rows)" 0 "nor has iter/amd_viommu"
is "$(vdevices)" "" "nor iter/amd_vdevice"
done_testing
