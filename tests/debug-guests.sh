#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: CONFIG=debug
# TIMEOUT: 1500
DESCRIPTION="does what guests do with devices and domains under KASAN, lockdep, kmemleak and friends"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/again.sh"
requires_driver
requires_file /sys/kernel/debug/kmemleak "this kernel has no kmemleak"
expect_dmesg 'Event logged \[(IO_PAGE_FAULT|GUEST_EVENT_FAULT|VIOMMU_HARDWARE_ERROR)|callbacks suppressed'

echo 1 >/proc/sys/kernel/panic_on_warn
again nested vdevices faults guest-commands guest-logs guest-ppr guest-hostile guest-trapped kvm-guest
done_testing
