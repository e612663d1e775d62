#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: IOMMU_OPTS=intremap=on,xtsup=on,dma-remap=on,viommu=on,x-viommu-entry-format=1,x-viommu-map-invalid-ignored=on,x-viommu-map-reads-zero=on,x-viommu-insert-event-ignored=on,x-viommu-vf-needs-vcmd=on,x-viommu-base-keeps-pointers=on,x-viommu-illegal-skipped=on,x-viommu-unmapped-domid-illegal=on,x-viommu-vcmd-ignored=on,x-viommu-overflow-keeps-run=on,x-viommu-buffer-fault-own-id=on,x-viommu-inval-all-global=on,x-viommu-map-fault-dropped=on,x-viommu-ipa-misses-cached=on,x-viommu-irq-wide=on,x-viommu-irq-each-entry=on,x-viommu-comwait-silent=on,x-viommu-reset-keeps-vf=on
# TIMEOUT: 450
DESCRIPTION="works on hardware that answers every open question the other way"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/again.sh"
requires_driver
expect_dmesg 'Event logged \[(IO_PAGE_FAULT|GUEST_EVENT_FAULT|VIOMMU_HARDWARE_ERROR)|callbacks suppressed'

counts=$(event_counts viommu-vmm --vms 3 --churn 7)
like "$counts" 'viommu_guest_id_alloc=21' "21 vIOMMUs made"
like "$counts" 'viommu_guest_id_free=21' "and destroyed"
run_ok viommu-vmm --vms 7 --viommus 2 --ops 31
# what the line above says of BOOT, for tests that have to know
HARDWARE_CHOICES=$(sed -n "s/^# BOOT: //p" "$0" | tr , "\n" | sed -n "s/^x-viommu-\(.*\)=on$/\1/p" | paste -sd,)
export HARDWARE_CHOICES
again nested vdevices faults default-pages guest-commands guest-logs guest-irq guest-ppr guest-hostile guest-trapped
is "$(rows)" 0 "no vIOMMU is left"
done_testing
