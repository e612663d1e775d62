# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A host as large as hosts become.

# recording_of_many UUIDS: of 1000 VMs with three queues each; a file with a UUID for
# each, a line each, or an empty one for VMs without
recording_of_many() {
	jq -nc --rawfile list "$1" '
	($list | split("\n")) as $uuids |
	def numbers: . * 7919 % 1048573;
	{type: "ready", time_ns: 0, version: 1, iommus: 1, interval_ns: 1000000000},
	(range(2) as $t |
		(range(1; 1001) | . as $i | numbers as $n | {type: "viommu", time_ns: $t, guest_id: $i, iommu: 0,
			vm: "vm-\($i)", pid: (1000 + 3 * $i), comm: "qemu-system-x86", serial: $i, cmds: $n,
			waits: ($n / 2 | floor), wait_total_ns: ($n * 1973), events: ($i % 7),
			queues: [("cmd", "evt", "ppr") | {queue: ., size: 8192, enabled: true, running: true,
				entries: ($n * 7 % 100003)}]} + (if $uuids[$i - 1] then {uuid: $uuids[$i - 1]} else {} end)),
		{type: "interval", time_ns: $t, monotonic_ns: ($t * 1000000000), viommus: 1000})'
}
