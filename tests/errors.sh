#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="asks for vIOMMUs and their pages in every wrong way"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
requires_driver

want='hw-info-viommu yes
nest-parent OK
type-0 EOPNOTSUPP
type-1 EOPNOTSUPP
type-2 EOPNOTSUPP
type-3 OK
type-4 EOPNOTSUPP
no-data EINVAL
short-data EINVAL
larger-data EINVAL
larger-dirty-data EINVAL
bad-pointer EFAULT
read-only-data EFAULT
flags EOPNOTSUPP
no-such-device ENOENT
no-such-parent ENOENT
parent-is-ioas ENOENT
mmap OK
mmap-long ENXIO
mmap-private EINVAL
mmap-exec EPERM
mmap-next-page ENXIO
destroy-mapped EBUSY
destroy OK
destroy-twice ENOENT
mmap-destroyed ENXIO'

counts=$(mktemp)
got=$(perf stat -a -x, -o "$counts" -e amd_viommu:viommu_guest_id_alloc -e amd_viommu:viommu_guest_id_free viommu-probe)
while read -r case errno; do
	is "$(sed -n "s/^$case //p" <<<"$got")" "$errno" "$case: $errno"
done <<<"$want"
is "$(wc -l <<<"$got")" "$(wc -l <<<"$want")" "nothing else was asked"
is "$(cut -d, -f1 "$counts" | grep -c '^[0-9]')" 2 "both ends were counted"
is "$(grep -o '^[0-9]*' "$counts" | uniq | wc -l)" 1 "as many guest IDs came back as were given"
is "$(grep -m1 -oE '^[0-9]+' "$counts")" 3 "whose data is too short or too long gets none of them"
is "$(rows)" 0 "no vIOMMU is left"
rm -f "$counts"

run_fails 2 viommu-vmm --vms zero
run_fails 1 viommu-vmm --vms 200
like "$err" '200 VMs need a free vfio device each, .*24' "too many VMs: says how many devices there are"
run_fails 1 viommu-vmm --type 1
like "$err" 'IOMMU_VIOMMU_ALLOC: Operation not supported' "another type: says what failed"
done_testing
