#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test-exec.sh TEST: runs one test where it wants to run, for prove. Its TAP
# goes to stdout and to build/log/tests.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=test-header.sh
. "$top/scripts/test-header.sh"

test=$1
results=${TEST_RESULTS:-$build/log/tests}
slug=${test#tests/}
slug=${slug%.sh}
tap=$results/${slug//\//-}.tap
limit=$(header TIMEOUT "$test")

# The VM of this boot; one of another boot ends first, so that two never share
# the machine.
boot_vm() { # BOOT
	local name other

	name=test-$(sha256sum <<<"$1" | cut -c1-8)
	for other in "$build"/run/test-*.pid; do
		[[ -f $other && $(basename "$other" .pid) != "$name" ]] || continue
		"$top/scripts/vm.sh" --stop "$(basename "$other" .pid)" || true
	done
	# Once more if it does not: a host can be too busy for a boot in time
	kill -0 "$(cat "$build/run/$name.pid" 2>/dev/null)" 2>/dev/null ||
		boot_env "$1" "$top/scripts/vm.sh" --start "$name" >&2 ||
		boot_env "$1" "$top/scripts/vm.sh" --start "$name" >&2 || return
	printf '%s\n' "$name"
}

in_vm() {
	local boot name rc=0

	boot=$(header BOOT "$test")
	name=$(boot_vm "$boot") || return 126
	VM_TIMEOUT=${limit:-$((180 * $([[ $boot == *CONFIG=* ]] && echo 4 || echo 1)))} \
		boot_env "$boot" "$top/scripts/vm.sh" --exec "$name" "bash $test" || rc=$?
	# a VM that does not answer is of no use to the next test
	((rc < 124)) || "$top/scripts/vm.sh" --stop "$name" || true
	return "$rc"
}

on_this_machine() {
	timeout --kill-after=10 "${limit:-180}" bash "$test"
}

main() {
	local rc=0

	mkdir -p "$results"
	if on_host "$test"; then
		on_this_machine | tee "$tap" || rc=${PIPESTATUS[0]}
	else
		in_vm | tee "$tap" || rc=${PIPESTATUS[0]}
	fi
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
