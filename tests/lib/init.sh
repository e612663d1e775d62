#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
#
# /init of the VM. The host's / is our root, read-only over 9p, below a tmpfs
# that takes what is written; build/out alone is the host's and writable. Then
# the agent takes commands from the host until the host ends the VM.
B=/bin/busybox

log() { $B echo "vm: $*" >/dev/kmsg; }
fail() {
	log "set-up failed: $*"
	$B poweroff -f
}

# A kernel that has them as modules brings them in the initramfs, in order.
load_modules() {
	[ -f /modules.list ] || return 0
	while read -r module options; do
		# shellcheck disable=SC2086 # options are words
		$B insmod "/modules/$module" $options || log "cannot load $module"
	done </modules.list
}

argument() { # NAME: of the kernel's command line
	$B sed -n "s/.* vm\\.$1=\\([^ ]*\\).*/\\1/p" /proc/cmdline
}

mount_root() {
	if [ -d /root-in-ram ]; then
		# on its own; see ram-root.sh
		$B mount --bind /root-in-ram /new
		return
	fi
	$B mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose root /ro ||
		fail "no root from the host"
	$B mount -t tmpfs -o size=50% tmpfs /rw
	$B mkdir -p /rw/upper /rw/work
	$B mount -t overlay -o lowerdir=/ro,upperdir=/rw/upper,workdir=/rw/work overlay /new ||
		fail "no overlay"
}

mount_rest() {
	for name in proc sys dev run; do
		$B mkdir -p /new/$name
	done
	$B mount -t proc proc /new/proc
	$B mount -t sysfs sysfs /new/sys
	$B mount -t devtmpfs dev /new/dev
	$B mkdir -p /new/dev/pts /new/dev/shm
	$B ln -sfn /proc/self/fd /new/dev/fd
	$B ln -sfn fd/0 /new/dev/stdin
	$B ln -sfn fd/1 /new/dev/stdout
	$B ln -sfn fd/2 /new/dev/stderr
	$B mount -t devpts -o mode=620,ptmxmode=666 devpts /new/dev/pts
	$B mount -t tmpfs shm /new/dev/shm
	$B mount -t tmpfs run /new/run
	$B mount -t debugfs debugfs /new/sys/kernel/debug
	$B mount -t tracefs tracefs /new/sys/kernel/tracing
	$B mount -t bpf bpf /new/sys/fs/bpf
	$B mount -t cgroup2 cgroup2 /new/sys/fs/cgroup
	# the user who runs QEMU may not be allowed to look there
	for name in /new/root /new/tmp; do
		$B ls $name >/dev/null 2>&1 || $B mount -t tmpfs tmpfs $name
	done
	[ ! -d /root-in-ram ] || return 0
	$B mount -t 9p -o trans=virtio,version=9p2000.L,rw,msize=262144,cache=none out "/new$top/build/out" ||
		log "no build/out"
}

$B mkdir -p /proc /sys /dev /ro /rw /new
$B mount -t proc proc /proc
$B mount -t sysfs sysfs /sys
[ -c /dev/kmsg ] || $B mount -t devtmpfs dev /dev
load_modules
top=$(argument top)
mount_root
mount_rest
$B ip link set lo up 2>/dev/null || $B ifconfig lo 127.0.0.1
# the agent lives here, so that it does not depend on what the host has
$B cp /vm-agent /new/run/vm-agent
export PATH="$top/build/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
export HOME=/root PAGER=cat TERM=linux LANG=C.UTF-8 IN_VM=1 PERL_BADLANG=0
log "ready"
$B chroot /new /bin/bash "$top/tests/lib/agent.sh" </dev/null >/dev/kmsg 2>&1
fail "the agent has ended"
