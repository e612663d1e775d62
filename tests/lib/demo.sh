#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# demo.sh COMMAND…: in the VM, runs COMMAND while several guests are at work,
# some busy and some not, and ends them after it.
set -u
# shellcheck source=play.sh
. "$(dirname "$0")/play.sh"

pids=()
errors=$(mktemp)
viommu-vmm --vms 3 --names web --rate 40 --hold 86400 >/dev/null 2>>"$errors" &
pids+=($!)
viommu-vmm --vms 1 --names db --rate 200 --hold 86400 >/dev/null 2>>"$errors" &
pids+=($!)
viommu-vmm --vms 1 --names idle --rate 1 --hold 86400 >/dev/null 2>>"$errors" &
pids+=($!)
trap 'kill -TERM "${pids[@]}" 2>/dev/null; wait' EXIT
# one whose commands the hardware executes, and one whose last command it could not
queue_guest() { # NAME BDF STEPS…
	printf '%s\n' "ioas as" "device d $2" "parent p d as" "ram as 0 0x400000" "viommu v d p" \
		"vdevice vd v d 0x10" "queue c v cmd 0x300000 0x80000" \
		"queue e v evt 0x390000 0x1000" "control v 0x1004" "${@:3}"
	# until nobody reads it any more
	while sleep 0.1; do
		if [[ $1 == fast ]]; then echo "inv-pages c 5 times=41"; else echo "#"; fi || return
	done 2>/dev/null
}
mapfile -t bdf < <(dma_devices)
for guest in "fast ${bdf[0]} cmd-wait c 0x320000" "stuck ${bdf[1]} cmd c 0xf000000000000000 0 times=100"; do
	read -r name device steps <<<"$guest"
	queue_guest "$name" "$device" "$steps" |
		viommu-play -k -name "guest=$name" >/dev/null 2>>"$errors" &
	pids+=($!)
done
for ((n = 0; n < 200; n++)); do
	(($(grep -c READY "$errors") < 3)) || break
	kill -0 "${pids[@]}" 2>/dev/null || {
		cat "$errors" >&2
		exit 1
	}
	sleep 0.1
done
"$@"
