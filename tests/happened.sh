#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="counts what happens to vIOMMUs for which viommu-top has no room"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/tap.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/vmm.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/count.sh"
requires_driver

dir=$(mktemp -d)
at_exit rm -rf "$dir"
# what is kept of a vIOMMU, as far as this kernel has it
mapfile -t events < <(sed -n 's|^SEC("tp_btf/\(.*\)")|\1|p' "$top/bpf/viommu_events.bpf.h" |
	while read -r name; do
		[[ ! -d /sys/kernel/tracing/events/amd_viommu/$name ]] || printf 'amd_viommu:%s\n' "$name"
	done)
cmp_ok "${#events[@]}" -gt 10 "there are kinds of events"

# seen ROOM: [events shown, events lost, complete] of 3 VMs with 2 vIOMMUs each
seen() {
	viommu-top --json -i 0.2 --max-viommus "$1" >"$dir/top" 2>"$dir/err" &
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
}

seen 4096
cmp_ok "$emitted" -ge 12 "perf counts events of six vIOMMUs"
is "$shown $lost" "$emitted 0" "with room for them all are seen"
is "$(tail -n 1 "$dir/top" | jq .complete)" true "which is complete"

seen 2
is "$((shown + lost))" "$emitted" "with room for two, all are seen or counted as lost"
is "$(jq -s '[.[] | select(.happened != null and .happened != []).serial] | unique | length' "$dir/top")" 2 \
	"there are some of two"
cmp_ok "$lost" -gt 0 "and some are lost"
is "$(tail -n 1 "$dir/top" | jq .complete)" false "which is not complete"
like "$(cat "$dir/err")" "$lost events: increase --max-viommus" "and says what to raise"
done_testing
