# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# Stock guests: QEMU, KVM and a kernel of Debian's, with devices of the VM's.
# Needs $top and $build. A guest takes commands on its console; each ends with
# a line that says how.

guest_pid='' guest_in='' guest_out='' guest_log=''
declare -A guest_others

# guest_device CLASS-OR-IDS: the first PCI device whose modalias has that
guest_device() {
	local dev

	for dev in /sys/bus/pci/devices/*; do
		# shellcheck disable=SC2053 # a glob
		if [[ $(cat "$dev/modalias") == $1 ]]; then
			basename "$dev"
			return
		fi
	done
	return 1
}

guest_nvme() { guest_device '*bc01sc08i02'; }
guest_blk() { guest_device 'pci:v00001AF4d00001042*'; }

# guest_take BDF…: from the driver of the VM's kernel, for guests
guest_take() {
	local bdf dev

	for bdf; do
		dev=/sys/bus/pci/devices/$bdf
		echo vfio-pci >"$dev/driver_override"
		[[ $(readlink "$dev/driver") != */vfio-pci ]] || continue
		[[ ! -e $dev/driver ]] || echo "$bdf" >"$dev/driver/unbind"
		echo "$bdf" >/sys/bus/pci/drivers_probe
	done
}

# guest_give_back BDF…
guest_give_back() {
	local bdf dev

	for bdf; do
		dev=/sys/bus/pci/devices/$bdf
		echo >"$dev/driver_override"
		[[ ! -e $dev/driver ]] || echo "$bdf" >"$dev/driver/unbind"
		echo "$bdf" >/sys/bus/pci/drivers_probe
	done
}

# guest_options VERSION: kernel arguments with which it takes v2 tables
guest_options() {
	[[ $1 == 7.3 ]] || echo amd_iommu=pgtbl_v2
}

# guest_start NAME VERSION APPEND QEMU-ARGUMENT…: back when its shell answers
guest_start() {
	guest_begin "$@"
	guest_wait '@up '
}

# guest_begin …: back at once
guest_begin() {
	local name=$1 version=$2 dir=$build/guest/$2 append=$3 guest_dir
	shift 3

	guest_dir=$(mktemp -d)
	guest_log=$guest_dir/log
	mkfifo "$guest_dir"/{in,out,qmp.in,qmp.out}
	# shellcheck disable=SC2054 # the commas are QEMU's
	local -a args=("$build/qemu/obj/qemu-system-x86_64" -name "$name" -L "$build/fw"
		-nodefaults -no-user-config -display none
		-machine q35,smm=off,usb=off,sata=off,smbus=off,kernel-irqchip=split -accel kvm -cpu host -m 512M
		-chardev "stdio,id=con,logfile=$guest_log,signal=off" -serial chardev:con
		-chardev "pipe,id=qmp,path=$guest_dir/qmp" -mon chardev=qmp,mode=control
		-kernel "$dir/vmlinuz" -initrd "$dir/initrd"
		-append "console=ttyS0 quiet panic=-1 no_timer_check tsc=reliable mitigations=off cryptomgr.notests $append $(guest_options "$version")")

	"${args[@]}" "$@" <"$guest_dir/in" >"$guest_dir/out" 2>>"$guest_log.err" &
	guest_pid=$!
	exec {guest_in}>"$guest_dir/in" {guest_out}<"$guest_dir/out"
}

# guest_switch NAME: what follows is about the guest NAME, one that runs beside the others
guest_name=''
guest_switch() {
	guest_others[,$guest_name]="$guest_pid $guest_in $guest_out $guest_log"
	guest_name=$1
	read -r guest_pid guest_in guest_out guest_log <<<"${guest_others[,$1]:-}"
}

# guest_wait PREFIX: for a line that begins so; what came before it is $guest_said.
# A guest that does not come that far leaves behind where it stands.
guest_wait() {
	local line

	guest_said=''
	while IFS= read -r -t "${GUEST_TIMEOUT:-240}" -u "$guest_out" line; do
		line=${line//$'\r'/}
		if [[ $line == "$1"* ]]; then
			guest_line=$line
			return 0
		fi
		guest_said+=$line$'\n'
	done
	diag "$guest_name: no line of '$1'; $(guest_stands)"
	return 1
}

# guest_stands: the VMM's threads in this kernel, and the guest's processors
guest_stands() {
	local task

	kill -0 "$guest_pid" 2>/dev/null || {
		echo "its VMM has ended"
		return
	}
	echo "its VMM:"
	for task in "/proc/$guest_pid/task"/*; do
		echo "$(cat "$task/comm") $(grep ^State: "$task/status")"
		cat "$task/stack"
	done
	guest_qmp '{"execute":"human-monitor-command","arguments":{"command-line":"info registers -a"}}'
	echo -e "$out" | grep -E '^CPU|RIP=|CR2=|RSP='
	guest_qmp '{"execute":"query-status"}'
	echo "$out"
	echo "it said:"
	grep -v amdvi_ "$guest_log.err" | tail -n 30
}

# guest COMMAND…: in it, as one line of its shell; output in $out, status in $rc
guest() {
	printf "%s\n" "( $* ); echo \"@done \$?\"" >&"$guest_in"
	out='' rc=124
	guest_wait '@done ' || return 1
	out=${guest_said%$'\n'}
	rc=${guest_line#@done }
}

# guest_qmp COMMAND-JSON: to its VMM; the answer is in $out
guest_qmp() {
	local fd

	# nobody else reads what is written
	kill -0 "$guest_pid" || return

	exec {fd}<>"${guest_log%/*}/qmp.out"
	# Without the first one it takes no other; its own answer has no ID
	printf '%s\n' '{"execute":"qmp_capabilities"}' "${1%\}},\"id\":7}" >"${guest_log%/*}/qmp.in"
	while IFS= read -r -t 60 -u "$fd" out && [[ $out != *'"id": 7'* ]]; do :; done
	exec {fd}>&-
}

guest_stop() {
	[[ $guest_pid ]] || return 0
	kill "$guest_pid" 2>/dev/null
	wait "$guest_pid" 2>/dev/null
	exec {guest_in}>&- {guest_out}<&-
	guest_pid=''
}

# guest_accel BDF…: QEMU's arguments for these devices on hardware queues
guest_accel() {
	printf '%s ' -object iommufd,id=iommufd0 -device amd-iommu,accel=on,intremap=off
	guest_devices "$@"
}

# guest_emulated BDF…: on an IOMMU that QEMU emulates
guest_emulated() {
	printf '%s ' -object iommufd,id=iommufd0 -device amd-iommu,dma-remap=on,intremap=off
	guest_devices "$@"
}

guest_devices() {
	local bdf addr=8

	for bdf; do
		printf -- '-device vfio-pci,host=%s,iommufd=iommufd0,addr=%x ' "$bdf" $((addr++))
	done
}

# guest_refused MACHINE-ARGUMENTS QEMU-ARGUMENT…: what QEMU says instead of starting
guest_refused() {
	local machine=$1
	shift

	# shellcheck disable=SC2086 # words
	timeout 60 "$build/qemu/obj/qemu-system-x86_64" -L "$build/fw" -nodefaults -no-user-config \
		-display none -S $machine "$@" 2>&1 </dev/null && echo "it has started"
}
