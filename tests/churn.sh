#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="makes and destroys 23 vIOMMUs and counts 23 of each event, twice over"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/tap.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/vmm.sh"
requires_driver

events='guest_id_alloc guest_id_free init destroy vf_page_alloc vf_page_free reset'

top_start
perf=$(event_counts viommu-vmm --churn 23)
# shellcheck disable=SC2086 # words
top=$(top_stop $events lost complete)

for event in $events; do
	is "$(grep "^viommu_$event=" <<<"$perf")" "viommu_$event=23" "perf counts 23 viommu_$event"
	is "$(grep "^$event=" <<<"$top")" "$event=23" "viommu-top counts 23 $event"
done
like "$top" 'lost=0' "viommu-top lost nothing"
like "$top" 'complete=true' "and says so"
is "$(rows)" 0 "no vIOMMU is left"
done_testing
