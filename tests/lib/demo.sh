#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# demo.sh COMMAND…: in the VM, runs COMMAND while several guests are at work,
# some busy and some not, and ends them after it.
set -u

pids=()
errors=$(mktemp)
viommu-vmm --vms 3 --names web --rate 40 --hold 86400 >/dev/null 2>>"$errors" &
pids+=($!)
viommu-vmm --vms 1 --names db --rate 200 --hold 86400 >/dev/null 2>>"$errors" &
pids+=($!)
viommu-vmm --vms 1 --names idle --rate 1 --hold 86400 >/dev/null 2>>"$errors" &
pids+=($!)
trap 'kill -TERM "${pids[@]}" 2>/dev/null; wait' EXIT
for ((n = 0; n < 200; n++)); do
	(($(grep -c READY "$errors") < 3)) || break
	kill -0 "${pids[@]}" 2>/dev/null || {
		cat "$errors" >&2
		exit 1
	}
	sleep 0.1
done
"$@"
