#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: CONFIG=debug
# TIMEOUT: 900
DESCRIPTION="works under KASAN, lockdep, kmemleak and friends"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
requires_driver
requires_file /sys/kernel/debug/kmemleak "this kernel has no kmemleak"

counts=$(event_counts viommu-vmm --vms 3 --churn 7)
like "$counts" 'viommu_guest_id_alloc=21' "21 vIOMMUs made"
like "$counts" 'viommu_guest_id_free=21' "and destroyed"
run_ok viommu-vmm --vms 5 --viommus 3 --ops 11
viommu-probe >/dev/null

viommu-vmm --vms 3 --churn 0 >/dev/null 2>&1 &
sleep 3
is "$(viommu-top --once --json | jq -r .vm | grep -vc '^web-')" 0 "viommu-top reads while vIOMMUs come and go"
pkill -9 viommu-vmm
wait
sleep 2
is "$(rows)" 0 "no vIOMMU outlives the kill of its VMM"
done_testing
