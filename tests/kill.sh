#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TIMEOUT: 400
DESCRIPTION="kills VMMs in the middle of their work and finds nothing left behind"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
requires_driver

cat >/tmp/kill-churning <<'K'
#!/bin/bash
# 11 times: let three VMs churn, then kill them all at once
for ((i = 0; i < 11; i++)); do
	viommu-vmm --vms 3 --churn 0 >/dev/null 2>&1 &
	sleep "0.$((3 + i % 5))"
	pkill -9 viommu-vmm
	wait
done
# the last references go when the processes are reaped
sleep 1
K
chmod +x /tmp/kill-churning
at_exit rm -f /tmp/kill-churning

counts=$(event_counts /tmp/kill-churning)
count() { sed -n "s/^viommu_$1=//p" <<<"$counts"; }

cmp_ok "$(count guest_id_alloc)" -ge 33 "vIOMMUs were made"
is "$(count guest_id_free)" "$(count guest_id_alloc)" "as many guest IDs came back as were given"
is "$(count vf_page_free)" "$(count vf_page_alloc)" "as many VF pages"
is "$(count destroy)" "$(count init)" "as many vIOMMUs were destroyed as made"
is "$(rows)" 0 "the iterator shows none"

run viommu-vmm --vms 24 --churn 1
is "$rc" 0 "all devices can be assigned again"
done_testing
