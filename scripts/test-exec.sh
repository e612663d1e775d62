#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test-exec.sh TEST: runs one test where it wants to run, for prove. Its TAP
# goes to stdout and to build/log/tests, beside how long it took.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=test-header.sh
. "$top/scripts/test-header.sh"

# Not through prove, which would take it for a result, with --merge, or, without, wait
# for a result of this test whenever it says something, and look at no other meanwhile.
if [[ ${TEST_STDERR:-} ]]; then
	exec 2>&"$TEST_STDERR" {TEST_STDERR}>&-
	unset TEST_STDERR
fi

test=$1
results=${TEST_RESULTS:-$build/log/tests}
slug=${test#tests/}
slug=${slug%.sh}
slug=${slug//\//-}
tap=$results/$slug.tap
boot=$(header BOOT "$test")
vm=test-$(sha256sum <<<"$boot" | cut -c1-8)

# time_limit: of the test alone. A debug kernel is slower, and so is whatever
# shares the processors with another test.
time_limit() {
	local limit

	limit=$(header TIMEOUT "$test")
	[[ $limit ]] || limit=$((180 * $([[ $boot == *CONFIG=* ]] && echo 4 || echo 1)))
	echo $((limit * ${TEST_JOBS:-1}))
}

runs() { kill -0 "$(cat "$build/run/$vm.pid" 2>/dev/null)" 2>/dev/null; }

# The VM of this boot. What only it needs is built now, while others test.
boot_vm() {
	! runs || return 0
	boot_env "$boot" "$top/scripts/vm-ready.sh" >&2 || return
	# Once more if it does not: a host can be too busy for a boot in time
	boot_env "$boot" "$top/scripts/vm.sh" --start "$vm" >&2 ||
		boot_env "$boot" "$top/scripts/vm.sh" --start "$vm" >&2
}

# What it said last: the next VM of this name writes over it
keep_console() {
	tr -d '\r' <"$log/console-$vm.log" >"$results/$slug.console" 2>/dev/null || true
	awk '/Oops|BUG:|general protection|Kernel panic/ && !n { n = 40 } n && n-- { print "# " $0 }' \
		"$results/$slug.console"
}

in_vm() {
	local rc=0

	boot_vm || return 126
	begin=$EPOCHREALTIME
	VM_TIMEOUT=$(time_limit) boot_env "$boot" "$top/scripts/vm.sh" --exec "$vm" "bash $test" || rc=$?
	printf '%s\n' "$begin" >"$results/$slug.begin"
	((rc < 124)) || keep_console
	# a VM that does not answer is of no use to the next test, and none is after the last
	if ((rc >= 124)) || grep -qsxF "$test" "$results/last-of-boot"; then
		"$top/scripts/vm.sh" --stop "$vm" || true
	fi
	return "$rc"
}

# A breakpoint that nobody set is the emulator's: one processor runs on with the code
# that the other has replaced meanwhile, as the kernel switches a tracepoint or static
# key. What the test said until then does not count.
died_of_emulator() { # STATUS
	(($1 == 125)) && grep -q 'Oops: int3:' "$results/$slug.console"
}

again_if_emulator_died() {
	local rc=0

	# who watches wants to see it at once
	[[ ! ${TEST_VERBOSE:-} ]] || {
		in_vm | tee "$tap"
		return "${PIPESTATUS[0]}"
	}
	in_vm >"$tap" || rc=$?
	if died_of_emulator "$rc"; then
		say "$test: the emulator ran code that was replaced, and the kernel died of it: once more"
		rc=0
		in_vm >"$tap" || rc=$?
	fi
	cat "$tap"
	return "$rc"
}

on_this_machine() {
	timeout --kill-after=10 "$(time_limit)" bash "$test"
}

# The test's own seconds, and all, which has the boot and what was built for it
note_time() { # BEGIN
	local all own

	own=$(cat "$results/$slug.begin" 2>/dev/null) || own=$1
	rm -f "$results/$slug.begin"
	own=$(((${EPOCHREALTIME/./} - ${own/./}) / 1000000))
	all=$(((${EPOCHREALTIME/./} - ${1/./}) / 1000000))
	printf '%d\t%s\t%d\t%s\n' "$own" "$test" "$((all - own))" "$(on_host "$test" && echo host || echo "${boot:-plain}")" \
		>"$results/$slug.time"
}

main() {
	local rc=0 begin=$EPOCHREALTIME expected

	mkdir -p "$results"
	expected=$(awk -F'\t' -v test="$test" '$2 == test { print $1 }' "$results/plan" 2>/dev/null) || true
	[[ -t 2 ]] || say "$test begins${expected:+, about $(duration "$expected")}"
	if on_host "$test"; then
		on_this_machine | tee "$tap" || rc=${PIPESTATUS[0]}
	else
		again_if_emulator_died || rc=$?
	fi
	note_time "$begin"
	case $rc in
	0 | 1) ;;
	124) printf 'not ok - it ended in its time\n' | tee -a "$tap" ;;
	125) printf 'not ok - the VM survived it\n' | tee -a "$tap" ;;
	126) printf 'not ok - the VM booted\n' | tee -a "$tap" ;;
	*) printf 'not ok - it ended as a test does, not with status %d\n' "$rc" | tee -a "$tap" ;;
	esac
	exit "$rc"
}

main
