#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
#
# /init of a stock guest: loads the drivers of its devices, and takes commands
# from its console.
B=/bin/busybox

$B --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
[ -c /dev/kmsg ] || mount -t devtmpfs dev /dev

# nvme_reg OFFSET [VALUE]: a 32-bit register of the NVMe controller
nvme_reg() {
	devmem $(($(head -n 1 "$nvme/resource" | cut -d " " -f 1) + $1)) 32 ${2:+"$2"}
}

# nvme_fault ADDRESS: the controller looks for a command there, where no driver has
# put one. Prints what the kernel says of that, once it says so, and the
# interrupts of its IOMMU that it took.
nvme_fault() {
	nvme=$(echo /sys/bus/pci/drivers/nvme/0*)
	bdf=${nvme##*/}
	echo "$bdf" >/sys/bus/pci/drivers/nvme/unbind
	nvme=/sys/bus/pci/devices/$bdf
	echo 1 >"$nvme/enable"
	# memory space and bus master
	printf "\\006\\000" | dd of="$nvme/config" bs=1 seek=4 conv=notrunc 2>/dev/null
	nvme_reg 0x14 0
	nvme_reg 0x24 0x000f000f
	nvme_reg 0x28 "$1"
	nvme_reg 0x2c 0
	nvme_reg 0x30 "$1"
	nvme_reg 0x34 0
	nvme_reg 0x14 0x00460001
	until [ $(($(nvme_reg 0x1c) & 1)) = 1 ]; do :; done
	nvme_reg 0x1000 1
	tries=0
	until dmesg | grep -q "IO_PAGE_FAULT.*address=$1" || [ $tries = 100 ]; do
		tries=$((tries + 1))
		usleep 100000
	done
	nvme_reg 0x14 0
	echo 0 >"$nvme/enable"
	echo "$bdf" >/sys/bus/pci/drivers/nvme/bind
	dmesg | grep "address=$1"
	grep AMD-Vi /proc/interrupts
}

dmesg -n 1
while read -r module; do
	insmod "/modules/$module" || echo "cannot load $module"
done </modules.list
stty raw -echo
echo "@up $(uname -r)"
while read -r line; do
	eval "$line" </dev/null 2>&1
done
poweroff -f
