#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="makes the hardware report seven errors of a guest that is gone and sees them decoded"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
. "${0%/*}/lib/vmm.sh"
requires_driver

# A map store for a guest ID that has no table, behind the driver's back: VF
# control 00h of the guest, valid, gDevID 5, hDevID 40h, strobe. Errors that
# guests make themselves are in faults.sh.
gid=4660
vfctrl=$(dmesg | sed -n 's/.*VF control \(0x[0-9a-f]*\).*/\1/p')
like "$vfctrl" '^0x' "the driver said where the VF control region is"
store=0x8001400000100001

vmm_start --vms 3
expect_dmesg 'VIOMMU_HARDWARE_ERROR'

make_errors() {
	local i

	for ((i = 0; i < 7; i++)); do
		busybox devmem "$((vfctrl + gid * 64))" 64 "$store"
	done
	sleep 1
}

export vfctrl gid store
export -f make_errors
data=$(mktemp)
perf record -q -a -o "$data" -e amd_viommu:viommu_event_record bash -c make_errors
text=$(PAGER=cat perf script -i "$data" 2>/dev/null)
rm -f "$data"

ipa=$(printf '0x%x' $((0x1000000000 + gid * 0x100000 + 5 * 16)))
is "$(grep -c "guest_id=$gid code=VIOMMU_HARDWARE_ERROR .* address=$ipa " <<<"$text")" 7 \
	"perf has 7 records with the guest, the error by name and the address"
is "$(wc -l <<<"$text")" 7 "and no others"
json=$(top_json)
is "$(jq .events <<<"$json" | sort -u)" 0 "none counts for a guest that lives"
is "$(dmesg_here | grep -c "Event logged \[VIOMMU_HARDWARE_ERROR guest_id=$gid source=0 address=$ipa ")" 7 \
	"the kernel's log has them decoded"
vmm_stop
done_testing
