#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: IOMMU_OPTS=intremap=on,xtsup=on,dma-remap=on,viommu=on,x-viommu-entry-format=2
# TIMEOUT: 400
DESCRIPTION="works on hardware whose table entries depend on where they lie"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/again.sh"
requires_driver
expect_dmesg 'Event logged \[IO_PAGE_FAULT'

is "$(cat "$debugfs/iommu00/viommu/default_pages")" unsupported "the driver found out"
like "$(dmesg)" 'ivhd0: vIOMMU: table entries depend on their place, storing whole tables' "and said so"
run bash -c "echo 1 >$debugfs/iommu00/viommu/default_pages"
isnt "$rc" 0 "nobody can make it use default pages"
play_vm one "$(dma_devices | head -n 1)" 0x10 5
guest=$(guest_of one)
is "$(sed -n 's/^table_memory: *//p' "$guest/state")" "1572864 bytes" "a guest has all of its tables"
# all entries, a vDevice, a nested domain
is "$(sed -n 's/^map_writes: *//p' "$guest/state")" $((65536 + 65536 + 1 + 1)) "and the hardware stored each entry"
is "$(awk '{ print $NF }' "$guest/ipa")" $'whole\nwhole' "at one piece"
play_stop one
again nested vdevices faults guest-commands
done_testing
