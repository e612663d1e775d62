#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm.sh [COMMAND]         boots the VM, runs COMMAND (or a shell) in it as root,
#                         and ends it; exits with COMMAND's status
# vm.sh --start NAME      boots a VM that stays, until --stop or its keeper ends
# vm.sh --exec NAME [CMD] runs CMD in that one
# vm.sh --stop NAME       ends it
#
# Everything must have been built: `make vm CMD=…` sees to that. Environment:
#  CONFIG=vm|debug    the kernel, by its fragment in kernel/config
#  KERNEL=/path       another kernel image; KERNEL=debian for Debian's own of 7.3,
#                     debian-6.1 and debian-6.12 for older ones
#  VIOMMU=off         without the driver's boot option amd_iommu=viommu
#  IOMMU_OPTS=…       properties of amd-iommu instead of the usual ones
#  APPEND=…           more kernel arguments
#  QEMU_EXTRA=…       more QEMU arguments
#  TRACE='glob …'     QEMU trace events, to build/log/emulator-trace.log
#  VM_MEM VM_CPUS     size of the machine: 3G, 2
#  COUNT_INSNS=yes    one CPU, whose instructions viommu-insns can count
#  VM_TIMEOUT         seconds COMMAND may take (600; a shell has no limit)
#  VM_BOOT_TIMEOUT    seconds the boot may take
#  VM_ENV='NAME …'    more variables that COMMAND gets from here
#  VM_KEEPER=PID      --start: the VM ends with that process
#
# Status of its own: 124 COMMAND took too long, 125 the VM went down (panic),
# 126 it did not boot, 130 interrupted.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

run=$build/run
qemu=${QEMU:-$build/qemu/obj/qemu-system-x86_64}
config=${CONFIG:-vm}

# --- the machine --------------------------------------------------------

# How much slower a kernel with all its checks is.
slowness() {
	case $config in
	vm) echo 1 ;;
	*) echo 4 ;;
	esac
}

# debian is that of debian-7.3
debian_kernel() {
	local version=${KERNEL#debian}

	version=${version#-}
	echo "$build/debian-kernel/${version:-7.3}"
}

kernel_image() {
	case ${KERNEL:-} in
	'') echo "$build/linux/obj-$config/arch/x86/boot/bzImage" ;;
	debian*) echo "$(debian_kernel)/vmlinuz" ;;
	*) echo "$KERNEL" ;;
	esac
}

initramfs() {
	if [[ ${KERNEL:-} == debian* ]]; then
		echo "$(debian_kernel)/initramfs.cpio.gz"
	else
		echo "${INITRD:-$build/initramfs.cpio.gz}"
	fi
}

# 24 devices to hand to guests: slots 8 to 23 of the root bus and 6 instead of
# 20, where amd-iommu has the south bridge's SMBus, and eight behind hot-plug
# ports of their own. Eight of them are dma-testdevs, two of those behind ports;
# the others are edus.
device_of() { # NUMBER
	case $1 in
	8 | 9 | 10 | 11 | 12 | 13) echo "dma-testdev,id=dma$(($1 - 8))" ;;
	20 | 21) echo "dma-testdev,id=dma$(($1 - 14))" ;;
	*) echo "edu,id=edu$1" ;;
	esac
}

devices() {
	local n slot
	local -a slots=(0x18 0x19 0x1a 0x1b 0x1c 0x1d 0x1e 0x7)

	for n in {0..15}; do
		slot=$((n + 8))
		((slot != 0x14)) || slot=6
		printf -- "-device\n%s,bus=pcie.0,addr=0x%x\n" "$(device_of "$n")" "$slot"
	done
	for n in {16..23}; do
		slot=${slots[n - 16]}
		printf '%s\n' -device "pcie-root-port,id=rp$n,bus=pcie.0,chassis=$n,addr=$slot"
		printf '%s\n' -device "$(device_of "$n"),bus=rp$n"
	done
}

# Disks that stock guests have drivers for, and the kernel of this VM has none
stock_devices() {
	local disk

	for disk in nvme blk; do
		truncate -s 64M "$run/$name.$disk"
		printf '%s\n' -drive "if=none,id=$disk,format=raw,file=$run/$name.$disk,file.locking=off"
	done
	# the slot that is left has two ports, so that each has a group of its own
	printf '%s\n' \
		-device pcie-root-port,id=disk0,bus=pcie.0,chassis=50,addr=5.0,multifunction=on \
		-device pcie-root-port,id=disk1,bus=pcie.0,chassis=51,addr=5.1 \
		-device nvme,drive=nvme,serial=stock,bus=disk0 \
		-device virtio-blk-pci,drive=blk,iommu_platform=on,disable-legacy=on,bus=disk1
}

