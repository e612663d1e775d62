#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# metrics.sh PROGRAM: what a scrape of 1000 VMs with three queues is, as JSON: series of
# a vIOMMU, and bytes on the wire; without and with UUIDs of libvirt.

program=$1
dir=$(mktemp -d) || exit 1
pid=
trap '[[ ! $pid ]] || kill "$pid" 2>/dev/null; wait; rm -r "$dir"' EXIT

uuids() {
	local uuid i

	for ((i = 0; i < 1000; i++)); do
		read -r uuid </proc/sys/kernel/random/uuid
		echo "$uuid"
	done
}

record() { # UUIDS: a list of them, or nothing
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

scrape() { # FILE: with UUIDS; sets series and bytes
	local port i

	record "$1" >"$dir/recording"
	rm -f "$dir/err"
	"$program" --replay "$dir/recording" --listen 127.0.0.1:0 2>"$dir/err" &
	pid=$!
	for ((i = 0; i < 200; i++)); do
		port=$(sed -n 's/.*metrics are at port \([0-9]*\),.*/\1/p' "$dir/err" 2>/dev/null)
		[[ ! $port ]] || break
		sleep 0.05
	done
	curl -s -H 'Accept: application/openmetrics-text; version=1.0.0' -H 'Accept-Encoding: gzip' \
		"http://127.0.0.1:$port/metrics" >"$dir/metrics.gz" || exit 1
	series=$(gzip -dc "$dir/metrics.gz" | grep -c '{.*vm="vm-77"')
	bytes=$(stat -c %s "$dir/metrics.gz")
	kill "$pid"
	wait "$pid"
	pid=
}

uuids >"$dir/uuids"
scrape "$dir/uuids"
with_uuids=$bytes
scrape /dev/null
printf '{"metrics_series_per_viommu":%d,"metrics_bytes_1000":%d,"metrics_bytes_1000_uuids":%d}\n' \
	"$series" "$bytes" "$with_uuids"
