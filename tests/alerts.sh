#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: prometheus
DESCRIPTION="has Prometheus raise alerts for what goes wrong, and end them"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/prometheus.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/provoke.sh"
requires_driver
requires_program jq curl

prometheus_start
alertmanager_start
alert AmdViommuTargetGone
told AmdViommuTargetGone
exporter_start
resolved AmdViommuTargetGone

mapfile -t bdf < <(dma_devices)
play_vm one "${bdf[0]}" 0x10 5
plays one "it has queues" <<'S'
queue c v cmd 0x300000 0x1000
queue e v evt 0x310000 0x1000
control v 0x1004
S
play_vm two "${bdf[1]}" 0x20 6
is "$(alerts)" "" "nothing is wrong"

# --- a user's share: both vIOMMUs are root's
share=/sys/module/amd_iommu/parameters/viommu_max_trans_devids
set_share() { echo "$1" >"$share"; }
at_exit set_share "$(cat "$share")"
set_share 2
alert AmdViommuTransDevidsLow
set_share 3
resolved AmdViommuTransDevidsLow

# --- a guest
plays one "its command buffer stops at what is no command" <<'S'
cmd c 0xf000000000000000 0
cmd c 0x1000000000320009 0x1234
!ETIMEDOUT cmd-drain c timeout=200
S
alert AmdViommuQueueStuck one
told AmdViommuQueueStuck one
plays one "a new buffer runs" <<'S'
destroy c
queue c v cmd 0x300000 0x1000
cmd-wait c 0x320000
S
resolved AmdViommuQueueStuck one
for _ in {1..262}; do
	play one '!EIO dma-read d 0x100001000 x' || diag "$reply"
done
alert AmdViommuGuestLogOverflow one

# What its host's table lacks is in the host's log
expect_dmesg 'Event logged \[IO_PAGE_FAULT|callbacks suppressed'
plays two "its device has an address that leads to no memory" <<'S'
s1-map 0x181000 0x100002000 0x40000000 0x1000
S
faults() { # TIMES
	local i

	for ((i = 0; i < $1; i++)); do
		play two '!EIO dma-read d 0x100002000 x' || diag "$reply"
	done
}
faults 202
alert AmdViommuFaultStorm two
resolved AmdViommuFaultStorm two
resolved AmdViommuGuestLogOverflow one

unread "${play_pid[two]}" faults 600
alert AmdViommuHostLogOverflow
resolved AmdViommuHostLogOverflow

# --- the host: its IOMMU does no command for a while
# Linux warns of a flush that failed, too
expect_dmesg 'Completion-Wait loop timed out|WARNING: at (amd_iommu_)?domain_flush_pages|cut here|Call Trace:'
plays two "it has memory that can go" <<'S'
map as 0x800000 0x3ff000 0x1000
S
stopped play two unmap as 0x800000 0x1000
plays two "commands are done again" <<'S'
map as 0x800000 0x3ff000 0x1000
unmap as 0x800000 0x1000
S
alert AmdViommuWaitTimeout
alert AmdViommuHostFlushSlow
resolved AmdViommuWaitTimeout
resolved AmdViommuHostFlushSlow

play_stop one
play_stop two
is "$(alerts)" "" "nothing is wrong in the end"
done_testing
