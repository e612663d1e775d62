#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# qtest.sh [--build]: the tests of the emulated hardware that need no guest
# kernel; they print TAP, as one test. With --build they are only built.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

programs=()
for source in "$top"/tests/qemu/tests/qtest/*-test.c; do
	programs+=("tests/qtest/$(basename "$source" .c)")
done

# Each program counts from 1 and has a plan of its own.
one_count() {
	awk '
	/^1\.\.[0-9]/ { next }
	/^(not )?ok [0-9]+/ { sub(/ok [0-9]+/, "ok " ++n) }
	# it ends that program, and not the others
	/^Bail out!/ { sub(/^/, "# ") }
	{ print; fflush() }
	END { print "1.." n + 0 }'
}

run_all() {
	local program rc=0

	for program in "${programs[@]}"; do
		"./$program" || {
			rc=$?
			printf 'not ok 0 - %s: status %s\n' "$(basename "$program")" "$rc"
		}
	done
	return "$rc"
}

"$top/scripts/build-qemu.sh" qemu-system-x86_64 "${programs[@]}"
[[ ${1:-} != --build ]] || exit 0
# run from where it was built, QEMU looks for firmware below qemu-bundle only
mkdir -p "$build/qemu/obj/qemu-bundle$build"
ln -sfn "$build/fw" "$build/qemu/obj/qemu-bundle$build/fw"
cd "$build/qemu/obj"
export QTEST_QEMU_BINARY=./qemu-system-x86_64
run_all | one_count
