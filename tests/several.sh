#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="gives three VMs five vIOMMUs each"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
requires_driver

vmm_start --vms 3 --viommus 5 --rate 10
json=$(top_json)
is "$(wc -l <<<"$json")" 15 "15 vIOMMUs"
is "$(jq .guest_id <<<"$json" | sort -u | wc -l)" 15 "15 guest IDs"
is "$(jq .pid <<<"$json" | sort -u | wc -l)" 3 "3 owners"
is "$(jq .domain_id <<<"$json" | sort -u | wc -l)" 3 "3 nesting parents"
vmm_stop
is "$(awk '$NF == "ok"' "$vmm_out" | wc -l)" 3 "no page lost what its guest wrote to it"
is "$(rows)" 0 "no vIOMMU is left"
done_testing
