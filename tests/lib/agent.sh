#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# agent.sh: what the VM does before the first command, and then the agent.
# Runs in the VM, called by its init.
set -u

# The devices of the VM that are for guests: vfio-pci takes them by its "ids" option, also when
# one is plugged in later. A kernel with vfio-pci as a module has loaded it so.
wait_for_devices() {
	local assignable n=0

	assignable=$(grep -lxE '0x11e8|0x11ea' /sys/bus/pci/devices/*/device | wc -l)
	while (($(find /dev/vfio/devices -type c 2>/dev/null | wc -l) < assignable && n++ < 50)); do
		sleep 0.02
	done
}

port() { # NAME: the device of a virtio-serial port
	local name

	for name in /sys/class/virtio-ports/*/name; do
		[[ $(cat "$name") != "$1" ]] || printf '/dev/%s\n' "$(basename "$(dirname "$name")")"
	done
}

hostname vm
mkdir -p /dev/virtio-ports
for name in exec monitor; do
	ln -sf "$(port $name)" /dev/virtio-ports/$name
done
[[ ! -d /sys/kernel/iommu_groups/0 ]] || wait_for_devices
exec /run/vm-agent /dev/virtio-ports/exec
