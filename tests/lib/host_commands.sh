# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's own commands, which have tracepoints without any vIOMMU.

# shellcheck source=play.sh
. "$(dirname "$0")/lib/play.sh"
# shellcheck source=count.sh
. "$(dirname "$0")/lib/count.sh"

# an_edu: the PCI address of a device without a TLB of its own
an_edu() {
	local dev

	for dev in /sys/class/vfio-dev/*/device; do
		[[ $(cat "$dev/device") != 0x11e8 ]] || basename "$(readlink -f "$dev")"
	done | sort | head -n 1
}

# host_commands_traced: the flushes of a device that a process maps and unmaps for;
# this hardware has mappings flushed, too (NpCache)
host_commands_traced() {
	local pid i

	play_start host
	plays host "a device with the host's tables" <<-S
		ioas as
		device d $(an_edu)
		attach d as
		ram as 0 0x1000
	S
	pid=${play_pid[host]}
	count_start -e amd_viommu:viommu_cmd_submit --filter "common_pid == $pid && opcode == 3 && guest_id == 0" \
		-e amd_viommu:viommu_cmd_submit --filter "common_pid == $pid && opcode == 1 && guest_id == 0" \
		-e amd_viommu:viommu_cmd_complete --filter "common_pid == $pid && guest_id == 0 && ret == 0" \
		-e amd_viommu:viommu_cmd_submit --filter "common_pid == $pid"
	for ((i = 0; i < 101; i++)); do
		play host unmap as 0 0x1000 || break
		play host map as 0 0 0x1000 || break
	done
	is "$i" 101 "101 times a page is unmapped and mapped"
	count_stop
	is "$counts" "viommu_cmd_submit=202 viommu_cmd_submit=202 viommu_cmd_complete=202 viommu_cmd_submit=404" \
		"which is an invalidation and a COMPLETION_WAIT each, and nothing else"
	play_stop host
}
