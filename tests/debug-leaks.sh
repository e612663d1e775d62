#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: CONFIG=debug
# ORDER: 3
DESCRIPTION="asks kmemleak once what all tests before it in this boot have lost"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
requires_driver
leaks=/sys/kernel/debug/kmemleak
requires_file $leaks "this kernel has no kmemleak"
expect_dmesg 'kmemleak: [0-9]+ new suspected memory leaks'

# lost_without REGEX: the objects that nothing refers to, without those that have REGEX in
# their stack
lost_without() {
	awk -v known="$1" '
		function flush() { if (text !~ known) printf "%s", text; text = "" }
		/^unreferenced/ { flush() }
		{ text = text $0 "\n" }
		END { flush() }' $leaks
}

# An object counts once two scans have missed it, the second when it is 5 s old.
echo scan >$leaks
sleep 5
echo scan >$leaks
# A mock device of iommufd's own tests whose fwspec cannot be allocated is lost, as in
# Linux 7.3.4.
is "$(lost_without iommu_mock_device_add)" "" "no memory is lost"
done_testing
