#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TIMEOUT: 400
DESCRIPTION="reads the iterator while vIOMMUs come and go"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
requires_driver

vmm_start --vms 5
viommu-vmm --vms 8 --churn 0 --names churn >/dev/null 2>&1 &
churn=$!
at_exit kill -TERM "$churn"

missing=0 twice=0
for ((i = 0; i < 7; i++)); do
	json=$(top_json)
	((missing += $(jq -r .vm <<<"$json" | grep -c '^web-') != 5))
	((twice += $(jq .serial <<<"$json" | sort | uniq -d | wc -l) != 0))
done
is "$missing" 0 "the five that stay were there each time"
is "$twice" 0 "none was there twice"

kill -TERM "$churn"
wait "$churn"
is "$?" 0 "the others were made and destroyed all the time"
vmm_stop
is "$(rows)" 0 "no vIOMMU is left"
done_testing
