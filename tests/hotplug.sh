#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="unplugs a device while its VM has a vIOMMU, and plugs it in again"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
requires_driver

monitor=${0%/*}/lib/monitor.sh
# where edu23 is: behind the last of the root ports
bdf=$(basename /sys/bus/pci/devices/0000:00:07.0/0000:*:00.0)
cdev=$(basename "$(echo "/sys/bus/pci/devices/$bdf/vfio-dev/"*)")

bound() { [[ -d /sys/bus/pci/devices/$bdf/vfio-dev ]]; }
gone() { ! [[ -e /sys/bus/pci/devices/$bdf ]]; }
bind() {
	echo vfio-pci >"/sys/bus/pci/devices/$bdf/driver_override"
	echo "$bdf" >/sys/bus/pci/drivers_probe
	bound
}

vmm_start --devices "$cdev"
is "$(rows)" 1 "one vIOMMU, on the device at $bdf"
# vfio asks the user for the device and waits: the VM lets go when it ends
run_ok "$monitor" "device_del edu23"
vmm_stop
ok "its VM ends"
wait_until 60 gone
is $? 0 "the device is gone"
is "$(rows)" 0 "so is the vIOMMU"
# the slot lets go of the old one a moment after the kernel
wait_until 30 "$monitor" "device_add edu,id=edu23,bus=rp23" >/dev/null
is $? 0 "it can be plugged in again"
wait_until 60 test -e "/sys/bus/pci/devices/$bdf"
wait_until 20 bind
is $? 0 "it is back"
run_ok viommu-vmm --devices "$(basename "$(echo "/sys/bus/pci/devices/$bdf/vfio-dev/"*)")" --churn 3
done_testing
