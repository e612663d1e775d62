#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="lets no user take what others need, nor what is the host's"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
requires_driver

parameters=/sys/module/amd_iommu/parameters
mapfile -t bdf < <(dma_devices)

# limit PARAMETER VALUE: until the test ends
limit() {
	local old

	old=$(cat "$parameters/$1")
	at_exit bash -c "echo $old >$parameters/$1"
	echo "$2" >"$parameters/$1"
}

is "$(cat "$parameters/viommu_max_domain_ids" "$parameters/viommu_host_domain_ids" | paste -sd,)" 16384,16384 \
	"by default a user may have a quarter of the domain IDs, and another is the host's"
limit viommu_max_trans_devids 2
limit viommu_max_domain_ids 2

play_start one
plays one "a user has two vIOMMUs, and not a third" <<S
ioas as
device d ${bdf[0]}
parent p d as
ram as 0 0x400000
viommu v d p
viommu v2 d p
!EDQUOT viommu v3 d p
S
like "$(dmesg_here)" 'vIOMMU: user 0 has all 2 translation device IDs of its share' "the log says what, and whose"
is "$(cat "$(guest_of one)/quota")" $'user 0\ntrans_devids 2 of 2\ndomain_ids 0 of 2' "debugfs has the figures"
quota='"\(.uid) \(.user_trans_devids)/\(.user_trans_devids_max) \(.user_domain_ids)/\(.user_domain_ids_max) \(.all_domain_ids) \(.host_domain_ids)"'
is "$(top_json | jq -r "$quota" | uniq)" "0 2/2 0/2 0 16384" "so has viommu-top, the same with both vIOMMUs"
plays one "one that ends makes room" <<'S'
destroy v2
viommu v3 d p
S
plays one "it has two domains, however many attach to them, and not a third" <<'S'
vdevice w v d 0x10
s1-pool 0x200000 0x100000
s1-gcr3 0x180000 0x181000
nested n v d 5 0x180000
nested n6 v d 6 0x180000
nested again v d 6 0x180000
!EDQUOT nested n7 v d 7 0x180000
S
is "$(top_json | jq -r "$quota" | uniq)" "0 2/2 2/2 2 16384" "which are counted"
metrics=$(mktemp)
at_exit rm -f "$metrics"
run_ok viommu-top --batch -n 1 -i 0.1 --openmetrics="$metrics"
is "$(grep -E '^amd_viommu_(user|guest_domain_ids)_' "$metrics")" "$(printf 'amd_viommu_%s\n' \
	'guest_domain_ids_used 2' 'guest_domain_ids_available 49152' \
	'user_trans_devids{uid="0"} 2' 'user_trans_devids_max{uid="0"} 2' \
	'user_domain_ids{uid="0"} 2' 'user_domain_ids_max{uid="0"} 2')" "by user as metrics"
like "$(dmesg_here)" 'vIOMMU: user 0 has all 2 domain IDs of its share' "the log says so, too"
plays one "nor does another one of its VMs" <<'S'
!EDQUOT nested n7 v3 d 7 0x180000
destroy again
!EDQUOT nested n7 v3 d 7 0x180000
destroy n6
nested n7 v3 d 7 0x180000
destroy n7
S
limit viommu_host_domain_ids 65535
plays one "what is left of them is the host's" <<'S'
!ENOSPC nested n7 v d 7 0x180000
S
like "$(dmesg_here)" "vIOMMU: users have all 1 domain IDs, the rest is the host's" "and the log says that"
play_stop one
done_testing
