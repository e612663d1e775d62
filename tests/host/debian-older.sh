#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: vm
# TIMEOUT: 900
DESCRIPTION="boots Debian's older kernels on the emulated hardware, and watches 2 VMs of 2 and 3 devices there"
# shellcheck disable=SC1091
. "${0%/*}/../lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/../lib/stock_host.sh"

# shellcheck disable=SC2154 # vm is of stock_host.sh
{
	stock_boot 6.1
	# it flushes all of a domain, in 64 steps, after a device has left it
	stock_watch $((2 * 64))
	stock_stop "$vm"
	stock_boot 6.12
	stock_watch
	stock_stop "$vm"
}
done_testing