# virtio-serial ports: "exec" for vm-exec on the host; "monitor" leads back to
# QEMU itself, so that a test in the VM can unplug its devices.
ports() {
	printf '%s\n' \
		-device virtio-serial-pci,bus=pcie.0,addr=2 \
		-chardev "socket,id=exec,path=$name.exec,server=on,wait=off" \
		-device virtserialport,chardev=exec,name=exec \
		-chardev "socket,id=qmp,path=$name.mon,server=on,wait=off" \
		-mon chardev=qmp,mode=control \
		-chardev "socket,id=monitor,path=$name.mon" \
		-device virtserialport,chardev=monitor,name=monitor \
		-qmp "unix:$name.qmp,server=on,wait=off"
}

shares() {
	printf '%s\n' \
		-fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap \
		-device virtio-9p-pci,fsdev=root,mount_tag=root,bus=pcie.0,addr=3 \
		-fsdev "local,id=out,path=$build/out,security_model=none" \
		-device virtio-9p-pci,fsdev=out,mount_tag=out,bus=pcie.0,addr=4
}

traces() {
	local glob

	[[ ${TRACE:-} ]] || return 0
	set -f
	for glob in ${TRACE//,/ }; do
		printf '%s\n' -trace "enable=$glob"
	done
	set +f
	printf '%s\n' -D "$log/emulator-trace$suffix.log" -msg timestamp=on
}

# no_timer_check: as the kernel does by itself where it knows its hypervisor. It
# panics if ten ticks do not come in time, which a busy host cannot promise.
# tsc=reliable: without the watchdog of clocks. It waits for another CPU with
# interrupts off and gives up by the time of day, which stands still meanwhile as
# long as that is jiffies: where the other is in stop_machine(), both wait for ever.
kernel_arguments() {
	local -a words=(console=ttyS0 panic=-1 log_buf_len=4M no_timer_check tsc=reliable "vm.top=$top"
		"vfio-pci.ids=1234:11e8,1234:11ea")

	[[ ${VIOMMU:-on} == off ]] || words+=(amd_iommu=viommu)
	printf '%s ' "${words[@]}" "${APPEND:-}"
}

qemu_arguments() {
	# shellcheck disable=SC2054 # the commas are QEMU's
	args=(
		-name "$name" -L "$build/fw" -nodefaults -no-user-config -no-reboot -display none
		-machine q35,smm=off,usb=off,sata=off,smbus=off
		# hot-plug as PCIe does it, as on a server, and not by ACPI
		-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off
		-cpu EPYC-Milan,-erms,-fsrm -m "${VM_MEM:-3G}"
		-device "amd-iommu,${IOMMU_OPTS:-intremap=on,xtsup=on,dma-remap=on,viommu=on}"
		-serial "file:$console"
		-kernel "$(kernel_image)" -initrd "$(initramfs)" -append "$(kernel_arguments)"
	)
	mapfile -t -O ${#args[@]} args < <(processors; ports; shares; devices; stock_devices; traces)
	# shellcheck disable=SC2206 # words, as on a command line
	args+=(${QEMU_EXTRA:-})
}

# Clocks that follow the instructions, one a nanosecond, make two runs alike, and the
# time stamp counter one of instructions; what is idle follows time.
processors() {
	if [[ ${COUNT_INSNS:-} ]]; then
		printf '%s\n' -accel tcg,thread=single -smp 1 -icount shift=0
	else
		printf '%s\n' -accel tcg,thread=multi -smp "${VM_CPUS:-2}"
	fi
}

# --- its life -----------------------------------------------------------

check_files() {
	local file

	for file in "$qemu" "$(kernel_image)" "$(initramfs)" "$build/bin/vm-exec" "$build/fw/bios-256k.bin"; do
		[[ -f $file ]] || die "${file#"$top/"} is not there: build it first (make kernel emulator), or use make vm"
	done
	[[ $top != *[[:space:]]* ]] ||
		die "the VM's kernel arguments cannot carry a path with spaces: move $top"
}

# Several VMs can run at a time; the first is "vm", and its logs have no suffix.
claim() { # NAME
	local n=1

	mkdir -p "$run" "$log" "$build/out"
	name=$1
	while :; do
		exec {claimed}>"$run/$name.lock"
		! flock -n "$claimed" || break
		exec {claimed}>&-
		name=$1-$((++n))
	done
	suffix=${name#vm}
	suffix=${suffix:+-${suffix#-}}
	console=$log/console$suffix.log
}

# launch WRAPPER…: QEMU in the background, as $pid. It holds the claim on its
# name for as long as it lives, and Ctrl-C is for us to handle, not for it.
launch() {
	local -a args

	check_files
	qemu_arguments
	cd "$run"
	rm -f "$name".{exec,mon,qmp,result}
	: >"$console"
	"$@" setsid "$qemu" "${args[@]}" </dev/null >"$name.qemu" 2>&1 &
	pid=$!
	while [[ ! -S $name.qmp ]]; do
		kill -0 "$pid" 2>/dev/null || {
			cat "$name.qemu" >&2
			die "QEMU did not start; it says why above"
		}
		sleep 0.02
	done
	ln -sf "$name.qmp" qmp.sock
	cd "$OLDPWD"
}

# Over when it is gone, not when it has been told to go: --stop is not its parent,
# and until then its name is taken.
end_qemu() {
	kill "$pid" 2>/dev/null || return 0
	wait "$pid" 2>/dev/null || timeout 10 tail -s 0.05 --pid="$pid" -f /dev/null || kill -9 "$pid" 2>/dev/null || true
}

finish() {
	[[ ! ${pid:-} ]] || end_qemu
	pid=
	cd "$run" 2>/dev/null || return 0
	rm -f "$name".{exec,mon,qmp,result,pid,nvme,blk}
	[[ -e qmp.sock ]] || rm -f qmp.sock
}

# What QEMU itself complains of; of features of the CPU that TCG lacks it always does.
qemu_says() {
	grep -v "TCG doesn't support requested feature" "$run/$name.qemu" | sed 's/^/    /' >&2
}

# Why a command got no status of its own.
diagnose() { # RESULT
	local panic

	panic=$(grep -aoE -m1 'Kernel panic - .*|vm: set-up failed: .*' "$console" | tr -d '\r') || true
	case $1 in
	timeout) say "vm: the command still ran after $(command_timeout) s (VM_TIMEOUT=…), so the VM was ended" ;;
	"no boot") say "vm: the VM did not boot in $(boot_timeout) s (VM_BOOT_TIMEOUT=…)${panic:+: $panic}" ;;
	gone)
		[[ -s $console ]] || say "vm: QEMU did not start:"
		[[ ! -s $console ]] || say "vm: the VM went down before the command ended${panic:+: $panic}"
		;;
	*) return 0 ;;
	esac
	qemu_says || true
	[[ -s $console ]] || return 0
	say "vm: the end of ${console#"$top/"}:"
	tail -n "${VM_TAIL:-25}" "$console" | tr -d '\r' | sed 's/^/    /' >&2
}

boot_timeout() { echo "${VM_BOOT_TIMEOUT:-$((60 * $(slowness)))}"; }
command_timeout() { echo "${VM_TIMEOUT:-$((600 * $(slowness)))}"; }

# converse COMMAND: runs it in the VM called $name
converse() {
	local rc=0 limit variable result
	local -a options

	limit=$(command_timeout)
	[[ $1 || ${VM_TIMEOUT:-} ]] || limit=0
	options=(-b "$(boot_timeout)" -t "$limit" -r "$name.result" -d "$log/dmesg$suffix" -C "$PWD")
	for variable in TERM COLORTERM LANG NO_COLOR ${VM_ENV:-}; do
		options+=(-e "$variable")
	done
	# the names of sockets must be short: from their own directory
	(cd "$run" && exec "$build/bin/vm-exec" "${options[@]}" "$name.exec" "$1") || rc=$?
	result=$(cat "$run/$name.result" 2>/dev/null) || true
	[[ $result == exit ]] || diagnose "$result"
	return "$rc"
}

# --- what the user asks for ---------------------------------------------

once() {
	local rc=0

	claim vm
	trap finish EXIT
	trap 'exit 130' INT TERM HUP
	launch setpriv --pdeathsig TERM
	converse "${1:-}" || rc=$?
	exit "$rc"
}

# A VM of several commands, which ends with its keeper.
start() {
	claim "$1"
	[[ $name == "$1" ]] || die "a VM called $1 runs already"
	launch
	printf '%s\n' "$pid" >"$run/$name.pid"
	# not "|| … &": the shell around that would hold our caller's pipes open
	if [[ ${VM_KEEPER:-} ]]; then
		setsid bash -c 'while kill -0 "$1" && kill -0 "$0"; do sleep 1; done; kill "$0"' \
			"$pid" "$VM_KEEPER" </dev/null >/dev/null 2>&1 {claimed}>&- &
	fi
}

case ${1:-} in
--start | --exec | --stop)
	action=${1#--} name=$2
	suffix=-$name console=$log/console-$name.log
	case $action in
	start) start "$name" ;;
	exec) converse "${3:-}" ;;
	stop) pid=$(cat "$run/$name.pid" 2>/dev/null) && finish ;;
	esac
	;;
*) once "$@" ;;
esac
