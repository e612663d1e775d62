#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="runs seven VMs and sees seven rows, with the right names and owners"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
requires_driver

field() { jq -r ".$1" <<<"$json" | sort -n; }

is "$(rows)" 0 "no vIOMMU before"

vmm_start --vms 7 --rate 20
json=$(top_json)
is "$(wc -l <<<"$json")" 7 "7 VMs are 7 rows"
is "$(field guest_id | uniq | wc -l)" 7 "with 7 distinct guest IDs"
is "$(field serial | uniq | wc -l)" 7 "and 7 serials"
is "$(field vm | sort)" "$(printf 'web-%d\n' 1 2 3 4 5 6 7)" "named as on their command lines"
for i in 1 2 3 4 5 6 7; do
	is "$(jq -r "select(.vm == \"web-$i\").pid" <<<"$json")" "$(vmm_pids "web-$i" | tail -n1)" "web-$i belongs to its process"
done
is "$(field comm | sort -u)" viommu-vmm "and to the program that made it"
json=$(viommu-top --once --json -i 1 -g web-3)
is "$(field vm)" web-3 "-g shows one VM"
cmp_ok "$(field cmds)" -gt 2 "for which the host has queued commands"
like "$(field latency_p50_ns)" '^[0-9]+$' "and measured how long they take"
vmm_stop
is "$(awk '$NF == "ok"' "$vmm_out" | wc -l)" 7 "all 7 VMs end well"
is "$(rows)" 0 "no vIOMMU after"
done_testing
