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
