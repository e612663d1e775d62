#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="sees all that happens to vIOMMUs that come while it runs"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/count.sh"
requires_driver

dir=$(mktemp -d)
at_exit rm -rf "$dir"
# what is kept of a vIOMMU, as far as this kernel has it
mapfile -t events < <(sed -n 's|^SEC("tp_btf/\(.*\)")|\1|p' "$top/bpf/viommu_events.bpf.h" |
	while read -r name; do
		[[ ! -d /sys/kernel/tracing/events/amd_viommu/$name ]] || printf 'amd_viommu:%s\n' "$name"
	done)
cmp_ok "${#events[@]}" -gt 10 "there are kinds of events"

viommu-top --json -i 0.2 >"$dir/top" 2>"$dir/err" &
tool=$!
wait_until 60 grep -q '"type":"ready"' "$dir/top" || diag "$(cat "$dir/err")"
count_start -e "$(IFS=,; printf '%s' "${events[*]}")"
vmm_start --vms 3 --viommus 2 --hold 60
count_stop
kill -INT "$tool"
wait "$tool"
vmm_stop
shown=$(jq -s '[.[] | select(.happened) | .serial as $s | .happened[] | {s: $s, nr}] |
	group_by(.s) | map(map(.nr) | max) | add' "$dir/top")
lost=$(tail -n 1 "$dir/top" | jq .happened_lost)
emitted=$(tr ' ' '\n' <<<"$counts" | awk -F= '{ n += $2 } END { print n }')
cmp_ok "$emitted" -ge 12 "perf counts events of six vIOMMUs"
is "$shown $lost" "$emitted 0" "all are seen"
is "$(tail -n 1 "$dir/top" | jq .complete)" true "which is complete"

done_testing
