#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="makes and destroys 23 vIOMMUs and counts the events of each, twice over"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
requires_driver

events='guest_id_alloc guest_id_free init destroy vf_page_alloc vf_page_free'
# What viommu-top does not count, with how many there are of it per vIOMMU:
# each table is mapped once, and so is the page of defaults while it is filled
more='trans_devid_alloc=1 trans_devid_free=1 trans_dte_set=1 trans_dte_clear=1 tables_init=1 tables_uninit=1
	ipa_map=3 ipa_unmap=3 devid_map=0 domid_map=0 vdevice_init=0 domain_alloc=0 event_record=0'

top_start
perf=$(event_counts viommu-vmm --churn 23)
# shellcheck disable=SC2086 # words
top=$(top_stop $events reset lost complete)

for event in $events; do
	is "$(grep "^viommu_$event=" <<<"$perf")" "viommu_$event=23" "perf counts 23 viommu_$event"
	is "$(grep "^$event=" <<<"$top")" "$event=23" "viommu-top counts 23 $event"
done
# Before it is programmed and when it is destroyed
is "$(grep "^viommu_reset=" <<<"$perf")" viommu_reset=46 "perf counts 46 viommu_reset"
is "$(grep "^reset=" <<<"$top")" reset=46 "viommu-top counts 46 reset"
for event in $more; do
	is "$(grep "^viommu_${event%=*}=" <<<"$perf")" "viommu_${event%=*}=$((23 * ${event#*=}))" \
		"perf counts $((23 * ${event#*=})) viommu_${event%=*}"
done
like "$top" 'lost=0' "viommu-top lost nothing"
like "$top" 'complete=true' "and says so"
is "$(rows)" 0 "no vIOMMU is left"
done_testing
