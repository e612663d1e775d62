#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: vm
# TIMEOUT: 300
DESCRIPTION="proves that the VM tells the truth: output, status, panic, hang"
# shellcheck source=../lib/tap.sh
. "${0%/*}/../lib/tap.sh"

vm=$top/scripts/vm.sh

run "$vm" 'echo out; echo err >&2; exit 7'
is "$rc" 7 "the command's status is passed on"
is "$out" out "its output is separate"
is "$err" err "from its error output"

sum=$(head -c 3000000 /dev/zero | md5sum)
is "$(head -c 3000000 /dev/zero | "$vm" 'cat' | md5sum)" "$sum" "input and output are whole"

run "$vm" 'echo c >/proc/sysrq-trigger; sleep 60'
is "$rc" 125 "a panic has its own status"
like "$err" 'went down before the command ended: Kernel panic - not syncing: sysrq' "and is named"
like "$err" 'sysrq: Trigger a crash' "with the end of the console"

VM_TIMEOUT=2 run "$vm" 'sleep 60'
is "$rc" 124 "a command that hangs is ended"
like "$err" 'still ran after 2 s' "and said to be"

APPEND='rdinit=/nowhere init=/nowhere' run "$vm" true
is "$rc" 125 "a VM that cannot boot is no success"

run "$vm" 'touch /root/x /usr/x 2>/dev/null; ls /root/x /usr/x | wc -l; nproc; ls /dev/vfio/devices | wc -l'
is "$out" $'2\n2\n24' "the root is writable in the VM, with 24 devices for guests"
is "$(find /usr/x /root/x 2>/dev/null)" "" "and the host's is untouched"

# a splat in the kernel's log must fail the test in which it comes
planted=$(mktemp -p "$top/build/out" planted.XXXXXX)
at_exit rm -f "$planted"
cat >"$planted" <<-'TEST'
	DESCRIPTION="is planted"
	. tests/lib/tap.sh
	echo 'WARNING: planted' >/dev/kmsg
	done_testing
TEST
run "$vm" "bash $planted"
is "$rc" 1 "a planted WARNING fails its test"
like "$out" 'not ok 1 - the kernel has nothing to complain about' "by name"
sed -i "s/^echo/expect_dmesg planted; echo/" "$planted"
run "$vm" "bash $planted"
is "$rc" 0 "unless it was expected"

# What the emulator does to a kernel is not the test's fault, once; what it says of it is kept
cat >"$planted" <<-TEST
	# BOOT: VM_MEM=1G
	DESCRIPTION="is planted, too"
	. tests/lib/tap.sh
	if [[ ! -e $planted.died ]]; then
		touch $planted.died
		echo 'Oops: int3: 0000 [#1] planted' >/dev/kmsg
		echo c >/proc/sysrq-trigger
		sleep 60
	fi
	done_testing
TEST
at_exit rm -rf "$planted.died" "$planted.results"
planted_runs() { TEST_STDERR='' TEST_VERBOSE='' TEST_RESULTS=$planted.results run "$top/scripts/test-exec.sh" "$planted"; }
planted_runs
is "$rc" 0 "a test whose VM died of the emulator runs once more"
is "$(grep -c '^ok' <<<"$out")" 1 "and counts once"
rm -rf "$planted.died" "$planted.results"
sed -i "s/Oops: int3:/Oops: 0000/" "$planted"
planted_runs
is "$rc" 125 "any other death is one"
like "$out" '# .*sysrq: Trigger a crash' "of which the kernel's last words are in the results"
done_testing
