#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="sends the machine to sleep under a guest, whose vIOMMU does not come back"
# shellcheck disable=SC1091
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/../lib/play.sh"
requires_driver
# what its guest would have been told, had its log not gone
expect_dmesg 'Event logged \[IO_PAGE_FAULT'

mapfile -t bdf < <(dma_devices)

play_vm one "${bdf[0]}" 0x10 5
plays one "with queues" <<'S'
queue c v cmd 0x300000 0x1000
queue e v evt 0x310000 0x1000
control v 0x1004
inv-pages c 5 times=41
cmd-wait c 0x330000
dma-write d 0x100000000 awake
S
echo mem >/sys/power/state
is "$(cat /sys/class/iommu/ivhd0/amd-iommu/viommu)" failed "a vIOMMU that cannot be switched on again has failed"
like "$(dmesg_here)" 'ivhd0: vIOMMU: does not come back after resume' "and the log says so"
plays one "the guest's device does DMA as before, through both tables" <<'S'
dma-write d 0x100000000 still
mem-check 0x10000 still
!EIO dma-read d 0x100001000 x
S
plays one "its commands stand still" <<'S'
!ETIMEDOUT cmd-wait c 0x330000 timeout=200
S
tracing=/sys/kernel/tracing
mountpoint -q "$tracing" || mount -t tracefs tracefs "$tracing"
echo 1 >"$tracing/events/amd_viommu/viommu_cmd_submit/enable"
play_start two
plays two "no other vIOMMU can be made, and the device of who wants one works without" <<S
ioas as
device d ${bdf[1]}
parent p d as
ram as 0 0x400000
!EOPNOTSUPP viommu v d p
attach d p
dma-write d 0x10000 without
mem-check 0x10000 without
S
plays one "what there is can be destroyed" <<'S'
destroy c
attach d p
destroy n
destroy vd
destroy e
destroy v
dma-write d 0x10000 parent
mem-check 0x10000 parent
S
play_stop one
play_stop two
echo 0 >"$tracing/events/amd_viommu/viommu_cmd_submit/enable"
cmp_ok "$(grep -c COMPLETION_WAIT "$tracing/trace")" -gt 0 "commands were traced meanwhile"
is "$(grep -c RESET_VMMIO "$tracing/trace")" 0 "and none that is illegal while the vIOMMU is off"
is "$(echo "$debugfs"/iommu*/viommu/[0-9]*)" "$debugfs/iommu*/viommu/[0-9]*" "no vIOMMU is left"
done_testing
