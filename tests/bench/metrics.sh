#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# metrics.sh PROGRAM: what a scrape of 1000 VMs with three queues is, as JSON: series of
# a vIOMMU, and bytes on the wire; without and with UUIDs of libvirt.

# shellcheck source-path=SCRIPTDIR source=../unit/many.sh
. "$(dirname "$0")/../unit/many.sh"

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

scrape() { # FILE: with UUIDS; sets series and bytes
	local port i

	recording_of_many "$1" >"$dir/recording"
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
