#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TIMEOUT: 300
DESCRIPTION="runs a tenant beside two hostile ones, who notices nothing of them"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/tap.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/vmm.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/play.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/storm.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/tenants.sh"
requires_driver
# What the hostile ones provoke, and the faults that the good one is told of
expect_dmesg 'Event logged \[|callbacks suppressed|vIOMMU: user [0-9]+ has all'

monitor=$(dirname "$0")/lib/monitor.sh
seed=${SEED:-$((RANDOM + 1))}
diag "SEED=$seed"
mapfile -t bdf < <(dma_devices)
there() { [[ -d /sys/bus/pci/devices/$1/vfio-dev ]]; }
gone() { ! [[ -e /sys/bus/pci/devices/$1 ]]; }
rounds=${ROUNDS:-2}
storm_start

# A share that the hostile ones will want more of
share=/sys/module/amd_iommu/parameters/viommu_max_domain_ids
at_exit bash -c "echo $(cat "$share") >$share"
echo 12 >"$share"

tenant_start good "${bdf[0]}"

# --- all at once
act race viommu-race --rounds "$rounds" --seed "$seed" "${bdf[1]}" "${bdf[2]}"
act hostile hostile "${bdf[7]}" $(((rounds + 3) / 4)) "$seed"
while storm_lasts; do
	tenant_works good || break
done
is "${tenant_wrong:-}" "" "$tenant_rounds times: its data, its commands, its records, and the IDs in them"
acted race
like "$(cat "$storm/race")" 'left=0' "one of the hostile ones did what it could"
acted hostile
is "$(cat "$wrong")" "" "and so did the other"

# --- unplugged in the middle of it
play_vm bad "${bdf[7]}" 0x10 5
"$monitor" 'device_del dma7' >/dev/null
tenant_goes_on good "a device of another one is to be unplugged"
play_kill bad
wait_until 60 gone "${bdf[7]}"
tenant_goes_on good "and is gone"
wait_until 30 "$monitor" 'device_add dma-testdev,id=dma7,bus=rp21' >/dev/null
wait_until 60 there "${bdf[7]}"
is $? 0 "it is back"
tenant_goes_on good "and the neighbour is there as before"
is "$(rows)" 1 "who is the only one that is left"
like "$(vdevices)" "gdev_id=0x0010 hdev_id=$(printf '0x%04x' "$(bdf_number "${bdf[0]}")") " "with its device"
play_kill good
is "$(rows)" 0 "nothing is left of anybody"
done_testing
