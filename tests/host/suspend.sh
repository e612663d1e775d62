#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: vm
# TIMEOUT: 400
DESCRIPTION="sends machines with guests to sleep"
# shellcheck disable=SC1091
. "${0%/*}/../lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/../lib/ram-root.sh"

initrd=$build/run/suspend-$$.cpio.gz
at_exit rm -f "$initrd"
ram_root "$initrd"

# QEMU's monitor, to wake the VM: on its own it sleeps on.
open_monitor() {
	mkfifo "$build/run/$vm".{in,out}
	at_exit rm -f "$build/run/$vm".{in,out}
	exec {to_qemu}<>"$build/run/$vm.in" {from_qemu}<>"$build/run/$vm.out"
}

vm=''
stop_vm() { [[ ! -f $build/run/$vm.pid ]] || "$top/scripts/vm.sh" --stop "$vm"; }
at_exit stop_vm

awaken() {
	local line

	echo "info status" >&"$to_qemu"
	while IFS= read -r -t 0.2 line <&"$from_qemu"; do
		[[ $line != *"(suspended)"* ]] || echo system_wakeup >&"$to_qemu"
	done
}

ended() {
	awaken
	! kill -0 "$(cat "$build/run/$vm.pid" 2>/dev/null)" 2>/dev/null || grep -q "^end of test" "$console"
}

results() {
	local line

	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		'ok '*) ok "${line#ok * - }" ;;
		'not ok '*) not_ok "${line#not ok * - }" ;;
		'#'*) printf '%s\n' "$line" ;;
		esac
	done < <(grep -aE '^(ok|not ok|#) ' "$console")
}

# sleeps TEST [COMMAND]: has a VM of its own run tests/ram/TEST.sh, which sends it to
# sleep, after the monitor got COMMAND. What the host shares with the VM does not come
# back from that, neither the root nor the way to run commands: the test is on its own
# and writes to the console when it is done.
sleeps() {
	vm=$1-$$ console=$build/log/console-$1-$$.log
	open_monitor
	INITRD=$initrd VM_KEEPER=$$ QEMU_EXTRA="-chardev pipe,id=awaken,path=$build/run/$vm -mon chardev=awaken,mode=readline" \
		"$top/scripts/vm.sh" --start "$vm"
	[[ ! ${2:-} ]] || echo "$2" >&"$to_qemu"
	run "$top/scripts/vm.sh" --exec "$vm" "
		setsid bash -c 'exec >/tmp/tap 2>&1 </dev/null; touch /tmp/begun; bash $top/tests/ram/$1.sh
			echo end of test >>/tmp/tap; cat /tmp/tap >/dev/ttyS0' &
		until [[ -e /tmp/begun ]]; do sleep 0.05; done"
	is "$rc" 0 "$1: the VM boots and begins" || diag "$err"
	wait_until 150 ended
	is $? 0 "it comes to its end" || diag "$(tail -n 20 "$console")"
	results
	stop_vm
}

sleeps suspend
sleeps lost-in-sleep "qom-set /machine/peripheral-anon/device[0] x-viommu-broken true"
done_testing
