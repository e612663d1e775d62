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

# What the programs say is shown one after the other, but $jobs of them run at
# a time: each has emulators of its own.
run_one() { # PROGRAM OUTPUT
	local rc=0

	"./$1" >"$2" 2>&1 || rc=$?
	((rc == 0)) || printf 'not ok 0 - %s: status %s\n' "$(basename "$1")" "$rc" >>"$2"
	return "$rc"
}

run_all() {
	local dir n rc=0
	local -a pids=()

	dir=$(mktemp -d)
	for n in "${!programs[@]}"; do
		while (($(jobs -pr | wc -l) >= jobs)); do
			wait -n || true
		done
		run_one "${programs[n]}" "$dir/$n" &
		pids+=($!)
	done
	for n in "${!programs[@]}"; do
		wait "${pids[n]}" || rc=$?
		cat "$dir/$n"
	done
	rm -rf "$dir"
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
